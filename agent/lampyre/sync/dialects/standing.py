"""Which alarms stand, as the city has been told: some dialects say of an asset whether it is well."""

from collections.abc import Callable, Collection, Iterable

from lampyre.sync.dialects.native import Native

Seed = Callable[[], Iterable[tuple[str, str]]]


class Standing:
    """The events that hold now, by asset; begins with those that were told before the last restart."""

    def __init__(self, seed: Seed) -> None:
        """`seed` gives (asset, event); it is asked once, when somebody first wants to know."""
        self._seed: Seed | None = seed
        self._events: dict[str, set[str]] = {}

    def take(self, native: Native) -> bool:
        """Note an alarm that leaves; True where it changes what stands."""
        said, events = native.said, self._of(native.said["asset"])
        before = len(events)
        (events.add if said["active"] else events.discard)(said["event"])
        return len(events) != before

    def of(self, asset: str) -> tuple[str, ...]:
        """Return what stands for an asset, in the order of the alphabet."""
        return tuple(sorted(self._of(asset)))

    def beside(self, assets: Collection[str]) -> tuple[str, ...]:
        """Return what stands for the node itself, its boards and whatever else is none of these assets."""
        self._of("")
        return tuple(sorted({event for name, events in self._events.items() if name not in assets for event in events}))

    def _of(self, asset: str) -> set[str]:
        if self._seed is not None:
            seed, self._seed = self._seed, None
            for name, event in seed():
                self._events.setdefault(name, set()).add(event)
        return self._events.setdefault(asset, set())
