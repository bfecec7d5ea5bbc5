"""Reasons of a bin: what is measured, doubted, foreseen and planned of it, as a plain dictionary."""

from dataclasses import asdict

from lampyre.bin import Bin
from lampyre.bin_records import Due, Observed
from lampyre.reasons import finite, forecast_told, reading_told, skill_told, stamp
from lampyre.records import Fill, Quality, Snapshot

Told = dict[str, object]


def bin_line(bin_: Bin) -> Told:
    """Return the bin in a line: fill, quality, status."""
    last = bin_.last
    if last is None:
        return {"id": bin_.id, "fill": None, "quality": Quality.MISSING.name, "status": "unknown"}
    return {"id": bin_.id, "fill": last.fill, "quality": last.quality.name, "status": last.status}


def bin_reasons(bin_: Bin, seen: Snapshot) -> Told:
    """Return why the bin is said to be as it is at `seen`, and when somebody should come."""
    last, settings = bin_.last, bin_.settings
    return bin_line(bin_) | {
        "why": last.why if last else "not looked into yet",
        "since": stamp(bin_.since) if bin_.since else None,
        "clock_trusted": seen.clock_trusted,
        "inputs": [reading_told(one, seen.at) for one in seen.readings.values()],
        "rate_per_day": last.rate_per_day if last else None,
        "hours_to_full": list(last.hours_to_full) if last and last.hours_to_full else None,
        "chances": _chances(last),
        "forecast": forecast_told(last.forecast if last else None),
        "reliability": last.reliability if last else 0.0,
        "skill": skill_told(bin_.contest),
        "collection": _due(last.due if last else None),
        "access": settings.collection.access,
        "temperature": last.temperature if last else None,
        "emptied_at": stamp(last.emptied_at) if last and last.emptied_at else None,
        "emptied_sure": finite(last.emptied_sure) if last else None,
        "faults": dict(bin_.events.now),
        "discrepancies": bin_.watch.discrepancies,
        "observed": _observed(bin_.observed.told),
        "budget": asdict(bin_.plan.spent),
        "distance": settings.distance,
        "full_at": settings.full_at,
        "at": stamp(last.at) if last else None,
    }


def _due(due: Due | None) -> Told | None:
    if due is None:
        return None
    return {
        "collect_by": stamp(due.by) if due.by else None,
        "reason": due.reason,
        "why": due.why,
        "waiting_h": due.waiting_h,
        "suppressed_because": due.suppressed_because,
    }


def _observed(found: Observed | None) -> Told | None:
    if found is None:
        return None
    last = found.last
    seen = None if last is None else {"at": stamp(last.at), "fill": last.fill, "sensor": last.sensor}
    return {
        "count": found.count,
        "error": found.error,
        "bias": found.bias,
        "disputed": found.disputed,
        "moves": found.moves,
        "last": seen,
    }


def _chances(last: Fill | None) -> Told:
    """Return how likely the bin is full within so many hours, before anybody empties it."""
    soon = last.soon if last else None
    return {f"{s / 3600:g}": round(p, 2) for s, p in zip(soon.horizons_s, soon.chances, strict=True)} if soon else {}
