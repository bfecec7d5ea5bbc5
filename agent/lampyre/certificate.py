"""Certificates: from when until when they hold. Nothing else of them is read, and nothing is judged here.

Not by `cryptography`: 4.5 MB of a node's memory (November 2026) for two dates. The agent's TLS checks the rest.
"""

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FILE_LIMIT = 256 * 1024  # bytes; a system's whole bundle of authorities has 220 kB
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
SEQUENCE, UTC_TIME, GENERALIZED_TIME, VERSION = 0x30, 0x17, 0x18, 0xA0  # DER tags


@dataclass(frozen=True, slots=True)
class Validity:
    """Both ends of the time for which a certificate holds, UTC."""

    begins: datetime
    ends: datetime


def validities(path: Path) -> list[Validity]:
    """Return those of each certificate in a PEM file; none where the file cannot be read or holds none."""
    try:
        if path.stat().st_size > FILE_LIMIT:
            return []
        text = path.read_text(encoding="ascii", errors="replace")
        return [validity(ssl.PEM_cert_to_DER_cert(pem)) for pem in PEM.findall(text)]
    except (OSError, ValueError):
        return []


def validity(der: bytes) -> Validity:
    """Read a certificate's validity (RFC 5280, 4.1.2.5); ValueError where the bytes are none."""
    try:
        certificate = next(_parts(der))[1]
        signed = [part for part in _parts(next(_parts(certificate))[1]) if part[0] != VERSION]
        begins, ends = (_moment(tag, text) for tag, text in _parts(signed[3][1]))  # after serial, algorithm, issuer
    except (StopIteration, IndexError) as error:
        raise ValueError("not a certificate") from error
    return Validity(begins, ends)


def _parts(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element in turn; ValueError where one ends before its length."""
    at = 0
    while at + 2 <= len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:  # the long form: so many bytes of length
            more = length & 0x7F
            length, at = int.from_bytes(der[at : at + more], "big"), at + more
        if at + length > len(der):
            raise ValueError("cut off")
        yield tag, der[at : at + length]
        at += length


def _moment(tag: int, text: bytes) -> datetime:
    digits = text.decode("ascii")
    if tag == UTC_TIME:  # two digits of the year: 50 and above are of the last century
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    elif tag != GENERALIZED_TIME:
        raise ValueError(f"no time: tag {tag}")
    return datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
