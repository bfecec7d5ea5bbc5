"""The PIN is kept as a slow hash, and guessing gets slower and slower."""

import pytest
from tests.console.room import KEPT, PIN, SetClock

from lampyre.console.pin import LOCK_MOST_S, TRIES, Gate, make, verify
from lampyre.errors import ConfigError
from lampyre.settings import NodeSettings


def test_the_right_pin_verifies_and_a_wrong_one_does_not() -> None:
    assert verify(PIN, KEPT)
    assert not verify("246811", KEPT)
    assert not verify("", KEPT)
    assert not verify(PIN, "scrypt$zz$zz")


def test_the_same_pin_is_kept_differently_each_time_and_node_toml_takes_it() -> None:
    other = make(PIN)
    assert other != KEPT
    assert PIN not in other
    assert NodeSettings(site="s", id="n", latitude=0.0, longitude=0.0, console_pin=other).console_pin == other


@pytest.mark.parametrize("pin", ["123", "1" * 13, "12a4", "", "１２３４"])
def test_a_pin_that_cannot_be_typed_anywhere_is_refused(pin: str) -> None:
    with pytest.raises(ConfigError, match="4 to 12 digits"):
        make(pin)


def test_the_lock_doubles_up_to_an_hour_and_a_right_pin_ends_it() -> None:
    clock = SetClock()
    gate = Gate(KEPT, clock)
    for _ in range(TRIES - 1):
        assert not gate.opens("0000", "a")
        assert gate.locked_s == 0.0
    locks = []
    for _ in range(6):
        assert not gate.opens("0000", "b")
        locks.append(gate.locked_s)
        assert not gate.opens(PIN, "a")  # not looked at
        clock.move(gate.locked_s)
    assert locks == [300.0, 600.0, 1200.0, 2400.0, LOCK_MOST_S, LOCK_MOST_S]
    assert gate.opens(PIN, "a")
    assert not gate.opens("0000", "b")
    assert gate.locked_s == 0.0


def test_a_thousand_guesses_get_at_most_a_handful_looked_at_in_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    clock = SetClock()
    gate = Gate(KEPT, clock)
    for guess in range(1000):
        gate.opens(f"{guess:04}", "a script")
        clock.move(3.6)
    assert sum("wrong PIN" in record.getMessage() for record in caplog.records) <= TRIES + 4
