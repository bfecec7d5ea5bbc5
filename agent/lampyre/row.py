"""The row: lamps that stand next to one another take their steps together when somebody comes."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from lampyre.decide.light.moving import Beyond, Expected, Moving
from lampyre.lamp import Lamp, LampNews

Decision = Callable[[], LampNews | None]


def _alone(_: Beyond) -> None:
    """No other node is told."""


def _plainly(_: str, step: Decision) -> LampNews | None:
    """Nobody stands between one lamp's failure and the others."""
    return step()


class Row:
    """All lamps of a node; those without neighbours stand alone. `beyond` hears which lamps of other nodes to tell.

    `run(lamp, step)` takes the step, or keeps its failure to the lamp and gives None.
    """

    def __init__(
        self, lamps: Mapping[str, Lamp], moving: Moving, run: Callable[[str, Decision], LampNews | None] = _plainly
    ) -> None:
        self._lamps = lamps
        self._run = run
        self.moving = moving
        self.beyond: Callable[[Beyond], None] = _alone

    def step(self, lamp: Lamp) -> Iterator[tuple[Lamp, LampNews]]:
        """Let a lamp decide, and at once those at which it says somebody is to be expected; each of them once."""
        return self._steps({lamp.id: lamp})

    def heard(
        self, lamp: str, behind: str, pace_s: float | None, hop: int, left: int, mono_s: float
    ) -> Iterator[tuple[Lamp, LampNews]]:
        """Let the lamps decide at which another node's lamp `behind` says somebody is to be expected, `lamp` first."""
        waiting: dict[str, Lamp] = {}
        beyond = self._expect(self.moving.heard(lamp, behind, pace_s, hop, left, mono_s), waiting)
        night = False
        for one, news in self._steps(waiting):
            night = night or news.step.night
            yield one, news
        if night:
            self._tell(beyond)

    def _steps(self, waiting: dict[str, Lamp]) -> Iterator[tuple[Lamp, LampNews]]:
        done: set[str] = set()
        while waiting:
            name, one = next(iter(waiting.items()))
            del waiting[name]
            done.add(name)
            news = self._run(name, one.step)
            if news is None:
                continue
            beyond: list[Beyond] = []
            if one.policy.arrived:
                expected: dict[str, Lamp] = {}
                beyond = self._expect(self.moving.came(name, news.step.seen.mono_s), expected)
                waiting |= {other: lamp for other, lamp in expected.items() if other not in done}
            yield one, news
            if news.step.night:  # by day there is nothing to light, and nobody need know who comes
                self._tell(beyond)

    def _expect(self, found: Iterable[Expected | Beyond], waiting: dict[str, Lamp]) -> list[Beyond]:
        """Let our lamps expect, and wait for their step; return those of other nodes."""
        beyond = []
        for one in found:
            if isinstance(one, Beyond):
                beyond.append(one)
            else:
                waiting[one.lamp] = self._lamps[one.lamp]
                waiting[one.lamp].policy.expect(one.until_s)
        return beyond

    def _tell(self, beyond: Iterable[Beyond]) -> None:
        for one in beyond:
            self.beyond(one)
