"""Wear: starts, supply losses, heat, and what they leave of a driver's rated life: a range."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

TEN_K: Final = 10.0  # electrolytic capacitors age twice as fast for each 10 K (Arrhenius), and drivers with them
PLACE_K: Final = 5.0  # by which a sensor in the housing misses the driver's hottest point
UNKNOWN_K: Final = 10.0  # by which a street's drivers miss their reference temperature, summer and winter in the mean
SLOWEST: Final = 0.25  # ageing: below it something else ends a luminaire, seals, optics or its LEDs
GAP_S: Final = 60.0  # between two looks; a longer gap (a suspended machine) counts as this at most
WARM_H: Final = 24.0  # of light with a temperature before its mean says anything
DRIFTS: Final = 0.02  # of the power: below this a drift is noise
DRIFT_END: Final = 0.10  # where lampPowerTooLow or TooHigh asks for a visit


@dataclass(frozen=True, slots=True)
class Rating:
    """What the maker states; DALI keeps it in memory bank 207. None: not stated."""

    life_h: float | None = None  # rated median useful life
    starts: float | None = None
    reference: float | None = None  # degC, for which the life is rated


@dataclass(frozen=True, slots=True)
class Life:
    """Hours of light that may remain, from and to; `why` says what went in."""

    low_h: float
    high_h: float
    why: str


@dataclass(slots=True)
class Wear:
    """One lamp's counters since it was mounted; hours of light are counted elsewhere and handed in."""

    starts: int = 0
    supply_losses: int = 0
    heat_h: float = 0.0  # hours of light with a known temperature ...
    heat_k_h: float = 0.0  # ... times their ageing, relative to 0 degC
    hottest: float | None = None  # degC
    boots: int | None = None  # of the board, when it last said hello
    board: str | None = None  # which board that was

    def count(self, was: float, level: float, temperature: float | None, passed_s: float) -> None:
        """Take the time since the last look: levels before and after (0..1), driver temperature in degC or None."""
        self.starts += was <= 0.0 < level
        if temperature is None or level <= 0.0 or not -60.0 <= temperature <= 200.0:
            return
        passed_h = min(GAP_S, max(0.0, passed_s)) / 3600
        self.heat_h += passed_h
        self.heat_k_h += passed_h * 2.0 ** (temperature / TEN_K)
        self.hottest = temperature if self.hottest is None else max(self.hottest, temperature)

    def booted(self, facts: dict[str, str]) -> str | None:
        """Take what a board said of itself; the reason why its supply was lost since, or None."""
        try:
            boots = int(facts["boots"])
        except (KeyError, ValueError):
            return None
        before, self.boots = self.boots, boots
        another, self.board = self.board not in {None, facts.get("id")}, facts.get("id")
        if another or before is None or boots <= before or facts.get("cause") != "power":
            return None
        self.supply_losses += 1
        return f"its board was without supply: start {before} to {boots}"

    def life(self, light_h: float, rating: Rating, drift: float | None) -> Life | None:
        """Return what remains after `light_h` hours of light; None without a rated life.

        Damage adds up by shares (Palmgren, Miner): hours x ageing / rated hours + starts / rated starts, where the
        ageing is 2^((T - reference) / 10 K). What remains is spent at the same rate. A power that drifts ends it where
        it leaves the tolerance. The range comes from the temperature, which is the least known of all.
        """
        if rating.life_h is None:
            return None
        ends = [self._left_h(light_h, rating, ageing) for ageing in self._ageing(rating)]
        said = f"{light_h:.0f} of {rating.life_h:.0f} h lit"
        if self._warm(rating):
            said += (
                f", mean ageing {self.heat_k_h / self.heat_h / 2 ** ((rating.reference or 0.0) / TEN_K):.2f} by heat"
            )
        if rating.starts is not None:
            said += f", {self.starts} of {rating.starts:.0f} starts"
        if drift is not None and abs(drift) >= DRIFTS and light_h > 0.0:
            drifts_h = max(0.0, (DRIFT_END - abs(drift)) * light_h / abs(drift))
            ends = [min(end, drifts_h) for end in ends]
            said += f", power {drift:+.1%}"
        return Life(min(ends), max(ends), said)

    def _warm(self, rating: Rating) -> bool:
        return rating.reference is not None and self.heat_h >= WARM_H

    def _ageing(self, rating: Rating) -> tuple[float, float]:
        """Return the least and the greatest ageing that fits; 1: as rated."""
        mean, off_k = 1.0, UNKNOWN_K
        if self._warm(rating):
            mean, off_k = self.heat_k_h / self.heat_h / 2.0 ** ((rating.reference or 0.0) / TEN_K), PLACE_K
        return max(SLOWEST, mean * 2.0 ** (-off_k / TEN_K)), max(SLOWEST, mean * 2.0 ** (off_k / TEN_K))

    def _left_h(self, light_h: float, rating: Rating, ageing: float) -> float:
        rate = ageing / (rating.life_h or math.inf)  # of the life in an hour
        if rating.starts is not None and light_h >= 1.0:
            rate += self.starts / light_h / rating.starts
        return max(0.0, 1.0 - rate * light_h) / rate

    def to_json(self) -> dict[str, Any]:
        """Return the counters."""
        return asdict(self)

    def restore(self, kept: Any) -> None:
        """Take up what `to_json` gave; ValueError, KeyError or TypeError where it is damaged."""
        starts, losses, boots = int(kept["starts"]), int(kept["supply_losses"]), kept["boots"]
        heat_h, heat_k_h, hottest = float(kept["heat_h"]), float(kept["heat_k_h"]), kept["hottest"]
        if min(starts, losses) < 0 or not (0.0 <= heat_h < 1e6 and 0.0 <= heat_k_h < math.inf):
            raise ValueError("no counters of a lamp")
        self.starts, self.supply_losses, self.heat_h, self.heat_k_h = starts, losses, heat_h, heat_k_h
        self.boots = None if boots is None else int(boots)
        board = kept.get("board")
        self.board = None if board is None else str(board)
        self.hottest = None if hottest is None else float(hottest)
