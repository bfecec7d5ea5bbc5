"""From the nouns of bins to the parts of their messages."""

from collections.abc import Sequence

from lampyre import bin_records
from lampyre.sync.parts import TEXT_LIMIT, Budget, Collect, Emptying, ObservedFill, Seen

LOOKS_STEP = 100  # of looks told: a lid that opens is looked after at once, and single ones would count who came


def text(said: str) -> str:
    """Cut what is too long for a message."""
    return said if len(said) <= TEXT_LIMIT else said[: TEXT_LIMIT - 1] + "…"


def collect(due: bin_records.Due | None) -> Collect | None:
    """Say by when to collect, and why."""
    if due is None:
        return None
    return Collect(
        collect_by=due.by,
        reason=due.reason,  # type: ignore[arg-type] # the model checks it
        why=text(due.why),
        waiting_h=due.waiting_h,
        suppressed_because=None if due.suppressed_because is None else text(due.suppressed_because),
    )


def emptying(one: bin_records.Emptying) -> Emptying:
    """Say what was emptied."""
    before, after, sure = (round(share, 2) for share in (one.before, one.after, one.sure))
    return Emptying(at=one.at, fill_before=before, fill_after=after, confidence=sure, litres=one.litres)


def litres(emptyings: Sequence[bin_records.Emptying]) -> float | None:
    """Return what they took out together; None where nobody knows, and where nothing was emptied."""
    known = [one.litres for one in emptyings if one.litres is not None]
    return round(sum(known), 1) if known else None


def observed(found: bin_records.Observed | None) -> ObservedFill | None:
    """Say how the sensor does beside what people saw."""
    if found is None:
        return None
    last = found.last
    seen = None if last is None else Seen(at=last.at, fill=last.fill, sensor=last.sensor)
    return ObservedFill(
        count=found.count,
        error=found.error,
        bias=found.bias,
        disputed=found.disputed,
        moves=found.moves,
        last=seen,
    )


def budget(spent: bin_records.Spent | None) -> Budget | None:
    """Say what this year has cost."""
    if spent is None:
        return None
    return Budget(
        year=spent.year,
        looks=spent.looks - spent.looks % LOOKS_STEP,
        looks_most=spent.looks_most,
        states=spent.states,
        states_most=spent.states_most,
        urgent=spent.urgent,
        pace=spent.pace,  # type: ignore[arg-type] # the model checks it
    )
