"""What the command line asks for, and the street that follows from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from lampyre.decide.light.classes import level_for
from lampyre_sim.board import Interpreter
from lampyre_sim.kerb import CLASS, CLASS_LEVEL, QUIET_CLASS
from lampyre_sim.people import Passage, passers
from lampyre_sim.replay import load_recording, replayed
from lampyre_sim.sun import Sky
from lampyre_sim.world import Plan

LATITUDE, LONGITUDE = 47.32, 5.04  # Dijon
ZONE = ZoneInfo("Europe/Paris")
EVENING = date(2026, 11, 27)  # a Friday: people come home when it grows dark


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    lamps: int = 6
    bins: int = 2
    speed: float = 60.0
    replay: Path | None = None
    minutes: float | None = None  # of the street; None: until told to stop
    broker: str | None = None
    start: datetime | None = None
    seed: int = 1
    firmware: Interpreter = "micropython"
    svg: Path | None = None
    plain: bool = False


def prepare(asked: Asked) -> tuple[Plan, Iterator[Passage]]:
    """Return where and when the street is, and who passes; raises ConfigError for a bad recording."""
    recording = load_recording(asked.replay, ZONE) if asked.replay is not None else []
    start = asked.start
    if start is None:
        day = recording[0].at.date() if recording else EVENING
        start = Sky(LATITUDE, LONGITUDE, asked.seed).dusk(day, ZONE)
        if recording and start > recording[-1].at:  # it ends before the evening
            start = recording[0].at
    # in UTC: between local times Python counts hours of the wall, and where clocks change those are not the sun's
    start = (start if start.tzinfo is not None else start.replace(tzinfo=ZONE)).astimezone(UTC)
    floor = level_for(QUIET_CLASS, CLASS, CLASS_LEVEL) - 0.005  # what a PWM of 8 bits may lack
    plan = Plan(start, ZONE, LATITUDE, LONGITUDE, asked.lamps, asked.bins, asked.seed, floor)
    return plan, replayed(recording, start) if recording else passers(start, ZONE, asked.seed)
