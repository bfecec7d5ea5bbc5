"""The PIN: kept as a slow salted hash, and a lock that grows with every wrong guess."""

import hashlib
import hmac
import logging
import os
import re

from lampyre.clock import Clock
from lampyre.errors import ConfigError

log = logging.getLogger("lampyre.console.audit")

LEAST, MOST = 4, 12  # digits
# scrypt's cost: 16 MB and 40 ms on a laptop, about 0.4 s on a Pi Zero 2 W; RFC 7914 section 2 for interactive use
COST, BLOCK, LANES = 1 << 14, 8, 1
TRIES = 5  # wrong PINs over all sessions before the lock falls; after that each further one
LOCK_FIRST_S = 300.0
LOCK_MOST_S = 3600.0
SHAPE = re.compile(r"scrypt\$([0-9a-f]{32})\$([0-9a-f]{64})")


def make(pin: str) -> str:
    """Return what stands in node.console_pin for this PIN; raises ConfigError unless it is 4 to 12 digits."""
    if not (LEAST <= len(pin) <= MOST and pin.isascii() and pin.isdigit()):
        raise ConfigError(f"a PIN has {LEAST} to {MOST} digits and nothing else; choose another")
    salt = os.urandom(16)
    return f"scrypt${salt.hex()}${_hash(pin, salt).hex()}"


def verify(pin: str, kept: str) -> bool:
    """Whether `pin` is the one behind `kept`; takes as long for a wrong one."""
    found = SHAPE.fullmatch(kept)
    if found is None or len(pin) > MOST:
        return False
    return hmac.compare_digest(_hash(pin, bytes.fromhex(found[1])), bytes.fromhex(found[2]))


def _hash(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=COST, r=BLOCK, p=LANES, maxmem=64 << 20, dklen=32)


class Gate:
    """The PIN of one node, for all its sessions together."""

    def __init__(self, kept: str | None, clock: Clock) -> None:
        self._kept = kept
        self._clock = clock
        self._wrong = 0
        self._lock_s = LOCK_FIRST_S
        self._until_s: float | None = None

    @property
    def has_pin(self) -> bool:
        """Whether a PIN is configured; without one nothing can be set."""
        return self._kept is not None

    @property
    def locked_s(self) -> float:
        """Seconds until a PIN will be looked at again; 0 when it is looked at now."""
        return 0.0 if self._until_s is None else max(0.0, self._until_s - self._clock.monotonic())

    def opens(self, pin: str, who: str) -> bool:
        """Whether the PIN is right; a wrong one is counted and audited, and not even looked at while locked."""
        if self._kept is None or self.locked_s > 0.0:
            return False
        if verify(pin, self._kept):
            self._wrong, self._lock_s, self._until_s = 0, LOCK_FIRST_S, None
            log.info("%s: right PIN", who)
            return True
        self._wrong += 1
        if self._wrong < TRIES:
            log.warning("%s: wrong PIN, %d of %d", who, self._wrong, TRIES)
            return False
        self._until_s = self._clock.monotonic() + self._lock_s
        log.warning("%s: wrong PIN, %d in a row; locked for %.0f s", who, self._wrong, self._lock_s)
        self._lock_s = min(LOCK_MOST_S, self._lock_s * 2)
        return False
