"""Neighbours: the nodes that say to us when somebody comes; how often they may, and what of it we believe.

Whatever comes in raises nothing, is bounded and is counted. A lamp believes only those that its own file names.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from lampyre.clock import Clock
from lampyre.sync.allowance import Allowance
from lampyre.sync.coming import Coming, read

AGE_MOST = timedelta(seconds=5.0)  # older is no news; clocks that a time service sets agree within a tenth of it
AT_ONCE, EACH_S = 40, 0.2  # of one node: 64 lamps' worth of a group of people, and five a second in the long run
PAIR_AT_ONCE, PAIR_EACH_S = 3, 2.0  # of one lamp to another: a light that stands for 10 s need not hear more
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)  # what tells two messages of the same moment apart


@dataclass(slots=True)
class RowCounts:
    """What was said and heard between nodes since the start."""

    said: int = 0  # given to the network, which may lose it
    unsaid: int = 0  # no session, a slow one, or more than a lamp may say
    heard: int = 0  # and believed
    strange: int = 0  # of or for a node or lamp that this file does not name as neighbour, or retained
    broken: int = 0  # too long, or not what a node says
    forged: int = 0  # a datagram whose signature is not of our key
    late: int = 0  # older or later than AGE_MOST, or a datagram without a clock to tell
    repeated: int = 0  # heard before, or out of order
    flooded: int = 0  # above what a node or lamp may say

    def refuse(self, why: Literal["strange", "broken", "forged"]) -> None:
        """Count what was not even read."""
        setattr(self, why, getattr(self, why) + 1)

    def sent(self, *, went: bool) -> None:
        """Count what was to be sent."""
        self.said += went
        self.unsaid += not went

    def told(self) -> dict[str, int]:
        """Return them as counters of health."""
        return {f"row_{name}": count for name, count in asdict(self).items()}


class Neighbours:
    """What we know of those around: `beyond` are our lamps that stand next to each lamp of another node (node/lamp)."""

    def __init__(self, site: str, node: str, beyond: Mapping[str, frozenset[str]], clock: Clock) -> None:
        self.counts = RowCounts()
        self._site = site
        self._node = node
        self._clock = clock
        self._pairs = {(far, f"{node}/{lamp}") for far, lamps in beyond.items() for lamp in lamps}
        ours = self._pairs | {(lamp, far) for far, lamp in self._pairs}  # both ways
        self._may = {pair: Allowance(clock, PAIR_AT_ONCE, PAIR_EACH_S) for pair in ours}
        nodes = {node, *(far.split("/")[0] for far in beyond)}
        self._nodes = {name: Allowance(clock, AT_ONCE, EACH_S) for name in nodes}
        self._last: dict[tuple[str, str], datetime] = {}  # pair → when the newest that we believed was said
        self._said = NEVER
        self._since: datetime | None = None  # we listen since then; None: no believed clock so far
        self._listen()

    def may_say(self, lamp: str, ahead: str) -> bool:
        """Whether our lamp may say one more thing now to a lamp of another node (node/lamp each); counted if not."""
        if self._may[lamp, ahead].spend() and self._nodes[self._node].spend():
            return True
        self.counts.unsaid += 1
        return False

    def stamp(self) -> datetime | None:
        """Return the time of the next message, later than that of any before; None: the clock is not believed."""
        if not self._clock.trusted:
            return None
        now = self._clock.now()
        # a clock that was set back by more than they bear with: they must wait for it, and soon believe it
        self._said = now if self._said > now + AGE_MOST else max(now, self._said + TICK)
        return self._said

    def may_knock(self, node: str) -> bool:
        """Whether a node is known and may say one more thing, before anybody reads it; counted if not."""
        allowance = self._nodes.get(node) if node != self._node else None
        if allowance is None:
            self.counts.strange += 1
            return False
        if not allowance.spend():
            self.counts.flooded += 1
            return False
        return True

    def believe(self, node: str, body: bytes, *, timed: bool) -> Coming | None:
        """Return what a node says if it may be believed, else None; `timed`: without its time it is not."""
        coming = read(body)
        if coming is None:
            self.counts.broken += 1
            return None
        pair = (coming.lamp, coming.ahead)
        if coming.site != self._site or coming.sender != node or pair not in self._pairs:
            self.counts.strange += 1
            return None
        if not self._new(pair, coming.time, timed=timed):
            return None
        if not self._may[pair].spend():
            self.counts.flooded += 1
            return None
        self.counts.heard += 1
        return coming

    def _new(self, pair: tuple[str, str], said: datetime | None, *, timed: bool) -> bool:
        """Whether it was said just now, and not heard before."""
        self._listen()
        if said is None or self._since is None:
            self.counts.late += timed
            return not timed
        now = self._clock.now()
        if abs(now - said) > AGE_MOST:
            self.counts.late += 1
            return False
        last = self._last.get(pair, self._since)  # what was said before we listened may be a recording
        # after a clock was set back, nothing is believed for so long, but not until it has caught up
        self._last[pair] = max(min(last, now + AGE_MOST), said)
        if said <= min(last, now + AGE_MOST):
            self.counts.repeated += 1
            return False
        return True

    def _listen(self) -> None:
        if self._since is None and self._clock.trusted:
            self._since = self._clock.now()
