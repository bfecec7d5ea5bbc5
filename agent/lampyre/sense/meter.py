"""A meter on a party line: its registers, some at a time, become power, voltage, current and energy."""

import logging
import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lampyre.driver import Channel, Counts, Option, Place, Sample
from lampyre.link import parse_address
from lampyre.records import Quantity
from lampyre.sense.modbus import Answer, Question
from lampyre.sense.partyline import MISSES, REST_FIRST_S, REST_MOST_S, PartyLine

log = logging.getLogger("lampyre.meter")

STALE_S = 8.0  # a reading must not outlive what a lamp's health allows for (HEARD_S, 10 s)
BREATH_S = 0.1  # between two requests to one meter: some lose the second one if it comes sooner
MISSED_S = 1.0  # ... after one that was not answered: what comes late meanwhile is passed over
CHANNELS = (
    Channel("power", Quantity.POWER, -100.0, 25000.0),  # W; drawn is above 0
    Channel("voltage", Quantity.VOLTAGE, 80.0, 300.0),  # V; below 80 none of them measures
    Channel("current", Quantity.CURRENT, 0.0, 100.0),  # A
    Channel("power_factor", Quantity.POWER_FACTOR, -1.0, 1.0),
    Channel("frequency", Quantity.FREQUENCY, 45.0, 65.0),  # Hz
    Channel("energy", Quantity.ENERGY, 0.0, 1e9),  # Wh
)
OPTIONS = (
    Option("address", 1, 1, 247, whole=True),  # MODBUS over Serial Line, 2.2
    Option("every_s", 2.0, 0.5, 3.0),
)

Registers = Sequence[int]


@dataclass(frozen=True, slots=True)
class Block:
    """Some registers in a row, and what they mean: values in the order of CHANNELS, NaN for those not in it.

    Modbus RTU does not say which question an answer is to: only its length does. So `spare` registers more are asked
    for every other time, and no two answers of a meter are of one length unless they mean the same.
    """

    first: int
    count: int
    spare: int
    meaning: Callable[[Registers], tuple[float, ...]]


class Meter:
    """One meter; `place.heard` is called once for each answer."""

    def __init__(self, kind: str, blocks: Sequence[Block], baud: int, place: Place) -> None:
        address = parse_address(place.url)
        self.url = place.url
        self.counts = Counts()
        self._slave = int(place.options["address"])
        self._name = f"{kind} {place.name}, address {self._slave}"
        self._every_s = place.options["every_s"]
        self._party = PartyLine.of(address.path, address.baud or baud, place.clock)
        lengths = {length for block in blocks for length in (block.count, block.count + block.spare)}
        assert len(lengths) == 2 * len(blocks), f"{kind}: answers to two questions are of one length"
        self._blocks = blocks
        self.due_s = 0.0
        self._turn_s = 0.0
        self._next = 0
        self._longer = False
        self._misses = 0
        self._rest_s = REST_FIRST_S
        self._why: str | None = None
        self._lost_s: float | None = None
        self._heard = place.heard

    @property
    def down(self) -> str | None:
        """Why nothing is heard of it; None: all is well."""
        return self._why or self._party.line.down

    @property
    def resting(self) -> bool:
        """Whether it is given up for the time being."""
        return self._misses >= MISSES

    async def run(self, beat: Callable[[], None]) -> None:
        """Have it asked for ever."""
        await self._party.run(self, beat)

    def begin(self, now_s: float) -> None:
        """Hear that the line was opened: whoever is given up is asked once before all others are."""
        self.due_s = self._turn_s = now_s
        self._misses = min(self._misses, MISSES - 1)

    def question(self) -> Question:
        """Return the registers that are due, in an answer of another length than the one before."""
        block = self._blocks[self._next]
        self._longer = not self._longer
        return Question(self._slave, block.first, block.count + (block.spare if self._longer else 0))

    def told(self, answer: Answer, now_s: float) -> None:
        """Take registers on as a sample; a refusal is as good as silence."""
        if answer.refusal:
            self._lost(f"{self._name}: refuses with {answer.refusal!r}; is it of this kind?", now_s)
            return
        if self._lost_s is not None:
            log.info("%s: back after %.0f s", self._name, now_s - self._lost_s)
        self._misses, self._rest_s, self._why, self._lost_s = 0, REST_FIRST_S, None, None
        values = self._blocks[self._next].meaning(answer.registers)
        self._next = (self._next + 1) % len(self._blocks)
        if self._next == 0:
            self._turn_s += self._every_s
        self.due_s = max(self._turn_s, now_s + BREATH_S)
        self._turn_s = max(self._turn_s, now_s - self._every_s)  # what was missed is not made up for
        self._heard(Sample(tuple(value if math.isfinite(value) else math.nan for value in values)))

    def missed(self, now_s: float) -> None:
        """Hear that no answer came."""
        self._lost(f"{self._name}: does not answer; check its supply, its address and its baud", now_s)

    def _lost(self, why: str, now_s: float) -> None:
        self._misses += 1
        self.due_s = now_s + MISSED_S
        if self._misses < MISSES:
            return
        self._why = why
        if self._lost_s is None:
            self._lost_s = now_s
            log.warning("%s; asking less often", why)
        self.due_s = self._turn_s = now_s + self._rest_s
        self._rest_s = min(REST_MOST_S, self._rest_s * 2)


def float_at(registers: Registers, at: int) -> float:
    """Return the number of two registers, IEEE 754, high word first."""
    value: float = struct.unpack(">f", struct.pack(">HH", *registers[at : at + 2]))[0]
    return value


def low_first(registers: Registers, at: int) -> int:
    """Return the number of two registers, low word first."""
    return registers[at] | registers[at + 1] << 16
