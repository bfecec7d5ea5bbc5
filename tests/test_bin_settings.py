"""What a town says of its bins' rounds and budgets is understood, or refused with the cure."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from lampyre.check import explain
from lampyre.settings import BinSettings, load_settings

BIN = {"id": "bin-1", "distance": "r1.distance", "height_m": 1.2}


def test_what_is_left_out_is_every_morning_on_mains() -> None:
    bin_ = BinSettings.model_validate(BIN)
    assert (bin_.collection.access, bin_.collection.age_most_days, bin_.litres) == ("Mo-Su 06:00-12:00", None, None)
    assert (bin_.sampling.looks, bin_.sampling.states) == (None, 52_560)


def test_the_energy_of_a_battery_is_so_many_looks() -> None:
    bin_ = BinSettings.model_validate(BIN | {"sampling": {"energy_wh": 5.0, "look_j": 0.5}})
    assert bin_.sampling.looks == 36_000.0


@pytest.mark.parametrize(
    ("key", "table", "said"),
    [
        ("collection", {"access": "always"}, "'always' is no days and hours; write it as"),
        ("collection", {"access": "Mo-Fr 12:00-06:00"}, "ends before it begins"),
        ("collection", {"risk_h": 25.0}, "less than or equal to 24"),
        ("collection", {"risk_h": -1.0}, "greater than or equal to 0"),
        ("collection", {"age_most_days": 0.0}, "greater than or equal to 1"),
        ("collection", {"holidays": "off"}, "Extra inputs"),
        ("sampling", {"energy_wh": 1.0, "look_j": 0.5}, "less than a look an hour; give 1.22 or more"),
        ("sampling", {"states": 100}, "greater than or equal to 1460"),
        ("full_at", 0.1, "greater than or equal to 0.2"),
        ("height_m", 0.3, "dead_zone_m 0.25 leaves less than 0.2 m in height_m 0.3"),
    ],
)
def test_what_cannot_be_is_refused_with_the_cure(key: str, table: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        BinSettings.model_validate(BIN | {key: table})


def test_check_says_when_somebody_can_come_and_what_looking_may_cost(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(
        '[node]\nsite = "s"\nid = "n"\nlatitude = 47.3\nlongitude = 5.0\n'
        '[[board]]\nid = "r1"\nkind = "maxbotix"\nlink = "serial:///dev/ttyUSB0?baud=9600"\n'
        '[[bin]]\nid = "bin-1"\ndistance = "r1.distance"\nheight_m = 1.2\n'
        '[bin.collection]\naccess = "Mo-Fr 06:00-12:00"\nage_most_days = 21\n[bin.sampling]\nenergy_wh = 5.0\n'
    )
    assert (
        "bin bin-1: somebody can come Mo-Fr 06:00-12:00, and should where waiting would cost over 15 h full, or after "
        "21 days; 36000 looks a year, 52560 states"
    ) in list(explain(load_settings(path)))


def test_check_names_what_a_bin_cannot_be_measured_or_watched_by(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(
        '[node]\nsite = "s"\nid = "n"\nlatitude = 47.3\nlongitude = 5.0\n'
        '[[board]]\nid = "b"\nkind = "lamp_bin_pico"\nlink = "serial:///dev/ttyUSB0?baud=115200"\n'
        '[[bin]]\nid = "bin-1"\ndistance = "b.distance"\nheight_m = 1.2\nshape = "cone"\n'
        '[[bin]]\nid = "bin-2"\ndistance = "b.distance"\ntemperature = "b.temperature"\nheight_m = 7\nfire_at = 40\n'
    )
    told = list(explain(load_settings(path)))
    assert "bin bin-1: mixed, 1.2 m deep, cone, full at 80%, by b.distance" in told
    assert [line for line in told if line.startswith("! bin")] == [
        "! bin bin-1: no temperature: a fire in it is not seen",
        "! bin bin-2: b.distance sees 5 m; empty, at 7 m, it will be in doubt",
        "! bin bin-2: b.distance is bin-1's too; one sensor sees one bin",
        "! bin bin-2: fire_at 40: the sun alone heats a bin to 50 degC",
    ]
