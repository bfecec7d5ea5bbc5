"""The tally: what the outbox's file holds, and what became of parcels since it was made."""

from dataclasses import dataclass, field

from lampyre.records import Priority


@dataclass(slots=True)
class Became:
    """What became of parcels that did not simply leave; kept in the file."""

    parked: int = 0  # refused or damaged
    thinned: int = 0  # summaries that gave way and could not be merged
    merged: int = 0  # summaries that went into coarser ones
    folded: int = 0  # alarms that gave way to a later one of the same asset and event
    unanswered: int = 0  # replies that gave way to younger ones
    expired: int = 0  # older than their class is kept
    damaged: int = 0  # their bytes rotted on the disk

    def items(self) -> list[tuple[str, int]]:
        """Return names and numbers."""
        return [(name, getattr(self, name)) for name in self.__slots__]

    def copy(self) -> "Became":
        """Return the same numbers."""
        return Became(*(number for _, number in self.items()))


@dataclass(slots=True)
class Tally:
    """Parcels and bytes of each class by our own count: topic, body, correlation data and what a row costs."""

    waiting: dict[Priority, int] = field(default_factory=lambda: dict.fromkeys(Priority, 0))
    sizes: dict[Priority, int] = field(default_factory=lambda: dict.fromkeys(Priority, 0))
    became: Became = field(default_factory=Became)

    @property
    def bytes(self) -> int:
        """Bytes of all classes."""
        return sum(self.sizes.values())

    def add(self, priority: Priority, size: int) -> None:
        """One more."""
        self.waiting[priority] += 1
        self.sizes[priority] += size

    def drop(self, priority: Priority, size: int) -> None:
        """One less."""
        self.waiting[priority] -= 1
        self.sizes[priority] -= size

    def copy(self) -> "Tally":
        """Return the same numbers, to go back to."""
        return Tally(dict(self.waiting), dict(self.sizes), self.became.copy())
