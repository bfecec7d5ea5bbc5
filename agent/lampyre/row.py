"""The row: lamps of one node that stand next to one another take their steps together when somebody comes."""

from collections.abc import Iterator, Mapping

from lampyre.decide.light.moving import Moving
from lampyre.lamp import Lamp, LampNews


class Row:
    """All lamps of a node; those without neighbours stand alone."""

    def __init__(self, lamps: Mapping[str, Lamp], moving: Moving) -> None:
        self._lamps = lamps
        self._moving = moving

    def step(self, lamp: Lamp) -> Iterator[tuple[Lamp, LampNews]]:
        """Let a lamp decide, and at once those at which it says somebody is to be expected; each of them once."""
        waiting = {lamp.id: lamp}
        done: set[str] = set()
        while waiting:
            name, one = next(iter(waiting.items()))
            del waiting[name]
            done.add(name)
            news = one.step()
            if news is None:
                continue
            if one.policy.arrived:
                for expected in self._moving.came(name, news.step.seen.mono_s):
                    other = self._lamps[expected.lamp]
                    other.policy.expect(expected.until_s)
                    if expected.lamp not in done:
                        waiting[expected.lamp] = other
            yield one, news
