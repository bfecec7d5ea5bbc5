"""No driver of ours without its proof: contract, twin, page, options, odds, an example."""

import math
import re
from pathlib import Path

import pytest
from tests.contract.captures import CAPTURES
from tests.contract.rigs import DEVICES, GEARS

from lampyre.driver import Driver
from lampyre.drivers import OURS, driver_of
from lampyre_sim.devices.words import EVERY_S

HERE = Path(__file__).resolve().parents[2]
PAGE = (HERE / "docs/drivers.md").read_text(encoding="utf-8")
EXAMPLE = (HERE / "deploy/node.example.toml").read_text(encoding="utf-8")
SAME_BYTES = {"dyp_a01": "dyp_a02", "tf_luna": "tfmini_s"}  # kinds that speak as another one does
OWN_TESTS = {"dali_hat": "tests/act/dali/test_gear.py"}  # a line of 64 gears is more than one lamp's rig
NOT_IN_THE_EXAMPLE = {"dyp_a01", "dyp_a02", "tfmini_s", "tf_luna", "ld2410", "nmea"}  # as maxbotix, which is in it


def row_of(kind: str, table: int) -> str:
    """Return the row of the page's first or second table that names a kind."""
    tables = re.findall(r"(?m)(?:^\|.*\|\n)+", PAGE)
    (row,) = (line for line in tables[table].splitlines() if f"`{kind}`" in line.split("|")[1])
    return str(row)


def odds_of(driver: Driver) -> list[float]:
    if driver.speech is not None:
        return [driver.speech.noise_odds, driver.speech.damage_odds]
    return [driver.wrong_odds] if driver.wrong_odds else []


@pytest.mark.parametrize("kind", OURS)
def test_a_kind_is_held_to_the_contract_and_has_a_twin(kind: str) -> None:
    driver = driver_of(kind)
    if driver.speech is not None:
        assert kind in CAPTURES
        assert SAME_BYTES.get(kind, kind) in EVERY_S
    elif driver.make is not None:
        assert kind in DEVICES
    elif kind in OWN_TESTS:
        assert "async def test_" in (HERE / OWN_TESTS[kind]).read_text(encoding="utf-8")
    else:
        assert kind in GEARS


@pytest.mark.parametrize("kind", OURS)
def test_a_kind_stands_on_the_page_with_its_channels_and_its_odds(kind: str) -> None:
    driver, row = driver_of(kind), row_of(kind, 0)
    if "| the same |" not in row:
        assert all(f"`{channel.name}`" in row for channel in driver.channels)
        assert all(f"{odds:.0e}".replace("e-0", "e-") in row for odds in odds_of(driver)), odds_of(driver)
    assert driver.speech is None or f" {driver.speech.baud} " in row


@pytest.mark.parametrize("kind", [kind for kind in OURS if driver_of(kind).options])
def test_the_page_has_each_option_of_a_kind_with_what_holds_and_how_far_it_goes(kind: str) -> None:
    told = ", ".join(
        f"`{option.name}` {'to be given' if math.isnan(option.default) else f'{option.default:g}'} "
        f"({option.low:g} to {option.high:g})"
        for option in driver_of(kind).options
    )
    assert row_of(kind, 1).endswith(f"| {told} |")


@pytest.mark.parametrize("kind", sorted(OURS.keys() - NOT_IN_THE_EXAMPLE))
def test_the_example_shows_where_it_would_stand(kind: str) -> None:
    assert re.search(rf"\b{kind}\b", EXAMPLE)
