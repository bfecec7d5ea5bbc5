"""Ten minutes of the whole firmware under real MicroPython, in virtual time: heap, losses, period of the loop."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lampyre_boards
from lampyre import wire
from lampyre_sim.board import HEAP

SCRIPT = Path(__file__).parent.parent / "data" / "run_board_soak.py"
MICROPYTHON = str(Path(sys.executable).with_name("micropython"))


@pytest.fixture(scope="module")
def ten_minutes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of the firmware beside a host that talks, one that is silent and one that never reads."""
    flash = tmp_path_factory.mktemp("flash")
    for source in (*lampyre_boards.firmware("lamp_bin_pico"), Path(wire.__file__)):
        shutil.copy(source, flash)
    found = {}
    for way in ("talks", "silent", "deaf"):
        command = [MICROPYTHON, "-X", f"heapsize={HEAP}", str(SCRIPT), way]
        run = subprocess.run(command, cwd=flash, capture_output=True, text=True, timeout=500, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        found[way] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("way", ["talks", "silent", "deaf"])
def test_the_heap_is_as_free_after_ten_minutes_as_after_the_first(ten_minutes: dict[str, Any], way: str) -> None:
    first, last = ten_minutes[way]["free"]
    assert last == first


def test_a_hundred_frames_a_second_get_through_at_both_ends(ten_minutes: dict[str, Any]) -> None:
    found = ten_minutes["talks"]
    assert found["sent"] == found["answers"] == 10 * 60 * 100 - 1
    assert found["broken"] == 0
    heard, broken, refused, dropped = found["counts"]
    assert (broken, refused, dropped) == (0, 0, 0)
    assert heard >= found["sent"] - 60 * 100, "they were told up to a minute ago"


@pytest.mark.parametrize("way", ["silent", "deaf"])
def test_a_turn_in_which_nothing_is_told_allocates_nothing(ten_minutes: dict[str, Any], way: str) -> None:
    found = ten_minutes[way]
    told = 10 * 60 + 10 * 60 // 5 + 10  # readings, lamp, counts
    assert found["grown"] <= told + 20


def test_a_host_that_never_reads_changes_nothing_in_the_loop_s_period(ten_minutes: dict[str, Any]) -> None:
    for found in (ten_minutes["silent"], ten_minutes["deaf"]):
        assert found["turns"] == 10 * 60 * 100
        assert found["longest_ms"] == 10
