"""GNSS receivers that speak NMEA 0183: where the node stands, and what time it is; once a second.

Format: NMEA 0183, sentences RMC (place, time, date, validity) and GGA (place, kind of fix) of any talker, as
`$GPRMC,123519,A,4807.038,N,01131.000,E,...,230394,...*hh`; the two digits are the exclusive or of all between $ and *.
9600 baud, 4800 on older ones. Without checksum nothing is believed. It has eight bits and lets two turned bits of the
same place pass, so a sentence counts when it fits the one before.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor

from lampyre.clock import EARLIEST
from lampyre.driver import Channel, Counts, Driver, Sample, Speech, Values
from lampyre.records import Quality, Quantity

LINE_LIMIT = 128  # bytes; the standard allows 82, some receivers say more
SENTENCE = re.compile(rb"\$([A-Z]{2}(?:RMC|GGA),[\x20-\x29\x2b-\x7e]*)\*([0-9A-F]{2})\r?")
CLOCK = re.compile(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d)(\.\d+)?")
DEGREES = re.compile(r"(\d{2,3})([0-5]\d(?:\.\d+)?)")
NEAR_DEGREES = 0.01  # between two sentences: one kilometre, more than a bus goes in ten seconds
NEAR_S = 10.0  # a receiver may leave some out
GUESSED = {"E", "M", "S", "6", "7", "8"}  # reckoned on, typed in by hand, or simulated: no measurement

Place = tuple[float, float, float]
"""Degrees north, degrees east, seconds since 1970 in UTC (NaN: not told)."""


class Decoder:
    """Places and times that fit together."""

    def __init__(self, _options: Values, counts: Counts) -> None:
        self._counts = counts
        self._tail = b""
        self._last: Place | None = None
        self._last_s = math.nan

    def feed(self, data: bytes) -> list[Sample]:
        """Return what the sentences that `data` completes say."""
        *lines, tail = (self._tail + data).split(b"\n")
        if len(tail) > LINE_LIMIT:
            self._counts.ignored += len(tail)
            tail = b"?"  # the rest of this line is none
        self._tail = tail
        return [sample for line in lines if (sample := self._read(line)) is not None]

    def _read(self, line: bytes) -> Sample | None:
        start = line.rfind(b"$")
        found = SENTENCE.fullmatch(line[start:]) if start >= 0 else None
        if found is None:
            self._counts.ignored += len(line)  # other sentences too: they are none of ours
            return None
        if reduce(xor, found[1]) != int(found[2], 16):
            self._counts.broken += 1
            return None
        self._counts.frames += 1
        told = _told(found[1].decode("ascii"))
        if told is None:
            return None
        place, guessed = told
        fits = self._fits(place)
        self._last = place
        self._last_s = place[2] if not math.isnan(place[2]) else self._last_s
        return Sample(place, Quality.SUSPECT if guessed else Quality.GOOD) if fits else None

    def _fits(self, place: Place) -> bool:
        if self._last is None or abs(place[0] - self._last[0]) > NEAR_DEGREES:
            return False
        if abs(place[1] - self._last[1]) > NEAR_DEGREES:
            return False
        return math.isnan(place[2]) or 0.0 <= place[2] - self._last_s <= NEAR_S


def _told(sentence: str) -> tuple[Place, bool] | None:
    """Return place and time, and whether the receiver only guesses; None where it knows nothing."""
    fields = sentence.split(",")
    if fields[0].endswith("RMC") and len(fields) >= 10 and fields[2] == "A":
        mode = fields[12] if len(fields) > 12 else "A"
        at = _when(fields[9], fields[1])
        place = _where(fields[3:7])
        return None if at is None or place is None or mode == "N" else ((*place, at), mode in GUESSED)
    if fields[0].endswith("GGA") and len(fields) >= 7 and fields[6] in set("12345678"):
        place = _where(fields[2:6])
        return None if place is None else ((*place, math.nan), fields[6] in GUESSED)
    return None


def _where(fields: list[str]) -> tuple[float, float] | None:
    north, ns, east, ew = fields
    lat, lon = DEGREES.fullmatch(north), DEGREES.fullmatch(east)
    if lat is None or lon is None or ns not in {"N", "S"} or ew not in {"E", "W"}:
        return None
    place = (int(lat[1]) + float(lat[2]) / 60) * (1 if ns == "N" else -1)
    across = (int(lon[1]) + float(lon[2]) / 60) * (1 if ew == "E" else -1)
    return (place, across) if abs(place) <= 90.0 and abs(across) <= 180.0 else None


def _when(day: str, clock: str) -> float | None:
    found = CLOCK.fullmatch(clock)
    if found is None or len(day) != 6 or not day.isdigit():
        return None
    try:
        date = datetime(2000 + int(day[4:]), int(day[2:4]), int(day[:2]), tzinfo=UTC)
    except ValueError:
        return None
    passed = timedelta(hours=int(found[1]), minutes=int(found[2]), seconds=int(found[3]) + float(found[4] or 0.0))
    return (date + passed).timestamp()


DRIVER = Driver(
    kind="nmea",
    channels=(
        Channel("latitude", Quantity.LATITUDE, -90.0, 90.0),
        Channel("longitude", Quantity.LONGITUDE, -180.0, 180.0),
        # before this code was made: a receiver whose weeks have run over (1024 of them); beyond: no two-digit year
        Channel("time", Quantity.TIME, EARLIEST.timestamp(), datetime(2100, 1, 1, tzinfo=UTC).timestamp()),
    ),
    stale_s=10.0,
    source="NMEA 0183, RMC and GGA; examples of bytefusion.com/products/ntm/pts/aboutgprmc.htm",
    speech=Speech(
        decoder=Decoder,
        baud=9600,
        silent_s=10.0,
        noise_odds=1e-20,  # $, six letters and commas, *, two digits of sixteen, line feed: 256**-9 at the best
        # two turned bits of one place among 70 bytes, in what matters: 0.02; the next one wrong in the same way: 0.002
        damage_odds=1e-4,
    ),
)
