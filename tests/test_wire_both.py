"""wire.py gives the same bytes under CPython and under the boards' MicroPython: those of the published vectors."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lampyre import wire

DATA = Path(__file__).parent / "data"
VECTORS = DATA / "wire_vectors.json"
INTERPRETERS = {"cpython": sys.executable, "micropython": str(Path(sys.executable).with_name("micropython"))}


@pytest.fixture(scope="module")
def vectors() -> Any:
    return json.loads(VECTORS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=INTERPRETERS)
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What one interpreter makes of the vectors, with nothing but wire.py beside it."""
    folder = tmp_path_factory.mktemp("flash")
    shutil.copy(wire.__file__, folder / "wire.py")
    command = [INTERPRETERS[request.param], str(DATA / "run_wire_vectors.py"), str(VECTORS)]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout)


def test_crcs_are_the_published_ones(found: Any, vectors: Any) -> None:
    assert found["crc16"] == [row["crc"] for row in vectors["crc16"]]


def test_frames_go_on_the_line_as_published(found: Any, vectors: Any) -> None:
    assert found["encoded"] == [frame["line"] for frame in vectors["frames"]]


def test_lines_are_read_as_published(found: Any, vectors: Any) -> None:
    assert found["decoded"] == [{key: frame[key] for key in ("kind", "seq", "body")} for frame in vectors["frames"]]


@pytest.mark.parametrize("portions", ["whole", "bytewise"])
def test_streams_give_their_sound_frames_in_any_portions(found: Any, vectors: Any, portions: str) -> None:
    assert found[portions] == [{key: stream[key] for key in ("frames", "broken")} for stream in vectors["streams"]]


def test_bodies_that_say_something_impossible_are_refused(found: Any) -> None:
    assert found["accepted"] == []
