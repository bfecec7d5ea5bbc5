"""The states: of each retained topic the newest, sent when it changes and once more in each new session."""

import asyncio

from lampyre.sync.exchange import Answer
from lampyre.sync.flight import HEADER_BYTES, Flight
from lampyre.sync.session import Session
from lampyre.sync.store import Body

STATES_LIMIT = 512  # topics; 64 lamps, 32 bins, health and room


class States:
    """What holds now. `calm` is set while none waits to be sent."""

    def __init__(self) -> None:
        self.calm = asyncio.Event()
        self.dropped = 0  # refused by the broker, too large, or too many topics
        self._bodies: dict[str, bytes] = {}
        self._dirty: dict[str, None] = {}  # in the order in which they changed
        self._news = asyncio.Event()
        self._number = 0

    def number(self) -> int:
        """Return the next number of a state; they count from 1 at each boot."""
        self._number += 1
        return self._number

    def put(self, topic: str, body: Body) -> None:
        """Keep this as the topic's newest; a function gets its number and returns the bytes."""
        if topic not in self._bodies and len(self._bodies) >= STATES_LIMIT:
            self.dropped += 1
            return
        number = self.number()
        self._bodies[topic] = body if isinstance(body, bytes) else body(number)
        self._dirty[topic] = None
        self.calm.clear()
        self._news.set()

    def again(self) -> int:
        """Say every one of them once more; return how many there are."""
        self._dirty |= dict.fromkeys(self._bodies)
        self.calm.clear()
        self._news.set()
        return len(self._dirty)

    async def carry(self, session: Session, flight: Flight) -> None:
        """Send every state once, then each that changes; only the newest of a topic counts. Raises UplinkDown."""
        self._dirty = dict.fromkeys(self._bodies)
        while True:
            self._news.clear()
            while self._dirty:
                await flight.room()
                topic = next(iter(self._dirty))
                del self._dirty[topic]
                body = self._bodies[topic]
                if len(topic.encode()) + len(body) + HEADER_BYTES > session.packet_limit:
                    flight.give_back()
                    self.dropped += 1
                else:
                    flight.launch(topic, body, self._landed, retain=True)
                    await flight.beside(topic, body)
            self.calm.set()
            await self._news.wait()

    def _landed(self, answer: Answer) -> None:
        self.dropped += answer.refused
