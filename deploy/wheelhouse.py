#!/usr/bin/env python3
"""Fill a folder with every wheel a node needs, for a node without network: `install.sh --wheelhouse FOLDER`.

Versions and hashes come from deploy/lock/node.txt. Needs `packaging` and pip, as in this checkout's .venv.
"""

import argparse
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

HERE = Path(__file__).resolve().parent
GLIBC_MOST = 36  # Debian 12 has glibc 2.36; wheels for older ones run too


def wanted(lock: str, python: str, machine: str) -> str:
    """Return the lock's entries whose markers hold on that Python and machine, without the markers.

    pip judges markers by the Python it runs on, not by the one it downloads for.
    """
    there = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": machine,
        "sys_platform": "linux",
    }
    kept: list[str] = []
    for entry in lock.replace("\\\n", " ").splitlines():
        name, *hashes = entry.partition("#")[0].split("--hash=")
        if not name.strip():
            continue
        requirement = Requirement(name)
        if requirement.marker is None or requirement.marker.evaluate(there):
            requirement.marker = None
            kept.append(" ".join([str(requirement), *(f"--hash={value.strip()}" for value in hashes)]))
    return "\n".join(kept) + "\n"


def _platforms(machine: str) -> list[str]:
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC_MOST, 4, -1)]
    return [*tags, f"manylinux2014_{machine}", f"linux_{machine}"]


def fetch(folder: Path, python: str, machine: str) -> None:
    """Download the locked wheels for that Python and machine into `folder`."""
    with tempfile.TemporaryDirectory() as scratch:
        chosen = Path(scratch) / "lock.txt"
        chosen.write_text(wanted((HERE / "lock" / "node.txt").read_text(), python, machine))
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        command += ["--only-binary=:all:", f"--python-version={python}", f"--dest={folder}", f"--requirement={chosen}"]
        subprocess.run([*command, *(f"--platform={tag}" for tag in _platforms(machine))], check=True)  # noqa: S603 - our own list


def build(folder: Path) -> None:
    """Build Lampyre's own wheel from this checkout into `folder`."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", f"--wheel-dir={folder}", str(HERE.parent)]
    if find_spec("hatchling"):
        command.append("--no-build-isolation")
    subprocess.run(command, check=True)  # noqa: S603 - our own list


def main() -> None:
    """Read the command line and fill the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default="3.13", help="3.11 for Debian 12, 3.13 for Debian 13 (default)")
    parser.add_argument("--machine", default="aarch64", help="what `uname -m` says on the node (default: aarch64)")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    fetch(asked.folder, asked.python, asked.machine)
    build(asked.folder)
    sys.stdout.write(f"{asked.folder}: {len(list(asked.folder.glob('*.whl')))} wheels\n")


if __name__ == "__main__":
    main()
