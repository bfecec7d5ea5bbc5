"""The lighting classes of EN 13201-2:2015 as data: what each asks of the road, so that levels scale between them.

M: average luminance in cd/m2 (table 1). C: average illuminance in lx (table 2). P: average illuminance in lx
(table 3); P7 asks nothing. Towns with other national values change this table, not the code that reads it.
"""

ASKED = {
    "M1": 2.0, "M2": 1.5, "M3": 1.0, "M4": 0.75, "M5": 0.5, "M6": 0.3,
    "C0": 50.0, "C1": 30.0, "C2": 20.0, "C3": 15.0, "C4": 10.0, "C5": 7.5,
    "P1": 15.0, "P2": 10.0, "P3": 7.5, "P4": 5.0, "P5": 3.0, "P6": 2.0, "P7": 0.0,
}  # fmt: skip


def level_for(wanted: str, normal: str, normal_level: float) -> float:
    """Return the level (0..1 of nominal flux) that yields class `wanted` where `normal_level` yields `normal`.

    Luminance and illuminance grow with the flux, so the level scales with what the class asks.
    """
    return min(1.0, normal_level * ASKED[wanted] / ASKED[normal])
