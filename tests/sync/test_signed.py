"""Signed commands: nobody moves a lamp with a broker's login alone, and nothing that was done is done again."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.brokers import Mosquitto
from tests.clocks import EVENING
from tests.leaps import at_speed
from tests.sync.city import ROOT, City, Node, node, until
from tests.sync.test_commands import REPLIES, override

from lampyre import keys
from lampyre.command_settings import CommandSettings
from lampyre.errors import CommandRefused
from lampyre.sync.commands import BODY_LIMIT, STRANGERS_AT_ONCE
from lampyre.sync.inbox import INBOX_LIMIT, Received
from lampyre.sync.outbox import Outbox
from lampyre.sync.signed import Signed, message

TOPIC = f"{ROOT}/command/override"
HOUR = timedelta(hours=1)
PAST = {"issued_at": (EVENING - 2 * HOUR).isoformat(), "expires_at": (EVENING - HOUR).isoformat()}


@cache
def city_key(name: str) -> bytes:
    return keys.make_signing_key()


def known(**more: Any) -> CommandSettings:
    return CommandSettings.model_validate({"keys": {"city-2026": keys.public_of(city_key("city-2026"))}, **more})


def sealed(body: bytes, *, topic: str = TOPIC, key: str = "city-2026", name: str = "city-2026") -> bytes:
    """Return the envelope that the holder of `key` makes."""
    payload = body.decode()
    signature = keys.sign(city_key(key), message(topic, payload))
    return json.dumps({"payload": payload, "key": name, "signature": signature}).encode()


def opened(body: bytes, **more: Any) -> tuple[bytes, str | None]:
    return Signed(known(**more)).opened(TOPIC, "override", body, BODY_LIMIT)


def test_what_a_known_key_has_signed_is_opened_to_the_byte() -> None:
    assert opened(sealed(override())) == (override(), "city-2026")


def test_without_keys_a_command_is_taken_as_it_comes() -> None:
    assert Signed().opened(TOPIC, "override", b"anything", BODY_LIMIT) == (b"anything", None)


def test_where_signatures_may_lack_an_unsigned_one_passes_and_a_false_one_does_not() -> None:
    for more in ({"signed": "optional"}, {"unsigned": ["override"]}):
        assert opened(override(), **more) == (override(), None)
        with pytest.raises(CommandRefused, match="the signature is not city-2026's"):
            opened(sealed(override(), key="another"), **more)


def test_a_new_key_counts_beside_the_old_one() -> None:
    both = {"old": keys.public_of(city_key("old")), "new": keys.public_of(city_key("new"))}
    both_known = Signed(CommandSettings.model_validate({"keys": both}))
    for name in both:
        body = sealed(override(), key=name, name=name)
        assert both_known.opened(TOPIC, "override", body, BODY_LIMIT) == (override(), name)


@settings(deadline=None)  # a busy machine is no bug
@given(some.data())
def test_no_envelope_with_one_byte_changed_is_opened_to_another_command(data: some.DataObject) -> None:
    whole = sealed(override())
    at = data.draw(some.integers(0, len(whole) - 1))
    flipped = whole[:at] + bytes([whole[at] ^ data.draw(some.integers(1, 255))]) + whole[at + 1 :]
    try:
        body, key = opened(flipped)
    except CommandRefused:
        return
    assert (body, key) == (override(), "city-2026"), "only a blank of the envelope may have changed"


@settings(deadline=None)
@given(some.binary(max_size=300) | some.text().map(lambda text: json.dumps({"payload": text}).encode()))
def test_whatever_comes_in_place_of_an_envelope_is_refused_and_nothing_else_is_raised(body: bytes) -> None:
    with pytest.raises(CommandRefused):
        opened(body)


@pytest.mark.parametrize("bracket", [b"[", b'{"payload":'])
def test_brackets_without_end_are_refused(bracket: bytes) -> None:
    with pytest.raises(CommandRefused, match="not signed"):
        opened(bracket * 1000)


def signature_matrix() -> Iterator[tuple[str, str, bytes, str]]:
    """Yield what it is, topic, body and what the answer says; for none of these the allowance is spent."""
    yield "unsigned", TOPIC, override(id="m-1"), "not signed; here override must be, by city-2026"
    yield "the key of somebody else", TOPIC, sealed(override(id="m-2"), key="thief"), "the signature is not"
    yield "a key that nobody knows", TOPIC, sealed(override(id="m-3"), key="thief", name="thief"), "knows city-2026"
    elsewhere = "lampyre/v1/dijon/node-2/command/override"
    yield "signed for another node", TOPIC, sealed(override(id="m-4"), topic=elsewhere), "sign it for this node"
    other_kind = f"{ROOT}/command/resume"
    yield "signed for another kind", TOPIC, sealed(override(id="m-5"), topic=other_kind), "sign it for this node and"
    yield "one byte is another", TOPIC, sealed(override(id="m-6")).replace(b": 80", b": 90"), "the signature is not"
    yield "too large", TOPIC, sealed(override(id="m-7")) + b" " * 3 * BODY_LIMIT, "too many"
    half = json.loads(sealed(override(id="m-8")))
    yield "half a signature", TOPIC, json.dumps({**half, "signature": half["signature"][:44]}).encode(), "not signed"


def command_matrix() -> Iterator[tuple[str, str, bytes, str]]:
    """Yield what is signed well, and may not be done all the same."""
    yield "expired", TOPIC, sealed(override(id="n-1", **PAST)), "expired at"
    deep = b'{"lamps":' * 9 + b"1" + b"}" * 9
    yield "too deep", TOPIC, sealed(deep), "nested deeper"
    yield "too large inside", TOPIC, sealed(b" " * BODY_LIMIT + override(id="n-3")), "at most"
    unknown = f"{ROOT}/command/self-destruct"
    yield "an unknown kind", unknown, sealed(override(id="n-4"), topic=unknown), "is not known here"
    below = f"{ROOT}/command/override/now"
    yield "a kind that is none", below, sealed(override(id="n-5"), topic=below), "is not known here"
    resume = f"{ROOT}/command/resume"
    yield "a kind that its topic denies", resume, sealed(override(id="n-6"), topic=resume), "kind"
    for number, name in enumerate(("#", "+", "l1/#", "$SYS", "l1\x00", "", "x" * 33, "../l1", "L1")):
        yield f"a lamp named {name!r}", TOPIC, sealed(override(id=f"w-{number}", lamps=[name])), "lamps"
    yield "an id with a wildcard", TOPIC, sealed(override(id="n/#")), "id"


@at_speed(10)
async def test_of_all_commands_that_must_not_be_done_none_is_and_each_is_answered_or_counted(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    async with City(mosquitto.port) as city:
        async with node(tmp_path, mosquitto.port) as running:
            commands = running.uplink.commands
            commands.signed = Signed(known())
            await running.connected()
            asked = [*signature_matrix(), *command_matrix()]
            for number, (what, topic, body, why) in enumerate(asked):
                await city.say(topic, body, reply=REPLIES)
                answer = (await city.hears(REPLIES, number + 1))[number]
                assert answer["status"] == "refused", what
                assert why in answer["text"], what
            strangers = len(list(signature_matrix()))
            assert (commands.unsigned, commands.refused) == (strangers, len(asked))
            assert strangers == STRANGERS_AT_ONCE
            await city.say(TOPIC, sealed(override(id="r-1")), reply=REPLIES, retain=True)
            assert "without retain" in (await city.hears(REPLIES, len(asked) + 1))[-1]["text"]
            for _ in range(70):  # more than all commands of a day at once: only counted, and nobody else goes short
                await city.say(TOPIC, override(id="flood"), reply=REPLIES)
            await until(lambda: commands.unsigned == strangers + 70, "each is counted")
            assert running.obedient.asked == 0
            await twice(city, running, len(asked) + 1)
        async with node(tmp_path, mosquitto.port) as running:
            running.uplink.commands.signed = Signed(known())
            await running.connected()
            await city.say(TOPIC, sealed(override(id="good")), reply=REPLIES)
            await until(lambda: running.uplink.commands.repeated == 1, "after the restart it is known")
            assert running.obedient.asked == 0


async def twice(city: City, running: Node, answers: int) -> None:
    """The good one is done, and once."""
    for _ in range(2):
        await city.say(TOPIC, sealed(override(id="good")), reply=REPLIES)
    heard = (await city.hears(REPLIES, answers + 2))[answers:]
    assert [answer["status"] for answer in heard] == ["done", "done"]
    assert [command.id for command in running.obedient.done] == ["good"]


@at_speed(10)
async def test_without_a_clock_a_signed_command_is_not_obeyed_for_it_could_be_an_old_one(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    async with City(mosquitto.port) as city, node(tmp_path, mosquitto.port, trusted=False) as running:
        running.uplink.commands.signed = Signed(known(unsigned=["resume"]))
        await running.connected()
        await city.say(TOPIC, sealed(override(id="withheld", **PAST)), reply=REPLIES)
        assert "could be an old command sent again" in (await city.hears(REPLIES))[0]["text"]
        resume = {
            key: value for key, value in json.loads(override(kind="resume")).items() if key[:2] not in {"le", "du"}
        }
        await city.say(f"{ROOT}/command/resume", json.dumps(resume).encode(), reply=REPLIES)
        assert (await city.hears(REPLIES, 2))[1]["status"] == "done", "what need not be signed goes on as before"
        assert [command.kind for command in running.obedient.done] == ["resume"]


async def test_what_the_inbox_has_forgotten_is_refused_whatever_the_clock_says(tmp_path: Path) -> None:
    outbox = await Outbox.open(tmp_path / "outbox.db")
    try:
        for number in range(INBOX_LIMIT + 2):
            at = EVENING + timedelta(seconds=number)
            assert await outbox.receive(Received(f"c-{number}", "override", at)) is None
        for number in (0, 1):
            with pytest.raises(CommandRefused, match="may have been done and forgotten"):
                await outbox.receive(Received(f"c-{number}", "override", EVENING + timedelta(seconds=number)))
        assert await outbox.receive(Received("c-2", "override", EVENING + timedelta(seconds=2))) is not None
    finally:
        await outbox.close()
    outbox = await Outbox.open(tmp_path / "outbox.db")
    try:
        with pytest.raises(CommandRefused, match="forgotten"):
            await outbox.receive(Received("c-0", "override", EVENING))
    finally:
        await outbox.close()
