"""The flight: publications on their way that the broker has not answered yet, within a window."""

import asyncio
from collections.abc import Callable

from lampyre.sync.session import Answer

WINDOW = 20  # 20 in a round trip of 100 ms is 200 a second, and no more than 20 come twice after a break

Landed = Callable[[Answer], None]


class Flight:
    """One session's publications; when the session ends, what is still on its way never lands."""

    def __init__(self, receive_maximum: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(max(1, min(WINDOW, receive_maximum - 1)))  # one is left for the echo
        self._out: dict[asyncio.Future[Answer], float] = {}  # → when it was sent, oldest first
        self._heard_s = self._loop.time()

    async def room(self) -> None:
        """Return when one more may be sent; give it back by `launch` or `give_back`."""
        await self._room.acquire()

    def give_back(self) -> None:
        """Nothing is sent after all."""
        self._room.release()

    def launch(self, answer: "asyncio.Future[Answer]", landed: Landed | None = None) -> None:
        """Watch a publication; `landed` gets the broker's answer. Without `landed` it took no room."""
        if not self._out:
            self._heard_s = self._loop.time()  # the silence counts from here
        self._out[answer] = self._loop.time()
        answer.add_done_callback(lambda done: self._done(done, landed))

    def _done(self, answer: "asyncio.Future[Answer]", landed: Landed | None) -> None:
        self._out.pop(answer, None)
        self._heard_s = self._loop.time()
        if landed is not None:
            self._room.release()
            if not answer.cancelled():
                landed(answer.result())

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
