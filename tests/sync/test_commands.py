"""A command is understood or refused, done once, answered the same twice, and never replayed."""

import asyncio
import contextlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.brokers import Mosquitto
from tests.clocks import EVENING
from tests.leaps import at_speed
from tests.sync.city import ROOT, City, node, until

from lampyre.errors import CommandRefused
from lampyre.sync.commands import BODY_LIMIT, parse
from lampyre.sync.inbox import Received
from lampyre.sync.orders import Override, Resume
from lampyre.sync.topics import Topics

REPLIES = "lampyre/v1/dijon/city/replies"


def override(**changes: Any) -> bytes:
    command = {
        "id": "c-1",
        "kind": "override",
        "lamps": ["l1", "l2"],
        "level": 80,
        "duration_s": 600,
        "issued_at": EVENING.isoformat(),
        "expires_at": (EVENING + timedelta(hours=1)).isoformat(),
        "by": "control room",
    }
    return json.dumps({**command, **changes}).encode()


def test_a_good_command_is_understood() -> None:
    command = parse("override", override())
    assert isinstance(command, Override)
    assert (command.lamps, command.level, command.duration_s) == (("l1", "l2"), 80.0, 600.0)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (override(level=101), "level"),
        (override(level="80"), "level"),
        (override(level=float("nan")), "not readable"),
        (override().replace(b"80", b"1e999"), "level"),
        (override(duration_s=0), "duration_s"),
        (override(duration_s=86401), "duration_s"),
        (override(lamps=[]), "lamps"),
        (override(lamps=["L1"]), "lamps"),
        (override(lamps=["l1/#"]), "lamps"),
        (override(lamps=["**"]), "lamps"),
        (override(lamps=["l1"] * 65), "lamps"),
        (override(id="x" * 65), "id"),
        (override(colour="red"), "colour"),
        (override(kind="restart"), "kind"),
        (override(issued_at=1_800_000_000), "issued_at"),
        (override(expires_at="2026-12-01T19:00:00"), "expires_at"),
        (override(expires_at=(EVENING + timedelta(hours=25)).isoformat()), "a day at most"),
        (override(expires_at=EVENING.isoformat()), "after issued_at"),
        (override()[:-1] + b', "level": 10}', "twice"),
        (override()[:-1], "not readable"),
        (b"[" * 5000, "nested deeper"),
        (b'{"a":' * 9 + b"1" + b"}" * 9, "nested deeper"),
        (b" " * (BODY_LIMIT + 1), "too many"),
        (b"\xff\xfe", "not readable"),
        (b"9" * 5000, "the command|not readable"),
        (b"", "not readable"),
    ],
)
def test_a_bad_command_is_refused_with_its_reason(body: bytes, why: str) -> None:
    with pytest.raises(CommandRefused, match=why):
        parse("override", body)


@pytest.mark.parametrize("lamps", [["*"], ["centre"], ["l1", "centre", "*"]])
def test_lamps_are_meant_by_name_by_group_and_all_at_once(lamps: list[str]) -> None:
    command = parse("override", override(lamps=lamps))
    assert isinstance(command, Override)
    assert command.lamps == tuple(lamps)


def test_a_resume_takes_neither_level_nor_duration() -> None:
    whole = json.loads(override(kind="resume"))
    plain = {key: value for key, value in whole.items() if key not in {"level", "duration_s"}}
    command = parse("resume", json.dumps(plain).encode())
    assert isinstance(command, Resume)
    assert command.lamps == ("l1", "l2")
    with pytest.raises(CommandRefused, match="level"):
        parse("resume", json.dumps(plain | {"level": 5}).encode())


def test_an_unknown_kind_is_refused_and_the_known_are_named() -> None:
    with pytest.raises(
        CommandRefused,
        match="this node knows apply-config, confirm-config, identify, observe, override, report, restart, resume",
    ):
        parse("self-destruct", override())


JSON = some.recursive(
    some.none() | some.booleans() | some.floats() | some.integers() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
)


