"""The word `evaluate bins`: tables, JSON, a picture, and a plan for tomorrow morning."""

import csv
import json
import sys
from pathlib import Path

import pytest
from tests.simulator.rubbish import deposits, recorded, write

from lampyre.errors import ConfigError
from lampyre_sim.__main__ import main
from lampyre_sim.waste.places import read_places
from lampyre_sim.waste.route import km, shortest_round

FEW = ["--zone", "Europe/Prague", "--seeds", "2", "--risk", "12", "16", "--jobs", "1"]


@pytest.fixture(scope="module")
def levels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fast = recorded(deposits(63, 0.5), (0, 2, 4), "fast")
    slow = recorded(deposits(63, 0.12, 2), (0,), "slow", "glass")
    return write(tmp_path_factory.mktemp("levels") / "fill_levels.csv", fast, slow)


def evaluate(levels: Path, *words: str) -> int:
    return main(["evaluate", "bins", "--levels", str(levels), *words])


def test_a_table_for_each_stream_and_one_for_all(levels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(levels, *FEW, "--from", "2024-02-12") == 0
    said = capsys.readouterr().out
    for words in (
        "2024-02-12 to ",
        "paper · containers: 1",
        "glass · containers: 1",
        "all streams · containers: 2",
        "ours beside",
    ):
        assert words in said


def test_json_holds_every_curve_with_its_spread_and_the_plot_shows_it(
    levels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot = tmp_path / "curves.svg"
    assert evaluate(levels, *FEW, "--stream", "paper", "--json", "--plot", str(plot)) == 0
    (paper,) = json.loads(capsys.readouterr().out)["streams"]
    policies = {point["policy"] for point in paper["points"]}
    assert policies == {"town", "daily", "rhythm", "reactive", "ours", "foresight"}
    for point in paper["points"]:
        spread = point["per_week"]
        assert 0 <= spread["least"] <= spread["mean"] + 1e-9
        assert spread["mean"] <= spread["most"] + 1e-9 < 7.1
    assert plot.read_text().count("<polyline") == 6


def test_processes_say_the_same_as_one(levels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for jobs in ("1", "2"):
        assert (
            evaluate(levels, "--zone", "Europe/Prague", "--seeds", "1", "--risk", "14", "--json", "--jobs", jobs) == 0
        )
        found.append(json.loads(capsys.readouterr().out)["streams"])
    assert found[0] == found[1]


def test_the_plan_names_who_must_be_collected_first_and_why(levels: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.csv"
    assert evaluate(levels, "--zone", "Europe/Prague", "--until", "2024-02-18", "--plan", str(plan)) == 0
    with plan.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["container"] for row in rows] == ["fast", "slow"]
    assert rows[0]["collect"] == "True"
    assert rows[0]["reason"] == "FULLNESS"
    assert rows[1]["order"] == "0"
    assert "h" in rows[1]["why"]


def test_no_lorry_mixes_streams_and_a_plan_is_made_for_the_risk_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = [recorded(deposits(40, 0.5), (0,), name, stream) for name, stream in
            (("a", "paper"), ("b", "glass"), ("c", "paper"))]  # fmt: skip
    path, plan = write(tmp_path / "fill_levels.csv", *full), tmp_path / "plan.json"
    words = ["--zone", "Europe/Prague", "--until", "2024-02-08", "--plan", str(plan)]
    assert evaluate(path, *words) == 0
    assert "3 of 3 containers in 2 rounds" in capsys.readouterr().out
    stops = json.loads(plan.read_text())["stops"]
    assert [(stop["stream"], stop["order"]) for stop in stops] == [("glass", 1), ("paper", 1), ("paper", 2)]
    assert evaluate(path, *words, "--risk", "24") == 0
    assert "24 h are allowed" in json.loads(plan.read_text())["stops"][0]["why"]


def test_a_container_that_fell_silent_is_not_planned_and_says_so(tmp_path: Path) -> None:
    full, long = recorded(deposits(40, 0.5), (0,), "silent"), recorded(deposits(42, 0.1), (0,), "other")
    plan = tmp_path / "plan.json"
    path = write(tmp_path / "fill_levels.csv", full, long)
    assert evaluate(path, "--zone", "Europe/Prague", "--plan", str(plan)) == 0
    stops = {stop["container"]: stop for stop in json.loads(plan.read_text())["stops"]}
    assert not stops["silent"]["collect"]
    assert stops["silent"]["why"].startswith("not by its level")


def test_an_order_without_the_routing_library_says_how_to_get_it(
    levels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "vroom", None)
    places = tmp_path / "places.csv"
    places.write_text("place,latitude,longitude\ndepot,50.1,14.4\nfast,50.0,14.5\nslow,50.2,14.4\n")
    for words in ([], ["--until", "2024-02-18", "--plan", str(tmp_path / "plan.csv")]):
        assert evaluate(levels, "--zone", "Europe/Prague", "--places", str(places), *words) == 2
        assert "lampyre[route]" in capsys.readouterr().err


def test_kilometres_are_counted_for_the_days_on_which_somebody_comes(
    levels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("vroom")
    places = tmp_path / "places.csv"
    places.write_text("place,latitude,longitude\ndepot,50.1,14.4\nfast,50.0,14.5\nslow,50.2,14.4\n")
    words = ["--zone", "Europe/Prague", "--seeds", "1", "--risk", "15", "--jobs", "1", "--json"]
    assert evaluate(levels, *words, "--places", str(places)) == 0
    together = json.loads(capsys.readouterr().out)["streams"][-1]
    km = {one["policy"]: one["km_per_week"] for one in together["driven"]}
    assert set(km) == {"town", "daily", "reactive", "ours"}
    whole = shortest_round([(50.1, 14.4), (50.0, 14.5), (50.2, 14.4)])[1]
    assert km["daily"] == pytest.approx(7 * whole, rel=0.05)
    assert km["ours"] < km["daily"]


def test_the_shortest_round_goes_along_the_edge_of_a_square() -> None:
    pytest.importorskip("vroom")
    square = [(50.0, 14.0), (50.1, 14.1), (50.0, 14.1), (50.1, 14.0)]
    order, length = shortest_round(square)
    assert order in ([2, 1, 3], [3, 1, 2])
    edges = [*zip(square, [square[2], square[3], square[1], square[0]], strict=True)]
    assert length == pytest.approx(sum(km(one, other) for one, other in edges), rel=0.35)


def test_a_degree_of_latitude_is_111_kilometres_and_a_detour() -> None:
    assert km((50.0, 14.0), (51.0, 14.0)) == pytest.approx(1.3 * 111.2, rel=0.001)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,lat\n", "the columns must be"),
        ("place,latitude,longitude\ndepot,north,14\n", "line 2: latitude and longitude must be degrees"),
        ("place,latitude,longitude\ndepot,150,14\n", "nowhere"),
        ("place,latitude,longitude\ndepot,50,14\n", "no place 'fast'"),
    ],
)
def test_places_are_refused_with_line_and_cure(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "places.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_places(path, ["fast"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--zone"),
        (["--zone", "Europe/Prague", "--stream", "gold"], "no such container or stream"),
        (["--zone", "Europe/Prague", "--from", "2030-01-01", "--jobs", "1"], "nothing to judge"),
        (["--zone", "Europe/Prague", "--plan", "plan.pdf"], ".csv or .json"),
        (["--zone", "Europe/Prague", "--plan", "plan.csv", "--risk", "9", "12"], "one --risk"),
        (["--zone", "Europe/Prague", "--until", "2001-01-01"], "a later --until"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    levels: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(levels, *words) == 2
    assert said in capsys.readouterr().err
