"""The door: other processes of this machine ask the agent here; whatever they send, the agent goes on.

One JSON object a line in, one a line out. A refusal is `{"ok":false,"error":"..."}`.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket

from lampyre.errors import ConfigError, LampyreError
from lampyre.socketfile import OWNER, listen, remove

log = logging.getLogger("lampyre.door")

LINE_LIMIT = 64 * 1024  # bytes of one question; the longest we know has 100
ANSWER_LIMIT = 256 * 1024  # bytes; the readings of 64 lamps and 32 bins take 90 kB
CLIENTS_MOST = 16  # at once; a console has one for each question
SILENT_S = 30.0  # a client that asks nothing for that long makes room for another
ANSWER_S = 5.0  # for the node to answer, and for the client to take it
TURN_AWAY_S = 1.0  # for a client above CLIENTS_MOST to put its question before it is refused
BEAT_S = 20.0  # one wake-up each; the leash of this job must be longer

Answer = Callable[[dict[str, object]], Awaitable[dict[str, object]]]


@dataclass(slots=True)
class DoorCounts:
    """What happened at the door since the start."""

    answered: int = 0
    refused: int = 0  # questions that got `ok: false`
    turned_away: int = 0  # clients above CLIENTS_MOST
    too_long: int = 0  # questions or answers above their limits
    lost: int = 0  # clients that went away or stopped reading in the middle


class Door:
    """Serves the socket at `path`; `answer` gets each question and says what goes back."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self.path = path
        self.counts = DoorCounts()
        self._answer = answer
        self._clients = 0

    async def run(self, beat: Callable[[], None]) -> None:
        """Serve for ever; a place that cannot be had is asked for again at each beat, and told of once."""
        listener = await self._place(beat)
        try:
            async with asyncio.TaskGroup() as group:

                def knocked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                    group.create_task(self._serve(reader, writer), name="door client")

                server = await asyncio.start_unix_server(knocked, sock=listener, limit=LINE_LIMIT)
                try:
                    while True:
                        beat()
                        await asyncio.sleep(BEAT_S)
                finally:
                    server.close()  # its clients end with the group; waiting for them here would never end
        finally:
            remove(self.path, listener)

    async def _place(self, beat: Callable[[], None]) -> socket:
        told = False
        while True:
            beat()
            try:
                return listen(self.path, OWNER)
            except ConfigError as error:
                if not told:
                    log.warning("%s; until then no console can ask, and all else goes on", error)
                told = True
            await asyncio.sleep(BEAT_S)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        writer.transport.set_write_buffer_limits(high=0)  # drain: all of it is out, so that abort loses nothing
        try:
            if self._clients > CLIENTS_MOST:
                self.counts.turned_away += 1
                await self._turn_away(reader, writer)
            else:
                while await self._one(reader, writer):
                    pass
        except OSError:  # TimeoutError is one of them
            self.counts.lost += 1
        finally:
            self._clients -= 1
            writer.transport.abort()

    async def _turn_away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Refuse one question; unheard, the client would take the cut line for an agent that died."""
        with suppress(TimeoutError, ValueError):
            async with asyncio.timeout(TURN_AWAY_S):
                await reader.readline()
        await _send(writer, _refusal(f"{CLIENTS_MOST} clients are here already; close one"))

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one question; False where there is no next one."""
        try:
            async with asyncio.timeout(SILENT_S):
                line = await reader.readline()
        except TimeoutError:
            return False
        except ValueError:  # how asyncio says that the line is longer than its limit
            self.counts.too_long += 1
            await _send(writer, _refusal(f"a question has at most {LINE_LIMIT} bytes"))
            return False
        if not line.endswith(b"\n"):
            return False
        said = await self._said(line)
        if said.get("ok") is True:
            self.counts.answered += 1
        else:
            self.counts.refused += 1
        await _send(writer, self._packed(said))
        return True

    async def _said(self, line: bytes) -> dict[str, object]:
        try:
            asked = json.loads(line)
        except (ValueError, RecursionError):
            return _refused("not one JSON object on one line")
        if not isinstance(asked, dict):
            return _refused("not one JSON object on one line")
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._answer(asked)
        except TimeoutError:
            return _refused(f"no answer in {ANSWER_S:.0f} s; ask again")
        except LampyreError as error:
            return _refused(str(error))
        except (LookupError, TypeError, ValueError, ArithmeticError) as error:
            # the question named what is not there, or gave a word for a number: no reason to fall
            log.info("a question was not understood (%s: %s)", type(error).__name__, error)
            return _refused("the question was not understood")

    def _packed(self, said: dict[str, object]) -> bytes:
        try:
            out = json.dumps(said, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        except ValueError:
            log.warning("an answer holds a number that JSON has not; refused")
            return _refusal("the answer holds a number that JSON has not")
        if len(out) > ANSWER_LIMIT:
            self.counts.too_long += 1
            return _refusal(f"the answer would be longer than {ANSWER_LIMIT} bytes")
        return out


def _refused(why: str) -> dict[str, object]:
    return {"ok": False, "error": why}


def _refusal(why: str) -> bytes:
    return json.dumps(_refused(why)).encode() + b"\n"


async def _send(writer: asyncio.StreamWriter, line: bytes) -> None:
    """Hand one line over; TimeoutError where nobody takes it, OSError where nobody is there."""
    writer.write(line)
    async with asyncio.timeout(ANSWER_S):
        await writer.drain()
