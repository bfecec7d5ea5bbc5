"""Passers: what one lamp's presence sensor makes of those who come, without telling them apart."""

from lampyre.records import Quality, Snapshot


class Passers:
    """Remembers when somebody was last there; channels are those of the sensor and of its counter."""

    def __init__(self, presence: str, passages: str) -> None:
        self._presence = presence
        self._passages = passages
        self._count: float | None = None
        self._there = False
        self._sure = False  # the sensor has been believed ever since somebody was there
        self.last_s: float | None = None  # monotonic seconds of the last presence
        self.arrived = False  # somebody came since the look before
        self.gap_s: float | None = None  # which ended with him; None: nobody came, or nobody knows

    def look(self, seen: Snapshot) -> bool | None:
        """Return whether somebody is there, None where the sensor cannot be believed."""
        there = seen.reading(self._presence)
        count = seen.value(self._passages, worst=Quality.SUSPECT)
        passed = count is not None and self._count is not None and count > self._count
        self._count = count if count is not None else self._count
        self.arrived, self.gap_s = False, None
        if there is None or there.quality > Quality.SUSPECT:
            self._there = self._sure = False
            return None
        was, self._there = self._there, there.value > 0.0
        if not self._there and not passed:
            return False
        self.arrived = passed or not was
        if self.arrived and not was and self._sure and self.last_s is not None:
            self.gap_s = seen.mono_s - self.last_s
        self.last_s, self._sure = seen.mono_s, True
        return True
