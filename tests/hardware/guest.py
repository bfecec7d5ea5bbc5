"""A Debian guest with devices of its own: booted once, then brought back from a snapshot in a second or two."""

import hashlib
import json
import os
import select
import shlex
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.deploy.roots import CHECKOUT, CannotRun
from tests.hardware.image import Image

# The processor is emulated: on some machines /dev/kvm cannot run Debian's kernels, and here nobody is in a hurry.
MACHINE = ["-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "768", "-smp", "2"]
QUIET = ["-display", "none", "-nodefaults", "-no-user-config", "-monitor", "none"]
BOOT = "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet"
BOOT_S = 600.0  # only ends a hang; 20 s on a quiet machine
START_S = 60.0  # only ends a hang
RUN_S = 900.0  # only ends a hang
CODE_BYTES = 64 << 20  # the disk that carries this checkout; the snapshot remembers its size
PACKAGES = ("agent/lampyre", "models/lampyre_models", "boards/lampyre_boards", "simulator/lampyre_sim")
SITE = "/opt/lampyre/venv/lib/python3.11/site-packages"
SETTLED = "udevadm settle; modprobe gpio-sim; sync"
USB = ["-device", "qemu-xhci,id=xhci"]
# this checkout's code instead of what was installed; dd: what was read of the disk before the snapshot is not it
UNPACK = f"""
mkdir /root/code && dd if=/dev/vdb iflag=direct bs=1M status=none | tar -x -C /root/code
cd /root/code
for package in packages/*; do rm -rf {SITE}/${{package#*/}} && mv $package {SITE}/; done
"""


class Failed(Exception):
    """A test in the guest found something wrong; what it said."""


class Guest:
    """A running guest; commands go to a shell in it, one after the other."""

    def __init__(
        self, qemu: "subprocess.Popen[bytes]", shell: socket.socket, control: socket.socket, folder: Path
    ) -> None:
        self.usb = folder / "usb"  # a socket: connecting plugs the adapter in, closing unplugs it
        self._qemu = qemu
        self._shell = shell
        self._rest = b""
        self._number = 0
        self._control = _Control(control)

    def run(self, command: str, told: Callable[[str], None] | None = None, within_s: float = RUN_S) -> str:
        """Run a command in the guest, `told` each line as it comes; return its output, or raise Failed with it."""
        self._number += 1
        mark = f"--ended-{self._number}-"
        self._shell.sendall(f"sh -c {shlex.quote(command)} </dev/null 2>&1; c=$?; echo; echo {mark}$c\n".encode())
        lines: list[str] = []
        for line in self._lines(within_s):
            if line.startswith(mark):
                said = "\n".join(lines).strip()
                if line != f"{mark}0":
                    raise Failed(said[-3000:] or f"{command[:200]}: ended with {line.removeprefix(mark)}")
                return said
            lines.append(line)
            if told is not None:
                told(line)
        raise Failed(f"{command[:200]}: not over after {within_s:.0f} s; said {lines[-20:]}")

    def control(self, command: str, **arguments: object) -> object:
        """Ask QEMU itself."""
        return self._control.ask(command, **arguments)

    def wait_for_boot(self) -> None:
        """Return when the shell is there."""
        for line in self._lines(BOOT_S):
            if line == "booted":
                return
        raise CannotRun(f"the guest did not boot within {BOOT_S:.0f} s")

    def _lines(self, within_s: float) -> Iterator[str]:
        until = time.monotonic() + within_s
        while (left := until - time.monotonic()) > 0:
            if not select.select([self._shell], [], [], left)[0]:
                return
            data = self._shell.recv(65536)
            if not data:
                raise CannotRun(f"QEMU ended: {self._qemu.wait(10)}")
            *lines, self._rest = (self._rest + data).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)


class _Control:
    """QMP: one JSON object a line, with a greeting at first and events in between."""

    def __init__(self, connected: socket.socket) -> None:
        self._file = connected.makefile("rw")
        json.loads(self._file.readline())
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: object) -> object:
        self._file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._file.flush()
        while True:
            answer = json.loads(self._file.readline())
            if "error" in answer:
                raise CannotRun(f"QEMU: {command}: {answer['error']['desc']}")
            if "return" in answer:
                if "Error" in str(answer["return"]):  # the old monitor's commands fail in words
                    raise CannotRun(f"QEMU: {command}: {answer['return']}")
                return answer["return"]


