"""Parquet in and the same rows out as from CSV; needs pyarrow, which the extra `score` brings."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lampyre.errors import ConfigError
from lampyre_sim.score.sets import read_set

AT = [datetime(2024, 3, 1, hour, tzinfo=UTC) for hour in range(3)]
FIRST_S = int(AT[0].timestamp())


@pytest.fixture
def arrow() -> Any:
    return pytest.importorskip("pyarrow", reason="pyarrow is not here: pip install 'lampyre[score]'")


def write(arrow: Any, path: Path, columns: dict[str, Any]) -> Path:
    from importlib import import_module

    import_module("pyarrow.parquet").write_table(arrow.table(columns), path)
    return path


def test_rows_are_read_with_what_is_missing_counted(arrow: Any, tmp_path: Path) -> None:
    times = arrow.array([at.replace(tzinfo=None) for at in AT], arrow.timestamp("us"))
    columns = {"time_local": times, "station": ["1", "1", "2"], "count": arrow.array([3, None, 5], arrow.int32())}
    rows = read_set(write(arrow, tmp_path / "counts.parquet", columns), "activity")
    assert not rows.utc
    assert rows.sensors["1"].times.tolist() == [FIRST_S]
    assert rows.sensors["2"].values.tolist() == [5]
    assert rows.left_out == {"no value": 1}


def test_times_with_a_zone_are_utc(arrow: Any, tmp_path: Path) -> None:
    columns = {
        "time_utc": arrow.array(AT, arrow.timestamp("ms", "Europe/Paris")),
        "counter": [7, 7, 7],
        "count": [1, 2, 3],
    }
    rows = read_set(write(arrow, tmp_path / "counts.parquet", columns), "activity")
    assert rows.utc
    assert rows.sensors["7"].times.tolist() == [FIRST_S, FIRST_S + 3600, FIRST_S + 7200]


def test_wrong_types_are_refused_by_column(arrow: Any, tmp_path: Path) -> None:
    times = arrow.array(AT, arrow.timestamp("s"))
    path = write(arrow, tmp_path / "counts.parquet", {"time_utc": ["soon"], "sensor": ["a"], "count": [1]})
    with pytest.raises(ConfigError, match="column 'time_utc' is of type string; give timestamps"):
        read_set(path, "activity")
    write(arrow, path, {"time_utc": times, "sensor": ["a"] * 3, "count": ["1", "2", "lots"]})
    with pytest.raises(ConfigError, match="column 'count' is of type string; give numbers"):
        read_set(path, "activity")
    write(arrow, path, {"time_utc": times, "sensor": ["a", None, "a"], "count": [1, 2, 3]})
    with pytest.raises(ConfigError, match="row 2: column 'sensor' is null; give a value"):
        read_set(path, "activity")
    write(arrow, path, {"time_utc": times, "sensor": ["a"] * 3})
    with pytest.raises(ConfigError, match=r"counts\.parquet: no column 'count'; the columns are time_utc, sensor"):
        read_set(path, "activity")


def test_what_is_no_parquet_is_refused(arrow: Any, tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    path.write_bytes(b"time_local,sensor,count\n")
    with pytest.raises(ConfigError, match=r"cannot be read as Parquet .*; write it anew"):
        read_set(path, "activity")


def test_without_pyarrow_the_cure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"needs pyarrow; pip install 'lampyre\[score\]', or give the rows as \.csv"):
        read_set(tmp_path / "counts.parquet", "activity")
