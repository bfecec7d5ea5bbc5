"""One session: what is typed goes in as lines, what is said comes out as lines, until `bye` or silence."""

import asyncio
import json
from collections import deque

from lampyre.clock import Clock
from lampyre.console.ask import Agent
from lampyre.console.clerk import Clerk, Reply
from lampyre.console.pin import Gate
from lampyre.console.tongue import WIDTH, Language, Tongue
from lampyre.console.typed import LINE_LIMIT, Keyboard, Line
from lampyre.console.words import NO, PLAIN, WORDS, YES, Wish, find_word, folded, parse
from lampyre.errors import CommandRefused
from lampyre.link import Link

IDLE_S = 900.0  # nobody reads a node for a quarter of an hour without typing; the next one begins anew
UNLOCKED_S = 600.0  # without a line; the technician has walked away
PROMPT = "> "
WAKING = {b"\r", b"\n", b"\r\n"}
LANGUAGES: tuple[Language, ...] = ("en", "fr")


class Session:
    """A technician on a link; `who` stands in the audit."""

    def __init__(
        self, link: Link, who: str, agent: Agent, gate: Gate, clock: Clock, tongue: Tongue, *, echo: bool
    ) -> None:
        self._link = link
        self._who = who
        self._gate = gate
        self._clock = clock
        self._tongue = tongue
        self._echo = echo
        self._end = "\r\n" if echo else "\n"
        self._clerk = Clerk(agent, tongue, who)
        self._keyboard = Keyboard()
        self._open_until_s: float | None = None  # lamps can be set until then

    async def run(self, node: str, first: bytes = b"") -> None:
        """Greet and serve until `bye` or IDLE_S without a key; raises LinkDown where the line is gone."""
        await self._say(self._tongue.say("hello", node=node))
        await self._prompt()
        data = first
        if first in WAKING:  # Enter woke us: no line yet, but the \n that may follow a \r belongs to it
            deque(self._keyboard.feed(first), maxlen=0)
            data = b""
        while True:
            for part in self._keyboard.feed(data):
                if isinstance(part, str):
                    if self._echo:
                        await self._link.send(part.encode())
                elif not await self._line(part):
                    return
            try:
                async with asyncio.timeout(IDLE_S):
                    data = await self._link.receive()
            except TimeoutError:
                await self._say("", self._tongue.say("idle", time=self._tongue.duration(IDLE_S)))
                return

    async def _line(self, line: Line) -> bool:
        """Do what one line asks; False where it ends the session."""
        self._still_open()
        if self._keyboard.hidden:
            self._keyboard.hidden = False
            if line.text:  # a lone Enter takes it back
                await self._answer(self._unlock(line.text), as_json=False)
        elif line.too_long:
            await self._say(self._tongue.say("too_long", most=LINE_LIMIT))
        elif not await self._understood(line.text):
            return False
        await self._prompt()
        return True

    async def _understood(self, text: str) -> bool:
        as_json = "--json" in text.lower().split()
        try:
            wish = parse(text, self._tongue)
            if wish is None:
                return True
            reply = await self._do(wish)
        except CommandRefused as error:
            reply = Reply([str(error)], {"ok": False, "error": str(error)})
        else:
            if wish.word == "bye":
                await self._answer(reply, as_json=as_json)
                return False
        await self._answer(reply, as_json=as_json)
        return True

    async def _do(self, wish: Wish) -> Reply:
        match wish.word:
            case "help":
                return _own(self._help(wish))
            case "language":
                return _own([self._language(wish)])
            case "echo":
                return _own([self._set_echo(wish)])
            case "pin":
                return self._pin(wish)
            case "bye":
                return _own([self._tongue.say("bye")])
        if wish.sets:
            self._may_set()
        return await self._clerk.do(wish)

    def _may_set(self) -> None:
        """Raise CommandRefused with the cure unless the PIN was given."""
        if not self._gate.has_pin:
            raise CommandRefused(self._tongue.say("pin_none"))
        if self._open_until_s is None:
            raise CommandRefused(self._tongue.say("pin_first"))

    def _still_open(self) -> None:
        """Keep the session unlocked while lines come, and not for long after the last one."""
        if self._open_until_s is None:
            return
        now_s = self._clock.monotonic()
        self._open_until_s = now_s + UNLOCKED_S if now_s < self._open_until_s else None

    def _pin(self, wish: Wish) -> Reply:
        if wish.rest:
            return self._unlock(wish.rest[0])
        self._may_try()
        self._keyboard.hidden = True
        return _own([self._tongue.say("pin_ask")])

    def _may_try(self) -> None:
        if not self._gate.has_pin:
            raise CommandRefused(self._tongue.say("pin_none"))
        if self._gate.locked_s > 0.0:
            raise CommandRefused(self._tongue.say("pin_locked", time=self._tongue.duration(self._gate.locked_s)))

    def _unlock(self, pin: str) -> Reply:
        try:
            self._may_try()
            if not self._gate.opens(pin, self._who):
                self._open_until_s = None
                self._may_try()
                raise CommandRefused(self._tongue.say("pin_wrong"))
        except CommandRefused as error:
            return Reply([str(error)], {"ok": False, "error": str(error)})
        self._open_until_s = self._clock.monotonic() + UNLOCKED_S
        return _own([self._tongue.say("pin_right", time=self._tongue.duration(UNLOCKED_S))])

    def _help(self, wish: Wish) -> list[str]:
        if wish.asset is not None:
            return [self._tongue.say(f"usage_{find_word(wish.asset, self._tongue)}")]
        return [*(self._tongue.say(f"usage_{word}") for word in WORDS), self._tongue.say("help_all")]

    def _language(self, wish: Wish) -> str:
        typed = [folded(one) for one in wish.rest]
        chosen = [language for language in LANGUAGES if typed and language == typed[0][:2]]
        if not chosen or any(one not in PLAIN for one in typed[1:]):
            raise CommandRefused(self._tongue.say("language_which"))
        self._tongue.language = chosen[0]
        self._tongue.plain = len(typed) > 1
        return self._tongue.say("language_is")

    def _set_echo(self, wish: Wish) -> str:
        typed = folded(wish.asset or "")
        if typed not in YES | NO:
            raise CommandRefused(self._tongue.say("echo_which"))
        self._echo = typed in YES
        return self._tongue.say("echo_on" if self._echo else "echo_off")

    async def _answer(self, reply: Reply, *, as_json: bool) -> None:
        if as_json:
            await self._link.send((json.dumps(reply.raw, separators=(",", ":")) + self._end).encode())
        else:
            await self._say(*reply.lines)

    async def _say(self, *paragraphs: str) -> None:
        wrapped = []
        for text in paragraphs:
            indent = "  " if len(text) > WIDTH else ""
            wrapped.append(self._tongue.paragraph(text, indent))
        out = "\n".join(wrapped) + "\n"
        await self._link.send(out.replace("\n", self._end).encode(errors="replace"))

    async def _prompt(self) -> None:
        if self._echo and not self._keyboard.hidden:
            await self._link.send(PROMPT.encode())


def _own(lines: list[str]) -> Reply:
    """A reply of the console itself."""
    return Reply(lines, {"ok": True, "said": lines})
