"""Sensors shared out over the cores: one process a core, each with its own interpreter of the model."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lampyre.decide.inference import Model, load_model
from lampyre_sim.score.activity import judge as judge_counts
from lampyre_sim.score.fill import judge as judge_levels
from lampyre_sim.score.grid import Series
from lampyre_sim.score.levels import Levels
from lampyre_sim.score.measures import Book
from lampyre_sim.score.place import Place
from lampyre_sim.share import crew_of

WAITING = 2  # tasks a process beyond the one in hand: enough that none idles, few that none fills the memory
BAR = 30  # characters


@dataclass(frozen=True, slots=True)
class Task:
    """One sensor to be judged from `since_s` (seconds since 1970, as its times) on."""

    what: Series | Levels
    place: Place
    model: Path
    since_s: float

    @property
    def rows(self) -> int:
        """How many measurements it has."""
        return len(self.what.hours) if isinstance(self.what, Levels) else self.what.measured


def judge(task: Task) -> Book:
    """Judge one sensor; ModelRejected for a model that we will not run."""
    model = _model(task.model)
    if isinstance(task.what, Series):
        return judge_counts(task.what, task.place.calendar(), model, task.since_s)
    assert task.place.zone is not None  # asked for when the set was read
    return judge_levels(task.what, task.place.zone, model, task.since_s / 3600)


def judged(tasks: Iterable[Task], jobs: int, done: Callable[[int], None]) -> Iterator[tuple[Task, Book]]:
    """Yield each task with its book as they come; `done` hears the rows of each. LampyreError if a process dies."""
    if jobs == 1:
        for task in tasks:
            book = judge(task)
            done(task.rows)
            yield task, book
        return
    left = iter(tasks)
    pending: dict[Future[Book], Task] = {}
    with crew_of(jobs) as crew:
        while True:
            while len(pending) < jobs * WAITING and (following := next(left, None)) is not None:
                pending[crew.submit(judge, following)] = following
            if not pending:
                return
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                finished = pending.pop(future)
                book = future.result()
                done(finished.rows)
                yield finished, book


class Progress:
    """A bar on a terminal's error channel, nothing elsewhere."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._began_s = time.monotonic()
        self._rows = 0
        self._all = 0

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began_s

    def more(self, rows: int) -> None:
        """So many rows more are to be done."""
        self._all += rows
        self.done(0)

    def done(self, rows: int) -> None:
        """So many rows more are done."""
        self._rows += rows
        if self._shown:
            filled = BAR * self._rows // max(self._all, 1)
            rate = self._rows / max(self.seconds, 0.1)
            bar = "█" * filled + "·" * (BAR - filled)
            sys.stderr.write(f"\r{bar} {self._rows} of {self._all} rows, {rate:.0f} a second ")
            sys.stderr.flush()

    def end(self) -> None:
        """Leave the line to whoever comes next."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@lru_cache(maxsize=2)
def _model(folder: Path) -> Model:
    return load_model(folder)
