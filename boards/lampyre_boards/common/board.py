"""The board: frames in, frames out, one lamp level. No pins here: it runs under CPython as it does on a chip."""

import pins
import wire
from lamp import MASK, Lamp, since
from night import Night

TYPE_CHECKING = False  # MicroPython has no module typing
if TYPE_CHECKING:
    from keep import Keep

READINGS_MS = 1000
EDGE_MS = 100  # presence edges are sent at once, but no more than 10 a second
LAMP_MS = 5000
COUNTS_MS = 60_000
PENDING_LIMIT = 1024  # bytes that wait for a host that does not read: a second of a busy line
ASKED_ROOM = (
    PENDING_LIMIT - 300
)  # a question is answered late rather than never: hello, lamp and counts are 290 at most
COUNT_WRAP = 1 << 24  # a float on the wire counts exactly up to here
SAVES_MOST = 16  # flash wears: a node that cannot decide gets no more writes from one boot
SAME = 0.001  # a level goes as a short float


class Board:
    """`values`: lux, distance, temperature, power, lid and tilt in their units, NaN where a sensor does not answer."""

    def __init__(
        self,
        facts: "dict[str, str]",
        values: "list[float]",
        now: int,
        keep: "Keep | None" = None,
        faults: "list[str] | None" = None,
    ) -> None:
        """Light what must be lit; the first step says hello. `faults`: what the self-test found."""
        self._facts = facts  # may change: a trial ends
        self._keep = keep
        self._faults = faults or []
        self._saves = 0
        self._values = values
        self._night = Night(values[0], now)
        self._lamp = Lamp(self._night.dark, keep.safe_level if keep else pins.SAFE_LEVEL)
        self._decoder = wire.Decoder()
        self._present = False
        self._passages = 0
        self._edge = False
        self._edge_at = now
        self._seq = 0
        self._sampled = self._sent = self._told = self._counted = now
        self._mode = self._lamp.mode
        self.pending = b""  # bytes for the line; whole frames, but for one that has begun to go
        self.dropped = 0  # frames that found no room
        self.refused = 0  # orders out of their range
        self._asked = True  # at boot nobody has to

    def hear(self, data: bytes, now: int) -> None:
        """Take bytes from the line."""
        for kind, seq, body in self._decoder.feed(data):
            if kind == wire.ORDER:
                order = wire.order_of(body)
                if order is None:
                    self.refused += 1
                else:
                    self._lamp.order(seq, order[0], order[1], order[2], now, order[3])
                    self._tell(now)
            elif kind == wire.ASK:
                self._asked = True
            elif kind == wire.NIGHT:
                told = wire.night_of(body)
                if told is not None:
                    self._night.tell(told, now)
            elif kind == wire.KEEP:
                level = wire.keep_of(body)
                if level is None or not self._remember(level):
                    self.refused += 1
                self._asked = True

    @property
    def heard(self) -> int:
        """How many sound frames have come."""
        return self._decoder.sound

    def due(self, now: int) -> bool:
        """Whether the next step wants fresh values."""
        return since(now, self._sampled) >= READINGS_MS

    def step(self, now: int, present: bool, values: "list[float] | None" = None) -> float:
        """Move on to `now` (ticks in ms); return the lamp's level."""
        if present != self._present:
            self._present = present
            self._edge = True
            self._edge_at = now
            if present:
                self._passages = (self._passages + 1) % COUNT_WRAP
        if values is not None:
            late = since(now, self._sampled) >= 2 * READINGS_MS
            self._sampled = now if late else (self._sampled + READINGS_MS) & MASK
            self._values = values
            self._night.see(values[0], now)
        if values is not None or (self._edge and since(now, self._sent) >= EDGE_MS):
            at = self._edge_at if self._edge else now
            self._edge = False
            self._sent = now
            counted = [float(present), float(self._passages)]
            self._send(wire.READINGS, wire.readings_body(at, counted + self._values))
        self._lamp.step(now, self._night.dark)
        if self._asked and len(self.pending) <= ASKED_ROOM:
            self._asked = False
            self._hello()
            self._tell(now)
            self._count(now)
        if since(now, self._counted) >= COUNTS_MS:
            self._count(now)
        if self._lamp.mode != self._mode or since(now, self._told) >= LAMP_MS:
            self._tell(now)
        return self._lamp.level

    def sent(self, count: int) -> None:
        """Forget the first `count` bytes of `pending`: the line has them."""
        self.pending = self.pending[count:]

    def _remember(self, level: float) -> bool:
        """Take a safe level and keep it; one below what the board was built for is none."""
        if level < pins.SAFE_LEVEL - SAME:
            return False
        if abs(level - self._lamp.safe_level) < SAME:
            return True
        if self._keep is not None:
            if self._saves == SAVES_MOST:
                return False
            self._saves += 1
            self._keep.safe_level = level
            if not self._keep.save() and self._keep.fault not in self._faults:
                self._faults.append(self._keep.fault)
        self._lamp.safe_level = level  # until the supply goes, where the flash does not take it
        return True

    def _hello(self) -> None:
        facts = dict(self._facts)
        facts["safe"] = f"{self._lamp.safe_level:.3f}"
        facts["test"] = "+".join(self._faults) or "ok"
        self._send(wire.HELLO, wire.hello_text(facts, pins.CHANNELS))

    def _count(self, now: int) -> None:
        self._counted = now
        decoder = self._decoder
        body = wire.counts_body(decoder.sound & MASK, decoder.broken & MASK, self.refused & MASK, self.dropped & MASK)
        self._send(wire.COUNTS, body)

    def _tell(self, now: int) -> None:
        lamp = self._lamp
        lamp.step(now, self._night.dark)
        self._told = now
        self._mode = lamp.mode
        left = lamp.left_ms(now)
        self._send(wire.LAMP, wire.lamp_body(lamp.mode, lamp.order_seq, lamp.level, lamp.target, left, lamp.turns(now)))

    def _send(self, kind: int, body: bytes) -> None:
        frame = wire.encode(kind, self._seq, body)
        self._seq = (self._seq + 1) & 0xFF
        if len(self.pending) + len(frame) > PENDING_LIMIT:
            self.dropped += 1
        else:
            self.pending += frame
