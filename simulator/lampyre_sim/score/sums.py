"""The books of a set's sensors, added up: for the whole set, for each stream, for each sensor."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from lampyre_sim.score.crew import Task
from lampyre_sim.score.grid import Series
from lampyre_sim.score.levels import Levels
from lampyre_sim.score.measures import Book
from lampyre_sim.score.origins import Taught
from lampyre_sim.score.result import LeftOut, SetScore, counts_table, fill_table, label, short

Played = Sequence[tuple[Task, Book]]


def set_scores(
    name: str, played: Played, left_out: Counter[str], taught: Taught | None, *, each: bool
) -> list[SetScore]:
    """Return the whole set's score, then those of its streams, and with `each` those of its sensors by name."""
    found = [_score(name, "", played, left_out, taught)]
    streams = sorted({_stream(task) for task, _ in played})
    if len(streams) > 1:
        parts = {stream: [one for one in played if _stream(one[0]) == stream] for stream in streams}
        found += [_score(name, stream, part, Counter(), taught) for stream, part in parts.items()]
    if each:
        found += [_score(name, one[0].what.name, [one], Counter(), taught) for one in played]
    return found


def _score(name: str, group: str, played: Played, left_out: Counter[str], taught: Taught | None) -> SetScore:
    book = Book()
    for _, one in played:
        book.take(one)
    task = played[0][0]
    period_s = task.what.period_s if isinstance(task.what, Series) else None
    zone = task.place.zone if isinstance(task.what, Levels) else task.what.zone
    spans = [_span_s(task.what) for task, _ in played]
    first, last = (
        datetime.fromtimestamp(at_s, UTC).astimezone(zone or UTC).date().isoformat()
        for at_s in (min(start for start, _ in spans), max(end for _, end in spans))
    )
    mean = None if period_s is None else short(book.mean(("count", period_s)))
    return SetScore(
        name=name,
        group=group,
        sensors=len(played),
        rows=sum(task.rows for task, _ in played),
        period_min=None if period_s is None else period_s // 60,
        first=first,
        last=last,
        clock="as in the file" if zone is None else zone.key,
        mean=mean,
        taught=taught is not None,
        held_out=() if taught is None else taught.held_out,
        learned_from=0 if taught is None else sum(task.what.name not in taught.held_out for task, _ in played),
        table=fill_table(book) if period_s is None else counts_table(book, period_s),
        left_out=_left_out(left_out, book, of_fill=period_s is None),
    )


def _stream(task: Task) -> str:
    return task.what.stream if isinstance(task.what, Levels) else ""


def _span_s(what: Series | Levels) -> tuple[float, float]:
    if isinstance(what, Levels):
        return float(what.hours[0] * 3600), float(what.hours[-1] * 3600)
    return what.start_s, what.start_s + (len(what.counts) - 1) * what.period_s


def _left_out(rows: Counter[str], book: Book, *, of_fill: bool) -> list[LeftOut]:
    """Return what was left out: rows of the file, then forecasts by horizon."""
    found = [LeftOut("rows", reason, number) for reason, number in rows.items() if number]
    for (_, ahead, reason), number in book.left_out.items():
        if number:
            horizon = ahead if isinstance(ahead, str) else f"{ahead} h" if of_fill else label(ahead)
            found.append(LeftOut(f"forecasts {horizon}", str(reason), number))
    return found
