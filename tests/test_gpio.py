"""Who cannot have a line is told who has it, or what there is instead."""

import errno
import sys
from pathlib import Path
from types import ModuleType

import pytest
from tests.pins import LABEL, chip_at

from lampyre.errors import LinkDown
from lampyre.gpio import Pin, chips, driving, listening


def test_a_chip_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with chip_at(tmp_path) as chip, pytest.raises(LinkDown) as told, listening(Pin("/dev/gpiochip9", 3), "us"):
        pass
    assert str(told.value) == f"/dev/gpiochip9: no such chip; there are {chip.path} ({LABEL}, 8 lines)"


def test_a_line_that_is_not_there_is_told_with_how_many_are(tmp_path: Path) -> None:
    with chip_at(tmp_path) as chip, pytest.raises(LinkDown, match=f"line 8 of .*: no such line; {LABEL} has 0 to 7"):  # noqa: SIM117
        with listening(Pin(str(chip.path), 8), "us"):
            pass


def test_a_line_that_somebody_has_is_told_with_his_name(tmp_path: Path) -> None:
    with chip_at(tmp_path) as chip:
        pin = Pin(str(chip.path), 3)
        with driving(pin, "lampyre lamp-1"), pytest.raises(LinkDown, match="lampyre lamp-1 has it; stop that, or"):  # noqa: SIM117
            with listening(pin, "lampyre pir-1"):
                pass
        with listening(pin, "lampyre pir-1"):  # given back
            assert chip.lines[3].consumer == "lampyre pir-1"


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.EACCES, "must be in the group gpio"),
        (errno.EPERM, "forbidden to this service"),
        (errno.ENODEV, "the chip is gone"),
        (errno.ENXIO, "does not tell of changes"),
        (errno.EINVAL, "Invalid argument"),
    ],
)
def test_a_refusal_of_the_kernel_comes_with_its_cure(
    number: int, cure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise OSError(number, "refused")

    with chip_at(tmp_path) as chip:
        monkeypatch.setattr("gpiod.Chip", refuse)
        with pytest.raises(LinkDown, match=cure), listening(Pin(str(chip.path), 3), "us"):
            pass


def test_a_chip_that_we_may_not_open_is_listed_with_the_reason(tmp_path: Path) -> None:
    with chip_at(tmp_path) as chip:
        (tmp_path / "gpiochip1").touch()
        assert chips() == [f"{chip.path} ({LABEL}, 8 lines)", f"{tmp_path / 'gpiochip1'} (No such device)"]


@pytest.mark.parametrize("found", [None, ModuleType("gpiod")])
def test_a_missing_library_or_an_old_one_is_told_with_where_to_get_it(
    found: ModuleType | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gpiod", found)
    with pytest.raises(LinkDown, match="pip install gpiod"), listening(Pin("/dev/gpiochip0", 3), "us"):
        pass


def test_what_is_driven_goes_on_as_it_was_found(tmp_path: Path) -> None:
    for high in (False, True):
        for active_low in (False, True):
            with chip_at(tmp_path) as chip:
                chip.lines[3].high = high
                with driving(Pin(str(chip.path), 3, active_low=active_low), "us") as line:
                    assert chip.driven == [(3, high)]
                    assert line.on() == (high != active_low)
                    line.put(on=not line.on())
                    assert chip.lines[3].high is not high
