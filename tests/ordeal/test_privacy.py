"""Few people walk past a lamp; nothing that leaves the node and nothing on its disk tells that they came, or when."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.clocks import EVENING
from tests.ordeal.lived import SEEN_S, Said, lived, stamps

from lampyre.records import LampSummary, Quality
from lampyre.summarise.discreet import Discreet

LEAST = 5  # passages_least
QUARTERS = [EVENING + timedelta(minutes=15 * n) for n in range(1, 6)]
END = EVENING + timedelta(minutes=91, seconds=30)
SOON_BACK = EVENING + timedelta(minutes=16, seconds=7)  # held for half a minute: quiet again within its minute
INTO_THE_NEXT = EVENING + timedelta(minutes=17, seconds=41)  # still raised when its minute ends
LAST = EVENING + timedelta(minutes=29, seconds=23)  # ... and when its quarter ends
WALKS = (SOON_BACK, INTO_THE_NEXT, LAST)


def within(quarter: datetime, number: int, first_s: float = 61.3) -> list[datetime]:
    """Spread so many walks over a quarter of an hour."""
    return [quarter + timedelta(seconds=first_s + n * (800.0 - first_s) / number) for n in range(number)]


QUIET_NIGHTS = {
    "one passer": [LAST],
    "one for each quarter": [at for quarter in QUARTERS[1:] for at in within(quarter, 1, 333.3)],
    "four in one quarter": within(QUARTERS[1], LEAST - 1),
    "over the end of a quarter": [QUARTERS[1] - timedelta(seconds=8), QUARTERS[1] + timedelta(seconds=40)],
}
LAMPS = {
    "on demand": "",
    "dark until somebody comes": 'lighting_class = "P5"\nquiet_class = "P7"',
    "adaptive": 'lighting_class = "M4"\nquiet_class = "M6"\npolicy = "adaptive"\n'
    "[lamp.adaptive]\ndesign_flow_per_h = 240.0",
    "without steps": 'lighting_class = "M4"\nquiet_class = "M6"\npolicy = "adaptive"\n'
    "[lamp.adaptive]\ndesign_flow_per_h = 30.0\ncontinuous = true",
}


def of(said: Said, topic: str) -> list[dict[str, Any]]:
    return [json.loads(body) for name, body in said if name == topic]


def near(came: Sequence[datetime], at: datetime) -> bool:
    """Whether a moment lies in the minutes of a walk, and tells more than its minute."""
    return at.second + at.microsecond > 0 and any(0 <= (at - one).total_seconds() + 60 < 180 for one in came)


@pytest.mark.parametrize("lamp", LAMPS.values(), ids=LAMPS)
def test_from_all_that_leaves_a_quiet_night_cannot_be_told_from_an_empty_one(lamp: str, tmp_path: Path) -> None:
    empty = lived(tmp_path / "empty", [], END, lamp)
    assert len(of(empty, "lamp/lamp-1/summary")) == 6
    for name, walks in QUIET_NIGHTS.items():
        assert lived(tmp_path / name, walks, END, lamp) == empty, name


def test_where_enough_came_their_number_what_they_cost_and_the_raised_lamp_are_told(tmp_path: Path) -> None:
    said = lived(tmp_path, within(QUARTERS[1], 2 * LEAST), END)
    busy = [one for one in of(said, "lamp/lamp-1/summary") if not one["suppressed"]]
    assert [one["passages"] for one in busy] == [2 * LEAST]
    assert busy[0]["mean_level"] > 32.0
    assert busy[0]["energy_wh"] > 0.0
    told = [state for state in of(said, "lamp/lamp-1/state") if state["cause"] == "sensor"]
    assert told
    assert all(state["time"].endswith(":00Z") and state["ramp_s"] == 0.0 for state in told)
    assert of(said, "lamp/lamp-1/state")[-1]["cause"] == "program", "nor is its end forgotten"


def test_what_stands_still_on_a_quiet_night_goes_on_with_the_lighting_day_or_enough_passers() -> None:
    discreet = Discreet(LEAST, ZoneInfo("Europe/Paris"))

    def told(n: int, passages: int) -> LampSummary:
        start = EVENING + timedelta(minutes=15 * n)
        whole = LampSummary(
            "l", start, start + timedelta(minutes=15), 3.0, 10.0, False, 0.4, 900.0, 0, passages, Quality.GOOD,
            operating_h=n / 4, starts=n, energy_total_wh=3.0 * n, follows=n % 96 < 52,
        )  # fmt: skip
        return discreet.tell(whole)

    first = [told(n, 0) for n in range(67)]
    assert {(one.energy_total_wh, one.operating_h, one.starts) for one in first} == {(None, None, None)}
    noon = told(67, 1)
    assert (noon.energy_total_wh, noon.operating_h, noon.starts) == (201.0, 16.75, None), "a day is over"
    after = [told(68 + n, 1) for n in range(6)]
    assert [one.starts for one in after] == [None, None, None, 71, 71, 71], "with the fifth passer"
    assert [one.energy_total_wh for one in after] == [201.0] * 4 + [216.0] * 2, "with the fifth since noon"
    assert told(74, 0).energy_wh == 3.0, "by day nobody moves it"


def test_no_byte_on_the_wire_on_the_disk_or_in_the_log_tells_when_somebody_walked_by(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="lampyre")
    said = lived(tmp_path, WALKS, END)
    for topic, body in said:
        assert not [at for at in stamps(body) if near(WALKS, at)], (topic, body)
    assert not [state for state in of(said, "lamp/lamp-1/state") if state["cause"] == "sensor"], "three are too few"
    summaries = of(said, "lamp/lamp-1/summary")
    assert {(one["passages"], one["suppressed"], one["mean_level"]) for one in summaries} == {(None, True, None)}

    files = [file for file in (tmp_path / "state").rglob("*") if file.is_file()]
    assert {file.name for file in files} >= {"outbox.db", "lamp-1.memory.json"}
    for file in files:
        content = file.read_bytes()
        assert not [at for at in stamps(content) if near(WALKS, at)], file
        for at in WALKS:
            seconds = [str(int(at.timestamp()) + more).encode() for more in range(-1, int(SEEN_S) + 2)]
            assert not any(second in content for second in seconds), file
    assert not [at for at in stamps(caplog.text.encode()) if near(WALKS, at)]
    assert not [line for line in caplog.messages if "presence" in line], "nor does the journal, which has the time"
