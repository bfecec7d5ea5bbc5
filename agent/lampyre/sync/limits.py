"""The limits of an outbox: how much of it each class may fill, and how long each is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from types import MappingProxyType

from lampyre.outbox_settings import ALARM_DAYS, LIMIT_BYTES, PARKED_DAYS, REPLY_DAYS, SUMMARY_DAYS
from lampyre.records import Priority

ALARM_SHARE = 1 / 8  # of the limit, which nothing else uses: 6 MB are 18 000 alarms
REPLY_SHARE = 1 / 16  # ... a day's answers to as many commands as a node obeys are 0.2 MB
DAYS = MappingProxyType({Priority.ALARM: ALARM_DAYS, Priority.REPLY: REPLY_DAYS, Priority.SUMMARY: SUMMARY_DAYS})


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of all parcels; days after which each class is forgotten, sent or not; the zone of the lighting day."""

    bytes: int = LIMIT_BYTES
    days: Mapping[Priority, float] = field(default_factory=lambda: DAYS)
    parked_days: float = PARKED_DAYS
    zone: tzinfo = UTC

    @property
    def alarms(self) -> int:
        """Bytes that alarms alone may fill; beyond them those go first that a later one of their kind has replaced."""
        return int(self.bytes * ALARM_SHARE)

    @property
    def replies(self) -> int:
        """Bytes that replies may fill, and nothing else does."""
        return int(self.bytes * REPLY_SHARE)

    @property
    def summaries(self) -> int:
        """Bytes that summaries may fill while alarms stay within theirs."""
        return self.bytes - self.alarms - self.replies
