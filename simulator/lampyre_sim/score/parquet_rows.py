"""Recorded sets from Parquet: the one door of pyarrow, which only the extra `score` installs."""

from pathlib import Path
from typing import Any

from lampyre.errors import ConfigError
from lampyre_sim.score.rows import Columns, Layout, Rows, columns_of

BATCH = 65536  # rows in memory at a time beside what is kept
CURE = "pip install 'lampyre[score]', or give the rows as .csv"


def read_parquet(path: Path, layout: Layout) -> Rows:
    """Return the rows of a .parquet; ConfigError that names file and column, also where pyarrow is not there."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(f"{path}: reading Parquet needs pyarrow; {CURE}") from error
    try:
        with pq.ParquetFile(path) as file:
            heads = list(file.schema_arrow.names)
            columns = columns_of(str(path), heads, layout)
            rows = Rows(path, layout, columns.utc)
            wanted = [heads[k] for k in (columns.key, columns.time, columns.value, columns.stream) if k is not None]
            for batch in file.iter_batches(batch_size=BATCH, columns=wanted):
                _take(pa, rows, batch, columns, heads)
            return rows
    except (OSError, pa.ArrowException) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise ConfigError(f"{path}: cannot be read as Parquet ({reason}); write it anew") from error


def _take(pa: Any, rows: Rows, batch: Any, columns: Columns, heads: list[str]) -> None:
    def cast(column: int, kind: Any, cure: str) -> Any:
        try:
            return batch.column(heads[column]).cast(kind, safe=False)
        except pa.ArrowException:
            found = batch.column(heads[column]).type
            raise ConfigError(f"{rows.path}: column {heads[column]!r} is of type {found}; {cure}") from None

    time = batch.column(heads[columns.time])
    if not pa.types.is_timestamp(time.type):
        raise ConfigError(f"{rows.path}: column {heads[columns.time]!r} is of type {time.type}; give timestamps")
    rows.utc = rows.utc or time.type.tz is not None
    times = cast(columns.time, pa.timestamp("s"), "give timestamps").cast(pa.int64()).to_pylist()
    sensors = cast(columns.key, pa.string(), "give names").to_pylist()
    values = cast(columns.value, pa.float64(), "give numbers").to_pylist()
    streams = (
        [""] * len(times) if columns.stream is None else cast(columns.stream, pa.string(), "give names").to_pylist()
    )
    nan = float("nan")
    for sensor, at_s, value, stream in zip(sensors, times, values, streams, strict=True):
        where = f"{rows.path}: row {rows.rows + 1}"
        if sensor is None or at_s is None or stream is None:
            what = heads[columns.key if sensor is None else columns.time]
            raise ConfigError(f"{where}: column {what!r} is null; give a value")
        rows.add(where, sensor, at_s, nan if value is None else value, stream)
