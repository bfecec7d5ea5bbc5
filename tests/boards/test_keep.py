"""What a board remembers: through power cuts, writes that were cut, a full flash, and damage."""

from pathlib import Path

import pytest

from lampyre_boards.common.keep import FILES, Keep
from lampyre_boards.lamp_bin_pico import pins


@pytest.fixture(autouse=True)
def flash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The board's flash is the folder it stands in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kept(level: float, boots: int = 1) -> None:
    keep = Keep()
    keep.safe_level, keep.boots = level, boots
    assert keep.save()


def test_a_new_board_has_its_defaults_and_no_fault() -> None:
    keep = Keep()
    assert (keep.boots, keep.safe_level, keep.fault) == (0, pins.SAFE_LEVEL, "")


def test_the_newest_write_is_remembered() -> None:
    for turn, level in enumerate((0.7, 0.8, 0.9), start=1):
        kept(level, turn)
        assert (Keep().boots, Keep().safe_level) == (turn, pytest.approx(level))


@pytest.mark.parametrize("writes", [2, 3])
@pytest.mark.parametrize("length", range(14))
def test_a_write_that_was_cut_leaves_the_one_before(flash: Path, writes: int, length: int) -> None:
    for turn in range(writes):
        kept(0.7 + turn / 100)
    newest = max((flash / name for name in FILES), key=lambda path: path.read_bytes()[0])
    newest.write_bytes(newest.read_bytes()[:length])
    keep = Keep()
    assert keep.safe_level == pytest.approx(0.7 + (writes - 2) / 100)
    assert keep.fault == ""
    kept(0.9)
    assert Keep().safe_level == pytest.approx(0.9), "the damaged copy was written over, not the sound one"


@pytest.mark.parametrize("bit", range(8 * 14))
def test_no_flipped_bit_is_believed(flash: Path, bit: int) -> None:
    kept(0.7)
    kept(0.8)
    for name in FILES:
        data = bytearray((flash / name).read_bytes())
        data[bit // 8] ^= 1 << bit % 8
        (flash / name).write_bytes(data)
    keep = Keep()
    assert (keep.boots, keep.safe_level, keep.fault) == (0, pins.SAFE_LEVEL, "settings")


def test_a_full_flash_is_a_fault_and_what_was_kept_stays(flash: Path) -> None:
    kept(0.7)
    (flash / FILES[1]).mkdir()  # no file can be written there
    keep = Keep()
    keep.safe_level = 0.9
    assert not keep.save()
    assert keep.fault == "flash"
    (flash / FILES[1]).rmdir()
    assert Keep().safe_level == pytest.approx(0.7)


def test_a_safe_level_below_what_the_firmware_was_built_with_is_not_taken_from_older_flash() -> None:
    kept(0.1)
    assert Keep().safe_level == pins.SAFE_LEVEL
