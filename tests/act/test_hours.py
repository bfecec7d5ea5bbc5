"""A lamp's operating hours grow while it is lit, and a gap in looking adds no more than one look."""

import math

import pytest

from lampyre.act.hours import GAP_S, Hours


def test_only_lit_time_counts() -> None:
    hours = Hours()
    for second in range(7201):
        hours.count(0.4 if second <= 3600 else 0.0, float(second))
    assert hours.operating_h == pytest.approx(1.0)


def test_a_gap_counts_as_one_look_and_time_that_runs_backwards_as_none() -> None:
    hours = Hours()
    for at_s in (0.0, 1e6, 5.0):
        hours.count(1.0, at_s)
    assert hours.operating_h == pytest.approx(GAP_S / 3600)


@pytest.mark.parametrize("kept", [-1.0, math.nan, math.inf, 1e9])
def test_hours_that_no_lamp_can_have_are_refused(kept: float) -> None:
    with pytest.raises(ValueError, match="no operating hours"):
        Hours().restore(kept)
