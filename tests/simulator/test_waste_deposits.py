"""What was thrown in, rebuilt from what a sensor showed."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from tests.simulator.rubbish import deposits, recorded

from lampyre_sim.waste.curve import curve_of, isotonic
from lampyre_sim.waste.deposits import rebuilt
from lampyre_sim.waste.emptyings import emptied

PRAGUE = ZoneInfo("Europe/Prague")
OFTEN = (0, 1, 2, 3, 4, 5, 6)


def drawn(thrown: np.ndarray, on: tuple[int, ...], seed: int = 1, times: float = 1.0) -> np.ndarray:
    return rebuilt(recorded(thrown, on), PRAGUE).drawn(np.random.default_rng(seed), times)


def test_what_was_seen_comes_back_in_full() -> None:
    thrown = deposits(70, 0.4)
    assert drawn(thrown, OFTEN).sum() == pytest.approx(thrown.sum(), rel=0.1)


def test_every_emptying_is_found_once() -> None:
    levels = recorded(deposits(70, 0.4), (0, 3))
    assert len(emptied(levels.hours, levels.fills)) == 19  # twenty, and the first came into an empty container


def test_an_emptying_of_a_nearly_empty_container_counts() -> None:
    levels = recorded(deposits(70, 0.08), (0, 3))
    assert len(emptied(levels.hours, levels.fills)) > 10


def test_what_a_full_container_hid_is_estimated_and_the_estimate_is_stated() -> None:
    thrown = deposits(140, 0.5)
    process = rebuilt(recorded(thrown, (0, 4)), PRAGUE)
    told = process.drawn(np.random.default_rng(1), 1.0).sum()
    assert 0.1 < process.hidden_share < 0.6
    assert told == pytest.approx(thrown.sum(), rel=0.25)
    assert process.drawn(np.random.default_rng(1), 0.0).sum() < 0.9 * told


def test_the_same_seed_draws_the_same_and_another_one_another() -> None:
    thrown = deposits(70, 0.5)
    one, same, other = (drawn(thrown, (0, 4), seed) for seed in (1, 1, 2))
    assert one.tolist() == same.tolist()
    assert one.tolist() != other.tolist()


def test_a_single_false_full_reading_is_no_deposit() -> None:
    levels = recorded(deposits(70, 0.3), (0, 2, 4))
    clean = rebuilt(levels, PRAGUE)
    fills = levels.fills.copy()
    fills[np.flatnonzero(fills < 0.4)[5::60]] = 1.0
    spiked = rebuilt(replace(levels, fills=fills), PRAGUE)
    assert spiked.cells.rose.sum() == pytest.approx(clean.cells.rose.sum(), rel=0.1)


def test_a_level_that_rises_more_slowly_when_fuller_bends_the_curve() -> None:
    levels = np.linspace(0.0, 0.99, 100).repeat(20)
    slope = np.where(levels < 0.7, 1.0, 0.25)
    curve = curve_of(levels, levels + 0.01 * slope, np.full(len(levels), 0.01))
    assert curve.slope[2] == pytest.approx(1.0, abs=0.05)
    assert curve.slope[8] < 0.5
    assert curve.level(curve.thrown(np.array([0.3, 0.9]))).tolist() == pytest.approx([0.3, 0.9])


def test_pooled_neighbours_never_fall() -> None:
    assert isotonic(np.array([1.0, 3.0, 2.0, 4.0])).tolist() == [1.0, 2.5, 2.5, 4.0]
