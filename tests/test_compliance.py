"""What a town must show comes from what the node has kept; what is missing is said, and nothing is guessed."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from tests.clocks import HandClock
from tests.summarise.test_days import lived
from tests.test_settings import GOOD, written

from lampyre.__main__ import main
from lampyre.memory import counters_of
from lampyre.node import Node
from lampyre.settings import load_settings

PAPERS = """
rated_power_w = 40.0
[lamp.luminaire]
installed = 2024-05-01
upward_percent = 0.5
flux_code_3_percent = 97
colour_temperature_k = 2700
flux_lm = 5200
area_m2 = 250
illuminance_lx = 5.0
life_h = 100000
[lamp.limits.curfew]
begin = "23:00:00"
end = "05:00:00"
most = 0.5
"""
RATES = """
[evidence]
euro_per_kwh = 0.21
euro_from = "contract 2026"
co2_g_per_kwh = 52
co2_from = "national inventory 2025"
"""


async def a_node(folder: Path, *, whole: bool, days: float = 3.0) -> Path:
    """Leave behind what a node keeps of so many days, and return its file."""
    text = GOOD.replace(
        "[node]", f'[node]\nstate_dir = "{folder}/state"\nruntime_dir = "{folder}/run"\nlanguage = "en"'
    )
    if whole:
        text = text.replace('board = "b1"\n', 'board = "b1"' + PAPERS) + RATES
    path = written(folder, text + "\n[models]\nactivity = 'none'\nfill = 'none'\n")
    node = Node(load_settings(path), HandClock())
    await node.open()
    lived(node.lamps["lamp-1"].upkeep.days, days)
    node.lamps["lamp-1"].hours.restore(1234.0)
    await node.close()
    return path


async def test_everything_is_told_with_its_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = await a_node(tmp_path, whole=True)
    assert main(["export", "compliance", "--config", str(path), "--json"]) == 0
    (lamp,) = json.loads(capsys.readouterr().out)["lamps"]
    assert lamp["decree"] == {
        "upward_percent": 0.5, "flux_code_3_percent": 97.0, "colour_temperature_k": 2700.0, "rated_power_w": 40.0,
        "flux_lm": 5200.0, "installed": "2024-05-01",
    }  # fmt: skip
    assert lamp["decree_missing"] == []
    assert lamp["since_installed"]["operating_h"] == 1234.0
    assert lamp["recorded"] == {"from": "2026-01-10", "to": "2026-01-12", "days": 3, "missing": 0}
    assert lamp["energy"]["kwh"] == pytest.approx(3 * 0.352, rel=0.01)
    saving = lamp["saving"]
    assert saving["kwh"] == pytest.approx(3 * 0.128, rel=0.01)
    assert saving["euro"] == pytest.approx(0.08, abs=0.01)
    assert saving["co2_kg"] == pytest.approx(3 * 0.128 * 0.052, rel=0.02)
    assert (saving["euro_from"], saving["co2_from"]) == ("contract 2026", "national inventory 2025")
    found = lamp["en_13201_5"]
    assert found["power_density_w_per_lx_m2"] == pytest.approx(32.0 / (5.0 * 250.0), abs=1e-5)
    assert found["consumption_wh_per_m2"] == pytest.approx(1000 * lamp["energy"]["kwh"] / 250, abs=0.01)
    assert not found["consumption_is_annual"]
    assert lamp["curfew"]["curfew_above_h"] == pytest.approx(18, abs=0.1)
    assert len(lamp["days"]) == 3


async def test_what_node_toml_does_not_give_is_said_to_be_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await a_node(tmp_path, whole=False)
    assert main(["export", "compliance", "--config", str(path), "--json"]) == 0
    (lamp,) = json.loads(capsys.readouterr().out)["lamps"]
    assert len(lamp["decree_missing"]) == 6, "the default power is no paper"
    assert set(lamp["decree"].values()) == {None}
    assert lamp["en_13201_5"]["missing"] == ["luminaire.area_m2", "luminaire.illuminance_lx", "rated_power_w"]
    assert lamp["en_13201_5"]["power_density_w_per_lx_m2"] is None
    assert lamp["saving"]["missing"] == ["evidence.euro_per_kwh", "evidence.co2_g_per_kwh"]
    assert "euro" not in lamp["saving"]
    assert lamp["curfew"] is None


async def test_the_log_has_a_line_for_each_lamp_and_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = await a_node(tmp_path, whole=True)
    words = ["export", "compliance", "--config", str(path), "--csv", "--from", "2026-01-11", "--to", "2026-01-11"]
    assert main(words) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["lamp"], row["day"], row["flux_lm"]) == ("lamp-1", "2026-01-11", "5200.0")
    assert row["curfew_above_min"] == "360"
    assert row["night_from_utc"] == "2026-01-11T17:00Z"
    assert None not in row.values()
    assert None not in row


@pytest.mark.parametrize(("language", "said"), [("en", "saved 0.38"), ("fr", "économisé 0.38")])
async def test_the_lines_are_in_the_nodes_language(
    tmp_path: Path, language: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await a_node(tmp_path, whole=True)
    path.write_text(path.read_text().replace('language = "en"', f'language = "{language}"'))
    assert main(["export", "compliance", "--config", str(path)]) == 0
    text = capsys.readouterr().out
    assert said in text
    assert "contract 2026" in text


async def test_a_node_of_an_hour_has_no_day_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = await a_node(tmp_path, whole=True, days=0.1)
    assert main(["export", "compliance", "--config", str(path)]) == 0
    assert "no finished day in this time" in capsys.readouterr().out


async def test_the_counters_of_the_last_hour_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = await a_node(tmp_path, whole=True)
    counters = counters_of(tmp_path / "state")
    told = json.loads(counters.read_text())
    told["lamp-1"]["operating_h"] = 1236.0
    told["lamp-1"]["upkeep"]["wear"]["starts"] = 7
    counters.write_text(json.dumps(told))
    assert main(["export", "compliance", "--config", str(path), "--json"]) == 0
    (lamp,) = json.loads(capsys.readouterr().out)["lamps"]
    assert (lamp["since_installed"]["operating_h"], lamp["since_installed"]["starts"]) == (1236.0, 7)


async def test_a_damaged_log_and_a_folder_that_cannot_be_read_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await a_node(tmp_path, whole=True)
    (tmp_path / "state/lamp-1.days.jsonl").write_text("[1]\n")
    assert main(["export", "compliance", "--config", str(path)]) == 2
    assert "lamp-1.days.jsonl: damaged" in capsys.readouterr().err
    path.write_text(path.read_text().replace("/state", "/elsewhere"))
    assert main(["export", "compliance", "--config", str(path)]) == 2
    assert "node.state_dir" in capsys.readouterr().err


def test_a_day_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "compliance", "--config", "x", "--from", "yesterday"])
    assert "2026-01-31" in capsys.readouterr().err
    assert date.fromisoformat("2026-01-31")


async def test_the_days_and_totals_outlive_a_restart_and_another_luminaire_begins_anew(tmp_path: Path) -> None:
    path = await a_node(tmp_path, whole=True, days=2.5)
    again = Node(load_settings(path), HandClock())
    await again.open()
    upkeep = again.lamps["lamp-1"].upkeep
    assert [day.day for day in upkeep.days.over] == ["2026-01-10", "2026-01-11"]
    assert upkeep.days.open.day == "2026-01-12"
    total_wh = upkeep.days.energy_wh
    assert total_wh == pytest.approx(2.5 * 352, rel=0.2)
    await again.close()
    path.write_text(path.read_text().replace("installed = 2024-05-01", "installed = 2026-01-13"))
    other = Node(load_settings(path), HandClock())
    await other.open()
    lamp = other.lamps["lamp-1"]
    assert (lamp.upkeep.days.energy_wh, lamp.hours.operating_h) == (0.0, 0.0)
    assert len(lamp.upkeep.days.over) == 2, "the street's days stay"
    await other.close()
