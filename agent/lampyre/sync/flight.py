"""The flight: publications on their way that the broker has not answered yet, within a window."""

import asyncio
from functools import partial

from lampyre.sync.beside import Beside
from lampyre.sync.exchange import PLAIN, Answer, Labels, Landed
from lampyre.sync.session import Session

WINDOW = 20  # 20 in a round trip of 100 ms is 200 a second, and no more than 20 come twice after a break
HEADER_BYTES = 16  # most that MQTT adds to topic, body and labels of a publication
APART = 2  # of the broker's window, left for the echo and for a farewell


class Flight:
    """One session's publications; when the session ends, what is still on its way never lands."""

    def __init__(self, session: Session, beside: Beside | None = None) -> None:
        self._session = session
        self._beside = beside
        self._loop = asyncio.get_running_loop()
        self.window = max(1, min(WINDOW, session.window - APART))
        self._free = self.window
        self._room = asyncio.Event()
        self._out: dict[int, float] = {}  # → when it was sent, oldest first
        self._number = 0
        self._heard_s = self._loop.time()

    @property
    def resumed(self) -> bool:
        """Whether the broker knew us; one that did not may have lost what we had it retain."""
        return self._session.resumed

    async def room(self) -> None:
        """Return when one more may be sent; give it back by `launch` or `give_back`."""
        while self._free <= 0:
            self._room.clear()
            await self._room.wait()
        self._free -= 1

    def give_back(self) -> None:
        """Nothing is sent after all."""
        self._free += 1
        self._room.set()

    async def beside(self, topic: str, body: bytes) -> None:
        """Say this message in other words too, each with room of its own; raises UplinkDown."""
        if self._beside is None:
            return
        for said in self._beside.say(topic, body):
            if len(said.topic.encode()) + len(said.body) + HEADER_BYTES > self._session.packet_limit:
                self._beside.dropped += 1
            else:
                await self.room()
                self.launch(said.topic, said.body, self._said, retain=said.retain)

    def labels(self, topic: str, body: bytes) -> Labels:
        """Return what a message carries beside its body."""
        return PLAIN if self._beside is None else self._beside.labels(topic, body)

    def _said(self, answer: Answer) -> None:
        if self._beside is not None:
            self._beside.dropped += answer.refused

    def launch(
        self, topic: str, body: bytes, landed: Landed | None, *, retain: bool = False, labels: Labels = PLAIN
    ) -> None:
        """Send and watch; `landed` gets the broker's answer. Without `landed` it took no room. Raises UplinkDown."""
        now_s = self._loop.time()
        if landed is None and self._session.window <= APART:  # there is none but that for one
            self._free -= 1
            landed = _nothing
        if not self._out:
            self._heard_s = now_s  # the silence counts from here
        self._number += 1
        self._out[self._number] = now_s
        done = partial(self._done, self._number, landed)
        self._session.send(topic, body, done, retain=retain, labels=labels)

    def _done(self, number: int, landed: Landed | None, answer: Answer) -> None:
        del self._out[number]
        self._heard_s = self._loop.time()
        if landed is not None:
            self.give_back()
            landed(answer)

    @property
    def free(self) -> int:
        """How many more may be sent now."""
        return self._free

    @property
    def empty(self) -> bool:
        """Whether everything was answered."""
        return not self._out

    @property
    def silent_s(self) -> float:
        """Seconds since the broker last answered, or since something was sent after everything was answered."""
        return self._loop.time() - self._heard_s

    @property
    def oldest_s(self) -> float:
        """For how long the oldest publication has been on its way."""
        now_s = self._loop.time()
        return now_s - next(iter(self._out.values()), now_s)


def _nothing(_: Answer) -> None:
    """An echo has come back."""
