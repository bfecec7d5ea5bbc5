"""The events of one container that hold now, and those that held before a restart: each is told when it is over."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from lampyre.decide.bins.state import Change

LATE_S = 1800.0  # after a restart every event that still holds has been named anew
BEFORE = "since before the restart"
MOST = 32  # events that a memory may hold


class Events:
    """`note` takes what begins and ends, and adds what ended while nobody looked."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}
        self._before: set[str] = set()
        self._late_s: float | None = None

    @property
    def now(self) -> Mapping[str, str]:
        """Event → its evidence, as it was when it began."""
        return MappingProxyType(self._now)

    def note(self, changes: Sequence[Change], mono_s: float) -> list[Change]:
        """Return the changes, and what held before a restart and has not been seen since."""
        for change in changes:
            self._before.discard(change.event)
            if change.active:
                self._now[change.event] = change.why
            else:
                self._now.pop(change.event, None)
        self._late_s = mono_s + LATE_S if self._late_s is None else self._late_s
        if not self._before or mono_s < self._late_s:
            return list(changes)
        gone = [Change(event, False, "not seen since the restart") for event in sorted(self._before)]
        self._before.clear()
        return [*changes, *gone]

    def doubt(self, found: Mapping[str, str], kinds: Sequence[str]) -> list[Change]:
        """Return which of these kinds are new in `found`, and which are no longer in it."""
        new = [Change(kind, True, found[kind]) for kind in kinds if kind in found and kind not in self._now]
        over = [Change(kind, False, "believed again") for kind in kinds if kind in self._now and kind not in found]
        return new + over

    def saved(self) -> list[str]:
        """Return what `restore` takes after a restart."""
        return sorted({*self._now, *self._before})

    def restore(self, events: object, still: Sequence[str] = ()) -> None:
        """Take up what held before a restart; ValueError where it is no list of names.

        `still`: what holds until it is seen to be over, whatever is silent; it is not told again.
        """
        if not isinstance(events, list) or len(events) > MOST or not all(isinstance(one, str) for one in events):
            raise ValueError("no list of events")
        self._now |= {one: BEFORE for one in events if one in still and one not in self._now}
        self._before = set(events) - self._now.keys()  # the clock may be set, and this read, long after the start
        self._late_s = None
