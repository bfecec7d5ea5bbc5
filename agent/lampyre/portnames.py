"""Names of ports: ttyUSB0 is whoever came first, and may be another after a boot; udev has names that stay."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lampyre.board_settings import BoardSettings
from lampyre.link import parse_address

COUNTED = re.compile(r"/dev/tty(USB|ACM)\d+")  # numbered as they come; a ttyAMA is soldered in
STAYING = ("lampyre", "serial/by-id", "serial/by-path")  # below /dev: ours first, then the adapter's, then the socket's


def unsteady(boards: Sequence[BoardSettings], dev: Path = Path("/dev")) -> Iterator[str]:
    """Yield a line for each board whose link counts ports, with the name that stays, where there is one."""
    for board in boards:
        path = parse_address(board.link).path
        if COUNTED.fullmatch(path):
            name = staying(dev / path.removeprefix("/dev/"), dev)
            cure = (
                f"give {name}, which stays" if name else "`ls -l /dev/lampyre /dev/serial/by-id` shows names that stay"
            )
            yield f"! board {board.id}: {path} is whoever was plugged in first; {cure}"


def staying(port: Path, dev: Path = Path("/dev")) -> str | None:
    """Return the name of a port that follows the adapter or its socket, not the order of plugging in."""
    for folder in STAYING:
        for name in sorted((dev / folder).glob("*")):
            if name.resolve() == port.resolve() and port.exists():
                return str(name)
    return None
