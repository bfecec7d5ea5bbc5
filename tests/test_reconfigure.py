"""A configuration from the city: looked at by another process, on probation, confirmed or put back, and never twice."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.clocks import EVENING, HandClock
from tests.test_city import LAMP, written

from lampyre import examine
from lampyre.configured import begin, look
from lampyre.errors import CommandRefused
from lampyre.examiner import examined
from lampyre.node import Node
from lampyre.reconfigure import CHANGES_A_DAY, RESTARTS_A_DAY, STEADY_S
from lampyre.sync.orders import Configuration, Report

DAY_S = 86_400.0


class Place:
    """A node of a file, with its clock in our hand, and what it did."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.hand = written(folder, LAMP.format(1) + LAMP.format(2))
        self.left = 0
        self.node = self.start()

    def start(self) -> Node:
        held = begin(self.hand)
        self.node = Node(held.settings, self.clock, None, held)
        self.node.changes.ways.leave = self._leave
        return self.node

    def _leave(self) -> None:
        self.left += 1

    def text(self, *ids: int, more: str = "") -> str:
        return "[node]\nlatitude = 47.3\nlongitude = 5.0\n" + more + "".join(LAMP.format(n) for n in ids)

    async def apply(self, revision: int, text: str, **more: Any) -> str:
        wanted = {"revision": revision, "text": text, "by": "control room"} | more
        return await self.node.changes.apply(Configuration.model_validate(wanted))

    def go(self) -> None:
        """The answer is sent: what was taken begins."""
        way = self.node.changes._next
        assert way is not None
        self.node.changes._begin(way)

    async def wait(self, seconds: float) -> None:
        self.clock.pass_s(seconds)
        await self.node.changes._look()

    @property
    def state(self) -> str:
        return look(self.hand).record.state