@settings(deadline=None)  # a busy machine is no bug
@given(some.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")))
def test_whatever_comes_is_refused_and_nothing_else_is_raised(body: bytes) -> None:
    with pytest.raises(CommandRefused):
        parse("override", body)


@settings(deadline=None)  # a busy machine is no bug
@given(some.sampled_from(list(json.loads(override()))), JSON)
def test_whatever_one_field_holds_only_a_refusal_is_raised(field: str, value: Any) -> None:
    with contextlib.suppress(CommandRefused):
        parse("override", override(**{field: value}))


@pytest.mark.parametrize(
    ("topic", "allowed"),
    [
        (REPLIES, True),
        ("lampyre/v1/dijon/city", True),
        ("lampyre/v1/dijon/node-2/command/override", False),
        ("lampyre/v1/dijon/x/y/command/override", False),
        ("lampyre/v1/dijon/node-1/status", False),
        ("lampyre/v1/lyon/city", False),
        ("lampyre/v1/dijon/#", False),
        ("lampyre/v1/dijon/+/replies", False),
        ("lampyre/v1/dijon//replies", False),
        ("lampyre/v1/dijon/a\x00b", False),
        ("lampyre/v1/dijon/" + "x" * 300, False),
        ("", False),
    ],
)
def test_answers_go_only_where_nothing_obeys_them(topic: str, allowed: bool) -> None:
    assert Topics("dijon", "node-1").answerable(topic) is allowed


@at_speed(10)
async def test_a_command_is_done_once_and_answered_the_same_twice_also_after_a_restart(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    async with City(mosquitto.port) as city:
        async with node(tmp_path, mosquitto.port) as running:
            await running.connected()
            for _ in range(2):
                await city.say(f"{ROOT}/command/override", override(), reply=REPLIES, correlation=b"\x01\x02")
            await city.hears(REPLIES, 2)
            assert len(running.obedient.done) == 1
        async with node(tmp_path, mosquitto.port) as running:
            await running.connected()
            await city.say(f"{ROOT}/command/override", override(), reply=REPLIES, correlation=b"\x01\x02")
            replies = await city.hears(REPLIES, 3)
            assert running.obedient.done == []
        assert replies[0] == replies[1] == {**replies[2], "historical": replies[1]["historical"]}
        assert (replies[0]["id"], replies[0]["status"], replies[0]["text"]) == ("c-1", "done", "l1, l2 at 80 %")
        answers = [corr for (topic, _, _), corr in zip(city.heard, city.correlations, strict=True) if topic == REPLIES]
        assert answers == [b"\x01\x02"] * 3


@at_speed(10)
async def test_a_retained_command_is_refused_counted_and_not_done_at_reconnects(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    async with City(mosquitto.port) as city:
        await city.say(f"{ROOT}/command/override", override(id="old"), retain=True)
        async with node(tmp_path, mosquitto.port) as running:
            await running.connected()
            await city.say(f"{ROOT}/command/override", override(id="live"), retain=True, reply=REPLIES)
            assert "without retain" in (await city.hears(REPLIES))[0]["text"]
            mosquitto.stop()
            await until(lambda: not running.uplink.online, "the break is noticed")
            mosquitto.start()
            await running.connected()
            await until(lambda: city._client is not None and not city._client._disconnected.done(), "the city is back")
            await city.say(f"{ROOT}/command/override", override(id="good"), reply=REPLIES)
            await until(lambda: len(running.obedient.done) > 0, "the good one is done")
            assert [command.id for command in running.obedient.done] == ["good"]
            assert running.uplink.commands.refused == 1


@at_speed(10)
async def test_a_command_that_a_stop_interrupts_is_answered_after_the_restart_and_not_done_again(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    async with City(mosquitto.port) as city:
        async with node(tmp_path, mosquitto.port) as running:
            await running.connected()
            running.obedient.going.clear()
            await city.say(f"{ROOT}/command/override", override(), reply=REPLIES)
            await until(lambda: running.obedient.asked == 1, "the command is being done")
        async with node(tmp_path, mosquitto.port) as running:
            await until(
                lambda: running.uplink.commands.repeated == 1, "the broker sends it again: it was not acknowledged"
            )
            replies = await city.hears(REPLIES, 2)
            assert {reply["status"] for reply in replies} == {"interrupted"}
            assert running.obedient.asked == 0


@at_speed(10)
async def test_a_command_written_down_before_a_power_cut_is_reported(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with City(mosquitto.port) as city, node(tmp_path, mosquitto.port) as running:
        await running.outbox.receive(Received("c-9", "override", EVENING, REPLIES, b"x"))
        assert [(r["id"], r["status"]) for r in await city.hears(REPLIES)] == [("c-9", "interrupted")]


@at_speed(10)
async def test_an_expired_command_is_refused_and_without_a_clock_the_answer_says_what_was_not_checked(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    past = {
        "issued_at": (EVENING - timedelta(hours=2)).isoformat(),
        "expires_at": (EVENING - timedelta(hours=1)).isoformat(),
    }
    async with City(mosquitto.port) as city:
        async with node(tmp_path, mosquitto.port) as running:
            await running.connected()
            await city.say(f"{ROOT}/command/override", override(id="a", **past), reply=REPLIES)
            first = (await city.hears(REPLIES))[0]
            assert (first["status"], first["text"][:10]) == ("refused", "expired at")
        async with node(tmp_path, mosquitto.port, trusted=False) as running:
            await running.connected()
            await city.say(f"{ROOT}/command/override", override(id="b", **past), reply=REPLIES)
            second = (await city.hears(REPLIES, 2))[1]
            assert (second["status"], "clock is not set" in second["note"]) == ("done", True)


@at_speed(10)
async def test_a_reply_never_goes_where_a_node_would_obey_it(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with City(mosquitto.port) as city, node(tmp_path, mosquitto.port) as running:
        await running.connected()
        await city.say(f"{ROOT}/command/override", override(), reply="lampyre/v1/dijon/node-2/command/override")
        await until(lambda: running.uplink.commands.refused == 1, "refused")
        await asyncio.sleep(1)
        assert running.obedient.done == []
        assert not city.bodies("lampyre/v1/dijon/node-2/command/override")
