"""Emptyings that the node finds in recorded levels, held against those that were judged by eye."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lampyre.decide.bins.emptied import BY, Emptied
from lampyre.decide.bins.trace import Trace

HERE = Path(__file__).parent
NEAR = timedelta(hours=8)  # a found emptying is a judged one within this: glass slides out in pieces, records have gaps
SAMPLES = ("first", "second", "third")


@dataclass(frozen=True, slots=True)
class Label:
    """One fall that was judged: its first low reading, and what it was."""

    container: str
    at: datetime
    what: str  # emptying, small, not, unclear
    note: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one container that was read whole."""

    sample: str
    container: str
    stream: str
    start: datetime
    end: datetime


@dataclass(slots=True)
class Verdict:
    """How well they were found: found and missed of the judged ones, and those found where there was none."""

    found: int = 0
    missed: list[Label] = field(default_factory=list)
    wrong: list[tuple[str, Emptied]] = field(default_factory=list)
    neither: int = 0  # found where it was small or unclear

    @property
    def recall(self) -> float:
        """Share of the judged emptyings that were found; 1 without any."""
        judged = self.found + len(self.missed)
        return self.found / judged if judged else 1.0

    @property
    def precision(self) -> float:
        """Share of the found emptyings that were some; 1 without any."""
        told = self.found + len(self.wrong)
        return self.found / told if told else 1.0


def labels() -> list[Label]:
    """Return all judged falls."""
    with (HERE / "labels.csv").open(encoding="utf-8", newline="") as file:
        return [
            Label(row["container"], _utc(row["time_utc"]), row["label"], row["note"]) for row in csv.DictReader(file)
        ]


def stretches() -> list[Stretch]:
    """Return all stretches that were read."""
    with (HERE / "stretches.csv").open(encoding="utf-8", newline="") as file:
        return [
            Stretch(
                row["sample"],
                row["container"],
                row["stream"],
                _utc(row["from_utc"]),
                _utc(row["from_utc"]) + timedelta(days=int(row["days"])),
            )
            for row in csv.DictReader(file)
        ]


@dataclass(frozen=True, slots=True)
class Played:
    """What the node would have told of one container: emptyings, events as (event, from, to), and counts."""

    emptied: list[Emptied]
    faults: list[tuple[str, datetime, datetime]]
    discrepancies: Mapping[str, int]


def play(levels: Iterable[tuple[datetime, float]]) -> Played:
    """Let a node live through the levels (UTC, 0..1) of one container in order of time."""
    trace, emptied = Trace(), []
    since: dict[str, datetime] = {}
    faults: list[tuple[str, datetime, datetime]] = []
    at = None
    for at, fill in levels:
        told = trace.see(at, fill)
        if told.emptied is not None:
            emptied.append(told.emptied)
        for event in told.faults:
            since.setdefault(event, at)
        over = [event for event in since if event not in told.faults]
        faults += [(event, since.pop(event), at) for event in over]
    if at is not None:
        faults += [(event, begun, at) for event, begun in since.items()]
    return Played(emptied, faults, trace.discrepancies)


def judge(stretch: Stretch, told: Sequence[Emptied], known: Sequence[Label], verdict: Verdict) -> None:
    """Add to `verdict` what was found in one stretch; smaller falls than 30 points are not asked for."""
    mine = [one for one in known if one.container == stretch.container and stretch.start <= one.at < stretch.end]
    left = [one for one in told if stretch.start <= one.at < stretch.end]
    for label in mine:
        near = [one for one in left if abs(one.at - label.at) <= NEAR]
        if label.what != "emptying":
            continue
        if near:
            left.remove(min(near, key=lambda one: abs(one.at - label.at)))
            verdict.found += 1
        else:
            verdict.missed.append(label)
    for one in left:
        doubtful = any(abs(one.at - label.at) <= NEAR and label.what in {"small", "unclear"} for label in mine)
        if doubtful or one.before - one.after < BY - 1e-9:
            verdict.neither += 1
        else:
            verdict.wrong.append((stretch.container, one))


def counted(found: Iterable[Label]) -> Counter[str]:
    """Return how many falls were judged to be what."""
    return Counter(one.what for one in found)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
