"""Every device and gear of ours that its driver makes keeps to the contract that we hand to others."""

import pytest
from tests.contract.rigs import DEVICES, GEARS, TTYS

from lampyre.drivers import driver_of
from lampyre_sim.contract_devices import assert_device_holds
from lampyre_sim.contract_gears import assert_gear_holds


@pytest.mark.parametrize("kind", DEVICES)
def test_a_device_keeps_to_the_contract(kind: str) -> None:
    assert_device_holds(driver_of(kind), DEVICES[kind])


@pytest.mark.parametrize("kind", TTYS)
def test_a_device_on_a_tty_leaves_nothing_open(kind: str) -> None:
    assert_device_holds(driver_of(kind), TTYS[kind])


@pytest.mark.parametrize("kind", GEARS)
def test_a_gear_keeps_to_the_contract(kind: str) -> None:
    assert_gear_holds(driver_of(kind), GEARS[kind])
