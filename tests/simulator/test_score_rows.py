"""Files as towns send them: what is understood, what is left out and counted, what is refused and how it is mended."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lampyre.errors import ConfigError
from lampyre_sim.score.rows import Rows
from lampyre_sim.score.sets import Of, find_sets, read_set

HEAD = "time_local,sensor,count\n"
FIRST_S = int(datetime(2024, 3, 1, tzinfo=UTC).timestamp())


def read(folder: Path, text: str | bytes, of: Of = "activity", *, day_first: bool = False) -> Rows:
    path = folder / "counts.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_set(path, of, day_first=day_first)


def test_plain_rows_are_taken_by_sensor(tmp_path: Path) -> None:
    rows = read(tmp_path, HEAD + "2024-03-01 00:00,a,3\n2024-03-01T00:15:00,a,4\n2024-03-01 00:00,b,5.5\n\n")
    assert rows.sensors["a"].times.tolist() == [FIRST_S, FIRST_S + 900]
    assert rows.sensors["a"].values.tolist() == [3, 4]
    assert rows.sensors["b"].values.tolist() == [5.5]
    assert not rows.utc
    assert not rows.left_out


def test_a_french_export_is_understood(tmp_path: Path) -> None:
    text = '\ufeffStation;Time_Local;Count\r\n"Place de l\'Été";01/03/2024 00:00;3,5\r\nx;01/03/2024 00:15:00;\r\n'
    rows = read(tmp_path, text, day_first=True)
    assert rows.sensors["Place de l'Été"].times.tolist() == [FIRST_S]
    assert rows.sensors["Place de l'Été"].values.tolist() == [3.5]
    assert rows.left_out == {"no value": 1}


def test_times_with_an_offset_are_utc(tmp_path: Path) -> None:
    rows = read(tmp_path, "time_utc,counter,count\n2024-03-01T01:00:00+01:00,a,3\n2024-03-01T02:00:00Z,a,4\n")
    assert rows.utc
    assert rows.sensors["a"].times.tolist() == [FIRST_S, FIRST_S + 7200]


def test_a_packed_file_is_read_as_a_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "quay.csv.gz"
    path.write_bytes(gzip.compress((HEAD + "2024-03-01,a,3\n").encode()))
    assert read_set(path, "activity").rows == 1
    assert [one.name for one in find_sets(path, "activity", ())] == ["quay"]


def test_what_is_no_count_is_left_out_and_counted(tmp_path: Path) -> None:
    values = ["3", "-1", "nan", "", "NA", "inf", "1e7"]
    rows = read(tmp_path, HEAD + "".join(f"2024-03-01 0{k}:00,a,{value}\n" for k, value in enumerate(values)))
    assert rows.sensors["a"].values.tolist() == [3]
    assert rows.left_out == {"no value": 3, "negative": 1, "not finite": 1, "above what can be": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty; the first line must name the columns"),
        ("\n\n", "empty; the first line must name the columns"),
        (HEAD, "no measurement in it; give at least a few weeks"),
        (HEAD + "2024-03-01,a,\n", "no measurement in it (1 no value)"),
        ("time_local,sensor\n", "line 1: no column 'count'; the columns are time_local, sensor, wanted:"),
        ("time,sensor,count\n", "line 1: no column 'time_local' or 'time_utc'"),
        ("time_local,sensor,station,count\n", "line 1: more than one of the columns 'sensor' or 'station'"),
        (HEAD + "2024-03-01,a\n", "line 2: 2 fields, the first line has 3"),
        (HEAD + "2024-03-01,,3\n", "line 2: column 'sensor' is empty; name the sensor"),
        (HEAD + "2024-03-01 00:00,a,3\n2024-03-01 00:15,a,lots\n", "line 3: column 'count' is 'lots'; give a number"),
        (HEAD + '2024-03-01,a,"3,5"\n', "line 2: column 'count' is '3,5'; give a number"),
        (HEAD + "01/03/2024 00:00,a,3\n", "column 'time_local' is '01/03/2024 00:00'; give YYYY-MM-DD HH:MM, or say"),
        (HEAD + "soon,a,3\n", "line 2: column 'time_local' is 'soon'; give YYYY-MM-DD HH:MM"),
        (HEAD + "2024-03-01,a,3\n2024-03-01T01:00Z,a,3\n", "line 3: column 'time_local' is '2024-03-01T01:00Z'; give"),
        (HEAD + "2024-03-01,a," + "9" * 200_000 + "\n", "line 2: not CSV (field larger than field limit"),
        (HEAD.encode() + b"2024-03-01,Caf\xe9,3\n", "not UTF-8 text; save it as CSV UTF-8"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_place_and_cure(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith(str(tmp_path / "counts.csv"))
    assert said in str(refused.value)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv.gz"
    path.write_bytes(gzip.compress((HEAD + "2024-03-01,a,3\n" * 1000).encode())[:-20])
    with pytest.raises(ConfigError, match=r"counts\.csv\.gz: .*; give a \.csv or \.csv\.gz"):
        read_set(path, "activity")


def test_fill_levels_need_their_stream_and_one_alone(tmp_path: Path) -> None:
    head = "container,stream,time_utc,fill_percent\n"
    rows = read(tmp_path, head + "1,paper,2024-03-01 00:00:07,16\n1,paper,2024-03-01 02:00,101\n", "fill")
    assert rows.sensors["1"].stream == "paper"
    assert rows.left_out == {"above what can be": 1}
    with pytest.raises(ConfigError, match="line 3: '1' has stream 'glass', before 'paper'"):
        read(tmp_path, head + "1,paper,2024-03-01 00:00,16\n1,glass,2024-03-01 02:00,17\n", "fill")
    with pytest.raises(ConfigError, match="no column 'stream'"):
        read(tmp_path, "container,time_utc,fill_percent\n1,2024-03-01 00:00,16\n", "fill")


def test_sets_are_found_in_a_folder_of_folders_in_one_and_in_a_file(tmp_path: Path) -> None:
    for name in ("quay", "bridge"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "counts.csv").write_text(HEAD)
    assert [one.name for one in find_sets(tmp_path, "activity", ())] == ["bridge", "quay"]
    assert [one.name for one in find_sets(tmp_path, "activity", ("quay",))] == ["quay"]
    assert [one.name for one in find_sets(tmp_path / "quay", "activity", ())] == ["quay"]
    assert [one.name for one in find_sets(tmp_path / "quay" / "counts.csv", "activity", ())] == ["quay"]
    with pytest.raises(ConfigError, match=r"--set 'harbour': not in .*; there are bridge, quay"):
        find_sets(tmp_path, "activity", ("harbour",))
    with pytest.raises(ConfigError, match=r"no fill_levels\.parquet or .* in it or in its folders"):
        find_sets(tmp_path, "fill", ())
    (tmp_path / "quay" / "counts.csv.gz").touch()
    with pytest.raises(ConfigError, match=r"counts\.csv and counts\.csv\.gz; keep one of them"):
        find_sets(tmp_path, "activity", ())
    with pytest.raises(ConfigError, match="not there; give a folder with sets or a file"):
        find_sets(tmp_path / "nowhere", "activity", ())


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "counts.xlsx"
    path.touch()
    with pytest.raises(ConfigError, match=r"what is it\? Give a file that ends in \.parquet, \.csv, \.csv\.gz"):
        read_set(path, "activity")


def test_the_page_shows_what_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "score.md").read_text(encoding="utf-8")
    (example,) = [block for block in page.split("```")[1::2] if block.startswith("\ntime_local")]
    rows = read(tmp_path, example.lstrip("\n"))
    assert {name: raw.values.tolist() for name, raw in rows.sensors.items()} == {
        "Rue de la Liberté": [112, 187],
        "Quai Nicolas Rolin": [9, 14],
    }
