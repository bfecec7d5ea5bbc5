"""Whatever is said of the outbox's disk is known in French, and stands in `status`."""

from pathlib import Path

import pytest
from tests.clocks import HandClock
from tests.console.answers import ANSWERS
from tests.console.test_say import tongue
from tests.test_memory import node_in

from lampyre.console import say
from lampyre.console.ask import Answer
from lampyre.console.whys import translated
from lampyre.errors import OutboxFull
from lampyre.keeping import DAMAGED, FAILING
from lampyre.sync.database import NO_SPACE

FILE = "/var/lib/lampyre/outbox.db"


@pytest.mark.parametrize(
    "said",
    [
        FAILING,
        DAMAGED,
        f"outbox: {NO_SPACE.format(path=FILE)}",
        f"outbox: {FILE}: disk I/O error; is the disk writable and healthy?",
        f"outbox: {FILE}: Read-only file system; is the disk writable and healthy?",
        f"{FILE}: another process holds it; does an agent run already?",
        "outbox: damaged, set aside and begun anew; 312 parcels could be read from it",
        "outbox: written again",
    ],
)
def test_it_is_known_in_french(said: str) -> None:
    assert translated(said, "fr") != said
    assert "outbox: " not in translated(said, "fr") + translated(said, "en")
    assert "disk" not in translated(said, "fr")


async def test_a_disk_that_fails_stands_among_the_alarms_until_it_is_well(tmp_path: Path) -> None:
    node = await node_in(tmp_path, HandClock())
    disk = node.city.outbox._disk
    disk.fails(OutboxFull(NO_SPACE.format(path=FILE)))
    await node.city.keeping._look()
    assert [event for _, event in node.active] == []  # it took what a look writes: it is well
    disk.fails(OutboxFull(NO_SPACE.format(path=FILE)))
    node.city.keeping._tell_of_disk()
    assert [event for _, event in node.active] == [FAILING]
    await node.city.keeping._look()
    assert not node.active
    await node.close()


def test_the_word_outbox_says_in_french_what_is_wrong_with_the_disk() -> None:
    answer = ANSWERS["outbox"] | {"failing": NO_SPACE.format(path=FILE), "in_memory": {"alarm": 2, "summary": 96}}
    assert "le disque est plein" in " ".join(say.outbox(Answer(answer), tongue("fr")))
