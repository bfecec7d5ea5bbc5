"""Between nodes: who comes at our last lamp is expected at a neighbour's first one, and the other way round.

Only where the node's file says so (`between_nodes` under [moving]); by the broker or by signed datagrams.
"""

from collections.abc import Callable, Iterable

from lampyre.clock import Clock
from lampyre.decide.light.moving import Beyond
from lampyre.lamp import Lamp, LampNews
from lampyre.policy_settings import address_of, beyond, next_to
from lampyre.row import Row
from lampyre.settings import Settings
from lampyre.supervisor import Job
from lampyre.sync.coming import Coming, coarse
from lampyre.sync.datagrams import Datagrams
from lampyre.sync.live import Live
from lampyre.sync.neighbours import Neighbours

FAULTS = tuple(f"row_{name}" for name in ("strange", "broken", "forged", "late", "repeated", "flooded"))
HUNDRED = 100  # fewer may be one night's passers; a fault or a flood soon makes more
Decided = Callable[[Iterable[tuple[Lamp, LampNews]]], None]


class Between:
    """Tells other nodes what `row` says of their lamps, and lets its lamps decide at once when others tell.

    `live` is the uplink's part in it; `decided` hears of every step that was taken.
    """

    def __init__(self, settings: Settings, clock: Clock, row: Row, decided: Decided) -> None:
        self._settings = settings
        self._clock = clock
        self._row = row
        self._decided = decided
        self.how = settings.moving.between_nodes
        node = settings.node
        self.beyond = beyond(next_to((lamp.id, lamp.neighbours) for lamp in settings.lamp))
        self._neighbours = Neighbours(node.site, node.id, self.beyond, clock)
        self.live = Live(node.site, node.id, self._from_broker if self.how == "broker" else None)
        self._datagrams = self._make_datagrams()
        if self.how != "off":
            row.beyond = self._tell

    def jobs(self) -> list[Job]:
        """Return what runs for it: nothing, unless datagrams are switched on."""
        return [Job("row", self._datagrams.run, leash_s=90.0)] if self._datagrams else []

    def counters(self) -> dict[str, int]:
        """Return what was not believed, for health, in whole hundreds; empty where it is off.

        Each may have been a passer's: what was said and heard is for the console alone.
        """
        if self.how == "off":
            return {}
        told = self._neighbours.counts.told()
        return {name: told[name] // HUNDRED * HUNDRED for name in FAULTS}

    def told(self) -> dict[str, object]:
        """Return how it stands, for the console."""
        return {"between_nodes": self.how, "neighbours": sorted(self.beyond), **self._neighbours.counts.told()}

    def _make_datagrams(self) -> Datagrams | None:
        given = self._settings.moving.datagrams
        if given is None:
            return None
        return Datagrams(
            address_of(given.listen),
            given.key_file,
            {node: address_of(where) for node, where in given.peers.items()},
            knock=self._neighbours.may_knock,
            hear=self._from_datagram,
            refuse=self._neighbours.counts.refuse,
        )

    def _tell(self, there: Beyond) -> None:
        lamp, (node, _) = f"{self._settings.node.id}/{there.via}", there.lamp.split("/")
        if not self._neighbours.may_say(lamp, there.lamp):
            return
        coming = Coming(
            site=self._settings.node.site,
            lamp=lamp,
            ahead=there.lamp,
            pace_s=coarse(there.pace_s),
            hop=there.hop,
            left=there.left,
            time=self._neighbours.stamp(),
        )
        way = self._datagrams or self.live
        self._neighbours.counts.sent(went=way.say(node, coming.body()))

    def _from_broker(self, topic: str, body: bytes, retained: bool) -> None:
        """Take what the broker hands over; who said it, its ACL vouches for."""
        node = self.live.sender(topic)
        if retained:
            self._neighbours.counts.refuse("strange")
        elif self._neighbours.may_knock(node):
            self._believe(node, body, timed=False)

    def _from_datagram(self, node: str, body: bytes) -> None:
        self._believe(node, body, timed=True)

    def _believe(self, node: str, body: bytes, *, timed: bool) -> None:
        coming = self._neighbours.believe(node, body, timed=timed)
        if coming is not None:
            mono_s = self._clock.monotonic()
            _, lamp = coming.receiver
            self._decided(self._row.heard(lamp, coming.lamp, coming.pace_s, coming.hop, coming.left, mono_s))
