"""The first broker, while another one serves: look whether it is well again, and for long enough."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from lampyre.errors import UplinkDown
from lampyre.sync import codes
from lampyre.sync.backoff import USUAL, Backoff
from lampyre.sync.broker import Broker
from lampyre.sync.session import Session

log = logging.getLogger("lampyre.sync.first")

LOOK_FIRST_S = 60.0  # after the fallback has taken over: what was only a restart is over then


class FirstIsBack(UplinkDown):
    """The session with the fallback ends because it is no longer needed."""


async def wait_for_first(first: Broker, echo: str, at_least: Callable[[], datetime | None]) -> None:
    """Return never: raises FirstIsBack when the first broker has kept a session of ours for a stable minute.

    That session carries nothing, leaves nothing behind and has an id of its own.
    """
    backoff, wait_s, modern = Backoff(), LOOK_FIRST_S, True
    while True:
        await asyncio.sleep(wait_s)
        who = replace(first, client_id=f"{first.client_id}-look")
        session = Session(who, None, modern=modern, at_least=at_least())
        try:
            await session.open()
            await session.stays(USUAL.stable_s)
            await session.publish(echo, b"")
        except UplinkDown as error:
            log.debug("not back: %s", error)
            wait_s = backoff.wait_s(0.0, error.code)
            modern = not modern or error.code not in {codes.VERSION_REFUSED, codes.CLOSED_EARLY}
        else:
            raise FirstIsBack(f"{first.address}: back, and taken again")
        finally:
            session.close(politely=True)
