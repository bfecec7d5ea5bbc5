"""The policy: who decides over a lamp's light where nobody commands it. What it need not do, it leaves as here."""

from abc import ABC, abstractmethod

from lampyre.decide.light.programme import Base
from lampyre.records import Forecast, Intent, Snapshot


class Policy(ABC):
    """One lamp's policy. Seconds are monotonic, levels 0..1 of nominal flux."""

    arrived = False  # somebody came since the look before

    @abstractmethod
    def decide(self, seen: Snapshot, *, night: bool, forecast: Forecast | None, base: Base | None = None) -> Intent:
        """Say what the lamp should do now; `forecast` is of passages in the next quarter of an hour.

        `base` is what its programme asks while nobody is there; None: it has none, or it is day.
        """

    def adopt(self, level: float, mono_s: float) -> None:  # noqa: B027 - to most it is nothing
        """After a restart: start from the level that is in force."""

    def expect(self, until_s: float) -> None:  # noqa: B027
        """Somebody comes along the street and may be here until then."""

    def held_until_s(self, forecast: Forecast | None) -> float | None:  # noqa: ARG002
        """Return until when somebody is lit for if nobody else comes; None: for nobody."""
        return None

    def learned(self) -> object:
        """Return what must outlive a restart, for JSON; None: nothing."""
        return None

    def restore(self, kept: object) -> None:  # noqa: B027
        """Take up what `learned` gave; ValueError where it is damaged."""
