"""Health: what a lamp should draw against what it draws, what a bin should never show; TALQ's event names.

How long each fault must show before it is named (its evidence window) stands beside each constant; seconds are of
evidence, so a lamp that is lit for half a minute at a time is judged too, only later. Where nothing is known, nothing
is forgotten and nothing is concluded.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from lampyre.decide.draw import Draw
from lampyre.decide.meter import LIT, Meter, believed
from lampyre.decide.steps import BACK, TOLERANCE, Levels
from lampyre.decide.supply import Feeder
from lampyre.records import Quality, Snapshot

DEAD_SHARE: Final = 0.1  # of the expected power: electronics on stand-by; sodium in its first minute draws 0.14
BURNING_SHARE: Final = 0.1  # of the rated power: a driver on stand-by draws 0.01
GAP_S: Final = 60.0  # between two looks; of a longer one nobody knows what happened in it

FAILURE_S: Final = 600.0  # lampFailure: metal halide after a dip strikes again within 10 minutes
FAILURE_CYCLING_S: Final = 1800.0  # ... once it has gone out and come back: it may be cooling down once more
DAY_BURNER_S: Final = 600.0  # lampUnexpectedOn: a look at a cabinet by day, lamps switched on by hand, takes less
DIMMING_S: Final = 600.0  # dimmingFailure: after both levels have been seen
POWER_S: Final = 1800.0  # lampPowerTooHigh and TooLow, where two levels show that it dims all the same
POWER_ALONE_S: Final = 6 * 3600.0  # ... where only one was seen: it may be a dimming failure yet
METER_SILENT_S: Final = 600.0  # powerMeterFailure: of light without a believable reading
OVER_S: Final = 60.0  # until an event is over that power alone shows

FALLS: Final = 5  # cyclingFailure: so many times out within CYCLING_S of light; a recloser tries 3 times
CYCLING_S: Final = 7200.0  # sodium at its end cycles every 5 to 15 minutes
FALL_S: Final = 60.0  # of light: falls within this are one: a recloser at work, a dip that bounces
JUDGE_S: Final = 5.0  # no evidence window is finer than twelve of these
SAME: Final = 0.005  # of the level: less is no step but the end of a ramp
SETTLE_S: Final = 5.0  # after a change of level: LED drivers settle in 2 s
HEARD_S: Final = 10.0  # ... and for a reading of it to be here: a board's counts for 5 s
DARK_S: Final = 60.0  # after it was switched off: capacitors run empty, arcs go out
WARM_UP_S: Final = 600.0  # after a cold start: sodium took 8 minutes (cabinet of 6.8 kW, 4 nights)


@dataclass(slots=True)
class Alert:
    """One condition with its own patience: it is raised and ended only after it held for a while."""

    event: str
    after_s: float
    active: bool = False
    since_s: float | None = None

    def told(self, holds: bool | None, mono_s: float) -> bool | None:
        """Return True when it starts, False when it ends, None when nothing changed or nothing is known."""
        if holds is None or holds == self.active:
            self.since_s = None
            return None
        if self.since_s is None:
            self.since_s = mono_s
        if mono_s - self.since_s < self.after_s:
            return None
        self.active, self.since_s = holds, None
        return holds


@dataclass(slots=True)
class Evidence:
    """One condition that is named when evidence for it has added up, and ended the same way."""

    event: str
    over_s: float
    active: bool = False
    held_s: float = 0.0  # evidence against what is now taken for true
    why: str = ""

    def told(self, holds: bool | None, passed_s: float, after_s: float) -> bool | None:
        """Return True when it starts, False when it ends, else None; None in `holds`: nothing is known."""
        if holds is None:
            return None
        if holds == self.active:
            self.held_s = 0.0
            return None
        self.held_s += passed_s
        if self.held_s < (after_s if holds else self.over_s):
            return None
        self.active, self.held_s = holds, 0.0
        return holds


@dataclass(slots=True)
class Look:
    """One look at one lamp: its level (0..1), the believable power, and how long both have been so."""

    level: float
    power_w: float | None
    passed_s: float
    dead: bool | None  # lit by order and without power; None: cannot be told
    heard: bool  # something of its board is fresh


@dataclass(slots=True)
class _Run:
    """What runs along with the lamp: its level's age, its warmth, its falls."""

    last_s: float | None = None
    level: float = -1.0
    steady_s: float = 0.0
    warm_s: float = 0.0
    unknown_s: float = 0.0
    light_s: float = 0.0  # by order, all in all
    unjudged_s: float = 0.0
    was_lit: bool = False  # it drew power when last looked at, and should
    out: bool = False  # it has gone out by itself since
    falls: list[float] = field(default_factory=list)


