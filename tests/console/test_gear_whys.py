"""Whatever is said of a lamp at the node itself is known in French."""

import pytest

from lampyre.act.dali import banks, frames
from lampyre.act.failsafe import HOLDS
from lampyre.console.whys import translated
from lampyre.upkeep import OVER

EVENTS = [*frames.STATES.values(), *(name for _, names in banks.FLAGS for name in names.values())]


@pytest.mark.parametrize(
    "said",
    [
        *EVENTS,
        "controlGearCommFailure",
        HOLDS,
        OVER,
        "gear 3 says so",
        "gear 3, 4, 17 says so",
        "no answer of gear 3",
        "device:///dev/dali: takes no light for 40 s; check cable and power",
        "/dev/serial0: no DALI HAT answers; check the port, baud=19200 and that no console is on it",
        "/dev/serial0: the DALI line has no power; check its supply, and for a short circuit",
        "/dev/serial0: the gateway says nothing; check its cable and power",
        "serial:///dev/serial0?baud=19200: frames collide; is another DALI master on the line?",
    ],
)
def test_it_is_known_in_french(said: str) -> None:
    assert translated(said, "fr") != said
    assert "{" not in translated(said, "en") + translated(said, "fr")


def test_every_event_is_talq_s() -> None:
    assert len(EVENTS) == len(set(EVENTS)) == 11
