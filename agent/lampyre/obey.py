"""Obedience: what the city commands becomes a deed of lamps and bins, and a line that says what was done."""

from collections.abc import Iterable

from lampyre.act.identify import ROOM, Swell
from lampyre.clock import Clock
from lampyre.errors import CommandRefused
from lampyre.guiding import Guiding
from lampyre.in_order import InOrder
from lampyre.reconfigure import Reconfigure
from lampyre.street import Street
from lampyre.sync import orders
from lampyre.wishes import Wishes

LATE = "its sender has issued a later command, which was done; send this one anew if it is still meant"


class Obedience:
    """Does one command at a time; raises CommandRefused with the reason and what would be right."""

    def __init__(self, wishes: Wishes, street: Street, guiding: Guiding, changes: Reconfigure, clock: Clock) -> None:
        self._wishes = wishes
        self._street = street
        self._guiding = guiding
        self._changes = changes
        self._clock = clock
        self._order = InOrder(clock)

    async def __call__(self, command: orders.Command) -> str:
        """Do it; the answer says what lamps will do, or what came of a look into a bin."""
        match command:
            case orders.Observe():
                return self._observe(command)
            case orders.Report():
                return self._changes.ways.city.report()
            case orders.UseModel():
                self._in_order(f"model {command.duty}", command)
                said = await self._guiding.use(command.duty, command.model)
                self._done([f"model {command.duty}"], command)
                return said
            case orders.ApplyConfig():
                return await self._changes.apply(command)
            case orders.ConfirmConfig():
                return await self._changes.confirm(command.revision)
            case orders.Restart():
                return await self._changes.restart()
            case orders.Identify():
                return self._identify(command)
            case orders.Override() | orders.Resume():
                return await self._lamps(command)
        raise CommandRefused(f"nobody here does {command.kind}")

    def _in_order(self, thing: str, command: orders.Command) -> None:
        if self._order.late(thing, command.by, command.issued_at):
            raise CommandRefused(f"{thing}: {LATE}")

    def _done(self, things: Iterable[str], command: orders.Command) -> None:
        for thing in things:
            self._order.done(thing, command.by, command.issued_at)

    def _meant(self, command: orders.LampCommand) -> tuple[list[str], str]:
        """Return the lamps that a command means and no later one has overtaken, and what is to be said of those."""
        lamps = self._wishes.lamps(command.lamps)
        late = [lamp for lamp in lamps if self._order.late(lamp, command.by, command.issued_at)]
        if late and len(late) == len(lamps):
            raise CommandRefused(f"{', '.join(late)}: {LATE}")
        return [lamp for lamp in lamps if lamp not in late], f"; not {', '.join(late)}: {LATE}" if late else ""

    def _identify(self, command: orders.Identify) -> str:
        """Let lamps swell; one that a technician holds stays as it is, and so does one that has no room to."""
        now_s, swelling, still = self._clock.monotonic(), [], []
        meant, late = self._meant(command)
        for name in meant:
            lamp = self._street.lamps[name]
            low, high = lamp.swells_between
            if high - low < ROOM or self._wishes.held_at_the_mast(name):
                still.append(name)
                continue
            lamp.swell = Swell(now_s, now_s + command.duration_s, low, lamp.settings.ramp_down_s, command.by)
            swelling.append(name)
        if not swelling:
            raise CommandRefused(f"{', '.join(still)}: held by a technician, or safe light is nearly all it may give")
        self._done(swelling, command)
        rest = f"; not {', '.join(still)}: held by a technician, or no room to swell" if still else ""
        return f"{', '.join(swelling)} rise and fall for {command.duration_s:g} s{rest}{late}"

    async def _lamps(self, command: orders.Override | orders.Resume) -> str:
        meant, late = self._meant(command)
        if isinstance(command, orders.Override):
            level, for_s = command.level / 100.0, command.duration_s
            done = await self._wishes.hold(meant, level, for_s, command.by, technician=False)
            said = f"at {command.level:g} % until {done.until:%Y-%m-%dT%H:%M:%SZ}"
        else:
            done = await self._wishes.release(meant, technician=False)
            for name in done.lamps:
                self._street.lamps[name].swell = None
            said = "by their own rules again"
        self._done(done.lamps, command)
        held = f"; a technician holds {', '.join(done.refused)}" if done.refused else ""
        return f"{', '.join(done.lamps)} {said}{held}{late}"

    def _observe(self, command: orders.Observe) -> str:
        bins = self._street.bins
        bin_ = bins.get(command.bin)
        if bin_ is None:
            raise CommandRefused(f"no bin {command.bin!r}; there are {', '.join(bins) or 'none'}")
        self._in_order(bin_.id, command)
        said = bin_.observe(command.fill / 100.0, command.by, command.seen_at or command.issued_at)
        self._done([bin_.id], command)
        return f"{bin_.id}: {said}"
