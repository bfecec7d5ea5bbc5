"""A pwmchip of sysfs for tests: a folder whose files refuse what the kernel's own do, as far as its papers say."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MS = 1_000_000  # ns: the period at 1 kHz


class Chip:
    """A pwmchip's folder; every write is kept, in its order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "pwmchip0"
        self.channel = self.folder / "pwm1"
        self.written: list[tuple[str, int]] = []
        self.refusal = 0
        self.replug()

    def exported(self, period: int = 0, duty: int = 0, enable: int = 0, polarity: str = "normal") -> None:
        """Be a channel that somebody has exported, and set, before."""
        self.channel.mkdir()
        for name, value in {"period": period, "duty_cycle": duty, "enable": enable, "polarity": polarity}.items():
            self._set(self.channel / name, f"{value}\n")

    def read(self, name: str) -> int:
        return int((self.channel / name).read_text())

    def write(self, path: Path, text: str) -> int:
        """What `Path.write_text` comes to."""
        if self.refusal:
            raise OSError(self.refusal, "refused")
        name, value = path.name, int(text)
        if name == "export":
            if value != 1:
                raise OSError(errno.ENODEV, "no such channel")
            self.exported()
        elif (name == "duty_cycle" and value > self.read("period")) or (
            name == "period" and value < self.read("duty_cycle")
        ):
            raise OSError(errno.EINVAL, "longer than its period")
        elif name == "enable" and not self.read("period"):
            raise OSError(errno.EINVAL, "no period yet")
        self.written.append((name, value))
        return self._set(path, text)

    @staticmethod
    def _set(path: Path, text: str) -> int:
        with path.open("w") as file:
            return file.write(text)

    def light(self, signal: float | None = None) -> float:
        """Return the share of light; set it first, as if somebody else had."""
        if signal is not None:
            if not self.channel.exists():
                self.exported()
            for name, value in {"period": MS, "duty_cycle": round(signal * MS), "enable": 1}.items():
                self._set(self.channel / name, f"{value}\n")
        return self.read("duty_cycle") / self.read("period") if self.read("enable") else 0.0

    def unplug(self) -> None:
        """Take the chip away, with its channels."""
        shutil.rmtree(self.folder)

    def replug(self) -> None:
        """Put it back as it comes from a boot."""
        self.folder.mkdir()
        for name, text in (("npwm", "2\n"), ("export", "")):
            self._set(self.folder / name, text)


@contextmanager
def pwmchip_at(folder: Path) -> Iterator[Chip]:
    """Have `folder`/pwmchip0, whose files refuse what the kernel's do."""
    made = Chip(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "write_text", lambda path, text: made.write(path, text))  # noqa: PLW0108 - it binds the path
        yield made
