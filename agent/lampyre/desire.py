"""Desire: the configuration that the broker keeps for this node, on `config/desired`, is obeyed as a command is."""

import asyncio
import logging
from collections.abc import Callable

from lampyre.configured import digest_of
from lampyre.errors import CommandRefused
from lampyre.reconfigure import Reconfigure
from lampyre.supervisor import Beat
from lampyre.sync.orders import Configuration

log = logging.getLogger("lampyre.desire")

BEAT_S = 60.0  # one wake-up each; the leash of this job must be longer than that and an examination


class Desire:
    """Hears what is desired, at each connect anew, and looks at it once; `read` makes it of bytes, as signed."""

    def __init__(self, changes: Reconfigure, read: Callable[[str, bytes], Configuration]) -> None:
        self._changes = changes
        self._read = read
        self._heard: tuple[str, bytes] | None = None
        self._judged = ""  # digest of what was looked at last
        self._news = asyncio.Event()

    def hear(self, topic: str, body: bytes, retained: bool) -> None:  # noqa: ARG002 - it holds either way
        """Take the newest; never waits."""
        self._heard = (topic, body)
        self._news.set()

    async def run(self, beat: Beat) -> None:
        """Obey it, for ever."""
        while True:
            beat()
            try:
                async with asyncio.timeout(BEAT_S):
                    await self._news.wait()
            except TimeoutError:
                continue
            self._news.clear()
            heard, self._heard = self._heard, None
            if heard is not None and heard[1]:  # empty: the broker keeps none any more
                await self._obey(*heard)

    async def _obey(self, topic: str, body: bytes) -> None:
        digest = digest_of(body)
        if digest == self._judged:
            return
        self._judged = digest
        revision: int | None = None
        try:
            wanted = self._read(topic, body)
            revision = wanted.revision
            said = await self._changes.apply(wanted)
        except CommandRefused as error:
            log.warning("the desired configuration is refused: %s", error)
            self._changes.refuse(revision, str(error))
        else:
            log.info("desired: %s", said)
            self._changes.settled()
