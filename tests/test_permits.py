"""`lampyre check` names the devices that the installed service could not open, and what would let it."""

import grp
import os
import stat
from pathlib import Path

import pytest
from tests.test_settings import GOOD, written

from lampyre.permits import shut
from lampyre.settings import load_settings

UNIT = (Path(__file__).parents[1] / "deploy/lampyre.service").read_text()
KERNEL = "Character devices:\n  1 mem\n  4 tty\n  4 ttyS\n 89 i2c\n\nBlock devices:\n  1 ramdisk\n"
BOARD = '\n[[board]]\nid = "one"\nkind = "{}"\nlink = "device://{}"\n'


def told(folder: Path, path: Path | str, *drop_ins: str, kind: str = "sdm120", more: str = "") -> list[str]:
    unit = folder / "lampyre.service"
    unit.write_text(UNIT)
    beside = folder / "lampyre.service.d"
    beside.mkdir()
    for number, text in enumerate(drop_ins):
        (beside / f"{number}.conf").write_text(f"[Service]\n{text}\n")
    devices = folder / "devices"
    devices.write_text(KERNEL)
    settings = load_settings(written(folder, GOOD + BOARD.format(kind, path) + more))
    return [line for line in shut(settings, unit, devices) if "board one" in line or "no user" in line]


def test_a_device_whose_driver_the_unit_does_not_name_is_told_with_the_line_that_does(tmp_path: Path) -> None:
    (line,) = told(tmp_path, "/dev/null", "User=root")
    assert line.startswith(
        "! board one: the service may not open /dev/null; DeviceAllow=char-mem rw under [Service] in "
    )
    assert f"{tmp_path}/lampyre.service.d/devices.conf, then systemctl daemon-reload" in line


@pytest.mark.parametrize("allowed", ["DeviceAllow=char-mem rw", "DeviceAllow=/dev/null rw", "DevicePolicy=auto"])
def test_a_device_that_the_unit_names_is_not_spoken_of(allowed: str, tmp_path: Path) -> None:
    assert told(tmp_path, "/dev/null", "User=root", allowed) == []


def test_what_is_not_there_is_not_spoken_of(tmp_path: Path) -> None:
    assert told(tmp_path, "/dev/ttyUSB99", "User=root") == []


@pytest.mark.parametrize("mode", [0o660, 0o600])
def test_a_user_without_the_right_is_told_the_group_that_has_it_or_the_rule_that_gives_it(
    mode: int, tmp_path: Path
) -> None:
    port = tmp_path / "port"
    port.touch()
    port.chmod(mode)
    group = grp.getgrgid(port.stat().st_gid).gr_name
    (line,) = told(tmp_path, port, "User=nobody", "DevicePolicy=auto")
    assert line.startswith(f"! board one: nobody, as whom the service runs, may not open {port}; ")
    if mode == 0o660 and group != "root":
        assert line.endswith(f"usermod --append --groups {group} nobody, then systemctl restart lampyre")
    else:
        assert f"it belongs to {group}: 60-lampyre.rules gives it to dialout, `udevadm trigger` applies that" in line


def test_a_device_that_all_may_open_or_a_service_that_may_all_is_not_spoken_of(tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.touch()
    port.chmod(0o666)
    assert told(tmp_path, port, "User=nobody") == []
    assert stat.S_IMODE(os.stat("/dev/null").st_mode) & 6 == 6  # noqa: PTH116 - as the kernel has it


def test_a_unit_whose_user_is_not_there_says_so(tmp_path: Path) -> None:
    (line,) = told(tmp_path, "/dev/null", "User=lampyre-there-is-none", "DeviceAllow=char-mem rw")
    assert "no user lampyre-there-is-none, as whom" in line


@pytest.mark.parametrize("named", [False, True])
def test_a_pwm_chip_is_set_by_files_that_the_unit_must_name(
    named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chip = tmp_path / "pwm/pwmchip7"
    chip.mkdir(parents=True)
    (chip / "export").touch(0o222)
    (chip / "export").chmod(0o222)
    monkeypatch.setattr("lampyre.permits.PWM", f"{tmp_path}/pwm/")
    lamp = '\n[[lamp]]\nid = "hung"\nboard = "one"\nlighting_class = "P4"\nquiet_class = "P6"\n'
    lines = told(
        tmp_path,
        chip,
        "User=nobody",
        f"ReadWritePaths=-{chip}" if named else "",
        kind="pwm",
        more=f"options = {{ channel = 0 }}\n{lamp}",
    )
    assert len(lines) == (not named)
    assert all(f"the service may not open {chip}; ReadWritePaths={chip} under [Service] in" in line for line in lines)


def test_where_no_service_is_installed_nothing_is_said(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, GOOD + BOARD.format("sdm120", "/dev/null")))
    assert list(shut(settings, tmp_path / "none.service")) == []
