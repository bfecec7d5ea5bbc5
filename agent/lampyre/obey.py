"""Obedience: what the city commands becomes a deed of lamps and bins, and a line that says what was done."""

from lampyre.act.identify import ROOM, Swell
from lampyre.clock import Clock
from lampyre.errors import CommandRefused
from lampyre.guiding import Guiding
from lampyre.reconfigure import Reconfigure
from lampyre.street import Street
from lampyre.sync import orders
from lampyre.wishes import Wishes


class Obedience:
    """Does one command at a time; raises CommandRefused with the reason and what would be right."""

    def __init__(self, wishes: Wishes, street: Street, guiding: Guiding, changes: Reconfigure, clock: Clock) -> None:
        self._wishes = wishes
        self._street = street
        self._guiding = guiding
        self._changes = changes
        self._clock = clock

    async def __call__(self, command: orders.Command) -> str:
        """Do it; the answer says what lamps will do, or what came of a look into a bin."""
        match command:
            case orders.Observe():
                return self._observe(command)
            case orders.Report():
                return self._changes.ways.city.report()
            case orders.UseModel():
                return await self._guiding.use(command.duty, command.model)
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

    def _identify(self, command: orders.Identify) -> str:
        """Let lamps swell; one that a technician holds stays as it is, and so does one that has no room to."""
        now_s, swelling, still = self._clock.monotonic(), [], []
        for name in self._wishes.lamps(command.lamps):
            lamp = self._street.lamps[name]
            low, high = lamp.swells_between
            if high - low < ROOM or self._wishes.held_at_the_mast(name):
                still.append(name)
                continue
            lamp.swell = Swell(now_s, now_s + command.duration_s, low, lamp.settings.ramp_down_s, command.by)
            swelling.append(name)
        if not swelling:
            raise CommandRefused(f"{', '.join(still)}: held by a technician, or safe light is nearly all it may give")
        rest = f"; not {', '.join(still)}: held by a technician, or no room to swell" if still else ""
        return f"{', '.join(swelling)} rise and fall for {command.duration_s:g} s{rest}"

    async def _lamps(self, command: orders.Override | orders.Resume) -> str:
        if isinstance(command, orders.Override):
            level, for_s = command.level / 100.0, command.duration_s
            done = await self._wishes.hold(command.lamps, level, for_s, command.by, technician=False)
            said = f"at {command.level:g} % until {done.until:%Y-%m-%dT%H:%M:%SZ}"
        else:
            done = await self._wishes.release(command.lamps, technician=False)
            for name in done.lamps:
                self._street.lamps[name].swell = None
            said = "by their own rules again"
        held = f"; a technician holds {', '.join(done.refused)}" if done.refused else ""
        return f"{', '.join(done.lamps)} {said}{held}"

    def _observe(self, command: orders.Observe) -> str:
        bins = self._street.bins
        bin_ = bins.get(command.bin)
        if bin_ is None:
            raise CommandRefused(f"no bin {command.bin!r}; there are {', '.join(bins) or 'none'}")
        return f"{bin_.id}: {bin_.observe(command.fill / 100.0, command.by, command.seen_at or command.issued_at)}"