class LampHealth:
    """One lamp's events. `look` says what began or ended, `drawn_w` what it drew."""

    def __init__(self, power_channel: str, rated_power_w: float, warm_up_s: float = WARM_UP_S) -> None:
        self._power = power_channel
        self._rated_w = rated_power_w
        self._burning_w = BURNING_SHARE * rated_power_w
        self._warm_up_s = warm_up_s
        self.draw = Draw(rated_power_w)
        self.feeder = Feeder()  # a node lets all its lamps share one
        self._levels = Levels(self.draw)
        self._meter = Meter()
        self._run = _Run()
        self._events = {
            event: Evidence(event, over_s)
            for event, over_s in (
                ("lampFailure", OVER_S), ("lampUnexpectedOn", OVER_S), ("cyclingFailure", CYCLING_S),
                ("dimmingFailure", DIMMING_S), ("lampPowerTooHigh", POWER_S), ("lampPowerTooLow", POWER_S),
                ("powerMeterFailure", OVER_S),  # no TALQ event says this
            )
        }  # fmt: skip

    def look(self, seen: Snapshot, level: float) -> list[tuple[str, bool, str]]:
        """Return what changed: (event, whether it starts, why); `level` is what the lamp should do now, 0..1."""
        now = self._see(seen, level)
        if now is None:
            return []
        changes = []
        for event, holds, after_s in self._judge(now):
            evidence = self._events[event]
            told = evidence.told(holds, now.passed_s, after_s)
            if told is not None:
                evidence.why = self._why(event, now)
                changes.append((event, told, evidence.why))
        return changes

    def drawn_w(self, seen: Snapshot, level: float) -> tuple[float, bool]:
        """Return the power in W, and whether by meter; without one it is what this lamp draws at that level."""
        power_w = believed(seen.reading(self._power), self._rated_w)
        if power_w is None or self._events["powerMeterFailure"].active:
            return self.draw.power_w(level) if level > 0.0 else 0.0, False
        return power_w, True

    @property
    def active(self) -> dict[str, str]:
        """The events that hold now, each with its reason."""
        return {event: evidence.why for event, evidence in self._events.items() if evidence.active}

    def to_json(self) -> dict[str, Any]:
        """Return what must outlive a restart: below 3 kB."""
        events = {name: [e.active, round(e.held_s), e.why] for name, e in self._events.items() if e.active or e.held_s}
        run = self._run
        falls = [round(run.light_s - fall) for fall in run.falls]
        return {"draw": self.draw.to_json(), "events": events, "falls": falls, "metered": self._meter.ever}

    def restore(self, kept: Any) -> None:
        """Take up what `to_json` gave; ValueError, KeyError or TypeError where it is damaged."""
        self.draw.restore(kept["draw"])
        for name, (active, held_s, why) in kept["events"].items():
            if name in self._events:
                event = self._events[name]
                event.active, event.held_s, event.why = bool(active), float(held_s), str(why)
        self._run.falls = [-float(ago_s) for ago_s in kept["falls"][:FALLS]]
        self._meter.ever = bool(kept["metered"])

    def _see(self, seen: Snapshot, level: float) -> Look | None:
        """Follow the lamp; every few seconds return what is to be judged."""
        run = self._run
        power_w = believed(seen.reading(self._power), self._rated_w)
        passed_s = 0.0 if run.last_s is None else min(GAP_S, max(0.0, seen.mono_s - run.last_s))
        run.last_s = seen.mono_s
        if abs(level - run.level) < SAME:
            run.steady_s += passed_s
        else:
            run.level, run.steady_s = level, 0.0
        lit = level >= LIT
        run.light_s += passed_s if lit else 0.0
        if power_w is not None:
            self._meter.hear(power_w, level, passed_s, self._burning_w, settled=run.steady_s >= HEARD_S)
        dead = power_w < DEAD_SHARE * self.draw.power_w(level) if lit and power_w is not None else None
        run.unknown_s = run.unknown_s + passed_s if power_w is None else 0.0
        if level <= 0.0 or dead or run.unknown_s > GAP_S:
            run.warm_s = 0.0
        else:
            run.warm_s += passed_s
        self.feeder.tell(self, dead)
        self._fall(dead, level)
        run.unjudged_s += passed_s
        if run.unjudged_s < JUDGE_S:
            return None
        passed_s, run.unjudged_s = run.unjudged_s, 0.0
        heard = power_w is not None or any(r.quality is Quality.GOOD for r in seen.readings.values())
        return Look(level, power_w, passed_s, dead, heard)

    def _judge(self, now: Look) -> list[tuple[str, bool | None, float]]:
        """Return for each event whether it holds (None: not known), and after which evidence it is named."""
        run = self._run
        cycling = len(run.falls) >= FALLS
        dead = None if self.feeder.lost or run.steady_s < SETTLE_S else now.dead
        found = [
            ("lampFailure", dead, FAILURE_CYCLING_S if run.falls else FAILURE_S),
            ("lampUnexpectedOn", self._burns(now), DAY_BURNER_S),
            ("cyclingFailure", cycling if cycling or now.dead is False else None, 0.0),
            ("powerMeterFailure", *self._meter_fails(now)),
        ]
        well = now.dead is False and not self._meter.suspect
        if not well or now.power_w is None or run.steady_s < SETTLE_S or run.warm_s < self._warm_up_s:
            return found
        levels = self._levels
        levels.see(now.level, now.power_w, min(now.passed_s, run.steady_s), run.light_s)
        flat, deviation = levels.flat, levels.deviation
        found.append(("dimmingFailure", flat, DIMMING_S))
        if deviation is not None:
            after_s = POWER_ALONE_S if flat is None else POWER_S
            for event, off in (("lampPowerTooHigh", deviation), ("lampPowerTooLow", -deviation)):
                most = BACK * TOLERANCE if self._events[event].active else TOLERANCE
                found.append((event, off > most and not flat, after_s))
        if not flat and not levels.off and not run.falls:
            self.draw.learn(now.level, now.power_w, now.passed_s)
        return found

    def _why(self, event: str, now: Look) -> str:
        """Return the evidence in words."""
        meter = self._meter
        if event == "cyclingFailure":
            return f"went out {len(self._run.falls)} times in {CYCLING_S / 3600:.0f} h of light"
        if event == "dimmingFailure":
            return self._levels.said
        if event in {"lampPowerTooHigh", "lampPowerTooLow"}:
            return self._levels.why
        if event == "powerMeterFailure" and meter.stuck:
            return f"exactly {meter.same_w:g} W at levels from {meter.least:.2f} to {meter.most:.2f}"
        if now.power_w is None:
            return "no believable power reading while its board speaks"
        return f"{now.power_w:.1f} W at level {now.level:.2f} of {self._rated_w:.0f} W"

    def _burns(self, now: Look) -> bool | None:
        if now.power_w is None or now.level > 0.0 or self._run.steady_s < DARK_S or self._meter.suspect:
            return None
        return now.power_w > self._burning_w

    def _fall(self, dead: bool | None, level: float) -> None:
        """Count how often the lamp goes out by itself and comes back; a feeder without supply is no lamp's fault."""
        run = self._run
        if level < LIT or self.feeder.lost:
            run.was_lit = run.out = False
        elif dead is None or run.steady_s < SETTLE_S:
            return
        elif dead:
            run.out = run.out or run.was_lit
        else:
            if run.out and (not run.falls or run.light_s - run.falls[-1] > FALL_S):
                run.falls.append(run.light_s)
            run.was_lit, run.out = True, False
        if run.falls and (run.light_s - run.falls[0] > CYCLING_S or len(run.falls) > FALLS):
            del run.falls[0]

    def _meter_fails(self, now: Look) -> tuple[bool | None, float]:
        meter = self._meter
        if meter.stuck:
            return True, 0.0
        if now.power_w is not None:
            return None if meter.suspect else False, METER_SILENT_S
        silent = meter.ever and now.heard and now.level >= LIT
        return True if silent else None, METER_SILENT_S
