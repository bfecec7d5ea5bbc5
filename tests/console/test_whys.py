"""Every reason of night, photocell and programme is known in French."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.console.whys import translated
from lampyre.decide.light.photocell import STUCK_AT_DARK, STUCK_AT_LIGHT
from lampyre.decide.light.programme import Mark, Period, Point


@pytest.mark.parametrize(
    "why",
    [
        STUCK_AT_DARK,
        STUCK_AT_LIGHT,
        "photocell sees 12% of the sky: dirty or shaded",
        "photocell sees 4.3 times the sky: stray light",
        "photocell agrees with the sun again",
        "photocellImplausible",
        "light in the night: clock or photocell is wrong",
        "clock not trusted, photocell not proven: lit",
        "sun alone",
        "sun, outside the photocell's window",
        "photocell in its window",
        "programme p, no period now",
        "programme p, no period now, by rule 3 of calendar town",
        "clock not trusted, so no programme: safe level",
    ],
)
def test_what_night_and_programme_say_is_known_in_french(why: str) -> None:
    assert translated(why, "fr") != why
    assert translated(why, "en")
    assert "{" not in translated(why, "en")


@given(st.sampled_from(Mark), st.integers(-360, 360), st.sampled_from(["", ", by rule 2 of calendar town"]))
def test_every_period_is_named_in_french(mark: Mark, minutes: int, by: str) -> None:
    point = Point(mark, abs(minutes) if mark is Mark.CLOCK else minutes)
    period = Period(point, Point(Mark.CLOCK, 300), 0.4, True, False)
    said = translated(f"programme quiet {period}{by}", "fr")
    assert said.startswith("par le programme quiet, de ")
    assert not any(mark in said for mark in ("sunset", "sunrise", "dusk", "dawn"))
