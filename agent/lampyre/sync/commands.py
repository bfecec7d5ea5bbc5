"""Commands: bytes from the broker become at most one deed, and one answer."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from lampyre.clock import Clock
from lampyre.errors import CommandRefused, LampyreError
from lampyre.in_order import AHEAD
from lampyre.records import Priority
from lampyre.sync.allowance import Allowance
from lampyre.sync.convert import Converter
from lampyre.sync.inbox import Received
from lampyre.sync.messages import numbered
from lampyre.sync.orders import KINDS, Command, Configuration
from lampyre.sync.outbox import Outbox
from lampyre.sync.signed import Signed
from lampyre.sync.topics import Topics

log = logging.getLogger("lampyre.sync.commands")

BODY_LIMIT = 8192  # bytes; an override of 64 lamps has 2500
DEPTH_LIMIT = 8  # our deepest command has 2; parsers of deeper ones have died
CORRELATION_LIMIT = 256  # bytes that we keep and send back for somebody else
COMMANDS_AT_ONCE = 64  # a scene, lamp by lamp
COMMAND_EACH_S = 180.0  # in the long run: one, answered, writes 35 kB (measured); 480 a day are 17 of a card's 50 MB
STRANGERS_AT_ONCE = 8  # refusals for want of a signature that are told and answered; each writes, too
OBEY_LIMIT_S = 10.0  # the node only notes the wish; the light follows by itself
EXAMINED_LIMIT_S = 90.0  # ... or another process looks at it first, which may take 60
EXAMINED = {"apply-config", "use-model"}
CONFIG_BODY_LIMIT = 128 * 1024  # bytes; twice its text: each quote and each end of a line takes two in a string

T = TypeVar("T", bound=BaseModel)
Obey = Callable[[Command], Awaitable[str]]
"""Does the command and says in one line what was done; raises CommandRefused with the reason."""
Witness = Callable[[str, str, str, str], Awaitable[None]]
"""Writes down who commanded what, what came of it and what was said; never raises."""
STRANGER = "?"  # who commands what cannot be read, or is signed by nobody known


def most_bytes(kind: str) -> int:
    """Return how long a command of this kind may be."""
    return CONFIG_BODY_LIMIT if kind == "apply-config" else BODY_LIMIT


def parse(kind: str, body: bytes) -> Command:
    """Read a command; whatever the bytes are, raises nothing but CommandRefused."""
    if kind not in KINDS:
        raise CommandRefused(f"kind {kind!r} is not known here; this node knows {', '.join(sorted(KINDS))}")
    return _read(KINDS[kind], body, most_bytes(kind))


def parse_desired(body: bytes) -> Configuration:
    """Read what the broker keeps as the desired configuration; whatever it is, raises nothing but CommandRefused."""
    return _read(Configuration, body, CONFIG_BODY_LIMIT)


def _read(model: type[T], body: bytes, most: int) -> T:
    if len(body) > most:
        raise CommandRefused(f"{len(body)} bytes are too many; a command has at most {most}")
    if _depth(body) > DEPTH_LIMIT:
        raise CommandRefused(f"nested deeper than {DEPTH_LIMIT}; send a flat object")
    try:
        from_json(body, allow_inf_nan=False)
        json.loads(body.decode(), object_pairs_hook=_no_key_twice)
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the command"
        raise CommandRefused(f"{where}: {first['msg']}") from error
    except ValueError as error:
        raise CommandRefused(f"not readable as JSON: {error}") from error


def _depth(body: bytes) -> int:
    """Return how many brackets stand open at once, at most, outside of strings."""
    deepest = depth = 0
    in_string = escaped = False
    for byte in body:
        if in_string:
            in_string = escaped or byte != 0x22
            escaped = byte == 0x5C and not escaped
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


class Commands:
    """Takes what the broker hands over, writes it down, has it done once, and puts the answer into the outbox."""

    def __init__(self, outbox: Outbox, topics: Topics, convert: Converter, clock: Clock, obey: Obey) -> None:
        self._outbox = outbox
        self._topics = topics
        self._convert = convert
        self._clock = clock
        self._obey = obey
        self.done = 0
        self.refused = 0
        self.repeated = 0
        self.signed = Signed()  # whose commands are obeyed; whoever makes this says it
        self.unsigned = 0  # refused for want of a signature that holds
        self.flooded = 0  # above the allowance: neither read nor answered, for that would write too
        self._allowance = Allowance(clock, COMMANDS_AT_ONCE, COMMAND_EACH_S)
        self._strangers = Allowance(clock, STRANGERS_AT_ONCE, COMMAND_EACH_S)
        self._flooding = False
        self.settled: Callable[[], None] = lambda: None  # called when a command has its answer
        self.witness: Witness = _nobody  # who writes down what came of each

    async def take(self, topic: str, body: bytes, *, retained: bool, reply_topic: str, correlation: bytes) -> None:
        """Return when the broker may forget the command; raises OutboxError if it could not be written down."""
        kind = self._topics.command_kind(topic) or "unknown"
        try:
            body, key = self.signed.opened(topic, kind, body, most_bytes(kind))
        except CommandRefused as error:
            await self._turn_away(kind, str(error), reply_topic, correlation)
            return
        if self._too_many():
            return
        if not self._answerable(reply_topic, correlation):
            why = f"response topic {reply_topic[:80]!r} or its correlation data is not allowed"
            self._refuse(kind, why)
            await self.witness(STRANGER, kind, "refused", why)
            return
        try:
            if retained:
                raise CommandRefused("retained; a command is for now, send it without retain")
            command = parse(kind, body)
        except CommandRefused as error:
            self._refuse(kind, str(error))
            await self.witness(STRANGER, kind, "refused", str(error))
            await self._answer(None, kind, reply_topic, correlation, "refused", str(error))
            return
        if key is not None:
            log.info("command %s %s by %s is signed by %s", command.kind, command.id, command.by, key)
        who = command.by if key is None else f"{command.by} ({key})"
        await self._once(command, who, reply_topic, correlation)

    async def _turn_away(self, kind: str, why: str, reply_topic: str, correlation: bytes) -> None:
        """Refuse what nobody known has signed; it takes nothing from the allowance of those who may command."""
        self.unsigned += 1
        if self._strangers.spend():
            self._refuse(kind, why)
            await self.witness(STRANGER, kind, "refused", why)
            if reply_topic and self._answerable(reply_topic, correlation):
                await self._answer(None, kind, reply_topic, correlation, "refused", why)

    def _answerable(self, reply_topic: str, correlation: bytes) -> bool:
        return not reply_topic or (self._topics.answerable(reply_topic) and len(correlation) <= CORRELATION_LIMIT)

    def _too_many(self) -> bool:
        before, self._flooding = self._flooding, not self._allowance.spend()
        self.flooded += self._flooding
        if self._flooding and not before:
            log.warning("too many commands: %d at once, then one every %.0f s", COMMANDS_AT_ONCE, COMMAND_EACH_S)
        return self._flooding

    async def recover(self) -> None:
        """Answer commands that a restart or a lost connection interrupted; raises OutboxError."""
        for left in await self._outbox.interrupted():
            await self.witness("", f"{left.kind} {left.id}", "interrupted", "by a restart or a lost connection")
            said = "interrupted; whether it was done is not known: look at the state, or send it with a new id"
            await self._answer(left.id, left.kind, left.reply_topic, left.correlation, "interrupted", said)

    async def _once(self, command: Command, who: str, reply_topic: str, correlation: bytes) -> None:
        got = Received(command.id, command.kind, command.expires_at, reply_topic, correlation)
        try:
            earlier = await self._outbox.receive(got)
        except CommandRefused as error:
            self._refuse(command.kind, str(error))
            await self.witness(who, f"{command.kind} {command.id}", "refused", str(error))
            await self._answer(command.id, command.kind, reply_topic, correlation, "refused", str(error))
            return
        if earlier is not None:
            self.repeated += 1
            if earlier.reply is not None and reply_topic:
                await self._outbox.put(reply_topic, earlier.reply, Priority.REPLY, correlation=correlation)
            return  # one without an answer is answered by `recover`
        status, said, note = await self._act(command)
        await self.witness(who, f"{command.kind} {command.id}", status, said)
        await self._answer(command.id, command.kind, reply_topic, correlation, status, said, note)
        self.settled()

    async def _act(self, command: Command) -> tuple[str, str, str | None]:
        note = None
        limit_s = EXAMINED_LIMIT_S if command.kind in EXAMINED else OBEY_LIMIT_S
        try:
            if not self._clock.trusted and self.signed.required(command.kind):
                raise CommandRefused(
                    "the node's clock is not set, so this could be an old command sent again; "
                    'it needs a time service, a GNSS receiver, or clock = "rtc"'
                )
            if not self._clock.trusted:
                note = "the node's clock is not set: whether the command has expired could not be checked"
            elif command.expires_at <= self._clock.now():
                raise CommandRefused(f"expired at {command.expires_at.isoformat()}; send a new one")
            elif command.issued_at > self._clock.now() + AHEAD:
                raise CommandRefused(
                    f"issued at {command.issued_at.isoformat()}, which is to come; set the sender's clock"
                )
            async with asyncio.timeout(limit_s):
                said = await self._obey(command)
        except TimeoutError:
            self._refuse(command.kind, "took too long")
            return "refused", f"not done within {limit_s:.0f} s", note
        except LampyreError as error:
            self._refuse(command.kind, str(error))
            return "refused", str(error), note
        self.done += 1
        log.info("command %s by %s: %s", command.kind, command.by, said)
        return "done", said, note

    async def _answer(
        self,
        command_id: str | None,
        kind: str,
        reply_topic: str,
        correlation: bytes,
        status: str,
        said: str,
        note: str | None = None,
    ) -> None:
        reply = numbered(self._convert.reply(command_id, kind, status, said, note))
        if reply_topic:
            await self._outbox.put(
                reply_topic, reply, Priority.REPLY, correlation=correlation, command_id=command_id or ""
            )
        elif command_id is not None:
            await self._outbox.remember(command_id, reply(0))

    def _refuse(self, kind: str, why: str) -> None:
        self.refused += 1
        log.warning("command %s refused: %s", kind, why)


async def _nobody(who: str, what: str, came: str, said: str) -> None:
    """Nobody writes it down."""
