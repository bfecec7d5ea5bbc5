"""Recordings: read whole or refused with file, line and column."""

import gzip
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lampyre.errors import ConfigError
from lampyre_sim.asked import Asked, prepare
from lampyre_sim.people import Kind
from lampyre_sim.replay import load_recording, replayed

ZONE = ZoneInfo("Europe/Paris")
HEAD = "time_local,speed_km_h,length_m,direction\n"


def written(tmp_path: Path, text: str | bytes, name: str = "events.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_recording_is_read_in_order_of_time(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "2016-10-24 18:00:05,32,1,0\n2016-10-24 18:00:01,5,1,1\n")
    first, second = load_recording(path, ZONE)
    assert first.at == datetime(2016, 10, 24, 18, 0, 1, tzinfo=ZONE)
    assert (first.speed_km_h, first.forth, second.forth) == (5.0, False, True)


def test_a_packed_recording_is_the_same(tmp_path: Path) -> None:
    text = HEAD + "2016-10-24 18:00:05,32,1,0\n"
    plain = load_recording(written(tmp_path, text), ZONE)
    assert load_recording(written(tmp_path, gzip.compress(text.encode()), "events.csv.gz"), ZONE) == plain


def test_passages_come_into_the_street_when_they_were_recorded(tmp_path: Path) -> None:
    path = written(
        tmp_path, HEAD + "2016-10-24 17:59:59,30,1,0\n2016-10-24 18:00:05,36,1,0\n2016-10-24 18:00:09,4,1,1\n"
    )
    car, walker = replayed(load_recording(path, ZONE), datetime(2016, 10, 24, 18, tzinfo=ZONE))
    assert (car.at_s, car.speed_m_s, car.kind) == (5.0, 10.0, Kind.VEHICLE)
    assert (walker.at_s, walker.kind, walker.forth) == (9.0, Kind.ON_FOOT, False)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("yesterday,32,1,0", "time_local"),
        ("2016-10-24 18:00:05+02:00,32,1,0", "time_local"),
        (",32,1,0", "time_local"),
        ("2016-10-24 18:00:05,fast,1,0", "speed_km_h"),
        ("2016-10-24 18:00:05,nan,1,0", "speed_km_h"),
        ("2016-10-24 18:00:05,0,1,0", "speed_km_h"),
        ("2016-10-24 18:00:05,32,1,2", "direction"),
        ("2016-10-24 18:00:05,32,1", "direction"),
    ],
)
def test_a_broken_line_is_refused_with_its_number_and_column(tmp_path: Path, line: str, column: str) -> None:
    path = written(tmp_path, HEAD + "2016-10-24 18:00:05,32,1,0\n" + line + "\n")
    with pytest.raises(ConfigError, match=rf"events\.csv: line 3: column '{column}' is .*; give"):
        load_recording(path, ZONE)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"time,speed\n1,2\n", "line 1: no column 'time_local'"),
        (b"", "line 1: no column"),
        (HEAD.encode(), "no passage in it"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_recording(written(tmp_path, data), ZONE)


# mtime: the name of a test must be the same in every worker that collects it
@pytest.mark.parametrize("data", [b"not packed at all", gzip.compress(HEAD.encode(), mtime=0)[:-12]])
def test_a_damaged_packed_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"events\.csv\.gz: .*; give a \.csv or \.csv\.gz"):
        load_recording(written(tmp_path, data, "events.csv.gz"), ZONE)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.csv: No such file"):
        load_recording(tmp_path / "gone.csv", ZONE)


def test_the_street_begins_at_the_recordings_first_dusk(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "2016-10-24 09:00:00,32,1,0\n2016-10-25 09:00:00,32,1,0\n")
    plan, _ = prepare(Asked(replay=path))
    assert plan.start.astimezone(ZONE).strftime("%Y-%m-%d %H") == "2016-10-24 18"


def test_a_recording_that_ends_before_dusk_is_played_from_its_beginning(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "2016-10-24 09:00:00,32,1,0\n2016-10-24 10:00:00,32,1,0\n")
    plan, stream = prepare(Asked(replay=path))
    assert plan.start.astimezone(ZONE).strftime("%H:%M") == "09:00"
    assert [passage.at_s for passage in stream] == [0.0, 3600.0]


def test_a_start_that_is_given_counts(tmp_path: Path) -> None:
    plan, _ = prepare(Asked(start=datetime.fromisoformat("2026-12-24T23:30")))
    assert plan.start == datetime(2026, 12, 24, 23, 30, tzinfo=ZONE)
