"""Asks the examiner, a process of its own, about what came from outside; see examine."""

import asyncio
import json
import sys
from typing import Any

from lampyre.errors import CommandRefused

LIMIT_S = 60.0  # from its start to its answer; a Pi Zero 2 W takes 5 s
ANSWER_LIMIT = 64 * 1024  # bytes


async def examined(*words: str, given: bytes = b"") -> dict[str, Any]:
    """Return what the examiner says of `given`; raises CommandRefused with its reason, or that of its own end."""
    command = [sys.executable, "-P", "-OO", "-m", "lampyre.examine", *words]
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, limit=ANSWER_LIMIT
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            out, _ = await child.communicate(given)
    except TimeoutError:
        raise CommandRefused(f"not examined within {LIMIT_S:.0f} s") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    try:
        said = json.loads(out)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise CommandRefused(f"what looked at it died of it (exit {child.returncode})")
    if not said.get("ok"):
        raise CommandRefused(str(said.get("error")))
    return said
