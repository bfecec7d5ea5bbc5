"""Operating hours: how long a lamp has been lit since it was mounted, the number that constant light output goes by."""

GAP_S = 30.0  # between two looks; a longer gap (a suspended machine) counts as this at most
MOST_H = 1e6  # 114 years lit; more is damage


class Hours:
    """Counts one lamp's lit time; `operating_h` is in hours."""

    def __init__(self) -> None:
        self.operating_h = 0.0
        self._last_s: float | None = None

    def count(self, level: float, mono_s: float) -> None:
        """Add the time since the last look, through which the lamp has been at `level`."""
        passed_s = 0.0 if self._last_s is None else min(GAP_S, max(0.0, mono_s - self._last_s))
        self._last_s = mono_s
        if level > 0.0:
            self.operating_h = min(MOST_H, self.operating_h + passed_s / 3600)

    def restore(self, operating_h: float) -> None:
        """Go on from what was kept; ValueError where no lamp can have that."""
        if not 0.0 <= operating_h <= MOST_H:
            raise ValueError(f"no operating hours: {operating_h}")
        self.operating_h = operating_h
