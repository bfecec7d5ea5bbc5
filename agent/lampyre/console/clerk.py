"""The clerk: takes a wish to the agent and brings back what to say."""

import logging
from dataclasses import dataclass, field

from lampyre.console import say
from lampyre.console.ask import Agent, Answer
from lampyre.console.bin_reasons import bin_reasons, bin_whole
from lampyre.console.reasons import reasons
from lampyre.console.tongue import Tongue
from lampyre.console.words import EVERY, Wish, find_asset, folded
from lampyre.errors import CommandRefused, LinkDown

log = logging.getLogger("lampyre.console.audit")

BY = "technician"  # how the agent names whoever commands from here
ALL = "*"  # how the agent names every lamp


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say, a paragraph each, and the same as the agent sent it."""

    lines: list[str]
    raw: dict[str, object] = field(default_factory=lambda: {"ok": True})


class Clerk:
    """Asks for one session; all it raises is CommandRefused, in the session's tongue."""

    def __init__(self, agent: Agent, tongue: Tongue, who: str) -> None:
        self._agent = agent
        self._tongue = tongue
        self._who = who

    async def do(self, wish: Wish) -> Reply:
        """Ask what the wish needs; the caller has checked that it may be done."""
        if wish.fill is not None or wish.shown is not None:
            return await self._bin(wish)
        if wish.sets:
            return await self._set(wish)
        if wish.word == "status":
            answer = await self._ask(ask="status")
            return Reply(say.status(answer, self._tongue), answer.data)
        if wish.word == "sensors":
            return await self._sensors(wish)
        if wish.word == "outbox":
            answer = await self._ask(ask="outbox")
            return Reply(say.outbox(answer, self._tongue), answer.data)
        return await self._asset(wish)

    async def _asset(self, wish: Wish) -> Reply:
        """Tell of one lamp or bin, or of all where none is named."""
        told = await self._ask(ask="status")
        lamps = _ids(told, "lamps") if wish.word != "bin" else []
        bins = _ids(told, "bins") if wish.word != "lamp" else []
        if wish.asset is None and (wish.word != "why" or len(lamps) + len(bins) != 1):
            lines = say.lamps(told, self._tongue) if wish.word != "bin" else []
            lines += say.bins(told, self._tongue) if wish.word != "lamp" else []
            return Reply(lines, told.data)
        kind = "both" if wish.word == "why" else wish.word
        found = find_asset(wish.asset or "", lamps + bins, kind, self._tongue)
        if found in lamps and wish.word == "why":
            answer = await self._ask(ask="why", id=found)
            whole = [reasons(answer, self._tongue)]
        elif found in lamps:
            answer = await self._ask(ask="lamp", id=found)
            whole = say.lamp(answer, self._tongue)
        else:
            answer = await self._ask(ask="bin", id=found)
            whole = [bin_reasons(answer, self._tongue)] if wish.word == "why" else bin_whole(answer, self._tongue)
        return Reply(whole, answer.data)

    async def _sensors(self, wish: Wish) -> Reply:
        answer = await self._ask(ask="sensors")
        board = wish.asset
        if board is not None:
            board = find_asset(board, _ids(answer, "boards"), "board", self._tongue)
        return Reply(say.sensors(answer, self._tongue, board), answer.data)

    async def _bin(self, wish: Wish) -> Reply:
        """Say what was seen in a bin, or show it empty or full; audited, whatever comes of it."""
        bins = _ids(await self._ask(ask="status"), "bins")
        name = find_asset(wish.asset or "", bins, "bin", self._tongue)
        wanted = f"seen at {wish.fill:.1%}" if wish.fill is not None else f"{wish.shown} at {wish.metres or 'its'} m"
        try:
            if wish.fill is not None:
                answer = await self._ask(ask="observe", id=name, fill=wish.fill, by=BY)
                said = f"{name}: {self._tongue.told(answer.text('said'))}."
            else:
                answer = await self._ask(ask="calibrate", id=name, what=wish.shown, metres=wish.metres)
                ends = {end: self._tongue.number(answer.number(f"{end}_m"), 2) for end in ("empty", "full")}
                said = self._tongue.say("calibrated", bin=name, **ends)
        except CommandRefused as refusal:
            log.warning("%s: %s %s: not done: %s", self._who, name, wanted, refusal)
            raise
        log.warning("%s: %s %s: done", self._who, name, wanted)
        return Reply([said], answer.data)

    async def _set(self, wish: Wish) -> Reply:
        """Override a lamp, a group or all, or let them go on by themselves; audited, whatever comes of it."""
        status = await self._ask(ask="status")
        names = _ids(status, "lamps") + _ids(status, "groups")
        lamp = ALL if folded(wish.asset or "") in EVERY else find_asset(wish.asset or "", names, "lamp", self._tongue)
        wanted = "auto" if wish.level is None else f"{wish.level:.1%} for {wish.for_s:.0f} s"
        try:
            if wish.level is None:
                answer = await self._ask(ask="resume", id=lamp)
            else:
                answer = await self._ask(ask="override", id=lamp, level=wish.level, for_s=wish.for_s, by=BY)
        except CommandRefused as refusal:
            log.warning("%s: %s to %s: not done: %s", self._who, lamp, wanted, refusal)
            raise
        log.warning("%s: %s to %s: done", self._who, lamp, wanted)
        return Reply([self._set_said(lamp, wish, answer)], answer.data)

    def _set_said(self, lamp: str, wish: Wish, answer: Answer) -> str:
        tongue = self._tongue
        done = answer.texts("lamps")
        many = "_many" if len(done) > 1 else ""
        said = {"lamp": lamp, "count": len(done), "lamps": tongue.listed(done)}
        if wish.level is None:
            return tongue.say(f"resumed{many}", **said)
        level, time = tongue.percent(wish.level), tongue.duration(wish.for_s)
        return tongue.say(f"set{many}", level=level, time=time, until=tongue.time(answer.text("until")), **said)

    async def _ask(self, **question: object) -> Answer:
        try:
            return await self._agent.ask(**question)
        except LinkDown as error:
            raise CommandRefused(self._tongue.told(str(error))) from error
        except CommandRefused as error:
            raise CommandRefused(self._tongue.say("refused", why=self._tongue.told(str(error)))) from error


def _ids(answer: Answer, key: str) -> list[str]:
    return [one.text("id") for one in answer.parts(key)]
