"""Asking the agent: one question, one answer, one connection; the console keeps nothing of the agent's."""

import asyncio
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

from lampyre.errors import CommandRefused, LinkDown

ASK_S = 6.0  # the door itself gives up after 5
ANSWER_LIMIT = 512 * 1024  # bytes; twice what the door sends at most


@dataclass(frozen=True, slots=True)
class Answer:
    """One JSON object of the agent's; whatever is missing or of another type reads as None, "" or nothing."""

    data: dict[str, object] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """Return a text, or "" ."""
        found = self.data.get(key)
        return found if isinstance(found, str) else ""

    def number(self, key: str) -> float | None:
        """Return a finite number, or None."""
        found = self.data.get(key)
        if isinstance(found, bool) or not isinstance(found, int | float):
            return None
        try:
            value = float(found)
        except OverflowError:
            return None
        return value if math.isfinite(value) else None

    def count(self, key: str) -> int:
        """Return a whole number, 0 where there is none."""
        return int(self.number(key) or 0)

    def holds(self, key: str) -> bool:
        """Whether it says true."""
        return self.data.get(key) is True

    def part(self, key: str) -> "Answer | None":
        """Return the object under `key`, or None."""
        found = self.data.get(key)
        return Answer(found) if isinstance(found, dict) else None

    def parts(self, key: str) -> list["Answer"]:
        """Return the objects in the list under `key`."""
        found = self.data.get(key)
        return [Answer(one) for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def numbers(self, key: str) -> list[float]:
        """Return the finite numbers of the list under `key`, or nothing where one of them is none."""
        found = self.data.get(key)
        if not isinstance(found, list):
            return []
        values = [Answer({"": one}).number("") for one in found]
        sound = [value for value in values if value is not None]
        return sound if len(sound) == len(values) else []

    def texts(self, key: str) -> list[str]:
        """Return the texts of the list under `key`."""
        found = self.data.get(key)
        return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


class Agent:
    """The agent behind its socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def ask(self, **question: object) -> Answer:
        """Return the answer; raises LinkDown where nobody answers, CommandRefused with the agent's reason."""
        try:
            async with asyncio.timeout(ASK_S):
                line = await self._carry(json.dumps(question).encode() + b"\n")
        except TimeoutError:
            raise LinkDown(f"{self._path} is silent") from None
        except FileNotFoundError:
            raise LinkDown(f"{self._path} is not there") from None
        except PermissionError:
            raise LinkDown(f"{self._path} is forbidden") from None
        except OSError:  # refused, or cut in the middle
            raise LinkDown(f"{self._path} refuses") from None
        except ValueError:  # longer than ANSWER_LIMIT
            raise LinkDown(f"{self._path} speaks nonsense") from None
        return self._read(line)

    async def _carry(self, line: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(str(self._path), limit=ANSWER_LIMIT)
        try:
            writer.write(line)
            await writer.drain()
            return await reader.readline()
        finally:
            writer.transport.abort()

    def _read(self, line: bytes) -> Answer:
        if not line.endswith(b"\n"):
            raise LinkDown(f"{self._path} refuses")
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise LinkDown(f"{self._path} speaks nonsense")
        answer = Answer(said)
        if not answer.holds("ok"):
            raise CommandRefused(answer.text("error") or "?")
        return answer
