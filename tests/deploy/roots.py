"""Debian roots for the deployment tests: made once for each release, kept in .cache, then installed into.

Network and package sources are the machine's own: apt's first Debian repository and pip's configuration.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / ".cache"
PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}
# install.sh adds python3-venv and tzdata, so that its way through apt is tried too
PACKAGES = "systemd-sysv,udev,python3"
SMALL = ["--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/doc/*"]
TOOLS = ("systemd-nspawn", "mmdebstrap", "nsenter", "unshare", "ss", "apt-get")


# a mount namespace of its own: /proc and /dev go away with it
AROUND = """
mount --make-rprivate /
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
exec chroot "$0" "$@"
"""


class CannotRun(Exception):
    """These tests cannot run on this machine, with the reason."""


def why_not() -> str | None:
    """Return why a root cannot be made or booted here, or None."""
    if os.geteuid() != 0:
        return "needs root: sudo make test"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"needs {', '.join(missing)}: apt-get install systemd-container mmdebstrap util-linux iproute2"
    return None


def _run(command: list[str], **extra: str) -> str:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=900, env={**os.environ, **extra}
    )
    if done.returncode != 0:
        raise CannotRun(f"{command[0]}: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def _mirror() -> str:
    """Return the address of the Debian repository that this machine's apt uses."""
    form = "$(ORIGIN) $(RELEASE) $(REPO_URI)"
    listed = _run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"])
    for line in listed.splitlines():
        origin, release, *address = line.split()
        if origin == "Debian" and address and "-" not in release:
            return address[0]
    raise CannotRun("apt knows no Debian repository here: apt-get update")


def _debootstrap(release: str, root: Path) -> None:
    part = root.with_name(f"{root.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", f"--include={PACKAGES}", *SMALL]
    command += ['--aptopt=Apt::Install-Recommends "false"', "--dpkgopt=force-unsafe-io"]
    try:
        _run([*command, release, str(part), _mirror()])
        part.rename(root)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def bare_root(release: str) -> Path:
    """Return a minimal Debian with systemd, which nothing may write to; made in half a minute if not cached."""
    recipe = hashlib.sha256(f"{PACKAGES} {SMALL}".encode()).hexdigest()[:8]
    root = CACHE / "roots" / f"{release}-{recipe}"
    root.parent.mkdir(parents=True, exist_ok=True)
    with root.with_name(f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test run may be making the same
        if not root.exists():
            _debootstrap(release, root)
    return root


def wheelhouse(release: str, scratch: Path) -> Path:
    """Return a folder with every wheel of the lock file and this checkout's own, or the one LAMPYRE_WHEEL names."""
    folder = scratch / f"wheels-{release}"
    script = CHECKOUT / "deploy" / "wheelhouse.py"
    machine = os.uname().machine
    _run([sys.executable, str(script), str(folder), "--python", PYTHONS[release], "--machine", machine])
    if given := os.environ.get("LAMPYRE_WHEEL"):
        for own in folder.glob("lampyre-*.whl"):
            own.unlink()
        shutil.copy(given, folder)
    return folder


def installed_root(release: str, scratch: Path) -> Path:
    """Return a root into which install.sh has put Lampyre, as one prepares an SD card: no systemd runs yet."""
    with ThreadPoolExecutor() as pool:
        wheels = pool.submit(wheelhouse, release, scratch)
        bare = bare_root(release)
    root = scratch / release
    _run(["cp", "-a", str(bare), str(root)])
    shutil.copytree(CHECKOUT / "deploy", root / "media/lampyre/deploy", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(wheels.result(), root / "media/lampyre/wheels")
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    (root / "etc/fstab").write_text("")  # the overlay on / has no device to remount
    journal = root / "etc/systemd/journald.conf.d/test.conf"
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.write_text("[Journal]\nRateLimitIntervalSec=0\n")
    return root


def install(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run install.sh inside the root, without network for pip, with it for apt."""
    script = ["/media/lampyre/deploy/install.sh", "--wheelhouse", "/media/lampyre/wheels", *options]
    return subprocess.run(
        ["unshare", "--mount", "sh", "-euc", AROUND, str(root), *script],
        check=False,
        capture_output=True,
        text=True,
        timeout=900,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
    )


def prepare_all(scratch: Path) -> dict[str, "Future[tuple[Path, subprocess.CompletedProcess[str]]]"]:
    """Start to make and install every release at once; each result is its root and what install.sh said."""

    def one(release: str) -> tuple[Path, subprocess.CompletedProcess[str]]:
        root = installed_root(release, scratch)
        return root, install(root)

    pool = ThreadPoolExecutor(thread_name_prefix="root")
    started = {release: pool.submit(one, release) for release in PYTHONS}
    pool.shutdown(wait=False)
    return started
