"""`lampyre export compliance`: what a town must be able to show of each lamp, from what the node has kept on its disk.

The six data of the French decree of 27 December 2018 (article 4, consolidated 2019), a curfew log, energy, saving, and
the indicators of EN 13201-5. What is not known is said to be missing; nothing is guessed.
"""

import csv
import io
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from lampyre.bounds import luminaire_of
from lampyre.decide.draw import Draw
from lampyre.errors import ConfigError
from lampyre.evidence_settings import EvidenceSettings
from lampyre.memory import counters_of, file_of
from lampyre.memory import days_of as days_file
from lampyre.settings import LampSettings, Settings
from lampyre.statefile import kept
from lampyre.summarise.days import CLASSES, KEPT, Day, days_of
from lampyre.summarise.evidence import YEAR_DAYS, Sums, added, consumption, power_density

PAPERS = {  # the decree's six data: name here → key in node.toml
    "upward_percent": "luminaire.upward_percent",
    "flux_code_3_percent": "luminaire.flux_code_3_percent",
    "colour_temperature_k": "luminaire.colour_temperature_k",
    "rated_power_w": "rated_power_w",
    "flux_lm": "luminaire.flux_lm",
    "installed": "luminaire.installed",
}
COLUMNS = (
    "lamp", "day", "night_from_utc", "night_to_utc", "energy_wh", "metered_share", "full_light_wh", "seen_h", "lit_h",
    "starts", "h_off", "h_to_25", "h_to_50", "h_to_75", "h_to_100", "curfew_min", "curfew_lit_min", "curfew_above_min",
    "curfew_override_min", *PAPERS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """What the node has kept of one lamp."""

    lamp: LampSettings
    days: list[Day]
    draw: Draw
    learned: bool  # its power, by a meter
    factor: float  # of age and dirt
    life: dict[str, Any]  # counters: hours, starts


def read(settings: Settings, begin: date | None, end: date | None) -> list[Kept]:
    """Return what was kept of every lamp, lighting days from `begin` to `end`, both included.

    Raises ConfigError where the folder or a file cannot be read.
    """
    folder = settings.node.state_dir
    if not os.access(folder, os.R_OK | os.X_OK):
        raise ConfigError(
            f"node.state_dir {folder}: cannot be read; run this on the node, as the service's user: sudo -u lampyre"
        )
    return [_read(folder, lamp, begin, end) for lamp in settings.lamp]


def _read(folder: Path, lamp: LampSettings, begin: date | None, end: date | None) -> Kept:
    path = days_file(folder, lamp.id)
    first, last = begin.isoformat() if begin else "", end.isoformat() if end else "9999"
    draw = Draw(lamp.rated_power_w)
    try:
        days = [day for day in days_of(kept(path) or "") if first <= day.day <= last]
        path = file_of(folder, lamp.id)
        memory = json.loads(kept(path) or "{}")
        path = counters_of(folder)  # the same, but never older
        memory |= json.loads(kept(path) or "{}").get(lamp.id, {})
        upkeep = memory.get("upkeep", {})
        if upkeep:
            draw.restore(upkeep["health"]["draw"])
        life = {"operating_h": memory.get("operating_h"), **upkeep.get("wear", {})}
        return Kept(lamp, days, draw, draw.drift is not None, float(memory.get("factor", 1.0)), life)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ConfigError(f"{path}: damaged ({error}); the agent renews it, what it held is lost") from error


def papers(lamp: LampSettings) -> tuple[dict[str, Any], list[str]]:
    """Return the decree's six data, and the keys of those that node.toml does not give."""
    found: dict[str, Any] = {name: getattr(lamp.luminaire, name, None) for name in PAPERS}
    found["rated_power_w"] = lamp.rated_power_w if "rated_power_w" in lamp.model_fields_set else None
    if lamp.luminaire.installed is not None:
        found["installed"] = lamp.luminaire.installed.isoformat()
    return found, [key for name, key in PAPERS.items() if found[name] is None]


def of_lamp(of: Kept, rates: EvidenceSettings) -> dict[str, Any]:
    """Return one lamp whole, as JSON has it."""
    sums = added(of.days)
    found, missing = papers(of.lamp)
    return {
        "lamp": of.lamp.id,
        "decree": found,
        "decree_missing": missing,
        "since_installed": of.life,
        "recorded": _recorded(of.days),
        "energy": {
            "kwh": round(sums.energy_wh / 1000, 3),
            "metered_share": round(sums.metered_share, 3),
            "full_light_kwh": round(sums.full_light_wh / 1000, 3),
        },
        "saving": saving(sums, rates),
        "profile_h": {f"to_{most * 100:.0f}": round(h, 2) for most, h in zip(CLASSES, sums.at_class_h, strict=True)},
        "lit_h": round(sums.lit_h, 2),
        "starts": sums.starts,
        "en_13201_5": indicators(of, sums),
        "curfew": _curfew(of.lamp, sums),
        "days": [dict(zip(COLUMNS, row, strict=False)) for row in rows(of)],
    }


def saving(sums: Sums, rates: EvidenceSettings) -> dict[str, Any]:
    """Return what was saved against all-night full light, in kWh, and in money and CO2 where factors are stated."""
    kwh = sums.saved_wh / 1000
    found: dict[str, Any] = {"kwh": round(kwh, 3), "share": _rounded(sums.saved_share, 4), "missing": []}
    if rates.euro_per_kwh is not None:
        found |= {"euro": round(kwh * rates.euro_per_kwh, 2), "euro_from": rates.euro_from}
    else:
        found["missing"].append("evidence.euro_per_kwh")
    if rates.co2_g_per_kwh is not None:
        found |= {"co2_kg": round(kwh * rates.co2_g_per_kwh / 1000, 3), "co2_from": rates.co2_from}
    else:
        found["missing"].append("evidence.co2_g_per_kwh")
    return found


def indicators(of: Kept, sums: Sums) -> dict[str, Any]:
    """Return EN 13201-5's indicators, what they rest on, and the keys that are missing for them."""
    papers_, lamp = of.lamp.luminaire, of.lamp
    known_power = of.learned or "rated_power_w" in lamp.model_fields_set
    power_w = of.draw.power_w(luminaire_of(lamp).drive(lamp.class_level, of.factor))
    area_m2, lux = papers_.area_m2, papers_.illuminance_lx
    missing = ["luminaire.area_m2"] if area_m2 is None else []
    missing += ["luminaire.illuminance_lx"] if lux is None else []
    missing += [] if known_power else ["rated_power_w"]
    dense = area_m2 is not None and lux is not None and known_power
    return {
        "power_w": round(power_w, 2) if known_power else None,
        "power_by": "meter" if of.learned else "rated power",
        "additional_power": "what the meter of the lamp does not see, the node itself among it, is not included",
        "area_m2": area_m2,
        "illuminance_lx": lux,
        "power_density_w_per_lx_m2": round(power_density(power_w, lux, area_m2), 5)
        if dense and area_m2 and lux
        else None,
        "consumption_wh_per_m2": round(consumption(sums.energy_wh, area_m2), 2) if area_m2 else None,
        "consumption_days": sums.days,
        "consumption_is_annual": YEAR_DAYS <= sums.days <= 366,
        "reduction_share": _rounded(sums.saved_share, 4),
        "missing": missing,
    }


def rows(of: Kept) -> Iterator[tuple[Any, ...]]:
    """Yield one row a day in the order of COLUMNS; minutes of the curfew are whole: seconds could be somebody's."""
    found, _ = papers(of.lamp)
    for day in of.days:
        curfew = (day.curfew_s, day.curfew_lit_s, day.curfew_above_s, day.curfew_override_s)
        yield (
            of.lamp.id, day.day, day.night_from, day.night_to, round(day.energy_wh, 1),
            round(day.metered_s / day.seen_s, 3) if day.seen_s else 0.0, round(day.full_light_wh, 1),
            round(day.seen_s / 3600, 2), round(day.lit_s / 3600, 2), day.starts,
            *(round(seconds / 3600, 2) for seconds in day.at_class_s),
            *(round(seconds / 60) for seconds in curfew),
            *("" if value is None else value for value in found.values()),
        )  # fmt: skip


def as_csv(all_kept: list[Kept]) -> str:
    """Return the log of every lamp and day, with a head line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for of in all_kept:
        writer.writerows(rows(of))
    return out.getvalue()


def as_json(settings: Settings, all_kept: list[Kept]) -> str:
    """Return everything as one JSON object."""
    node = settings.node
    about = {"site": node.site, "node": node.id, "time_zone": node.time_zone, "kept_days": KEPT}
    lamps = [of_lamp(of, settings.evidence) for of in all_kept]
    return json.dumps(about | {"lamps": lamps}, indent=1, ensure_ascii=False) + "\n"


def _recorded(days: list[Day]) -> dict[str, Any]:
    """Say which days there are, and how many in between are not."""
    if not days:
        return {"from": None, "to": None, "days": 0, "missing": 0}
    names = sorted({day.day for day in days})  # after a clock was put back the last one may not be the latest
    whole = (date.fromisoformat(names[-1]) - date.fromisoformat(names[0])) // timedelta(days=1) + 1
    return {"from": names[0], "to": names[-1], "days": len(days), "missing": whole - len(names)}


def _curfew(lamp: LampSettings, sums: Sums) -> dict[str, Any] | None:
    curfew = lamp.limits.curfew
    if curfew is None:
        return None
    hours = {name: round(value, 1) for name, value in asdict(sums).items() if name.startswith("curfew")}
    return {"begin": f"{curfew.begin:%H:%M}", "end": f"{curfew.end:%H:%M}", "most": curfew.most} | hours


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
