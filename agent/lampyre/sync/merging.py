"""Merging: summaries of one asset become one, so that an outbox without space tells less finely and not less.

It sees nothing but what was to be told anyway: what a quarter of an hour had to keep to itself is not in its message,
so whatever is made of several messages tells of nobody either. A sum is told for the whole only where each part was
told, else beside the seconds that it covers (`partly`): half a sum never passes for a whole one.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeVar

from pydantic import ValidationError

from lampyre.sync.messages import BinSummary, Foreseen, LampSummary
from lampyre.sync.parts import Partly

QUARTER, HOUR, DAY = 0, 1, 2  # the rungs of the ladder
HALF_DAY = timedelta(hours=12)  # a lighting day runs from noon to noon: no night is cut in two
EMPTYINGS_MOST, FAULTS_MOST = 8, 16  # what one message holds; `emptied` counts them all
QUALITIES = ("good", "suspect", "stale", "missing")  # from the best to the worst

Stretch = tuple[int, ...]
T = TypeVar("T")


def model_of(topic: str) -> type[LampSummary] | type[BinSummary] | None:
    """Return what a topic's parcels are, None for one that nothing is merged of."""
    *_, noun, _, word = ("", "", *topic.split("/"))
    if word != "summary":
        return None
    return LampSummary if noun == "lamp" else BinSummary if noun == "bin" else None


def read(topic: str, body: bytes) -> LampSummary | BinSummary | None:
    """Return the summary that a parcel is, or None."""
    model = model_of(topic)
    try:
        return None if model is None else model.model_validate_json(body)
    except ValidationError:
        return None


def stretch(start: datetime, rung: int, zone: tzinfo) -> Stretch:
    """Return the hour, or the lighting day in the node's time zone, that a period of the rung below belongs to."""
    if rung == HOUR:
        return start.astimezone(UTC).timetuple()[:4]
    return (start.astimezone(zone).replace(tzinfo=None) - HALF_DAY).timetuple()[:3]


def merge(parts: Sequence[LampSummary | BinSummary]) -> LampSummary | BinSummary | None:
    """Return one summary of all, oldest first; its number is the youngest's. None where they are of two assets."""
    lamps = [part for part in parts if isinstance(part, LampSummary)]
    bins = [part for part in parts if isinstance(part, BinSummary)]
    if lamps and not bins and len({lamp.lamp for lamp in lamps}) == 1:
        return _lamps(lamps)
    if bins and not lamps and len({one.bin for one in bins}) == 1:
        return _bins(bins)
    return None


def _common(parts: Sequence[Foreseen], start: datetime) -> dict[str, object]:
    """What is the last one's and not: when it began, of how many it is, the worst of what went in."""
    unsynced = any(part.time_quality == "unsynced" for part in parts)
    return {
        "start": start,
        "merged": sum(max(1, part.merged) for part in parts),
        "quality": max((part.quality for part in parts), key=QUALITIES.index),
        "time_quality": "unsynced" if unsynced else parts[-1].time_quality,
    }


def _lamps(parts: Sequence[LampSummary]) -> LampSummary:
    told = [_told(part) for part in parts]
    light_s, counted_s = sum(one.light_s for one in told), sum(one.counted_s for one in told)
    sums = Partly(
        counted_s=counted_s,
        passages=sum(one.passages for one in told),
        light_s=light_s,
        energy_wh=round(sum(one.energy_wh for one in told), 3),
        mean_level=round(sum(one.mean_level * one.light_s for one in told) / light_s, 1) if light_s else 0.0,
        lit_s=round(sum(one.lit_s for one in told), 1),
        switches=sum(one.switches for one in told),
    )
    lit = all(part.energy_wh is not None and part.mean_level is not None for part in parts)
    counted = all(part.passages is not None for part in parts)
    some = (light_s > 0 and not lit) or (counted_s > 0 and not counted)
    return parts[-1].model_copy(
        update={
            **_common(parts, parts[0].start),
            "energy_wh": sums.energy_wh if lit else None,
            "mean_level": sums.mean_level if lit else None,
            "lit_s": sums.lit_s if lit else None,
            "switches": sums.switches if lit else None,
            "full_light_wh": round(sum(part.full_light_wh for part in parts), 3),
            "measured": all(part.measured for part in parts),
            "passages": sums.passages if counted else None,
            "suppressed": any(part.suppressed for part in parts),
            "operating_h": _last(parts, lambda part: part.operating_h),
            "starts": _last(parts, lambda part: part.starts),
            "energy_total_kwh": _last(parts, lambda part: part.energy_total_kwh),
            "partly": sums if some else None,
        }
    )


def _told(part: LampSummary) -> Partly:
    """Return what one summary told, with the seconds that it told it of."""
    if part.partly is not None:
        return part.partly
    lasted_s = (part.end - part.start).total_seconds()
    lit = part.energy_wh is not None and part.mean_level is not None
    return Partly(
        counted_s=0.0 if part.passages is None else lasted_s,
        passages=part.passages or 0,
        light_s=lasted_s if lit else 0.0,
        energy_wh=part.energy_wh or 0.0,
        mean_level=part.mean_level or 0.0,
        lit_s=part.lit_s or 0.0,
        switches=part.switches or 0,
    )


def _bins(parts: Sequence[BinSummary]) -> BinSummary:
    """What it came to is the last one's; what happened is everybody's; the hottest is the hottest."""
    litres = [part.litres_collected for part in parts if part.litres_collected is not None]
    heats = [part.temperature_max for part in parts if part.temperature_max is not None]
    emptyings = [one for part in parts for one in part.emptyings]
    faults = dict.fromkeys(fault for part in parts for fault in part.faults)
    return parts[-1].model_copy(
        update={
            **_common(parts, parts[0].start),
            "emptied": sum(part.emptied for part in parts),
            "emptyings": emptyings[-EMPTYINGS_MOST:],
            "litres_collected": round(sum(litres), 1) if litres else None,
            "faults": list(faults)[:FAULTS_MOST],
            "temperature_max": max(heats, default=None),
        }
    )


def _last(parts: Sequence[LampSummary], value: Callable[[LampSummary], T | None]) -> T | None:
    return next((value(part) for part in reversed(parts) if value(part) is not None), None)
