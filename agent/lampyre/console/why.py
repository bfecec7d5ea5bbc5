"""`lampyre why`: asks the running agent why a lamp or bin is as it is, or a lamp was; a paragraph or JSON."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lampyre.clock import SystemClock
from lampyre.console.ask import Agent, Answer
from lampyre.console.bin_reasons import bin_reasons
from lampyre.console.reasons import reasons
from lampyre.console.tongue import Tongue
from lampyre.console.words import find_asset
from lampyre.errors import CommandRefused, LampyreError, LinkDown
from lampyre.settings import Settings


def why(settings: Settings, asset: str, at: str | None, *, as_json: bool) -> str:
    """Return the answer of the agent of this file; raises LampyreError, in the node's language, with the cure.

    `at` is a time of the node's zone: HH:MM (the last one that has passed) or ISO; None: now.
    """
    node = settings.node
    zone = ZoneInfo(node.time_zone)
    clock = SystemClock()
    tongue = Tongue(node.language, zone, clock.now)
    asked = None if at is None else moment(at, zone, clock.now())
    agent = Agent(node.runtime_dir / "agent.sock")
    try:
        answer = asyncio.run(_ask(agent, asset, asked, tongue))
    except (LinkDown, CommandRefused) as error:
        raise LampyreError(tongue.told(str(error))) from error
    if as_json:
        return json.dumps(answer.data, indent=1)
    said = bin_reasons if "fill" in answer.data else reasons
    return tongue.paragraph(said(answer, tongue))


def moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the time that is meant, in UTC; raises CommandRefused where it is none."""
    try:
        if "-" not in text:
            wall = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a clock on the wall
            today = now.astimezone(zone).date()
            dates = (today, today - timedelta(days=1))
            walls = (datetime.combine(date, wall, zone).replace(fold=fold) for date in dates for fold in (1, 0))
            return next(at for at in (there.astimezone(UTC) for there in walls) if at <= now)
        at = datetime.fromisoformat(text)
        return (at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandRefused(f"--at {text}: give 23:40, or a date and time such as 2026-12-24T23:40") from None


async def _ask(agent: Agent, asset: str, at: datetime | None, tongue: Tongue) -> Answer:
    status = await agent.ask(ask="status")
    lamps, bins = ([one.text("id") for one in status.parts(key)] for key in ("lamps", "bins"))
    try:
        found = find_asset(asset, lamps, "lamp", tongue)  # `why 1` is lamp-1, though there is a bin-1
    except CommandRefused:
        found = find_asset(asset, lamps + bins, "both", tongue)
    return await agent.ask(ask="why", id=found, at=None if at is None else at.isoformat())
