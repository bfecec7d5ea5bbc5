"""A bin's plan: from what is foreseen to when somebody should come, and how often to look until then."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lampyre.access import access_of, rounds
from lampyre.bin_records import Due, Spent
from lampyre.decide.bins.collect import RISK_H, Seen, Wish, collection
from lampyre.decide.bins.doubts import BLOCKED, DIRTY, STUCK
from lampyre.decide.bins.past import Past
from lampyre.decide.bins.sampling import Sampling, pace_of
from lampyre.records import Fill, Quality, Snapshot
from lampyre.settings import BinSettings

ALERTS = ("fireDetected", "notInProperPosition", "containerTampered")  # somebody should come, however full it is
DISTRUSTED = (BLOCKED, STUCK, DIRTY, "sensorBeyond", "sensorSilent")
PATIENCE = timedelta(hours=1)  # whoever holds a lid open takes back no plan
NIGHT_H = range(5)  # midnight to five, local time: hardly anybody throws anything away


class BinPlan:
    """One bin's; what it says is as of the newest forecast."""

    def __init__(self, settings: BinSettings, zone: ZoneInfo) -> None:
        self._settings = settings
        self._zone = zone
        wanted = settings.collection
        self._hours = access_of(wanted.access)
        age = wanted.age_most_days
        risk_h = RISK_H if wanted.risk_h is None else wanted.risk_h
        self._wish = Wish(risk_h, settings.full_at, None if age is None else timedelta(days=age))
        budget = settings.sampling
        self.sampling = Sampling(budget.looks, float(budget.states))
        self.due: Due | None = None
        self._believed_at: datetime | None = None
        self._believed: float | None = None
        self._slots: tuple[float, ...] = ()
        self._told: Fill | None = None  # the last state that the city heard
        self.since: datetime | None = None  # known for: a bin that nobody was seen to empty is as old as that

    def pace(self, seen: Snapshot, last: Fill | None, *, burns: bool) -> None:
        """Set the pace by what is seen and by what was foreseen."""
        settings = self._settings
        self.sampling.pace = pace_of(
            burns=burns,
            heat=seen.value(settings.temperature, worst=Quality.SUSPECT),
            fire_at=settings.fire_at,
            fill=last.fill if last else None,
            full_at=settings.full_at,
            soonest_h=last.hours_to_full[0] if last and last.hours_to_full else None,
            night=seen.clock_trusted and seen.at.astimezone(self._zone).hour in NIGHT_H,
        )

    def foresaw(self, past: Past) -> None:
        """Remember what the newest forecast rests on."""
        self._believed, self._slots = past.believed, tuple(past.slots)

    def collect(self, fill: Fill, faults: Mapping[str, str]) -> Due:
        """Return by when to collect, from a fill with its newest forecast and the events that hold."""
        self.since = fill.at if self.since is None else min(self.since, fill.at)
        doubt = next((why for event, why in faults.items() if event in DISTRUSTED), None)
        alert = next((why for event, why in faults.items() if event in ALERTS), None)
        believed = fill.fill is not None and fill.quality <= Quality.SUSPECT
        if doubt is None and not believed:
            if alert is None and self.due is not None and self._fresh(fill.at):
                return self.due
            doubt = fill.why
        elif doubt is None:
            self._believed_at = fill.at
        level = (fill.fill if self._believed is None else self._believed) if believed else None
        emptied_at = fill.emptied_at or self.since
        seen = Seen(level, fill.quality, fill.hours_to_full, self._slots, emptied_at, alert, doubt)
        found = collection(seen, fill.at, rounds(self._hours, fill.at, self._zone), self._wish)
        self.due = Due(
            found.by,
            None if found.reason is None else found.reason.value,
            found.why,
            None if found.waiting_h is None else round(found.waiting_h, 1),
            doubt if found.suppressed else None,
        )
        return self.due

    def tells(self, fill: Fill, seen: Snapshot) -> bool:
        """Whether the city hears of it now: of a fire always, of all else as the budget of the year allows.

        Of a lid that was just opened never: somebody stands there. Open for long it is an event like any other.
        """
        told = self._told
        if passing(fill) or not _differs(told, fill):
            return False
        burns = (fill.status == "burning") != (told is not None and told.status == "burning")
        weighty = told is None or (told.status, told.faults) != (fill.status, fill.faults)
        year = seen.at.year if seen.clock_trusted else None
        if not self.sampling.tells(seen.mono_s, year, urgent=burns, weighty=weighty):
            return False
        self._told = fill
        return True

    @property
    def spent(self) -> Spent:
        """What this year has cost so far, and may cost."""
        budget, sampling = self._settings.sampling, self.sampling
        looks_most = None if budget.looks is None else int(budget.looks)
        spent = sampling.spent
        return Spent(
            sampling.year,
            spent["looks"],
            looks_most,
            spent["states"],
            budget.states,
            spent["urgent"],
            sampling.pace.value,
        )

    def _fresh(self, at: datetime) -> bool:
        return self._believed_at is not None and timedelta(0) <= at - self._believed_at <= PATIENCE


def passing(fill: Fill) -> bool:
    """Whether somebody stands there with the lid open: nothing that leaves the node says so."""
    return fill.status == "lidOpen" and "lidOpen" not in fill.faults


def _differs(before: Fill | None, now: Fill) -> bool:
    """Whether a state says something new: a whole per cent, its quality, status, faults, forecast or plan."""
    if before is None or (before.fill is None) != (now.fill is None) or before.quality != now.quality:
        return True
    if before.forecast is not now.forecast or before.due is not now.due:
        return True
    if (before.status, before.faults) != (now.status, now.faults):
        return True
    return now.fill is not None and before.fill is not None and round(before.fill, 2) != round(now.fill, 2)
