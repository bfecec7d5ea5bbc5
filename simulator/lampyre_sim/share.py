"""Work shared out over the cores, one process each; whoever ends the first one ends them all."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from lampyre.errors import LampyreError

JOBS_MOST = 64
Task = TypeVar("Task")
Done = TypeVar("Done")


@contextmanager
def crew_of(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Yield so many processes; what is not begun when the block ends is dropped. LampyreError if one of them dies."""
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _end_at_once) as crew:
        try:
            yield crew
        except BrokenProcessPool as error:
            raise LampyreError("a process ended in the middle (out of memory?); try again with --jobs 1") from error
        finally:
            crew.shutdown(wait=False, cancel_futures=True)


def shared(work: Callable[[Task], Done], tasks: Sequence[Task], jobs: int) -> Iterator[Done]:
    """Yield what each task comes to, in their order; a single one, or a single job, stays in this process."""
    if min(jobs, len(tasks)) <= 1:
        yield from map(work, tasks)
        return
    with crew_of(min(jobs, len(tasks))) as crew:
        yield from crew.map(work, tasks)


def _end_at_once() -> None:
    """Let Ctrl-C end this process without a word; the first one says what happened."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