async def examined_here(what: str, hand: str, *, given: bytes) -> dict[str, Any]:
    """Return what the examiner says without a process of its own: that takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(given)))
        patch.setattr("resource.setrlimit", lambda *_: None)
        out = StringIO()
        patch.setattr(sys, "stdout", out)
        examine.main([what, hand])
    said: dict[str, Any] = json.loads(out.getvalue())
    if not said["ok"]:
        raise CommandRefused(said["error"])
    return said


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr("lampyre.reconfigure.examined", examined_here)
    place = Place(tmp_path)
    await place.node.open()
    yield place
    await place.node.close()


async def test_one_that_is_confirmed_holds_and_one_that_is_not_is_put_back_in_the_running_node(place: Place) -> None:
    node = place.node
    said = await place.apply(1, place.text(1, 2, 3), confirm_within_s=60.0)
    assert said.startswith(
        "revision 1 is on probation for 60 s (board b3, lamp lamp-3); then it is put back unless confirmed; ! board b3"
    ), "with what looks wrong about it"
    assert list(node.lamps) == ["lamp-1", "lamp-2"], "not before the answer is sent"
    with pytest.raises(CommandRefused, match="does not hold yet"):
        await node.changes.confirm(1)
    place.go()
    assert (list(node.lamps), place.state) == (["lamp-1", "lamp-2", "lamp-3"], "on_probation")
    with pytest.raises(CommandRefused, match="on probation; confirm it, or wait"):
        await place.apply(2, place.text(1))
    with pytest.raises(CommandRefused, match="revision 1 is"):
        await node.changes.confirm(2)
    with pytest.raises(CommandRefused, match="on probation, a restart would put it back"):
        await node.changes.restart()
    await place.wait(59.0)
    assert await node.changes.confirm(1) == "revision 1 holds"
    await place.wait(10.0)
    assert (list(node.lamps), place.state) == (["lamp-1", "lamp-2", "lamp-3"], "applied")
    await place.apply(2, place.text(1), confirm_within_s=60.0)
    place.go()
    assert list(node.lamps) == ["lamp-1"]
    await place.wait(61.0)
    assert (list(node.lamps), place.state) == (["lamp-1", "lamp-2", "lamp-3"], "reverted")
    told = node.changes.told.record
    assert told.why == "revision 2 was not confirmed within 60 s; there was no session with the broker"
    with pytest.raises(CommandRefused, match=r"revision 2 is not above 2, which was taken already; reverted"):
        await place.apply(2, place.text(1))
    assert place.left == 0, "the agent ran through it all"


async def test_the_same_again_is_done_already_and_one_that_means_the_same_begins_nothing(place: Place) -> None:
    lamps = dict(place.node.lamps)
    assert "means what holds already" in await place.apply(1, place.text(1, 2) + "# a word more\n")
    assert (
        await place.apply(1, place.text(1, 2) + "# a word more\n") == "revision 1 holds already; nothing is begun anew"
    )
    assert (place.node.changes._next, dict(place.node.lamps), place.state) == (None, lamps, "applied")


async def test_what_a_running_agent_cannot_take_begins_the_whole_anew_and_a_second_start_puts_it_back(
    place: Place,
) -> None:
    await place.apply(1, place.text(1, 2, more='time_zone = "Europe/London"\n'))
    place.go()
    assert place.left == 1
    assert begin(place.hand).settings.node.time_zone == "Europe/London"
    assert begin(place.hand).settings.node.time_zone == "Europe/Paris"
    assert place.state == "reverted"


async def test_one_that_was_taken_as_the_node_ran_is_put_back_where_the_node_dies_of_it(place: Place) -> None:
    await place.apply(1, place.text(1))
    place.go()
    assert [lamp.id for lamp in begin(place.hand).settings.lamp] == ["lamp-1", "lamp-2"]


async def test_a_session_that_stands_for_a_minute_confirms_where_the_sender_says_so_and_no_job_fails_in_it(
    place: Place,
) -> None:
    changes, uplink, failures = place.node.changes, place.node.city.uplink, [0]
    changes.ways.failures = lambda: failures[0]
    await place.apply(1, place.text(1), confirm="by-itself", confirm_within_s=600.0)
    place.go()
    uplink.online = True
    await place.wait(1.0)
    failures[0] += 1
    await place.wait(STEADY_S)
    assert place.state == "on_probation", "something has failed since then"
    uplink.online = False
    await place.wait(STEADY_S)
    uplink.online = True
    await place.wait(1.0)
    await place.wait(STEADY_S)
    assert place.state == "applied"
    assert "stood for a minute" in changes.told.record.why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[node", "not TOML"),
        ("colour = 3\n", "colour: no such key"),
        ('[node]\nlatitude = 47.3\nlongitude = 5.0\nid = "n99"\n' + LAMP.format(1), "node.id: only the file"),
        ("#" * 65_000 + "é" * 300, "more than 65536 bytes"),
    ],
)
async def test_one_that_is_wrong_is_refused_with_its_reason_and_nothing_is_written(
    place: Place, text: str, why: str
) -> None:
    with pytest.raises(CommandRefused, match=why):
        await place.apply(1, text)
    assert (place.state, place.node.changes._next) == ("by_hand", None)
    assert not list(place.node.state_dir.glob("node.*"))


@pytest.mark.parametrize(("given", "why"), [(b"[node", "not TOML"), (b"[" * 60_000, "nested too deeply|not TOML")])
async def test_another_process_looks_at_it_and_only_its_answer_counts(place: Place, given: bytes, why: str) -> None:
    with pytest.raises(CommandRefused, match=why):
        await examined("config", str(place.hand), given=given)


async def test_a_look_that_kills_the_one_that_looks_is_a_refusal(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "lampyre").mkdir()
    (tmp_path / "lampyre/__init__.py").touch()
    (tmp_path / "lampyre/examine.py").write_text("import os; os.kill(os.getpid(), 11)")  # as a damaged model does
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(CommandRefused, match=r"what looked at it died of it \(exit -11\)"):
        await examined("config", str(place.hand), given=b"")


async def test_while_somebody_edits_the_file_by_hand_the_city_waits(place: Place) -> None:
    place.hand.write_text(place.hand.read_text() + "# a technician\n")
    with pytest.raises(CommandRefused, match="somebody edits"):
        await place.apply(1, place.text(1))


async def test_changes_and_restarts_are_few_a_day_and_a_restart_is_written_down_before_it(place: Place) -> None:
    for turn in range(RESTARTS_A_DAY):
        place.clock.pass_s(60.0)
        assert "begins anew" in await place.node.changes.restart()
        place.go()
        assert place.left == turn + 1
    await place.node.close()
    await place.start().open()
    with pytest.raises(CommandRefused, match=f"restarted {RESTARTS_A_DAY} times within a day"):
        await place.node.changes.restart()
    record = place.node.changes._record
    place.node.changes._record = record.model_copy(update={"changes": (EVENING,) * CHANGES_A_DAY})
    with pytest.raises(CommandRefused, match=f"{CHANGES_A_DAY} changes within a day"):
        await place.apply(1, place.text(1))
    place.clock.pass_s(DAY_S)
    assert "begins anew" in await place.node.changes.restart()


async def test_on_a_disk_that_takes_nothing_nothing_is_changed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lampyre.reconfigure.keep", full)
    with pytest.raises(CommandRefused, match="No space left on device; nothing is changed"):
        await place.apply(1, place.text(1))
    assert list(place.node.lamps) == ["lamp-1", "lamp-2"]


async def test_where_the_running_agent_fails_to_take_it_the_whole_begins_anew_with_what_held(place: Place) -> None:
    await place.apply(1, place.text(1))

    def fails(_: object) -> None:
        raise ZeroDivisionError

    place.node.changes.ways.take = fails
    with pytest.raises(ZeroDivisionError):
        place.go()
    assert place.left == 1
    assert [lamp.id for lamp in begin(place.hand).settings.lamp] == ["lamp-1", "lamp-2"]


async def test_the_desired_one_is_looked_at_once_and_what_is_wrong_with_it_is_told(place: Place) -> None:
    desire, changes = place.node.desire, place.node.changes
    topic = "lampyre/v1/test/n01/config/desired"
    running = asyncio.ensure_future(desire.run(lambda: None))
    try:
        for _ in range(2):
            desire.hear(topic, b'{"revision": 7, "text": "[node", "by": "city"}', True)
            while changes.told.refused is None or desire._news.is_set():
                await asyncio.sleep(0)
            assert changes.told.refused[0] == 7
            assert "not TOML" in changes.told.refused[1]
        desire.hear(topic, b"{", True)
        while changes.told.refused is None or changes.told.refused[0] is not None:
            await asyncio.sleep(0)
        desire.hear(topic, b"", True)  # the broker keeps none any more
        wanted = Configuration(revision=8, text=place.text(1), by="city")
        desire.hear(topic, wanted.model_dump_json().encode(), True)
        while changes._next is None:
            await asyncio.sleep(0.01)
        place.go()
        assert (list(place.node.lamps), changes.told.record.tried) == (["lamp-1"], 8)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_an_agent_that_was_started_from_no_file_says_so(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.node = Node(place.node.settings, place.clock)
    with pytest.raises(CommandRefused, match="not started from a file"):
        await place.apply(1, place.text(1))


async def test_a_report_says_every_state_again(place: Place) -> None:
    about = {"id": "c-1", "kind": "report", "issued_at": EVENING, "expires_at": EVENING.replace(hour=19), "by": "city"}
    place.node.city.uplink.publish_state("lampyre/v1/test/n01/lamp/lamp-1/state", b"{}")
    assert await place.node.obey(Report.model_validate(about)) == "2 states are said again"
