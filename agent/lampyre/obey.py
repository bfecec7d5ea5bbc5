"""Obedience: what the city commands becomes a deed of lamps and bins, and a line that says what was done."""

from collections.abc import Mapping

from lampyre.bin import Bin
from lampyre.errors import CommandRefused
from lampyre.reconfigure import Reconfigure
from lampyre.sync import orders
from lampyre.wishes import Wishes


class Obedience:
    """Does one command at a time; raises CommandRefused with the reason and what would be right."""

    def __init__(self, wishes: Wishes, bins: Mapping[str, Bin], changes: Reconfigure) -> None:
        self._wishes = wishes
        self._bins = bins
        self._changes = changes

    async def __call__(self, command: orders.Command) -> str:
        """Do it; the answer says what lamps will do, or what came of a look into a bin."""
        match command:
            case orders.Observe():
                return self._observe(command)
            case orders.ApplyConfig():
                return await self._changes.apply(command)
            case orders.ConfirmConfig():
                return await self._changes.confirm(command.revision)
            case orders.Restart():
                return await self._changes.restart()
            case orders.LampCommand():
                return await self._lamps(command)
        raise CommandRefused(f"nobody here does {command.kind}")

    async def _lamps(self, command: orders.LampCommand) -> str:
        if isinstance(command, orders.Override):
            level, for_s = command.level / 100.0, command.duration_s
            done = await self._wishes.hold(command.lamps, level, for_s, command.by, technician=False)
            said = f"at {command.level:g} % until {done.until:%Y-%m-%dT%H:%M:%SZ}"
        else:
            done = await self._wishes.release(command.lamps, technician=False)
            said = "by their own rules again"
        held = f"; a technician holds {', '.join(done.refused)}" if done.refused else ""
        return f"{', '.join(done.lamps)} {said}{held}"

    def _observe(self, command: orders.Observe) -> str:
        bin_ = self._bins.get(command.bin)
        if bin_ is None:
            raise CommandRefused(f"no bin {command.bin!r}; there are {', '.join(self._bins) or 'none'}")
        return f"{bin_.id}: {bin_.observe(command.fill / 100.0, command.by, command.seen_at or command.issued_at)}"
