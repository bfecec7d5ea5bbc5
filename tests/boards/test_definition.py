"""board.toml tells the node what pins.py makes the firmware do."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

import lampyre_boards
from lampyre.records import Quantity
from lampyre_boards.lamp_bin_pico import pins
from lampyre_sim.board import to_counts

TOML = Path(lampyre_boards.__file__).parent / "lamp_bin_pico" / "board.toml"


@pytest.fixture
def table() -> dict[str, Any]:
    return tomllib.loads(TOML.read_text(encoding="utf-8"))


def test_channels_are_the_firmware_s_in_the_same_order(table: dict[str, Any]) -> None:
    assert [(row["name"], row["unit"]) for row in table["channel"]] == pins.CHANNELS
    assert table["board"]["name"] == pins.BOARD
    assert table["board"]["baud"] == pins.BAUD


def test_channels_are_quantities_that_the_node_knows(table: dict[str, Any]) -> None:
    known = {quantity.value for quantity in Quantity}
    assert all((row["quantity"], row["unit"]) in known for row in table["channel"])


def test_ranges_and_pins_are_the_firmware_s(table: dict[str, Any]) -> None:
    rows = {row["name"]: row for row in table["channel"]}
    for name, pin, low, high, _ in pins.INPUTS:
        assert (rows[name]["pin"], rows[name]["low"], rows[name]["high"]) == (pin, low, high)


def test_lamp_limits_are_the_firmware_s(table: dict[str, Any]) -> None:
    lamp = table["lamp"]
    assert (lamp["least"], lamp["safe_level"], lamp["pin"]) == (pins.LEAST, pins.SAFE_LEVEL, pins.LAMP)
    assert (lamp["safe_up_s"] * 1000, lamp["safe_down_s"] * 1000) == (pins.SAFE_UP_MS, pins.SAFE_DOWN_MS)
    assert (lamp["dark_lux"], lamp["light_lux"]) == (pins.DARK_LUX, pins.LIGHT_LUX)


@pytest.mark.parametrize(
    ("name", "value"),
    [("lux", 0.1), ("lux", 3.2), ("lux", 90000.0), ("distance", 0.8), ("temperature", -12.5), ("power", 41.0)],
)
def test_an_input_gives_back_what_the_simulator_puts_in(name: str, value: float) -> None:
    low, high, log = next((low, high, log) for found, _, low, high, log in pins.INPUTS if found == name)
    assert pins.to_unit(to_counts(name, value), low, high, log) == pytest.approx(value, rel=0.001, abs=0.005)


@pytest.mark.parametrize("counts", [0, pins.DEAD_LOW - 1, pins.DEAD_HIGH + 1, pins.FULL])
def test_a_cut_or_shorted_wire_is_no_measurement(counts: int) -> None:
    assert str(pins.to_unit(counts, 0.0, 5.0, False)) == "nan"
