"""A disk of one's own: an ext4 in a file, mounted, that can be full, read-only, cut off, or asked what was written."""

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN: from now on nothing reaches the device
NOTHING_MORE = struct.pack("I", 2)  # EXT4_GOING_FLAGS_NOLOGFLUSH: not even what the journal holds
SECTOR = 512  # bytes, of /sys/block/*/stat whatever the device's own are


@dataclass(frozen=True, slots=True)
class Disk:
    """A mounted file system and its device."""

    path: Path
    device: str

    def written(self) -> int:
        """Return the bytes that the device was given so far, the file system's own included."""
        subprocess.run(["sync", "-f", self.path], check=True)
        return int(Path(f"/sys/block/{Path(self.device).name}/stat").read_text().split()[6]) * SECTOR

    def remount(self, how: str) -> None:
        """Make it `ro` or `rw`."""
        subprocess.run(["mount", "-o", f"remount,{how}", self.path], check=True)

    def cut(self) -> None:
        """Cut its power: what was not on the device is gone. The next use is after `back`."""
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, NOTHING_MORE)
        finally:
            os.close(folder)

    def back(self) -> None:
        """Power is there again."""
        subprocess.run(["umount", self.path], check=True)
        subprocess.run(["mount", self.device, self.path], check=True)

    def fill(self) -> Path:
        """Leave no byte free; return the file to remove."""
        ballast = self.path / "ballast"
        with ballast.open("wb", buffering=0) as file:
            for piece in (1 << 20, 4096, 1):
                try:
                    while True:
                        file.write(b"\0" * piece)
                except OSError:
                    continue
        return ballast


@contextmanager
def ext4(folder: Path, megabytes: int) -> Iterator[Disk]:
    """Mount a new one in `folder`; raises OSError or CalledProcessError where this machine does not let us."""
    image, path = folder / "disk.img", folder / "disk"
    path.mkdir()
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    at_once = "lazy_itable_init=0,lazy_journal_init=0"  # later, it would be counted as somebody's writing
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", "-E", at_once, image], check=True, capture_output=True)
    made = subprocess.run(["losetup", "--find", "--show", image], check=True, capture_output=True, text=True)
    device = made.stdout.strip()
    try:
        subprocess.run(["mount", device, path], check=True, capture_output=True)
        try:
            yield Disk(path, device)
        finally:
            subprocess.run(["umount", "--lazy", path], check=False)
    finally:
        subprocess.run(["losetup", "--detach", device], check=False)
        image.unlink()


def may_mount() -> bool:
    """Whether this machine lets us."""
    return os.geteuid() == 0 and shutil.which("mkfs.ext4") is not None and Path("/dev/loop-control").exists()


def need_mounts() -> None:
    """Skip a test that needs a disk of its own."""
    if not may_mount():
        pytest.skip("a disk of one's own needs root, mkfs.ext4 and loop devices")
