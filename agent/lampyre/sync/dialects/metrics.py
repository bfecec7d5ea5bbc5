"""Sparkplug B payloads: metrics, births and deaths as bytes, and the one command that an edge node must obey.

Eclipse Sparkplug 3.0.0, chapter 6, and its sparkplug_b.proto: the numbers of fields and of data types are theirs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from lampyre.sync.dialects import protobuf as pb

BD_SEQ = "bdSeq"
REBIRTH = "Node Control/Rebirth"
COMMAND_LIMIT = 4096  # bytes; a rebirth has 60
METRICS_LIMIT = 64  # in a command; a host that writes more writes to somebody else

Value = int | float | bool | str | None


class Kind(IntEnum):
    """Data types, by their numbers."""

    INT64 = 4
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13


class Trust(IntEnum):
    """The property Quality: 6.4.12 allows these three."""

    BAD = 0
    GOOD = 192
    STALE = 500


TRUST = {"good": Trust.GOOD, "suspect": Trust.BAD, "stale": Trust.STALE, "missing": Trust.BAD}


@dataclass(frozen=True, slots=True)
class Metric:
    """One value: its name, type and unit stand in a birth, its moment (ms since 1970, UTC) everywhere."""

    name: str
    kind: Kind
    value: Value
    at_ms: int
    trust: Trust = Trust.GOOD
    unit: str = ""
    historical: bool = False


def payload(metrics: Iterable[Metric], at_ms: int, seq: int | None, *, birth: bool = False) -> bytes:
    """Return a payload; `seq` 0..255, None in a death of the node; types and units stand in births only."""
    parts = [pb.whole(1, at_ms)]
    parts += [pb.chunk(2, _metric(metric, birth=birth)) for metric in metrics]
    if seq is not None:
        parts.append(pb.whole(3, seq))
    return b"".join(parts)


def _metric(metric: Metric, *, birth: bool) -> bytes:
    parts = [pb.chunk(1, metric.name), pb.whole(3, metric.at_ms)]
    if birth or metric.name == BD_SEQ:
        parts.append(pb.whole(4, metric.kind))
    if metric.historical:
        parts.append(pb.whole(5, 1))
    if metric.value is None:
        parts.append(pb.whole(7, 1))
    properties = _properties(metric, birth=birth)
    if properties:
        parts.append(pb.chunk(9, properties))
    if metric.value is not None:
        parts.append(_value(metric.kind, metric.value))
    return b"".join(parts)


def _value(kind: Kind, value: int | float | bool | str) -> bytes:
    if kind is Kind.STRING:
        return pb.chunk(15, str(value))
    if kind is Kind.FLOAT:
        return pb.single(12, float(value))
    if kind is Kind.DOUBLE:
        return pb.double(13, float(value))
    return pb.whole(14 if kind is Kind.BOOLEAN else 11, int(value))


def _properties(metric: Metric, *, birth: bool) -> bytes:
    keys, values = [], []
    if metric.trust is not Trust.GOOD:
        keys.append(pb.chunk(1, "Quality"))
        values.append(pb.chunk(2, pb.whole(1, 3) + pb.whole(3, metric.trust)))  # Int32
    if birth and metric.unit:
        keys.append(pb.chunk(1, "engUnit"))
        values.append(pb.chunk(2, pb.whole(1, Kind.STRING) + pb.chunk(8, metric.unit)))
    return b"".join(keys + values)


def bd_seq(number: int, at_ms: int) -> Metric:
    """Return the metric by which a death is known to belong to a birth."""
    return Metric(BD_SEQ, Kind.INT64, number, at_ms)


def wants_rebirth(body: bytes) -> bool:
    """Whether a command asks for all births anew; False for whatever else it is, however it is broken."""
    if len(body) > COMMAND_LIMIT:
        return False
    try:
        found = [value for field, kind, value in pb.fields(body) if field == 2 and isinstance(value, bytes)]
        return any(_is_rebirth(metric) for metric in found[:METRICS_LIMIT])
    except ValueError:
        return False


def _is_rebirth(metric: bytes) -> bool:
    name, wanted = b"", False
    for field, _, value in pb.fields(metric):
        if field == 1 and isinstance(value, bytes):
            name = value
        elif field == 14:
            wanted = value == 1
    return wanted and name == REBIRTH.encode()
