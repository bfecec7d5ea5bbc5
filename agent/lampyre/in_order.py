"""In order: of two commands of one sender for one thing the later one counts, whichever comes first."""

from datetime import datetime, timedelta

from lampyre.clock import Clock

MOST = 1024  # things and senders remembered; 64 lamps and 32 bins of ten senders
AHEAD = timedelta(minutes=5)  # a sender's clock may be so far ahead; else one could be signed today for next year


class InOrder:
    """Remembers since the start when the newest was issued that was done; across a restart ids and expiry must do."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._newest: dict[tuple[str, str], datetime] = {}

    def late(self, thing: str, by: str, issued: datetime) -> bool:
        """Whether a command for it that this sender issued later was done already.

        One that was done while the node's clock was not set may say any hour; once it is known that locks out nobody.
        """
        newest = self._newest.get((thing, by))
        if newest is None or (self._clock.trusted and newest > self._clock.now() + AHEAD):
            return False
        return issued < newest

    def done(self, thing: str, by: str, issued: datetime) -> None:
        """It was done."""
        self._newest.pop((thing, by), None)
        self._newest[thing, by] = issued
        while len(self._newest) > MOST:
            del self._newest[next(iter(self._newest))]
