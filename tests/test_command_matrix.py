"""Every command, and everything that may be wrong with it: nothing is done, and each is answered or counted."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.clocks import EVENING, HandClock
from tests.test_city import BIN, LAMP, technician, written

from lampyre import keys
from lampyre.audit import Entry, entries
from lampyre.board import LampReport
from lampyre.command_settings import CommandSettings
from lampyre.configured import begin
from lampyre.errors import CommandRefused
from lampyre.node import Node
from lampyre.records import Parcel
from lampyre.sync.commands import most_bytes
from lampyre.sync.orders import KINDS, Command
from lampyre.sync.signed import Signed, message

ROOT = "lampyre/v1/test/n01/command"
REPLIES = "lampyre/v1/test/city/replies"
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
PATIENCE_S = 60.0  # for one command on a machine that stalls; apply-config begins another process
PLACE = "[node]\nlatitude = 47.3\nlongitude = 5.0\n"
GOOD: dict[str, dict[str, Any]] = {
    "override": {"lamps": ["lamp-1"], "level": 80, "duration_s": 600},
    "resume": {"lamps": ["lamp-1"]},
    "observe": {"bin": "bin-1", "fill": 40},
    "identify": {"lamps": ["*"], "duration_s": 60},
    "report": {},
    "use-model": {"duty": "fill", "model": "none"},
    "apply-config": {"revision": 1, "text": PLACE + LAMP.format(1)},
    "confirm-config": {"revision": 1},
    "restart": {},
}
WRONG: dict[str, list[dict[str, Any]]] = {
    "override": [{"lamps": ["#"]}, {"lamps": ["+"]}, {"lamps": ["lamp-1/#"]}, {"level": 101}, {"duration_s": 1e9}],
    "resume": [{"lamps": ["#"]}, {"lamps": []}, {"level": 5}],
    "observe": [{"bin": "+"}, {"bin": "*"}, {"fill": -1}, {"seen_at": "yesterday"}],
    "identify": [{"lamps": ["$SYS"]}, {"duration_s": 5}, {"duration_s": 601}],
    "report": [{"what": "all"}],
    "use-model": [{"duty": "all"}, {"model": "../../etc"}, {"model": "#"}, {"model": "/tmp/model"}],
    "apply-config": [{"revision": 0}, {"revision": "1"}, {"text": ""}, {"text": "x" * 65_537}, {"confirm": "never"},
                     {"confirm_within_s": 1}, {"confirm_within_s": 1e9}],
    "confirm-config": [{"revision": 0}, {"revision": 1.5}],
    "restart": [{"now": True}],
}  # fmt: skip


def body(kind: str, /, **more: Any) -> bytes:
    moments = {"issued_at": EVENING.isoformat(), "expires_at": (EVENING + HOUR).isoformat()}
    return json.dumps({"id": f"{kind}-1", "kind": kind, "by": "control room", **moments, **GOOD[kind], **more}).encode()


def sealed(topic: str, plain: bytes, key: bytes, *, name: str = "city") -> bytes:
    signature = keys.sign(key, message(topic, plain.decode()))
    return json.dumps({"payload": plain.decode(), "key": name, "signature": signature}).encode()


class Told:
    """A node without a broker, told by hand; it remembers what it was asked to do."""

    def __init__(self, folder: Path) -> None:
        held = begin(written(folder, LAMP.format(1) + LAMP.format(2) + BIN))
        self.clock = HandClock()
        self.node = Node(held.settings, self.clock, None, held)
        self.asked: list[str] = []
        self.obey = self.node.city.obey
        self.node.city.obey = self._obey

    async def _obey(self, command: Command) -> str:
        self.asked.append(command.kind)
        return await self.obey(command)

    async def open(self) -> None:
        await self.node.open()
        for lamp in self.node.lamps.values():
            lamp.told(LampReport(ordered=False, level=0.32, target=0.32, left_s=0.0))

    async def tell(self, kind: str, said: bytes, **about: Any) -> str:
        """Return how it was answered, and why; "nothing" where no answer was put."""
        outbox = self.node.city.outbox
        how: dict[str, Any] = {"retained": False, "reply_topic": REPLIES, "correlation": b"x"} | about
        before = outbox.stats().replies
        async with asyncio.timeout(PATIENCE_S):
            await self.node.city.uplink.commands.take(f"{ROOT}/{kind}", said, **how)
            if outbox.stats().replies == before:
                return "nothing"
            answers: list[Parcel] = []
            while not answers:
                answers = [one for one in await outbox.next(100) if one.topic == REPLIES]
        answer = json.loads(answers[-1].body)
        return f"{answer['status']}: {answer['text']}"


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[Told]:
    told = Told(tmp_path)
    await told.open()
    yield told
    await told.node.close()


def test_the_table_has_every_command() -> None:
    assert set(GOOD) == set(WRONG) == set(KINDS)


@pytest.mark.parametrize("kind", GOOD)
async def test_of_a_command_that_may_not_be_done_nothing_is_and_each_is_answered(told: Told, kind: str) -> None:
    commands, harmed = told.node.city.uplink.commands, 0
    past = {"issued_at": (EVENING - 2 * HOUR).isoformat(), "expires_at": EVENING.isoformat()}
    ahead = {"issued_at": (EVENING + YEAR).isoformat()}
    ahead["expires_at"] = (EVENING + YEAR + HOUR).isoformat()
    other = "restart" if kind != "restart" else "report"
    harms = [
        (body(kind, **past), "expired at"),
        (body(kind, **ahead), "which is to come"),
        (body(kind, expires_at=(EVENING + timedelta(days=2)).isoformat()), "a day at most"),
        (body(kind, kind=other), "kind"),
        (body(kind, id="a/#"), "id"),
        (body(kind, colour="red"), "colour"),
        (body(kind)[:-1], "not readable"),
        (body(kind)[:-1] + b', "id": "again"}', "twice"),
        (body(kind) + b" " * most_bytes(kind), "too many"),
        (b'{"a":' * 9 + b"1" + b"}" * 9, "nested deeper"),
        *((body(kind, **wrong), next(iter(wrong))) for wrong in WRONG[kind]),
    ]
    for number, (whole, why) in enumerate(harms):
        said = whole.replace(f'"{kind}-1"'.encode(), f'"{kind}-h{number}"'.encode())
        came = await told.tell(kind, said)
        assert came.startswith("refused"), (said[:300], came)
        assert why in came, (said[:300], came)
        harmed += 1
    assert "retain" in await told.tell(kind, body(kind), retained=True)
    assert "is not known here" in await told.tell(f"{kind}x", body(kind))
    assert await told.tell(kind, body(kind), reply_topic=f"{ROOT}/{kind}") == "nothing"
    assert (told.asked, commands.done, commands.refused) == ([], 0, harmed + 3)
    kept = [one for one in entries(told.node.state_dir) if isinstance(one, Entry)]
    assert [one.came for one in kept] == ["refused"] * (harmed + 3), "and each stands in the audit"


@pytest.mark.parametrize("kind", GOOD)
async def test_where_signatures_are_required_only_what_a_known_key_has_signed_here_is_done(
    told: Told, kind: str
) -> None:
    commands, ours = told.node.city.uplink.commands, keys.make_signing_key()
    commands.signed = Signed(CommandSettings.model_validate({"keys": {"city": keys.public_of(ours)}}))
    topic, plain = f"{ROOT}/{kind}", body(kind)
    elsewhere = topic.replace("/n01/", "/n02/")
    harms = [
        (plain, "not signed"),
        (sealed(topic, plain, keys.make_signing_key()), "the signature is not city's"),
        (sealed(topic, plain, ours, name="nobody"), "signed by 'nobody'"),
        (sealed(elsewhere, plain, ours), "sign it for this node and kind"),
        (sealed(f"{topic}x", plain, ours), "sign it for this node and kind"),
    ]
    for said, why in harms:
        came = await told.tell(kind, said)
        assert came.startswith("refused")
        assert why in came
    assert (told.asked, commands.done, commands.unsigned) == ([], 0, len(harms))
    past = {"issued_at": (EVENING - 2 * HOUR).isoformat(), "expires_at": EVENING.isoformat()}
    assert "expired at" in await told.tell(kind, sealed(topic, body(kind, id="old", **past), ours))
    assert told.asked == []
    first = await told.tell(kind, sealed(topic, plain, ours))
    assert await told.tell(kind, sealed(topic, plain, ours)) == first, "sent again by who has read it: answered only"
    assert told.asked == [kind]


@pytest.mark.parametrize("kind", GOOD)
async def test_a_command_that_comes_again_is_answered_the_same_and_done_once_also_after_a_restart(
    told: Told, kind: str, tmp_path: Path
) -> None:
    first = await told.tell(kind, body(kind))
    assert first.startswith("refused" if kind == "confirm-config" else "done"), first
    assert await told.tell(kind, body(kind)) == first
    assert told.asked == [kind]
    await told.node.close()
    again = Told(tmp_path)
    await again.open()
    try:
        assert await again.tell(kind, body(kind)) == first
        assert again.asked == []
    finally:
        await again.node.close()
        await told.open()  # for the fixture's end


@pytest.mark.parametrize("kind", ["override", "resume", "identify", "observe", "use-model"])
async def test_one_that_a_later_one_of_its_sender_has_overtaken_is_not_done(told: Told, kind: str) -> None:
    later = (EVENING + timedelta(seconds=5)).isoformat()
    assert (await told.tell(kind, body(kind, id="later", issued_at=later))).startswith("done")
    came = await told.tell(kind, body(kind, id="earlier"))
    assert came.startswith("refused")
    assert "its sender has issued a later command" in came
    more = {"fill": 60} if kind == "observe" else {}  # the same seen twice is refused for that
    assert (await told.tell(kind, body(kind, id="other", by="the other desk", **more))).startswith("done")


async def test_one_that_was_done_before_the_hour_was_known_locks_nobody_out_once_it_is(told: Told) -> None:
    told.clock.trusted = False
    far = {"issued_at": (EVENING + YEAR).isoformat(), "expires_at": (EVENING + YEAR + HOUR).isoformat()}
    assert (await told.tell("resume", body("resume", id="far", **far))).startswith("done")
    assert "its sender has issued a later command" in await told.tell("resume", body("resume", id="before"))
    told.clock.trusted = True
    assert (await told.tell("resume", body("resume", id="after"))).startswith("done")


async def test_of_a_group_only_those_lamps_follow_that_no_later_command_has_overtaken(told: Told) -> None:
    later = (EVENING + timedelta(seconds=5)).isoformat()
    await told.tell("resume", body("resume", id="later", issued_at=later))
    came = await told.tell("override", body("override", lamps=["*"]))
    assert came.startswith("done: lamp-2 at 80 %")
    assert "; not lamp-1: its sender has issued a later command" in came
    assert told.node.overrides.standing("lamp-1", EVENING) is None


async def test_an_older_revision_is_never_taken_after_a_newer_one(told: Told) -> None:
    text = PLACE + LAMP.format(1) + LAMP.format(2) + BIN
    assert (await told.tell("apply-config", body("apply-config", revision=5, text=text))).startswith("done")
    came = await told.tell("apply-config", body("apply-config", revision=4, id="older"))
    assert "revision 4 is not above 5" in came


async def test_a_technician_at_the_mast_stands_above_every_lamp_command(told: Told) -> None:
    for lamp in ("lamp-1", "lamp-2"):
        told.node.overrides.put(technician(lamp), told.clock.now())
    for kind in ("override", "resume", "identify"):
        assert "a technician" in await told.tell(kind, body(kind))
    with pytest.raises(CommandRefused, match="no lamp or group"):
        await told.obey(KINDS["resume"].model_validate_json(body("resume", lamps=["lamp-9"])))
