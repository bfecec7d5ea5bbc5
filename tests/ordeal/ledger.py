"""What an outbox accepted, beside what the city heard: what is lost, out of order, or different the second time."""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.sync.city import ROOT

from lampyre.records import Priority
from lampyre.sync.outbox import Outbox

STREAMS = {
    f"{ROOT}/alarm": Priority.ALARM,
    f"{ROOT}/lamp/lamp-1/summary": Priority.SUMMARY,
    f"{ROOT}/lamp/lamp-2/summary": Priority.SUMMARY,
    f"{ROOT}/bin/bin-1/summary": Priority.SUMMARY,
}
FILLING = "x" * 500  # a summary has 600 to 800 bytes


@dataclass
class Verdict:
    """What is left when both sides are held against one another."""

    accepted: int
    lost: list[int] = field(default_factory=list)  # accepted, and never heard
    overtaken: list[str] = field(default_factory=list)  # heard for the first time after a later one of its stream
    different: list[int] = field(default_factory=list)  # heard again, or numbered again, and not the same
    duplicates: int = 0  # heard again and the same

    @property
    def good(self) -> bool:
        """Whether what must hold has held."""
        return not (self.lost or self.overtaken or self.different)

    def __str__(self) -> str:
        return (
            f"{self.accepted} parcels accepted, lost {len(self.lost)}, out of order {len(self.overtaken)}, "
            f"numbers with two meanings {len(self.different)}, duplicates {self.duplicates}"
        )


class Ledger:
    """Lets parcels flow on every stream, and remembers which ones `put` has accepted."""

    def __init__(self, outbox: Outbox, chance: random.Random, each_s: float) -> None:
        """`each_s`: between two parcels of a stream, in the mean."""
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.over = False
        self._outbox = outbox
        self._chance = chance
        self._each_s = each_s
        self._accepted: dict[int, tuple[str, int]] = {}
        self._numbers: dict[str, int] = defaultdict(int)

    @property
    def accepted(self) -> int:
        """How many so far."""
        return len(self._accepted)

    async def flow(self) -> None:
        """Put on every stream until `over`."""
        async with asyncio.TaskGroup() as group:
            for topic in STREAMS:
                group.create_task(self._tell(topic))

    async def _tell(self, topic: str) -> None:
        while not self.over:
            await self.flowing.wait()
            await self.put(topic)
            await asyncio.sleep(self._chance.uniform(0.0, 2 * self._each_s))

    async def put(self, topic: str) -> None:
        """Put the next one of a stream."""
        self._numbers[topic] += 1
        number = self._numbers[topic]

        def body(seq: int) -> bytes:
            said = {"seq": seq, "number": number, "historical": False, "filling": FILLING}
            return json.dumps(said, separators=(",", ":")).encode()

        self._accepted[await self._outbox.put(topic, body, STREAMS[topic])] = (topic, number)

    def all_heard(self, heard: Sequence[tuple[str, bytes, bool]]) -> bool:
        """Whether nothing accepted is missing any more."""
        return self._accepted.keys() <= {json.loads(body)["seq"] for topic, body, _ in heard if topic in STREAMS}

    def verdict(self, heard: Sequence[tuple[str, bytes, bool]]) -> Verdict:
        """Hold against it what a city heard, in order."""
        verdict, told = Verdict(len(self._accepted)), dict[int, tuple[str, int]]()
        last: dict[str, int] = defaultdict(int)
        for topic, body, _ in heard:
            if topic not in STREAMS:
                continue
            said = json.loads(body)
            seq, this = said["seq"], (topic, said["number"])
            if seq in told:
                verdict.duplicates += told[seq] == this
            elif this[1] <= last[topic]:
                verdict.overtaken.append(f"{topic}: {this[1]} after {last[topic]}")
            if told.setdefault(seq, this) != this or self._accepted.get(seq, this) != this:
                verdict.different.append(seq)
            last[topic] = max(last[topic], this[1])
        verdict.lost = sorted(self._accepted.keys() - told.keys())
        return verdict
