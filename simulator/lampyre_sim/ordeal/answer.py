"""The word `bin-year`: what the node named, what it missed, and what it cried for nothing."""

import argparse
import sys
from collections import defaultdict
from functools import partial
from random import Random
from statistics import median

from lampyre_sim.ordeal.faults import KINDS, plan
from lampyre_sim.ordeal.year import Year, year
from lampyre_sim.share import shared

FIXED_EVERY = 4  # every fourth bin stands under a sensor that stays


def run(asked: argparse.Namespace) -> int:
    """Play the bins, a line for each, then the whole; exit code 1 where one was missed."""
    told: list[Year] = []
    live = partial(play, seed=asked.seed, days=asked.days, step_s=asked.step)
    for number, one in enumerate(shared(live, range(asked.bins), asked.jobs)):
        told.append(one)
        cried = ", ".join(f"{heard.event} on day {heard.at_s / 86400:.1f}" for heard in one.false)
        missed = ", ".join(one.missed + [f"{name} never ended" for name in one.unended])
        say(f"bin {number:2}: {len(one.faults)} faults, missed: {missed or 'none'}; false alarms: {cried or 'none'}; "
            f"emptied {one.emptied}, found {one.found}, dreamt {one.dreamt}")  # fmt: skip
    for line in summary(told, asked.days):
        say(line)
    return int(any(one.missed or one.unended for one in told))


def play(number: int, seed: int, days: float, step_s: float) -> Year:
    """Return one bin's year; the same numbers, the same year."""
    fixed = number % FIXED_EVERY == FIXED_EVERY - 1
    faults = plan(Random(f"plan {seed} {number}"), days, fixed=fixed)
    return year(number, seed, faults, days, fixed=fixed, step_s=step_s)


def summary(told: list[Year], days: float) -> list[str]:
    """Return the table by kind of fault, and the sums."""
    late: dict[str, list[float]] = defaultdict(list)
    for one in told:
        for name, seconds in one.named.items():
            late[name].append(seconds)
    lines = [f"{'fault':24} happened named  median   latest"]
    for kind in KINDS:
        times = sum(fault.kind.name == kind.name for one in told for fault in one.faults)
        if kind.event is None:
            lines.append(f"{kind.name:24} {times:8}  no alarm is right")
        elif late[kind.name]:
            lines.append(f"{kind.name:24} {times:8} {len(late[kind.name]):5} {_lasted(median(late[kind.name]))} "
                         f"{_lasted(max(late[kind.name]))}")  # fmt: skip
        else:
            lines.append(f"{kind.name:24} {times:8}     0")
    false = [len(one.false) for one in told]
    lines.append(f"false alarms: {sum(false)} in {len(told)} bins and {days:g} days, at most {max(false)} in one bin")
    lines.append(f"emptyings: {sum(one.emptied for one in told)}, found {sum(one.found for one in told)}, "
                 f"dreamt {sum(one.dreamt for one in told)}")  # fmt: skip
    return lines


def say(line: str) -> None:
    """Print a line at once: a year takes a while."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _lasted(seconds: float) -> str:
    if seconds < 600:
        return f"{seconds:5.0f} s"
    return f"{seconds / 3600:5.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:5.1f} d"
