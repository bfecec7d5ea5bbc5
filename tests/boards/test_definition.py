"""Each kind's board.toml tells the node what its pins.py makes the firmware do."""

import importlib
import tomllib
from typing import Any

import pytest

import lampyre_boards
from lampyre.board import load_definition
from lampyre.board_settings import OUR_BOARDS
from lampyre.records import Quantity
from lampyre_boards.common import scale
from lampyre_sim.sensors import pins_of

KINDS = lampyre_boards.kinds()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def table(kind: str) -> dict[str, Any]:
    return tomllib.loads((lampyre_boards.folder(kind) / "board.toml").read_text(encoding="utf-8"))


@pytest.fixture
def pins(kind: str) -> Any:
    return importlib.import_module(f"lampyre_boards.{kind}.pins")


def test_there_is_a_board_of_each_chip() -> None:
    assert KINDS == ["lamp_bin_esp32", "lamp_bin_pico"]


def test_a_node_may_name_each_of_them_and_reads_its_definition(kind: str) -> None:
    assert kind in OUR_BOARDS
    assert load_definition(lampyre_boards.folder(kind)).kind == kind


def test_channels_are_the_firmware_s_in_the_same_order(kind: str, table: dict[str, Any], pins: Any) -> None:
    assert [(row["name"], row["unit"]) for row in table["channel"]] == pins.CHANNELS
    assert table["board"]["name"] == pins.BOARD == kind
    assert table["board"]["baud"] == pins.BAUD


def test_channels_are_quantities_that_the_node_knows(table: dict[str, Any]) -> None:
    known = {quantity.value for quantity in Quantity}
    assert all((row["quantity"], row["unit"]) in known for row in table["channel"])


def test_ranges_and_pins_are_the_firmware_s(table: dict[str, Any], pins: Any) -> None:
    rows = {row["name"]: row for row in table["channel"]}
    for name, pin, low, high, _ in pins.INPUTS:
        assert (rows[name]["pin"], rows[name]["low"], rows[name]["high"]) == (pin, low, high)
    for name, pin in [*pins.SWITCHES, ("presence", pins.PRESENCE)]:
        assert rows[name]["pin"] == pin


def test_no_pin_has_two_jobs(pins: Any) -> None:
    used = [pins.TX, pins.RX, pins.PRESENCE, pins.LAMP, *(pin for _, pin, *_ in [*pins.INPUTS, *pins.SWITCHES])]
    assert len(set(used)) == len(used)


def test_lamp_limits_are_the_firmware_s(table: dict[str, Any], pins: Any) -> None:
    lamp = table["lamp"]
    assert (lamp["least"], lamp["safe_level"], lamp["pin"]) == (pins.LEAST, pins.SAFE_LEVEL, pins.LAMP)
    assert (lamp["safe_up_s"] * 1000, lamp["safe_down_s"] * 1000) == (pins.SAFE_UP_MS, pins.SAFE_DOWN_MS)
    assert (lamp["dark_lux"], lamp["light_lux"]) == (pins.DARK_LUX, pins.LIGHT_LUX)


@pytest.mark.parametrize(
    ("name", "value"),
    [("lux", 0.1), ("lux", 3.2), ("lux", 90000.0), ("distance", 0.8), ("temperature", -12.5), ("power", 41.0)],
)
def test_an_input_gives_back_what_the_simulator_puts_in(kind: str, pins: Any, name: str, value: float) -> None:
    low, high, log = next((low, high, log) for found, _, low, high, log in pins.INPUTS if found == name)
    counts = pins_of(kind).to_counts(name, value)
    assert scale.to_unit(counts, low, high, log) == pytest.approx(value, rel=0.001, abs=0.005)


@pytest.mark.parametrize("counts", [0, scale.DEAD_LOW - 1, scale.DEAD_HIGH + 1, scale.FULL])
def test_a_cut_or_shorted_wire_is_no_measurement(counts: int) -> None:
    assert str(scale.to_unit(counts, 0.0, 5.0, False)) == "nan"
