"""The disk of a Debian guest with Lampyre installed, gpio-sim and a PWM, made once and kept in .cache.

Debian builds no gpio-sim. Its source is taken from Debian's own package at run time and built against Debian's headers;
it stays out of this repository, being under the GPL.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.roots import AROUND, CACHE, CHECKOUT, CannotRun, install, installed_root
from tests.deploy.roots import why_not as why_no_root

RELEASE = "bookworm"
SERIES = "6.1"  # its kernel's, as in the name of the package with the source
ADDED = ("busybox-static", "kmod")  # what an installed node has from elsewhere, and our initrd
TOOLS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "gcc": "gcc",
    "make": "make",
    "mkfs.ext4": "e2fsprogs",
    "modprobe": "kmod",
    "cpio": "cpio",
    "dpkg": "dpkg",
    "setpriv": "util-linux",
    "xz": "xz-utils",
}
# of the installer's files: what a change of them changes on a node. The code itself comes later, with each run
RECIPE = ("lock/node.txt", "install.sh", "lampyre.service", "60-lampyre.rules", "lampyre.modules")
PWM = Path(__file__).with_name("pwm_stand_in.c")  # Debian has none that needs no chip
INITRD_MODULES = ("virtio_pci", "virtio_blk", "ext4", "crc32c_generic")
SPARE_MB = 300  # room on the guest's disk beside what is on it
# one line differs: irq_to_desc is not exported to modules, generic_handle_irq does the same and is
NOT_EXPORTED = "handle_simple_irq(irq_to_desc(irqnum))"
EXPORTED = "generic_handle_irq(irqnum)"

INIT = """#!/bin/sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
for module in /m/*; do /bin/busybox insmod $module; done
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 100 ]; do /bin/busybox usleep 50000; tries=$((tries + 1)); done
/bin/busybox mount -t ext4 -o rw /dev/vda /mnt
/bin/busybox umount /proc
exec /bin/busybox switch_root /mnt /sbin/init
"""
# the harness speaks to a shell on a port that needs no terminal, and hears of the boot there
SHELL = """[Unit]
Description=A shell for the tests, on a virtio port
After=multi-user.target
[Service]
ExecStart=/bin/sh -c 'exec <>/dev/virtio-ports/shell >&0 2>&1; echo booted; exec /bin/sh'
Restart=always
RestartSec=100ms
[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True, slots=True)
class Image:
    """What QEMU boots."""

    folder: Path

    @property
    def kernel(self) -> Path:
        """Debian's kernel, as it came."""
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        """Modules for the disk and nothing else: half the time to boot of Debian's."""
        return self.folder / "initrd"

    @property
    def disk(self) -> Path:
        """The root, as ext4."""
        return self.folder / "root.img"


def why_not() -> str | None:
    """Return what is missing to make and run the guest here, with the cure; None: nothing."""
    if os.uname().machine != "x86_64":
        return "needs an x86-64 machine: the guest is one, and Debian's headers bring programs for it"
    if os.geteuid() != 0:
        return "needs root: sudo make hardware"
    if reason := why_no_root():
        return reason
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        packages = " ".join(dict.fromkeys(TOOLS[tool] for tool in missing))
        return f"needs {', '.join(missing)}: apt-get install --no-install-recommends {packages}"
    return None


def image(note: Callable[[str], None]) -> Image:
    """Return the image, made in some minutes if it is not there; raises CannotRun. `note` hears what is going on."""
    recipe = hashlib.sha256(Path(__file__).read_bytes() + PWM.read_bytes())
    for part in RECIPE:
        recipe.update((CHECKOUT / "deploy" / part).read_bytes())
    folder = CACHE / "hardware" / recipe.hexdigest()[:12]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            note(f"making {folder}, once: Debian, Lampyre, the kernel and gpio-sim (some minutes)")
            for old in folder.parent.glob("????????????"):
                shutil.rmtree(old)
            with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
                _make(Path(scratch)).rename(folder)
    return Image(folder)


def _make(scratch: Path) -> Path:
    root = installed_root(RELEASE, scratch)
    installed = install(root)
    if installed.returncode != 0:
        raise CannotRun(f"install.sh: {(installed.stdout + installed.stderr)[-2000:]}")
    for path in ("media/lampyre/wheels", "media/lampyre/deploy"):
        shutil.rmtree(root / path)
    _run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", *ADDED, inside=root)
    version = _kernel(root, scratch / "kernel")
    _prepare(root)
    made = scratch / "made"
    made.mkdir()
    shutil.copy(root / f"boot/vmlinuz-{version}", made / "vmlinuz")
    _initrd(root, version, scratch / "initrd", made / "initrd")
    used_mb = int(_run("du", "-sm", str(root)).split()[0])
    with (made / "root.img").open("wb") as disk:
        disk.truncate((used_mb * 13 // 10 + SPARE_MB) << 20)
    _run("mkfs.ext4", "-q", "-F", "-d", str(root), str(made / "root.img"))
    return made


def _kernel(root: Path, scratch: Path) -> str:
    """Put Debian's kernel, its modules and gpio-sim into the root; return the kernel's version."""
    _, _, depends = _run("apt-cache", "depends", "linux-image-amd64", inside=root).partition("Depends: linux-image-")
    version = depends.split()[0]
    common = version.replace("-amd64", "-common")
    packages = [f"linux-image-{version}", f"linux-headers-{version}", f"linux-headers-{common}"]
    packages += [f"linux-kbuild-{SERIES}", f"linux-source-{SERIES}"]
    (root / "media/kernel").mkdir()
    _run("sh", "-euc", 'cd /media/kernel && exec apt-get download -qq "$@"', "sh", *packages, inside=root)
    scratch.mkdir()
    for package in (root / "media/kernel").glob("*.deb"):
        _run("dpkg", "-x", str(package), str(scratch))
    shutil.rmtree(root / "media/kernel")
    shutil.copytree(scratch / "lib/modules", root / "usr/lib/modules", symlinks=True, dirs_exist_ok=True)
    shutil.copy(scratch / f"boot/vmlinuz-{version}", root / "boot")
    extra = root / f"usr/lib/modules/{version}/extra"
    extra.mkdir()
    headers = scratch / "usr/src"
    for module in _modules(headers, f"linux-headers-{version}", f"linux-headers-{common}"):
        shutil.copy(module, extra)
    _run("depmod", "-b", str(root), version)
    return version


def _modules(source: Path, headers: str, common: str) -> list[Path]:
    """Build gpio-sim from the unpacked packages, and our PWM; return their files."""
    work = source / "gpio-sim"
    work.mkdir()
    folder = f"linux-source-{SERIES}"
    with tarfile.open(source / f"{folder}.tar.xz") as packed:
        for name in ("drivers/gpio/gpio-sim.c", "drivers/gpio/gpiolib.h", "kernel/irq/irq_sim.c"):
            found = packed.extractfile(f"{folder}/{name}")
            assert found is not None, name
            (work / Path(name).name).write_bytes(found.read())
    simulated = work / "irq_sim.c"
    text = simulated.read_text()
    if text.count(NOT_EXPORTED) != 1:
        raise CannotRun(f"irq_sim.c of {folder} has changed: {NOT_EXPORTED} is not in it once")
    simulated.write_text(text.replace(NOT_EXPORTED, EXPORTED))
    (work / "gpio-sim.c").rename(work / "gpio_sim_core.c")
    (work / "Makefile").write_text("obj-m += gpio-sim.o pwm_stand_in.o\ngpio-sim-y := gpio_sim_core.o irq_sim.o\n")
    shutil.copy(PWM, work)
    # what headers/Makefile would do, had it been unpacked into /usr/src
    make = ["make", "-s", "-C", str(source / headers), "-f", str(source / common / "Makefile")]
    _run(*make, f"srctree={source / common}", f"M={work}", "modules")
    return [work / "gpio-sim.ko", work / "pwm_stand_in.ko"]


def _prepare(root: Path) -> None:
    """A guest without a network, whose shell answers on a virtio port; the agent waits to be asked for."""
    unit = root / "etc/systemd/system/shell.service"
    unit.write_text(SHELL)
    _run("systemctl", "--root", str(root), "enable", "--quiet", "shell.service")
    _run("systemctl", "--root", str(root), "disable", "--quiet", "lampyre.service", "lampyre-console.service")
    slow = ("apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_all.timer", "fstrim.timer", "systemd-logind.service")
    _run("systemctl", "--root", str(root), "mask", "--quiet", *slow)


def _initrd(root: Path, version: str, folder: Path, made: Path) -> None:
    for name in ("bin", "dev", "m", "mnt", "proc"):
        (folder / name).mkdir(parents=True)
    shutil.copy(root / "bin/busybox", folder / "bin")
    (folder / "bin/sh").symlink_to("busybox")
    files: dict[str, None] = {}
    for module in INITRD_MODULES:
        shown = _run("modprobe", "-d", str(root), "-S", version, "--show-depends", module)
        files |= dict.fromkeys(line.split()[1] for line in shown.splitlines() if line.startswith("insmod"))
    for number, file in enumerate(files):
        shutil.copy(file, folder / f"m/{number:02d}-{Path(file).name}")
    (folder / "init").write_text(INIT)
    (folder / "init").chmod(0o755)
    _run("sh", "-euc", 'cd "$0" && find . | cpio --quiet -o -H newc >"$1"', str(folder), str(made))


def _run(*command: str, inside: Path | None = None) -> str:
    if inside is not None:
        command = ("unshare", "--mount", "sh", "-euc", AROUND, str(inside), *command)
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=900,
        env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
    )
    if done.returncode != 0:
        raise CannotRun(f"{' '.join(command)[-200:]}: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout
