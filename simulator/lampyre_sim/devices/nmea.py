"""A GNSS receiver: RMC and GGA once a second."""

from datetime import UTC, datetime
from functools import reduce
from operator import xor

EVERY_S = 1.0


def sentences(at: datetime, latitude: float, longitude: float, *, fix: bool = True) -> bytes:
    """Return RMC and GGA for a place in degrees north and east; without `fix` it knows the time alone."""
    utc = at.astimezone(UTC)
    clock = f"{utc:%H%M%S}.{utc.microsecond // 10000:02d}"
    place = f"{_degrees(latitude, 2)},{'N' if latitude >= 0 else 'S'},{_degrees(longitude, 3)},"
    place += "E" if longitude >= 0 else "W"
    if not fix:
        return _sentence(f"GNRMC,{clock},V,,,,,,,{utc:%d%m%y},,,N") + _sentence(f"GNGGA,{clock},,,,,0,00,99.9,,,,,,")
    rmc = f"GNRMC,{clock},A,{place},0.0,0.0,{utc:%d%m%y},,,A"
    return _sentence(rmc) + _sentence(f"GNGGA,{clock},{place},1,09,0.9,245.0,M,47.0,M,,")


def _degrees(degrees: float, digits: int) -> str:
    whole, rest = divmod(round(abs(degrees) * 60 * 100000), 60 * 100000)
    return f"{whole:0{digits}d}{rest / 100000:08.5f}"


def _sentence(body: str) -> bytes:
    return f"${body}*{reduce(xor, body.encode()):02X}\r\n".encode()
