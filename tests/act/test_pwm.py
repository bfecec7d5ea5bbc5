"""A lamp at a hardware PWM stays as it is found; what cannot be is told with its cure.

The kernel is a folder here, with files that refuse what the kernel's own refuse as far as its documentation says;
`make hardware` tries the same driver on the kernel itself.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clocks import LoopClock
from tests.pwms import MS, Chip, pwmchip_at

from lampyre.act.pwm import DRIVER
from lampyre.driver import Gear, Place
from lampyre.errors import LinkDown

OTHER = 3_000_000  # ns


@pytest.fixture
def chip(tmp_path: Path) -> Iterator[Chip]:
    with pwmchip_at(tmp_path) as made:
        yield made


def gear(chip: Chip, **options: float) -> Gear:
    assert DRIVER.lamp is not None
    settled = DRIVER.settle({"channel": 1.0} | options)
    return DRIVER.lamp.make(Place("lamp-1", f"device://{chip.folder}", settled, LoopClock(), lambda _: None))


@pytest.mark.parametrize(
    ("inverted", "polarity", "signal"),
    [(0.0, "normal", 0.25), (1.0, "normal", 0.75), (0.0, "inversed", 0.75), (1.0, "inversed", 0.25)],
)
async def test_a_lamp_that_burns_goes_on_and_nothing_is_written(
    inverted: float, polarity: str, signal: float, chip: Chip
) -> None:
    chip.exported(MS, MS // 4, 1, polarity)
    lamp = gear(chip, inverted=inverted)
    async with lamp.open():
        assert await lamp.now() == signal
        assert chip.written == []
        await lamp.put(signal, 0.0)
        assert (chip.read("duty_cycle"), chip.read("enable")) == (MS // 4, 1)
    assert (chip.read("duty_cycle"), chip.read("enable")) == (MS // 4, 1), "and so it is left"


async def test_after_a_boot_the_channel_is_exported_and_says_nothing_until_it_is_lit(chip: Chip) -> None:
    lamp = gear(chip)
    async with lamp.open():
        assert await lamp.now() is None
        await lamp.put(0.3, 0.0)
        assert await lamp.now() == 0.3
    assert chip.written == [("export", 1), ("period", MS), ("duty_cycle", 300_000), ("enable", 1)]


@pytest.mark.parametrize("before", [OTHER, MS // 10])
async def test_another_frequency_is_taken_over_with_its_light(before: int, chip: Chip) -> None:
    chip.exported(before, before // 2, 1)
    lamp = gear(chip)
    async with lamp.open():
        assert await lamp.now() == 0.5
        await lamp.put(0.5, 0.0)
        assert (chip.read("period"), chip.read("duty_cycle"), await lamp.now()) == (MS, MS // 2, 0.5)


async def test_every_signal_is_shown_as_it_is_told(chip: Chip) -> None:
    lamp = gear(chip, frequency_hz=25_000.0)
    async with lamp.open():
        for number in range(101):
            await lamp.put(number / 100, 0.02)
            assert await lamp.now() == lamp.shown(number / 100) == pytest.approx(number / 100, abs=2e-5)


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.EACCES, "group gpio may"),
        (errno.EROFS, "its ReadWritePaths must name this chip"),
        (errno.EBUSY, "a driver of the kernel has it"),
        (errno.EIO, "Input/output error"),
    ],
)
async def test_a_refusal_of_the_kernel_comes_with_its_cure(number: int, cure: str, chip: Chip) -> None:
    chip.refusal = number
    with pytest.raises(LinkDown, match=cure):
        async with gear(chip).open():
            pass


async def test_a_channel_that_is_not_there_is_told_with_how_many_are(chip: Chip) -> None:
    with pytest.raises(LinkDown, match=r"pwm7: no such channel; the chip has 2, counted from 0"):
        async with gear(chip, channel=7.0).open():
            pass


async def test_a_chip_that_goes_is_told_with_those_there_are(chip: Chip) -> None:
    chip.exported(MS, 0, 1)
    lamp = gear(chip)
    async with lamp.open():
        for file in (*chip.channel.iterdir(), chip.folder / "npwm", chip.folder / "export"):
            file.unlink()
        chip.channel.rmdir()
        chip.folder.rename(chip.folder.with_name("pwmchip2"))
        with pytest.raises(LinkDown, match=r"no such chip; there are .*pwmchip2; dtoverlay=pwm-2chan"):
            await lamp.put(0.5, 0.0)


async def test_rights_that_come_a_moment_later_are_waited_for(chip: Chip, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def access(path: Path, mode: int) -> bool:
        asked.append(path.name)
        return len(asked) > 3

    monkeypatch.setattr("lampyre.act.pwm.RIGHTS_EVERY_S", 0.0)
    monkeypatch.setattr(os, "access", access)
    async with gear(chip).open():
        assert asked == ["duty_cycle"] * 4
