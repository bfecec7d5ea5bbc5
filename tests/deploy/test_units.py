"""The units ask for little: how far each could reach, judged by systemd without running it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.deploy.conftest import need

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = ("lampyre.service", "lampyre-console.service", "lampyre-console@.service")
EXPOSURE_MOST = 15  # tenths; 11 is what serial lines, a broker and model files leave over


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    """Let systemd read the files; no systemd needs to run for that."""
    command = [need("systemd-analyze", "systemd"), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def exposure(unit: Path) -> subprocess.CompletedProcess[str]:
    """Let systemd judge the file against EXPOSURE_MOST."""
    command = [
        need("systemd-analyze", "systemd"),
        "security",
        "--offline=true",
        f"--threshold={EXPOSURE_MOST}",
        str(unit),
    ]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("unit", UNITS)
def test_each_unit_is_hardened(unit: str) -> None:
    judged = exposure(DEPLOY / unit)
    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.parametrize("dropped", ["SystemCallFilter", "CapabilityBoundingSet", "RestrictNamespaces"])
def test_one_wall_less_would_be_noticed(dropped: str, tmp_path: Path) -> None:
    lines = (DEPLOY / "lampyre.service").read_text().splitlines()
    weaker = tmp_path / "lampyre.service"
    weaker.write_text("\n".join(line for line in lines if not line.startswith(f"{dropped}=")))
    assert exposure(weaker).returncode != 0


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_every_line(unit: str, tmp_path: Path) -> None:
    copy = tmp_path / unit.replace("@.", "@serial0.")
    copy.write_text((DEPLOY / unit).read_text().replace("/opt/lampyre/venv/bin/lampyre", shutil.which("true") or ""))
    checked = subprocess.run(
        [need("systemd-analyze", "systemd"), "verify", str(copy)], check=False, capture_output=True, text=True
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_console_has_no_network_at_all() -> None:
    for unit in UNITS[1:]:
        lines = (DEPLOY / unit).read_text().splitlines()
        assert {"PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "IPAddressDeny=any"} <= set(lines)


def test_shell_scripts_are_clean() -> None:
    scripts = sorted(str(path) for path in DEPLOY.glob("*.sh"))
    checked = subprocess.run([need("shellcheck", "shellcheck"), *scripts], check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
