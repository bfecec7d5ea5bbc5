"""How a word of the command line ends: every error is a line, and its exit code says whether another try may help."""

import logging
import sys
from collections.abc import Callable

from lampyre.errors import LampyreError, OutboxError

CANNOT = 2  # not with this configuration on this machine; systemd does not try again
AGAIN = 1  # not with this disk now (full, or held by an agent that is just ending); systemd tries again


def ended(do: Callable[[], int], level: str) -> int:
    """Do it with a log of that level; return the exit code."""
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        return do()
    except LampyreError as error:
        sys.stderr.writelines(f"lampyre: {line}\n" for line in str(error).splitlines())
        return AGAIN if isinstance(error, OutboxError) else CANNOT
