"""A DYP-A02: `FF high low sum`, ten times a second."""

EVERY_S = 0.1  # SEN0311: 100 ms for the real-time value
NEAREST_MM, FARTHEST_MM = 30, 4500


def frame(distance_m: float | None) -> bytes:
    """Return what it says of a distance in metres; None, or farther than it sees: 0."""
    mm = 0 if distance_m is None or distance_m * 1000 > FARTHEST_MM else max(NEAREST_MM, round(distance_m * 1000))
    body = bytes((0xFF, mm >> 8, mm & 0xFF))
    return body + bytes((sum(body) & 0xFF,))
