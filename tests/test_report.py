"""The node's own answers at the door are the ones that the console reads, and its refusals name what there is."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.clocks import EVENING, HandClock
from tests.console.answers import ANSWERS

from lampyre.bin import Bin
from lampyre.board import LampReport
from lampyre.memory import file_of
from lampyre.node import Node
from lampyre.records import Quality
from lampyre.report import BY_LIMIT, Reports
from lampyre.settings import load_settings

CONFIG = """
[node]
site = "test"
id = "n01"
latitude = 47.3
longitude = 5.0
state_dir = "{folder}/state"
runtime_dir = "{folder}/run"
"""
ASSETS = """
[[board]]
id = "b{0}"
kind = "lamp_bin_pico"
link = "serial:///dev/not-plugged-{0}"
[[lamp]]
id = "lamp-{0}"
board = "b{0}"
[[bin]]
id = "bin-{0}"
distance = "b{0}.distance"
temperature = "b{0}.temperature"
height_m = 1.2
"""
NONE = type(None)
NUMBER, MAYBE_NUMBER, MAYBE_TEXT = (int, float), (int, float, NONE), (str, NONE)
MAY_BE_ABSENT: dict[str, tuple[type, ...]] = {  # until something was measured, foreseen or wished
    "level": MAYBE_NUMBER, "target": MAYBE_NUMBER, "cause": MAYBE_TEXT, "ramp_s": MAYBE_NUMBER, "night": (bool, NONE),
    "night_why": MAYBE_TEXT, "down": MAYBE_TEXT, "board_down": MAYBE_TEXT, "fill": MAYBE_NUMBER, "value": MAYBE_NUMBER,
    "age_s": MAYBE_NUMBER, "forecast": (dict, NONE), "override": (dict, NONE), "power_w": MAYBE_NUMBER,
    "rate_per_day": MAYBE_NUMBER, "hours_to_full": (list, NONE), "temperature": MAYBE_NUMBER, "emptied_at": MAYBE_TEXT,
    "emptied_sure": MAYBE_NUMBER, "drift_ppm": MAYBE_NUMBER,
    "at": MAYBE_TEXT, "fine": MAYBE_TEXT, "skill": (dict, NONE), "coverage": MAYBE_NUMBER,
    "hottest": MAYBE_NUMBER, "power_drift": MAYBE_NUMBER, "life_low_h": MAYBE_NUMBER, "life_high_h": MAYBE_NUMBER,
    "life_why": MAYBE_TEXT, "until": MAYBE_TEXT, "until_by": MAYBE_TEXT, "wanted": MAYBE_NUMBER,
    "ladder": (dict, NONE), "collection": (dict, NONE), "observed": (dict, NONE), "since": MAYBE_TEXT,
    "collect_by": MAYBE_TEXT, "reason": MAYBE_TEXT, "waiting_h": MAYBE_NUMBER, "suppressed_because": MAYBE_TEXT,
    "looks_most": MAYBE_NUMBER, "failing": MAYBE_TEXT, "certificate_days": MAYBE_NUMBER,
}  # fmt: skip
FREE = {"models", "facts", "chances", "faults", "discrepancies"}  # their keys are names
MORE = {"unanswered"}  # told beyond what the console reads


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def node(tmp_path: Path, clock: HandClock) -> AsyncIterator[Node]:
    """A node of two lamps and two bins whose boards are not plugged in."""
    path = tmp_path / "node.toml"
    path.write_text(CONFIG.format(folder=tmp_path) + ASSETS.format(1) + ASSETS.format(2))
    node = Node(load_settings(path), clock)
    await node.open()
    yield node
    await node.close()


def hear(node: Node, **values: float) -> None:
    """Let board b1 say this, and its lamp, as if it were plugged in."""
    names = [channel for channel in node.latest.channels if channel.startswith("b1.")]
    node.latest.put(names, [values.get(name.removeprefix("b1."), 0.0) for name in names])
    node.lamps["lamp-1"].told(LampReport(ordered=False, level=0.32, target=0.32, left_s=0.0))
    node._step(node.lamps["lamp-1"])
    node.bins["bin-1"].step()


def same_shape(ours: Any, recorded: Any, where: str) -> None:
    """Compare keys and types, down to the leaves."""
    key = where.rpartition(".")[2]
    if key in MAY_BE_ABSENT and (ours is None or recorded is None):
        assert isinstance(ours, MAY_BE_ABSENT[key]), (where, ours)
    elif isinstance(recorded, dict):
        assert isinstance(ours, dict), where
        if key not in FREE:
            assert set(ours) - MORE == set(recorded), where
        for name in ours.keys() & recorded.keys():
            same_shape(ours[name], recorded[name], f"{where}.{name}")
    elif isinstance(recorded, list):
        assert isinstance(ours, list), where
        for one in ours:
            same_shape(one, recorded[0], where + "[]")
    elif isinstance(recorded, bool) or not isinstance(recorded, int | float):
        assert type(ours) is type(recorded), (where, ours)
    else:
        assert isinstance(ours, NUMBER), (where, ours)
        assert not isinstance(ours, bool), where


async def ask(node: Node, **question: object) -> dict[str, object]:
    answer = await Reports(node).answer(question)
    json.dumps(answer, allow_nan=False)
    return answer


@pytest.mark.parametrize("plugged", [False, True])
@pytest.mark.parametrize("word", ["status", "sensors", "lamp", "why", "bin", "outbox"])
async def test_an_answer_has_the_keys_and_types_of_the_recorded_one(node: Node, word: str, plugged: bool) -> None:
    if plugged:
        hear(node, presence=0.0, passages=3.0, lux=2.0, distance=0.7, temperature=12.0, power=15.0)
    id_ = "bin-1" if word == "bin" else "lamp-1"
    same_shape(await ask(node, ask=word, id=id_), ANSWERS[word], word)


async def test_boards_that_are_not_plugged_in_yield_missing_values_and_reasons_not_zeros(node: Node) -> None:
    sensors = await ask(node, ask="sensors")
    assert isinstance(sensors["channels"], list)
    assert len(sensors["channels"]) == 16
    assert {one["channel"]: one["quantity"] for one in sensors["channels"]}["b1.presence"] == "presence"
    for channel in sensors["channels"]:
        assert (channel["value"], channel["quality"], channel["age_s"]) == (None, Quality.MISSING.name, None)
    bin_ = await ask(node, ask="bin", id="bin-2")
    assert (bin_["fill"], bin_["quality"], bin_["status"]) == (None, "MISSING", "unknown")


async def test_an_override_at_the_door_holds_is_shown_and_ends(node: Node) -> None:
    hear(node, presence=0.0, passages=3.0, lux=2.0, distance=0.7, temperature=12.0, power=15.0)
    given = await ask(node, ask="override", id="lamp-1", level=0.4, for_s=600, by="technician")
    same_shape(given, ANSWERS["override"], "override")
    lamp = await ask(node, ask="lamp", id="lamp-1")
    assert lamp["override"] == {"level": 0.4, "until": "2026-12-01T18:10:00Z", "by": "technician"}
    node._step(node.lamps["lamp-1"])
    assert (await ask(node, ask="lamp", id="lamp-1"))["why"] == "override by technician until 18:10:00 UTC"
    assert await ask(node, ask="resume", id="lamp-1") == ANSWERS["resume"]
    assert (await ask(node, ask="lamp", id="lamp-1"))["override"] is None


async def at(node: Node, said: str) -> dict[str, object]:
    """Ask why about a time of that day."""
    return await ask(node, ask="why", id="lamp-1", at=f"2026-12-01T{said}Z")


def look(node: Node, presence: float) -> None:
    names = [channel for channel in node.latest.channels if channel.startswith("b1.")]
    values = {"presence": presence, "passages": 3.0, "lux": 2.0, "distance": 0.7, "temperature": 12.0, "power": 15.0}
    node.latest.put(names, [values.get(name.removeprefix("b1."), 0.0) for name in names])
    node._step(node.lamps["lamp-1"])


async def test_why_tells_the_rung_what_was_seen_and_until_when(node: Node, clock: HandClock) -> None:
    hear(node, presence=0.0, passages=3.0, lux=2.0, distance=0.7, temperature=12.0, power=15.0)
    quiet = await ask(node, ask="why", id="lamp-1")
    assert (quiet["fine"], quiet["wanted"], quiet["until_by"]) == ("program", 0.32, "dawn")
    assert quiet["until"] == "2026-12-02T06:53:35Z"
    clock.pass_s(10.0)
    look(node, 1.0)
    busy = await ask(node, ask="why", id="lamp-1")
    assert busy["ladder"] == {"rung": 4, "of": 8, "silent": ["protection", "technician", "remote"]}
    assert (busy["since"], busy["until"], busy["until_by"]) == ("2026-12-01T18:00:10Z", "2026-12-01T18:00:40Z", "hold")
    assert isinstance(busy["inputs"], list)
    assert [(one["channel"], one["value"], one["quality"]) for one in busy["inputs"]] == [
        ("b1.presence", 1.0, "GOOD"), ("b1.passages", 3.0, "GOOD"), ("b1.lux", 2.0, "GOOD"), ("b1.power", 15.0, "GOOD"),
    ]  # fmt: skip
    await ask(node, ask="override", id="lamp-1", level=0.4, for_s=600, by="technician")
    look(node, 1.0)
    held = await ask(node, ask="why", id="lamp-1")
    assert (held["fine"], held["until_by"], held["until"]) == ("technician", "override", "2026-12-01T18:10:10Z")


async def test_why_at_an_earlier_time_is_told_to_the_minute_and_without_counts(node: Node, clock: HandClock) -> None:
    hear(node, presence=0.0, passages=3.0, lux=2.0, distance=0.7, temperature=12.0, power=15.0)
    for passed_s, presence in ((330.0, 1.0), (40.0, 0.0), (3600.0, 0.0)):
        clock.pass_s(passed_s)
        look(node, presence)
    then = await at(node, "18:06:00")
    same_shape(then, ANSWERS["why"] | {"skill": None}, "why")
    assert (then["now"], then["fine"], then["level"]) == (False, "presence", 0.8)
    assert (then["since"], then["until"]) == ("2026-12-01T18:05:00Z", "2026-12-01T18:06:00Z")
    assert isinstance(then["inputs"], list)
    assert [one["channel"] for one in then["inputs"]] == ["b1.presence", "b1.lux"]
    last = await at(node, "18:30:00")
    assert (last["fine"], last["until"], last["until_by"]) == ("program", None, None)


async def test_what_the_journal_knows_never_reaches_the_disk(node: Node, clock: HandClock) -> None:
    hear(node, presence=0.0, passages=3.0, lux=2.0, distance=0.7, temperature=12.0, power=15.0)
    clock.pass_s(330.0)
    look(node, 1.0)
    assert (await at(node, "18:05:30"))["fine"] == "presence"
    await node.memory.keep()
    kept = {path.name: path.read_bytes() for path in node.state_dir.rglob("*") if path.is_file()}
    assert kept
    assert [name for name, one in kept.items() if b"18:05:30" in one or b"held" in one] == []


async def test_a_lamp_that_was_lit_before_the_suns_dusk_is_told_until_dawn(node: Node, clock: HandClock) -> None:
    clock.set_wall(datetime(2026, 12, 1, 16, 0, tzinfo=UTC))  # the sun is still up; dusk is at 16:13
    hear(node, presence=0.0, passages=3.0, lux=2.0, distance=0.7, temperature=12.0, power=15.0)
    early = await ask(node, ask="why", id="lamp-1")
    assert (early["night"], early["until_by"]) == (True, "dawn")


async def test_a_curfew_that_will_move_the_lamp_is_what_it_waits_for(tmp_path: Path, clock: HandClock) -> None:
    more = 'policy = "program"\nlimits.curfew = {begin = "23:00", end = "05:00", most = 0.5}\n[[bin]]'
    path = tmp_path / "node.toml"
    path.write_text(CONFIG.format(folder=tmp_path) + ASSETS.format(1).replace("[[bin]]", more))
    node = Node(load_settings(path), clock)
    await node.open()
    hear(node, lux=2.0)
    bright = await ask(node, ask="why", id="lamp-1")
    assert (bright["target"], bright["until"], bright["until_by"]) == (0.8, "2026-12-01T22:00:00Z", "curfew")
    clock.pass_s(5 * 3600.0)
    look(node, 0.0)
    less = await ask(node, ask="why", id="lamp-1")
    assert (less["target"], less["until"], less["until_by"]) == (0.5, "2026-12-02T04:00:00Z", "curfew")
    await node.close()


async def test_of_a_board_that_follows_nobody_its_own_level_is_told(node: Node, clock: HandClock) -> None:
    hear(node, lux=2.0)
    for _ in range(3):
        clock.pass_s(5.0)
        node.lamps["lamp-1"].told(LampReport(ordered=False, level=0.55, target=0.6, left_s=0.0))
        look(node, 0.0)
    told = await ask(node, ask="why", id="lamp-1")
    assert (told["fine"], told["level"], told["target"]) == ("failsafe", 0.6, 0.6)
    assert (await ask(node, ask="lamp", id="lamp-1"))["level"] == 0.6


async def test_why_refuses_times_of_which_nothing_is_known(node: Node) -> None:
    hear(node, presence=0.0, passages=3.0, lux=2.0, distance=0.7, temperature=12.0, power=15.0)
    assert "nothing is known of lamp-1 at 2026-12-01T17:59:59Z" in str((await at(node, "17:59:59"))["error"])
    assert "from 2026-12-01T18:00:00Z on" in str((await at(node, "17:59:59"))["error"])
    assert "is still to come" in str((await at(node, "18:00:01"))["error"])
    assert "at must be a time" in str((await at(node, "later"))["error"])
    nothing = await ask(node, ask="why", id="lamp-2", at="2026-12-01T17:00Z")
    assert "it has not been looked at yet" in str(nothing["error"])


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ({"ask": "lamp", "id": "lamp-9"}, "lamp-1, lamp-2"),
        ({"ask": "lamp"}, "lamp-1, lamp-2"),
        ({"ask": "bin", "id": "lamp-1"}, "bin-1, bin-2"),
        ({"ask": "resume", "id": ["lamp-1"]}, "lamp-1, lamp-2"),
        ({"ask": "weather"}, "status, sensors, lamp, why, bin, outbox, override, resume"),
        ({}, "status, sensors"),
        ({"ask": "override", "id": "lamp-1", "level": 1.1, "for_s": 60}, "level must be a number from 0 to 1"),
        ({"ask": "override", "id": "lamp-1", "level": True, "for_s": 60}, "level must be a number from 0 to 1"),
        ({"ask": "override", "id": "lamp-1", "level": float("nan"), "for_s": 60}, "level must be a number from 0 to 1"),
        ({"ask": "override", "id": "lamp-1", "level": 1, "for_s": 86401}, "for_s must be a number from 1 to 86400"),
        ({"ask": "override", "id": "lamp-1", "level": 1}, "for_s must be a number from 1 to 86400"),
    ],
)
async def test_a_refusal_names_what_there_is(node: Node, question: dict[str, object], named: str) -> None:
    answer = await ask(node, **question)
    assert answer["ok"] is False
    assert named in str(answer["error"])


async def test_a_name_at_the_door_that_no_message_can_hold_stops_neither_light_nor_message(node: Node) -> None:
    hear(node, presence=0.0, passages=3.0, lux=2.0, distance=0.7, temperature=12.0, power=15.0)
    await ask(node, ask="override", id="lamp-1", level=0.4, for_s=600, by="\ud800\x00" + "x" * 99)
    standing = node.overrides.standing("lamp-1", EVENING)
    assert standing is not None
    assert standing.by == "x" * BY_LIMIT
    node._step(node.lamps["lamp-1"])
    assert node.city.unsaid == 0


async def test_a_technician_shows_the_empty_bin_and_it_stays_shown_after_a_restart(node: Node) -> None:
    refused = await ask(node, ask="calibrate", id="bin-1", what="empty")
    assert "wait, or give the metres" in str(refused["error"])
    assert (await ask(node, ask="calibrate", id="bin-1", what="empty", metres=1.25))["empty_m"] == 1.25
    assert "no bin between" in str((await ask(node, ask="calibrate", id="bin-1", what="full", metres=1.2))["error"])
    again = Bin(node.settings.bin[0], node.settings.node, node.latest)
    again.restore(file_of(node.state_dir, "bin-1").read_text(), node.clock.now())
    assert again.watch.measure.empty_m == 1.25
