"""What a simulated board's pins read when its sensors show something, for each kind of board."""

import importlib
import math
from dataclasses import dataclass
from typing import Any

from lampyre.errors import ConfigError
from lampyre_boards.common import scale


@dataclass(frozen=True, slots=True)
class Pins:
    """The pins of one kind of board, as its firmware knows them."""

    presence: int
    lamp: int
    switches: dict[str, int]
    inputs: dict[str, tuple[int, float, float, bool]]  # pin, unit at a tenth, unit at nine tenths, logarithmic

    def lines(self, sensors: dict[str, float | None]) -> dict[str, int]:
        """Return what the pins show; ConfigError for a sensor that the board does not have."""
        lines = {}
        for name, value in sensors.items():
            if name == "presence":
                lines[f"pin{self.presence}"] = 1 if value else 0
            elif name in self.switches:
                lines[f"pin{self.switches[name]}"] = 1 if value else 0
            elif name in self.inputs:
                lines[f"adc{self.inputs[name][0]}"] = self.to_counts(name, value)
            else:
                known = ", ".join(["presence", *self.switches, *self.inputs])
                raise ConfigError(f"a board has no sensor {name!r}; it has {known}")
        return lines

    def to_counts(self, name: str, value: float | None) -> int:
        """Return what the ADC reads when input `name` measures `value`; 0, a cut wire, for None or NaN."""
        _, low, high, log = self.inputs[name]
        if value is None or math.isnan(value):
            return 0
        value = min(high, max(low, value))
        share = math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)
        return round(scale.ZERO + share * scale.SPAN)


def pins_of(kind: str) -> Pins:
    """Read the pins of a kind of board from its firmware."""
    found: Any = importlib.import_module(f"lampyre_boards.{kind}.pins")
    inputs = {name: (pin, low, high, log) for name, pin, low, high, log in found.INPUTS}
    return Pins(found.PRESENCE, found.LAMP, dict(found.SWITCHES), inputs)
