"""Who holds a port that we may not have, for the message to whoever must settle it."""

import os
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def holder(path: str, proc: Path = PROC) -> str | None:
    """Return the program that locked or opened `path`, such as "minicom (pid 812)"; None where we may not see it."""
    try:
        wanted = os.stat(path)  # noqa: PTH116 - of the device itself, through udev's links
    except OSError:
        return None
    for pid in (*_locking(wanted, proc), *_opening(wanted, proc)):
        try:
            name = (proc / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:  # gone since, or not ours to see
            continue
        return f"{name} (pid {pid})"
    return None


def _locking(wanted: os.stat_result, proc: Path) -> Iterator[int]:
    """Yield who has an flock(2) on it: `1: FLOCK ADVISORY WRITE 812 00:18:5 0 EOF`, proc_locks(5)."""
    try:
        lines = (proc / "locks").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return
    device = f"{os.major(wanted.st_dev):02x}:{os.minor(wanted.st_dev):02x}:{wanted.st_ino}"
    for line in lines:
        words = line.split()
        if len(words) > 5 and words[5] == device and words[4].isdigit():
            yield int(words[4])


def _opening(wanted: os.stat_result, proc: Path) -> Iterator[int]:
    """Yield who has it open, of those that we may look at."""
    for folder in proc.glob("[0-9]*/fd"):
        try:
            entries = list(os.scandir(folder))
        except OSError:  # another user's, or gone
            continue
        for entry in entries:
            try:
                found = entry.stat()
            except OSError:
                continue
            if found.st_rdev == wanted.st_rdev and found.st_ino == wanted.st_ino:
                yield int(folder.parent.name)
