"""Upkeep: one lamp's health, wear and days; what the step of a lamp leaves behind for those who look after it."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from lampyre.curfew import Curfew
from lampyre.decide.health import LampHealth
from lampyre.decide.wear import Life, Rating, Wear
from lampyre.records import Drawn, Step
from lampyre.settings import LampSettings
from lampyre.summarise.days import DayLog

HEAR_S = 60.0  # a plug pulled and put in again is no event
OVER = "its gear says so no more"


class Upkeep:
    """Joins what is learned of one luminaire; `look` once for each step."""

    def __init__(self, lamp: LampSettings, zone: ZoneInfo, power_channel: str) -> None:
        luminaire, curfew = lamp.luminaire, lamp.limits.curfew
        self.health = LampHealth(power_channel, lamp.rated_power_w, luminaire.warm_up_s)
        self.wear = Wear()
        self.days = DayLog(zone, Curfew(curfew.begin, curfew.end, curfew.most, zone) if curfew else None)
        self._rating = Rating(luminaire.life_h, luminaire.starts, luminaire.reference_temperature)
        self._temperature = luminaire.temperature
        self._installed: date | None = luminaire.installed
        self._facts: dict[str, str] = {}
        self._level = 1.0  # the first look is no start
        self._last_s = 0.0
        self.gear: dict[str, str] = {}  # events that the gear names itself
        self._heard_s = 0.0  # when it last named the same
        self._gone: list[str] = []  # events of the luminaire that hung here before, of which nobody was told the end

    def look(
        self, step: Step, level: float, drive: float, facts: dict[str, str]
    ) -> tuple[Drawn, list[tuple[str, bool, str]]]:
        """Return what the lamp draws and which events begin or end.

        `level` (0..1) is what the lamp has been doing since the last step, `drive` the share of full drive that this
        takes with age and dirt, `facts` what its board said of itself.
        """
        seen = step.seen
        changes = [change for change in self.health.look(seen, drive) if change[0] not in self.gear]
        changes += [(event, False, "another luminaire") for event in self._gone]
        self._gone = []
        power_w, metered = self.health.drawn_w(seen, drive)
        drawn = Drawn(power_w, metered, self.health.draw.power_w(1.0))
        self.days.add(step, level, drawn)
        self.wear.count(self._level, level, seen.value(self._temperature), seen.mono_s - self._last_s)
        self._level, self._last_s = level, seen.mono_s
        if facts is not self._facts:
            self._facts = facts
            why = self.wear.booted(facts)
            if why is not None:
                changes += [("supplyLoss", True, why), ("supplyLoss", False, why)]
        return drawn, changes

    def hear(self, events: Mapping[str, str] | None, mono_s: float) -> list[tuple[str, bool, str]]:
        """Return which events begin or end of those that the gear names itself, when they have stood for a while.

        What its power shows as well begins with the first of the two and is over with the last.
        """
        if events is None or events == self.gear:
            self._heard_s = mono_s
            return []
        if mono_s - self._heard_s < HEAR_S:
            return []
        before, self.gear = self.gear, dict(events)
        shown = self.health.active
        changes = [(event, True, why) for event, why in events.items() if event not in before and event not in shown]
        return changes + [(event, False, OVER) for event in before if event not in events and event not in shown]

    @property
    def standing(self) -> dict[str, str]:
        """The events that hold now, each with its reason."""
        return self.gear | self.health.active

    def life(self, light_h: float) -> Life | None:
        """Return how many hours of light may remain after `light_h`; None without a rated life."""
        return self.wear.life(light_h, self._rating, self.health.draw.drift)

    def to_json(self) -> dict[str, Any]:
        """Return what must outlive a restart, the days that are over apart: below 4 kB."""
        return {
            "installed": self._installed.isoformat() if self._installed else None,
            "health": self.health.to_json(),
            "gear": self.gear,
            "wear": self.wear.to_json(),
            "day": self.days.open.rounded(),
            "energy_wh": round(self.days.energy_wh, 1),
            "full_light_wh": round(self.days.full_light_wh, 1),
        }

    def restore(self, kept: Any) -> bool:
        """Take up what `to_json` gave; False, and only its day taken up, if it is of another luminaire.

        Raises ValueError, KeyError or TypeError where it is damaged.
        """
        self.days.restore_open(kept["day"])
        installed = self._installed.isoformat() if self._installed else None
        if installed is not None and kept["installed"] not in {None, installed}:
            self._gone = [str(event) for event, (active, _, _) in kept["health"]["events"].items() if active]
            self._gone += [str(event) for event in kept.get("gear", ()) if event not in self._gone]
            return False
        energy_wh, full_light_wh = float(kept["energy_wh"]), float(kept["full_light_wh"])
        if not (0.0 <= energy_wh < 1e12 and 0.0 <= full_light_wh < 1e12):
            raise ValueError("no energy of a lamp")
        self.gear = {str(event): str(why) for event, why in dict(kept.get("gear", {})).items()}
        self.wear.restore(kept["wear"])
        self.health.restore(kept["health"])
        self.days.energy_wh, self.days.full_light_wh = energy_wh, full_light_wh
        return True
