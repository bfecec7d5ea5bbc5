"""A tty that can be unplugged: what the agent opens as a board's serial port."""

import asyncio
import fcntl
import os
import sys
import termios
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

CHUNK = 4096  # bytes for one wake-up
UNREAD_LIMIT = 2048  # bytes that wait for a host that does not read; a tty keeps 4095


class Plug:
    """A pseudo-terminal; `link` is a symbolic link to it, as udev would make one: its name outlives unplugging."""

    def __init__(self, link: Path | None, heard: Callable[[bytes], None]) -> None:
        """`heard` gets what the host writes."""
        self._link = link
        self._heard = heard
        self._ends: tuple[int, int] | None = None  # ours, and a spare of the host's that keeps it from hanging up
        self._path = ""
        self.lost = 0  # bytes that were sent while nobody read them

    @property
    def path(self) -> str:
        """The name to open: the link's if there is one."""
        return str(self._link) if self._link is not None else self._path

    def replug(self) -> None:
        """Put it in, under a new name; the link leads to it."""
        if self._ends is not None:
            return
        ours, spare = os.openpty()
        tty.setraw(spare)
        os.set_blocking(ours, False)
        self._ends = ours, spare
        self._path = os.ttyname(spare)
        if self._link is not None:
            fresh = self._link.with_name(f".{self._link.name}.new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(self._path)
            fresh.replace(self._link)
        asyncio.get_running_loop().add_reader(ours, self._read)

    def unplug(self) -> None:
        """Pull it out: whoever has it open sees it hang up."""
        if self._ends is None:
            return
        ours, spare = self._ends
        self._ends = None
        asyncio.get_running_loop().remove_reader(ours)
        os.close(ours)
        os.close(spare)
        self._path = ""
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Send to the host; into a cut wire or past a full buffer bytes are lost: a UART does not wait."""
        sent = 0
        if self._ends is not None and _unread(self._ends[1]) <= UNREAD_LIMIT:
            with suppress(BlockingIOError):
                sent = os.write(self._ends[0], data)
        self.lost += len(data) - sent

    def _read(self) -> None:
        if self._ends is None:
            return
        try:
            data = os.read(self._ends[0], CHUNK)
        except BlockingIOError:
            return
        self._heard(data)


def _unread(fd: int) -> int:
    return int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, bytes(4)), sys.byteorder)
