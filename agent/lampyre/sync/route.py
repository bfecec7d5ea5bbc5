"""The route: which broker is tried next, and whether by MQTT 5 or 3.1.1."""

from collections.abc import Sequence

from lampyre.sync import codes
from lampyre.sync.backoff import USUAL
from lampyre.sync.broker import Broker

FIRST_TRIES = 3  # in a row that fail, then the fallback's turn comes: 6 s after a break at best, half a minute usually
CLOSED_MOST = 2  # CONNECTs of MQTT 5 that a broker closes without a word, before it is asked by 3.1.1


class Route:
    """Goes from broker to broker. The first one is the city's; others, of the same city, only while it fails."""

    def __init__(self, brokers: Sequence[Broker]) -> None:
        self._brokers = list(brokers)
        self._at = 0
        self._failed = 0  # tries in a row at this broker
        self._closed = 0  # of those, without a word
        self.turned: str | None = None  # why the present session, or the wait for the next one, ends at once
        self.modern = True

    @property
    def broker(self) -> Broker:
        """Whom to try next."""
        return self._brokers[self._at]

    def begin(self) -> Broker:
        """Return whom to try now."""
        self.turned = None
        return self.broker

    def turn(self, brokers: Sequence[Broker]) -> None:
        """From now on these."""
        self._brokers, self.modern = list(brokers), True
        self._turn(0)
        self.turned = "the configuration names another broker"

    @property
    def first(self) -> Broker | None:
        """The first broker while another one serves, else None."""
        return self._brokers[0] if self._at else None

    def came_up(self) -> None:
        """There is a session."""
        self._closed = 0

    def ended(self, lived_s: float, code: int) -> bool:
        """A try failed (0 s) or a session ended; return whether the next try is another one, worth no long wait."""
        was_modern, self.modern = self.modern, True
        if was_modern and self._old(code):
            self.modern = False
            return True
        if lived_s >= USUAL.stable_s:
            self._failed = 0
            if self._at:  # the fallback breaks: perhaps the first one is back
                self._at = 0
                return True
        self._failed += 1
        if len(self._brokers) == 1:
            return False
        if self._failed >= (1 if self._at else FIRST_TRIES) or code in {codes.USE_ANOTHER, codes.MOVED}:
            self._turn((self._at + 1) % len(self._brokers))
            return self._at > 0
        return False

    def back(self) -> None:
        """The first broker is well again."""
        self._turn(0)

    def _turn(self, at: int) -> None:
        self._at, self._failed, self._closed = at, 0, 0

    def _old(self, code: int) -> bool:
        """Whether this broker seems to know nothing of MQTT 5."""
        self._closed = self._closed + 1 if code == codes.CLOSED_EARLY else 0
        if self._closed >= CLOSED_MOST:
            self._closed = 0
            return True
        return code == codes.VERSION_REFUSED
