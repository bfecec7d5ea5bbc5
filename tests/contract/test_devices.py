"""Every device and gear of ours that its driver makes keeps to the contract that we hand to others."""

import os

import pytest
from tests.contract.rigs import DEVICES, GEARS, TTYS

from lampyre.drivers import driver_of
from lampyre_sim.contract_devices import NOISE_LOOKS, assert_device_holds
from lampyre_sim.contract_gears import assert_gear_holds

# bytes of the shortest answers; NOISE_BYTES=1000000 (CONTRIBUTING.md) is a million of noise for each kind
ANSWERS = {"bh1750": 4, "ds18b20": 9, "pzem004t": 23, "sdm120": 13, "tf_luna_i2c": 4}
NOISE_BYTES = int(os.environ.get("NOISE_BYTES", "0"))


@pytest.mark.parametrize("kind", DEVICES)
def test_a_device_keeps_to_the_contract(kind: str) -> None:
    assert_device_holds(driver_of(kind), DEVICES[kind], max(NOISE_LOOKS, NOISE_BYTES // ANSWERS.get(kind, 1)))


@pytest.mark.parametrize("kind", TTYS)
def test_a_device_on_a_tty_leaves_nothing_open(kind: str) -> None:
    assert_device_holds(driver_of(kind), TTYS[kind])


@pytest.mark.parametrize("kind", GEARS)
def test_a_gear_keeps_to_the_contract(kind: str) -> None:
    assert_gear_holds(driver_of(kind), GEARS[kind])
