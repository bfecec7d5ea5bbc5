"""The newest reading of every channel; values age and are checked against their range here and nowhere else."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from lampyre.clock import Clock
from lampyre.records import Quality, Quantity, Reading, Snapshot

SET_S = 1.0  # a time service slews what is less


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """What to believe of one channel: its range (SI unit of the quantity) and for how long."""

    name: str
    quantity: Quantity
    low: float
    high: float
    stale_s: float


class Latest:
    """One slot for each known channel: cost and memory do not depend on how often it speaks."""

    def __init__(self, rules: Iterable[ChannelRule], clock: Clock) -> None:
        self._rules: dict[str, ChannelRule] = {}
        self._slots: dict[str, tuple[Reading, float]] = {}
        self._clock = clock
        self._began_s = math.nan  # wall time when monotonic() was 0, as it was at the last look
        self.know(rules)

    def know(self, rules: Iterable[ChannelRule]) -> None:
        """From now on these channels; what was heard on those that are as they were is not forgotten."""
        before, self._rules = self._rules, {rule.name: rule for rule in rules}
        self.channels = tuple(self._rules)
        self._slots = {name: slot for name, slot in self._slots.items() if before.get(name) == self._rules.get(name)}

    def put(self, names: Sequence[str], values: Sequence[float], worst: Quality = Quality.GOOD) -> None:
        """Take one value for each named channel, none better than `worst`.

        NaN: the sensor did not answer, the old value goes on ageing.
        """
        at = self._clock.now()
        mono_s = self._clock.monotonic()
        for name, value in zip(names, values, strict=True):
            if math.isnan(value):
                continue
            rule = self._rules[name]
            quality = worst if rule.low <= value <= rule.high else max(worst, Quality.SUSPECT)
            self._slots[name] = (Reading(name, rule.quantity, value, at, quality), mono_s)

    def snapshot(self, channels: Iterable[str]) -> Snapshot:
        """Return these channels as they stand now: too old is STALE, never heard of is MISSING.

        A channel that no device has is left out: a lamp without a photocell asks for one all the same.
        """
        at = self._clock.now()
        mono_s = self._clock.monotonic()
        self._correct(at, mono_s)
        seen = {}
        for name in channels:
            slot, rule = self._slots.get(name), self._rules.get(name)
            if rule is None:
                continue
            if slot is None:
                seen[name] = Reading(name, rule.quantity, math.nan, at, Quality.MISSING)
                continue
            reading, heard_s = slot
            if mono_s - heard_s > rule.stale_s:
                reading = replace(reading, quality=max(reading.quality, Quality.STALE))
            seen[name] = reading
        return Snapshot(at, mono_s, self._clock.trusted, MappingProxyType(seen))

    def _correct(self, at: datetime, mono_s: float) -> None:
        """Where the clock was set since the last look, say by it when each value was heard."""
        began_s, self._began_s = self._began_s, at.timestamp() - mono_s
        if abs(self._began_s - began_s) < SET_S:
            return
        for name, (reading, heard_s) in self._slots.items():
            heard_at = at - timedelta(seconds=mono_s - heard_s)
            if abs(heard_at - reading.at) >= timedelta(seconds=SET_S):
                self._slots[name] = (replace(reading, at=heard_at), heard_s)
