"""Permits: devices of a file that the installed service could not open, and what would let it."""

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lampyre.board_settings import BoardSettings
from lampyre.link import parse_address
from lampyre.sandbox import UNIT, unit_says
from lampyre.settings import Settings

DEVICES = Path("/proc/devices")  # majors and their names, proc(5)
PWM = "/sys/class/pwm/"
RESTART = "systemctl daemon-reload && systemctl restart lampyre"
# groups of Raspberry Pi OS and of our udev rules, for what still belongs to root alone
GROUPS = {"/dev/i2c": "i2c", "/dev/gpiochip": "gpio", PWM: "gpio"}


def group_of(path: str) -> str:
    """Return the group that such a device is to belong to."""
    return next((name for start, name in GROUPS.items() if path.startswith(start)), "dialout")


def shut(settings: Settings, unit: Path = UNIT, devices: Path = DEVICES) -> Iterator[str]:
    """Yield a line for each device that is there and the service could not open; none where no unit is."""
    if not unit.exists():
        return
    for board in settings.board:
        path = parse_address(board.link).path
        if path and Path(path).exists():
            with suppress(OSError):  # pulled out meanwhile
                yield from _by_sandbox(board, path, unit, devices)
                yield from _by_rights(board, path, unit)


def _by_sandbox(board: BoardSettings, path: str, unit: Path, devices: Path) -> Iterator[str]:
    real = os.path.realpath(path)
    found = os.stat(real)  # noqa: PTH116 - as holder.py has it
    need = ""
    if stat.S_ISCHR(found.st_mode) and unit_says(unit, "DevicePolicy")[-1:] in (["closed"], ["strict"]):
        names = [f"char-{name}" for name in _drivers(os.major(found.st_rdev), devices)]
        allowed = {words.split()[0] for words in unit_says(unit, "DeviceAllow", split=False)}
        if not allowed & {path, real, *names}:
            need = f"DeviceAllow={(names or [real])[0]} rw"
    elif path.startswith(PWM) and unit_says(unit, "ProtectKernelTunables")[-1:] == ["yes"]:
        writable = {os.path.realpath(word.lstrip("-+")) for word in unit_says(unit, "ReadWritePaths")}
        if not any(real == one or real.startswith(f"{one}/") for one in writable):
            need = f"ReadWritePaths={path}"
    if need:
        where = f"{unit}.d/devices.conf"
        yield f"! board {board.id}: the service may not open {path}; {need} under [Service] in {where}, then {RESTART}"


def _by_rights(board: BoardSettings, path: str, unit: Path) -> Iterator[str]:
    (user,) = unit_says(unit, "User")[-1:] or ["root"]
    try:
        who = pwd.getpwnam(user)
    except KeyError:
        yield f"! no user {user}, as whom {unit} runs; deploy/install.sh makes it"
        return
    groups = os.getgrouplist(user, who.pw_gid)
    checked, wanted = _checked(path)
    found = checked.stat()
    shift = 6 if found.st_uid == who.pw_uid else 3 if found.st_gid in groups else 0
    if who.pw_uid == 0 or (found.st_mode >> shift) & wanted == wanted:
        return
    name = _group(found.st_gid)
    if name != "root" and (found.st_mode >> 3) & wanted == wanted:
        cure = f"usermod --append --groups {name} {user}, then systemctl restart lampyre"
    else:
        cure = f"it belongs to {name}: 60-lampyre.rules gives it to {group_of(path)}, `udevadm trigger` applies that"
    yield f"! board {board.id}: {user}, as whom the service runs, may not open {path}; {cure}"


def _checked(path: str) -> tuple[Path, int]:
    """Return what must be open to the service, and the rights it needs, as in the last digit of a mode."""
    if path.startswith(PWM):
        return Path(path) / "export", 2
    if Path(path).is_dir():
        return Path(path), 5
    return Path(path), 6


def _drivers(major: int, devices: Path) -> list[str]:
    """Return the names that the kernel has for this major; a name may stand there for several."""
    names = []
    for line in devices.read_text(encoding="ascii", errors="replace").partition("Block")[0].splitlines():
        number, _, name = line.strip().partition(" ")
        if number == str(major):
            names.append(name.strip())
    return names


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
