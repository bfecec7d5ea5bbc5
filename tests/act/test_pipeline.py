"""From level to signal in TALQ's order, and DALI's curves exactly as published."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.act.curve import LEAST_SHARE, LEVELS, LINEAR, LOG, Curve
from lampyre.act.governor import SAME
from lampyre.act.pipeline import Luminaire

CLEANED = datetime(2026, 4, 1, 12, tzinfo=UTC)
AGING = ((0.0, 0.80), (20_000.0, 0.90), (50_000.0, 1.0))

# rows of the table of arc power levels in IEC 62386-102: per cent of the flux, to three digits
PRINTED = {
    1: 0.1, 85: 0.991, 100: 1.492, 126: 3.035, 144: 4.962, 170: 10.091, 195: 19.971, 210: 30.079, 220: 39.522,
    229: 50.531, 243: 74.057, 250: 89.654, 254: 100.0,
}  # fmt: skip
# the level nearest to a per cent
NEAREST = {1: 85, 5: 144, 10: 170, 20: 195, 25: 203, 30: 210, 40: 220, 50: 229, 60: 235, 70: 241, 75: 243, 80: 246,
           90: 250, 100: 254}  # fmt: skip


@pytest.mark.parametrize(("level", "percent"), PRINTED.items())
def test_the_logarithmic_curve_is_the_printed_one(level: int, percent: float) -> None:
    assert LOG.share(level / LEVELS) * 100 == pytest.approx(percent, abs=0.0005)


@pytest.mark.parametrize(("percent", "level"), NEAREST.items())
def test_half_the_light_is_level_229_and_so_for_every_per_cent(percent: int, level: int) -> None:
    assert round(LOG.signal(percent / 100) * LEVELS) == level


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
def test_every_arc_power_level_is_the_formula_of_the_standard_and_comes_back(level: int) -> None:
    share = LOG.share(level / LEVELS)
    assert share == pytest.approx(10 ** ((level - 1) / (253 / 3)) * 0.1 / 100, rel=1e-12)
    assert LOG.signal(share) * LEVELS == pytest.approx(level, abs=1e-9)
    assert LINEAR.share(level / LEVELS) == level / LEVELS


@pytest.mark.parametrize("curve", [LINEAR, LOG])
def test_off_is_off_and_full_is_full(curve: Curve) -> None:
    assert (curve.signal(0.0), curve.share(0.0), curve.signal(1.0), curve.share(1.0)) == (0.0, 0.0, 1.0, 1.0)


luminaires = st.builds(
    Luminaire,
    minimum=st.floats(0.0, 0.5),
    virtual=st.floats(0.3, 1.0),
    depreciation=st.sampled_from([(), AGING]),
    maintenance_factor=st.floats(0.6, 1.0),
    cleaned=st.sampled_from([None, CLEANED]),
    curve=st.sampled_from([LINEAR, LOG]),
)
hours = st.floats(0.0, 100_000.0)
days = st.floats(-1000.0, 3000.0)


@given(luminaires, st.floats(0.0, 1.0), st.floats(0.0, 1.0), hours, days)
def test_a_higher_level_never_gives_a_lower_signal(
    luminaire: Luminaire, one: float, other: float, lit_h: float, day: float
) -> None:
    factor = luminaire.factor(lit_h, CLEANED + timedelta(days=day))
    assert 0.0 < factor <= 1.0
    low, high = (luminaire.signal(level, factor) for level in sorted((one, other)))
    assert 0.0 <= low <= high <= 1.0
    assert luminaire.signal(0.0, factor) == 0.0
    assert luminaire.signal(max(SAME, one), factor) > 0.0


@given(luminaires, st.floats(0.0, 1.0), hours, days)
def test_what_a_board_shows_is_the_level_that_was_ordered(
    luminaire: Luminaire, level: float, lit_h: float, day: float
) -> None:
    factor = luminaire.factor(lit_h, CLEANED + timedelta(days=day))
    shown = luminaire.level(luminaire.signal(level, factor), factor)
    lowest = LEAST_SHARE / (luminaire.virtual * factor) if luminaire.curve is LOG else 0.0
    least = max(luminaire.minimum, lowest) if level > 0.0 else 0.0
    assert shown == pytest.approx(max(level, least), abs=1e-9)


@given(luminaires, hours, hours, days)
def test_an_older_lamp_is_never_driven_less(luminaire: Luminaire, one: float, other: float, day: float) -> None:
    at = CLEANED + timedelta(days=day)
    young, old = sorted((one, other))
    assert luminaire.factor(young, at) <= luminaire.factor(old, at)
    assert luminaire.factor(young, at) <= luminaire.factor(young, at + timedelta(days=100))


@pytest.mark.parametrize(
    ("lit_h", "factor"), [(0, 0.8), (10_000, 0.85), (20_000, 0.9), (35_000, 0.95), (50_000, 1.0), (90_000, 1.0)]
)
def test_constant_light_output_goes_by_the_hours_lit(lit_h: float, factor: float) -> None:
    assert Luminaire(depreciation=AGING).factor(lit_h, CLEANED) == pytest.approx(factor)


@pytest.mark.parametrize(("day", "factor"), [(-5, 0.8), (0, 0.8), (50, 0.9), (100, 1.0), (400, 1.0)])
def test_the_maintenance_factor_rises_from_the_cleaning_on(day: int, factor: float) -> None:
    luminaire = Luminaire(maintenance_factor=0.8, cleaned=CLEANED, maintenance_h=2400.0)
    assert luminaire.factor(0.0, CLEANED + timedelta(days=day)) == pytest.approx(factor)


def test_the_stages_come_in_talqs_order() -> None:
    luminaire = Luminaire(0.4, 0.5, AGING, 0.9, CLEANED, 2400.0, LOG)
    factor = luminaire.factor(20_000.0, CLEANED)
    assert luminaire.signal(0.1, factor) == LOG.signal(0.4 * 0.5 * 0.9 * 0.9), "the minimum counts before the scaling"


@given(st.floats(0.0, 1.0))
def test_without_a_word_in_the_configuration_a_level_is_the_signal(level: float) -> None:
    plain = Luminaire()
    assert plain.signal(level) == plain.level(level) == level
    assert not plain.ages