@contextmanager
def guest(made: Image, note: Callable[[str], None]) -> Iterator[Guest]:
    """A guest as it was when it had booted, with this checkout in it; the first time it boots, which takes a while."""
    snapshot = _snapshot(made, note)
    with tempfile.TemporaryDirectory(prefix="lampyre-guest-") as scratch:
        folder = Path(scratch)
        # the snapshot's own file stays as it is: what this guest writes goes into a file that is thrown away
        disk = folder / "disk.qcow2"
        shutil.copy(snapshot, disk)
        _code(folder / "code")
        with _running(made, disk, folder, "-loadvm", "booted") as back:
            back.run(UNPACK)
            back.control("device_add", driver="usb-serial", id="usb", chardev="usb", serial="LAMPYRE1")
            yield back


def _snapshot(made: Image, note: Callable[[str], None]) -> Path:
    version = subprocess.run(["qemu-system-x86_64", "--version"], check=True, capture_output=True).stdout
    key = hashlib.sha256(version + repr((MACHINE, BOOT, CODE_BYTES, SETTLED)).encode()).hexdigest()[:8]
    kept = made.folder / f"booted-{key}.qcow2"
    if kept.exists():
        return kept
    with tempfile.TemporaryDirectory(dir=made.folder) as scratch:
        folder = Path(scratch)
        disk = folder / "disk.qcow2"
        create = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(made.disk), str(disk)]
        subprocess.run(create, check=True)
        (folder / "code").touch()
        os.truncate(folder / "code", CODE_BYTES)
        note("booting the guest, once for this image")
        with _running(made, disk, folder) as booting:
            booting.wait_for_boot()
            booting.run(SETTLED)
            booting.control("human-monitor-command", **{"command-line": "savevm booted"})
        disk.rename(kept)
    return kept


@contextmanager
def _running(made: Image, disk: Path, folder: Path, *more: str) -> Iterator[Guest]:
    with ExitStack() as stack:
        doors = [stack.enter_context(_door(folder / name)) for name in ("shell", "control")]
        command = ["setpriv", "--pdeathsig", "KILL"]  # whoever kills us leaves no guest behind
        command += ["qemu-system-x86_64", *MACHINE, *QUIET, *USB, *more]
        command += ["-kernel", str(made.kernel), "-initrd", str(made.initrd), "-append", BOOT]
        command += ["-drive", f"file={disk},format=qcow2,if=virtio,cache=unsafe"]
        command += ["-drive", f"file={folder / 'code'},format=raw,if=virtio,readonly=on"]
        command += ["-serial", f"file:{folder / 'console'}", "-device", "virtio-rng-pci"]
        command += ["-device", "virtio-serial-pci", "-chardev", f"socket,id=shell,path={folder / 'shell'}"]
        command += ["-device", "virtserialport,chardev=shell,name=shell"]
        command += ["-chardev", f"socket,id=usb,path={folder / 'usb'},server=on,wait=off"]
        command += ["-qmp", f"unix:{folder / 'control'}"]
        qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        stack.callback(_end, qemu)
        try:
            shell, control = (stack.enter_context(door.accept()[0]) for door in doors)
        except TimeoutError:
            qemu.kill()
            assert qemu.stderr is not None
            raise CannotRun(f"QEMU: {qemu.stderr.read().decode()[-1000:]}") from None
        yield Guest(qemu, shell, control, folder)


def _door(path: Path) -> socket.socket:
    """Wait for QEMU to connect."""
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(path))
    door.listen(1)
    door.settimeout(START_S)
    return door


def _end(qemu: "subprocess.Popen[bytes]") -> None:
    qemu.kill()
    qemu.wait()


def _code(disk: Path) -> None:
    """Write this checkout's packages, units and the tests' inner half as a tar onto a disk of the known size."""
    with tarfile.open(disk, "w") as packed:
        for package in PACKAGES:
            packed.add(CHECKOUT / package, f"packages/{Path(package).name}", filter=_wanted)
        packed.add(CHECKOUT / "tests/hardware/inside", "tests/hardware/inside", filter=_wanted)
    if disk.stat().st_size > CODE_BYTES:
        raise CannotRun(f"the checkout is larger than {CODE_BYTES} bytes: raise CODE_BYTES in {__file__}")
    os.truncate(disk, CODE_BYTES)


def _wanted(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in entry.name else entry
