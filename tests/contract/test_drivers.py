"""Every driver of ours keeps to the contract that we hand to others."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.contract.captures import CAPTURES

from lampyre.driver import Channel, Counts, Decoder, Driver, Sample, Speech, Values
from lampyre.drivers import OURS, driver_of
from lampyre.records import Quantity
from lampyre_sim.contract import Capture, allowance, assert_driver_holds

SPEAKING = [kind for kind in OURS if driver_of(kind).speech is not None]


@pytest.mark.parametrize("kind", SPEAKING)
def test_a_driver_keeps_to_the_contract(kind: str) -> None:
    assert_driver_holds(driver_of(kind), CAPTURES[kind])


def test_what_may_pass_by_chance_is_reckoned_from_the_odds() -> None:
    assert allowance(0.0) == allowance(1e-9) == 0
    assert allowance(1e-3) == 1
    assert 35 <= allowance(15.3) <= 42, "a million bytes of noise against a header and a sum of eight bits"


class Toy:
    """`<n>` with one digit: believed as it comes."""

    def __init__(self, counts: Counts, *, leaks: bool = False, whole: bool = False) -> None:
        self._counts, self._leaks, self._whole = counts, leaks, whole
        self._tail = b""
        self._kept: list[bytes] = []

    def feed(self, data: bytes) -> list[Sample]:
        self._kept += [bytes(bytearray(data))] if self._leaks else []
        found = re.findall(rb"<(\d)>", data if self._whole else self._tail + data)
        self._tail = (self._tail + data)[-2:]
        self._counts.frames += len(found)
        self._counts.ignored += len(data)
        return [Sample((float(digit),)) for digit in found]


def toy(decoder: Callable[[Values, Counts], Decoder], odds: float) -> Driver:
    speech = Speech(decoder, 9600, 5.0, noise_odds=odds, damage_odds=odds)
    return Driver("toy", (Channel("n", Quantity.DISTANCE, 0.0, 9.0),), 5.0, "this file", speech)


TOLD = [Capture("this file", b"<1>", ((1.0,),))]


def test_what_believes_damaged_frames_more_often_than_it_says_is_caught() -> None:
    with pytest.raises(AssertionError, match=r"wrong of \d+ frames, 0 allowed"):
        assert_driver_holds(toy(lambda _, counts: Toy(counts), 1e-12), TOLD)


def test_what_depends_on_how_the_bytes_were_cut_is_caught() -> None:
    with pytest.raises(AssertionError, match="byte by byte, this file: 0 samples, not 1"):
        assert_driver_holds(toy(lambda _, counts: Toy(counts, whole=True), 1e-2), TOLD)


def test_what_believes_noise_or_keeps_it_is_caught() -> None:
    honest = 256**-2 * 10 / 256  # <, a digit, >
    driver = toy(lambda _, counts: Toy(counts), 1e-2)
    assert driver.speech is not None
    with pytest.raises(AssertionError, match="of noise, 0 allowed"):
        assert_driver_holds(replace(driver, speech=replace(driver.speech, noise_odds=1e-14)), TOLD)
    leaking = toy(lambda _, counts: Toy(counts, leaks=True), 1e-2)
    assert leaking.speech is not None
    with pytest.raises(AssertionError, match=r"holds \d+ bytes more"):
        assert_driver_holds(replace(leaking, speech=replace(leaking.speech, noise_odds=honest)), TOLD)


class Asked(Toy):
    """Says nothing of itself; answers `?`, and doubts what it did not ask for."""

    asked = 0

    def ask(self) -> bytes:
        self.asked += 1
        return b"?"

    def feed(self, data: bytes) -> list[Sample]:
        found = super().feed(data)
        wanted, self.asked = self.asked, self.asked if not found else 0
        return found if wanted else []


def test_a_sensor_that_must_be_asked_is_held_too_and_asked_again_after_an_unplugging() -> None:
    driver = toy(lambda _, counts: Asked(counts), 1e-2)
    assert driver.speech is not None
    asking = replace(driver, speech=replace(driver.speech, ask_every_s=0.5))
    assert_driver_holds(asking, [replace(TOLD[0], asked=b"?")])
    with pytest.raises(AssertionError, match="b'!' is never asked"):
        assert_driver_holds(asking, [replace(TOLD[0], asked=b"!")])
