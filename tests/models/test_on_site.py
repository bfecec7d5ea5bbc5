"""What a report says of the bands a node would have told."""

import numpy as np
import pytest

from training.judged import Part
from training.on_site import coverage_on_site
from training.vector import without_sums

DAYS = 120


def part(spread: float) -> Part:
    """Two sites whose truths lie normally about 100, sigma 10; the model says p10 and p90 at `spread`."""
    rng = np.random.default_rng(5)
    n = 24 * DAYS
    when = np.datetime64("2025-01-06T00:00", "s") + np.arange(n) * np.timedelta64(3600, "s")
    truth = np.stack([rng.normal(100, 10, 2 * n), np.full(2 * n, np.nan)], axis=1)
    said = np.tile(np.array([100 - spread, 100, 100 + spread]), (2 * n, 2, 1))
    site = np.repeat(np.array(["a", "b"]), n)
    return Part("set", True, site, np.tile(when, 2), ("1 h", "24 h"), truth, said, said, {})


@pytest.mark.parametrize("spread", [7.0, 20.0])
def test_a_band_that_is_wrong_everywhere_comes_near_its_promise_on_site(spread: float) -> None:
    said = part(spread)
    plain = np.mean(np.abs(said.truth[:, 0] - 100) <= spread)
    near, far = coverage_on_site(said, (1.0, 24.0), 24, 1e6)
    assert abs(near - 0.8) < 0.5 * abs(plain - 0.8)
    assert np.isnan(far), "nothing is known a day ahead"


def test_a_truth_moves_no_band_that_was_told_before_it_was_known() -> None:
    said = part(7.0)
    late = coverage_on_site(said, (24.0 * DAYS, 24.0), 24, 1e6)[0]
    assert late == pytest.approx(np.mean(np.abs(said.truth[:, 0] - 100) <= 7.0))


def test_days_of_hours_among_quarters_are_left_out() -> None:
    counts = np.ones(3 * 96)
    counts[96 : 2 * 96] = np.nan
    counts[96 : 2 * 96 : 4] = 4.0
    counts[2 * 96 + 10 : 2 * 96 + 20] = np.nan
    left = without_sums(counts, 900)
    assert np.isnan(left[96 : 2 * 96]).all()
    assert np.array_equal(left[:96], counts[:96])
    assert np.array_equal(left[2 * 96 :], counts[2 * 96 :], equal_nan=True), "a gap is no day of hours"
    assert np.array_equal(without_sums(counts, 3600), counts, equal_nan=True)
