"""The outbox's part of a node's file: how much may wait for the city, and for how long it is kept."""

from typing import Annotated

from pydantic import Field

from lampyre.strict import Strict

LIMIT_BYTES = 50_000_000  # of parcels: four days of quarters of 64 lamps and 32 bins, and weeks of hours and days
# Alarms are evidence; summaries are statistics that the city has long ago; an answer to a command of yesterday is none.
ALARM_DAYS, REPLY_DAYS, SUMMARY_DAYS = 90.0, 1.0, 60.0
PARKED_DAYS = 30.0  # refused and damaged parcels, files in quarantine: somebody has come by in a month

Days = Annotated[float, Field(ge=0.1, le=366.0)]


class OutboxSettings(Strict):
    """Limits of what waits; what they are for stands in docs/outbox.md."""

    limit_bytes: Annotated[int, Field(ge=1_000_000, le=4_000_000_000)] = LIMIT_BYTES
    alarm_days: Days = ALARM_DAYS
    reply_days: Days = REPLY_DAYS
    summary_days: Days = SUMMARY_DAYS
    parked_days: Days = PARKED_DAYS
