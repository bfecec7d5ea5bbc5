"""Supply: many lamps of one node that go out in the same moment have lost their feeder, not their light."""

from typing import Final

LEAST: Final = 3  # lamps: two may fail in one night
SHARE: Final = 0.8  # of those that should burn: a feeder of three phases is watched by a node for each


class Feeder:
    """What the lamps of one node say of their power; each look costs the same however many there are."""

    def __init__(self) -> None:
        self._said: dict[int, bool] = {}
        self._dead = 0

    def tell(self, lamp: object, dead: bool | None) -> None:
        """Take whether one lamp is lit by order and without power; None: it cannot tell."""
        before = self._said.get(id(lamp))
        if before == dead:
            return
        self._dead += (dead is True) - (before is True)
        if dead is None:
            del self._said[id(lamp)]
        else:
            self._said[id(lamp)] = dead

    @property
    def lost(self) -> bool:
        """Whether the supply is gone, by all that is known."""
        return self._dead >= LEAST and self._dead >= SHARE * len(self._said)

    @property
    def said(self) -> str:
        """The evidence in words."""
        return f"{self._dead} of {len(self._said)} lamps that should burn draw no power"
