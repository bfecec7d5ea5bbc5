"""The lighting classes of EN 13201-2:2015 as data: what each asks of the road, so that levels scale between them.

M: average luminance of the carriageway (table 1). C: average illuminance of conflict areas (table 2). P: average and
least illuminance of paths (table 3); P7 asks nothing. What else the tables ask (uniformities, glare, surroundings) a
luminaire keeps when it is dimmed: it is planned once, and no node can change it. Towns with other national values
change this table, not the code that reads it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """What one class asks on average and, where it names one, at the darkest point, in `unit`."""

    mean: float
    unit: str
    least: float | None = None


CLASSES = {
    "M1": Asked(2.0, "cd/m2"), "M2": Asked(1.5, "cd/m2"), "M3": Asked(1.0, "cd/m2"),
    "M4": Asked(0.75, "cd/m2"), "M5": Asked(0.5, "cd/m2"), "M6": Asked(0.3, "cd/m2"),
    "C0": Asked(50.0, "lx"), "C1": Asked(30.0, "lx"), "C2": Asked(20.0, "lx"),
    "C3": Asked(15.0, "lx"), "C4": Asked(10.0, "lx"), "C5": Asked(7.5, "lx"),
    "P1": Asked(15.0, "lx", 3.0), "P2": Asked(10.0, "lx", 2.0), "P3": Asked(7.5, "lx", 1.5),
    "P4": Asked(5.0, "lx", 1.0), "P5": Asked(3.0, "lx", 0.6), "P6": Asked(2.0, "lx", 0.4),
    "P7": Asked(0.0, "lx"),
}  # fmt: skip


def level_for(wanted: str, normal: str, normal_level: float) -> float:
    """Return the level (0..1) that yields class `wanted` where `normal_level` yields `normal`, of the same letter.

    Luminance and illuminance grow with the flux, so the level scales with what the class asks.
    """
    if wanted == normal:
        return normal_level  # P7 too, which asks nothing
    return min(1.0, normal_level * CLASSES[wanted].mean / CLASSES[normal].mean)


def in_words(name: str) -> str:
    """Return what a class asks, as `lampyre check` says it: `P4 (5 lx, 1 lx at least)`."""
    asked = CLASSES[name]
    least = "" if asked.least is None else f", {asked.least:g} {asked.unit} at least"
    return f"{name} ({asked.mean:g} {asked.unit}{least})"
