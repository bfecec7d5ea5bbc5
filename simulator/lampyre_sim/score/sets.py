"""Which recorded sets lie in a folder, and how their files are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lampyre.decide.profile import COUNT_MOST
from lampyre.errors import ConfigError
from lampyre_sim.score.csv_rows import read_csv
from lampyre_sim.score.parquet_rows import read_parquet
from lampyre_sim.score.rows import SENSOR_COLUMNS, Layout, Rows

Of = Literal["activity", "fill"]
LAYOUTS: dict[Of, Layout] = {
    "activity": Layout("counts", SENSOR_COLUMNS, "count", COUNT_MOST, stream=False),
    "fill": Layout("fill_levels", ("container",), "fill_percent", 100.0, stream=True),
}
ENDINGS = (".parquet", ".csv", ".csv.gz")


@dataclass(frozen=True, slots=True)
class Found:
    """One set: its name and its file."""

    name: str
    path: Path


def find_sets(data: Path, of: Of, wanted: Sequence[str]) -> list[Found]:
    """Return the sets below a folder, in one set's folder or of one file; ConfigError if a wanted one is missing."""
    stem = LAYOUTS[of].stem
    if data.is_file():
        found = [Found(_name(data, stem), data)]
    elif data.is_dir():
        folders = [data, *sorted(path for path in data.iterdir() if path.is_dir())]
        found = [one for folder in folders if (one := _in_folder(folder, stem)) is not None]
    else:
        raise ConfigError(f"{data}: not there; give a folder with sets or a file")
    if not found:
        files = " or ".join(stem + ending for ending in ENDINGS)
        raise ConfigError(f"{data}: no {files} in it or in its folders; name the file so, or give the file itself")
    for name in wanted:
        if name not in {one.name for one in found}:
            raise ConfigError(f"--set {name!r}: not in {data}; there are {', '.join(one.name for one in found)}")
    return [one for one in found if not wanted or one.name in wanted]


def read_set(path: Path, of: Of, *, day_first: bool = False) -> Rows:
    """Return all rows of a set's file; ConfigError that names file, line or column, and the cure."""
    layout = LAYOUTS[of]
    if path.name.endswith(".parquet"):
        rows = read_parquet(path, layout)
    elif path.name.endswith((".csv", ".csv.gz")):
        rows = read_csv(path, layout, day_first=day_first)
    else:
        raise ConfigError(f"{path}: what is it? Give a file that ends in {', '.join(ENDINGS)}")
    if not any(raw.times for raw in rows.sensors.values()):
        left = ", ".join(f"{number} {reason}" for reason, number in rows.left_out.items())
        raise ConfigError(f"{path}: no measurement in it{f' ({left})' if left else ''}; give at least a few weeks")
    return rows


def _in_folder(folder: Path, stem: str) -> Found | None:
    there = [path for ending in ENDINGS if (path := folder / (stem + ending)).is_file()]
    if len(there) > 1:
        raise ConfigError(f"{folder}: {' and '.join(path.name for path in there)}; keep one of them")
    return Found(folder.resolve().name, there[0]) if there else None


def _name(path: Path, stem: str) -> str:
    plain = path.name.split(".", maxsplit=1)[0]
    return path.resolve().parent.name if plain == stem else plain
