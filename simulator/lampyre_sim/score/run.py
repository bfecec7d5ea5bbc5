"""The word `score`: read each set, play it, add up what its sensors' books say."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from lampyre.errors import ConfigError
from lampyre_sim.score.crew import Progress, Task, judged
from lampyre_sim.score.grid import Series, period_of, series_of
from lampyre_sim.score.levels import Levels, levels_of
from lampyre_sim.score.origins import Taught, taught_with
from lampyre_sim.score.place import Place, place_of
from lampyre_sim.score.result import Score, SetScore
from lampyre_sim.score.rows import Rows
from lampyre_sim.score.sets import Found, Of, find_sets, read_set
from lampyre_sim.score.sums import set_scores


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    of: Of
    data: Path
    model: Path
    since: date | None = None  # None: from the first row on
    sets: tuple[str, ...] = ()
    sensors: tuple[str, ...] = ()
    held_out: bool = False
    each: bool = False  # also every sensor by itself
    jobs: int = 1
    zone: ZoneInfo | None = None
    latitude: float | None = None
    country: str | None = None
    day_first: bool = False


def score(wanted: Wanted, model_name: str, progress: Progress) -> Score:
    """Play every set that is asked for; LampyreError that says what is wrong and how to mend it."""
    sets: list[SetScore] = []
    found = find_sets(wanted.data, wanted.of, wanted.sets)
    names: set[str] = set()
    taught = taught_with(wanted.model)
    for one in found:
        rows = read_set(one.path, wanted.of, day_first=wanted.day_first)
        names |= rows.sensors.keys()
        chosen = _chosen(rows, wanted, taught.get(one.name))
        if chosen:
            sets += _score_set(one, rows, chosen, wanted, progress, taught.get(one.name))
    for name in wanted.sensors:
        if name not in names:
            few = ", ".join(sorted(names)[:8]) + (" …" if len(names) > 8 else "")
            raise ConfigError(f"--sensor {name!r}: in none of the sets; there are {few}")
    if not sets:
        raise ConfigError("--held-out: the model learned from all these sensors; leave it away, or give your own data")
    if not any(row.n for one in sets for row in one.table):
        raise ConfigError(
            f"{wanted.data}: nothing to judge; give more rows (four weeks at least), or an earlier --from"
        )
    rows_played = sum(one.rows for one in sets if not one.group)
    since = None if wanted.since is None else wanted.since.isoformat()
    return Score(wanted.of, model_name, since, rows_played, round(progress.seconds, 1), wanted.jobs, sets)


def _chosen(rows: Rows, wanted: Wanted, taught: Taught | None) -> list[str]:
    return [
        name
        for name in sorted(rows.sensors)
        if (not wanted.sensors or name in wanted.sensors)
        and (not wanted.held_out or taught is None or name in taught.held_out)
    ]


def _score_set(
    one: Found, rows: Rows, chosen: list[str], wanted: Wanted, progress: Progress, taught: Taught | None
) -> list[SetScore]:
    place = place_of(one.name, wanted.zone, wanted.latitude, wanted.country)
    if place.zone is None and (rows.utc or wanted.of == "fill"):
        raise ConfigError(f"{one.path}: the local time of its place is not known; give --zone, such as Europe/Paris")
    tasks = list(_tasks(rows, chosen, wanted, place))
    if not tasks:
        raise ConfigError(f"{one.path}: no sensor has two measurements; give at least a few weeks")
    progress.more(sum(task.rows for task in tasks))
    played = sorted(judged(tasks, min(wanted.jobs, len(tasks)), progress.done), key=lambda one: one[0].what.name)
    return set_scores(one.name, played, rows.left_out, taught, each=wanted.each)


def _tasks(rows: Rows, chosen: list[str], wanted: Wanted, place: Place) -> Iterator[Task]:
    period_s = period_of(rows) if wanted.of == "activity" else 0
    since_s = _since_s(wanted.since, place.zone if rows.utc or wanted.of == "fill" else None)
    for name in chosen:
        what: Series | Levels | None
        if wanted.of == "activity":
            what = series_of(rows, name, period_s, place.zone, rows.left_out)
        else:
            what = levels_of(rows, name, place.zone, rows.left_out)
        if what is not None:
            yield Task(what, place, wanted.model, since_s)


def _since_s(since: date | None, zone: ZoneInfo | None) -> float:
    """Return midnight of that day, on the clock of the series."""
    if since is None:
        return float("-inf")
    return datetime(since.year, since.month, since.day, tzinfo=zone or UTC).timestamp()
