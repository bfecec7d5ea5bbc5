"""The classes of EN 13201-2: each asks less than the one before, and levels scale with what they ask."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.decide.light.classes import CLASSES, in_words, level_for

LETTERS = {letter: [name for name in CLASSES if name[0] == letter] for letter in "MCP"}
PAIRS = [(one, other) for names in LETTERS.values() for one in names for other in names if one <= other]


def test_the_tables_are_whole() -> None:
    assert {letter: len(names) for letter, names in LETTERS.items()} == {"M": 6, "C": 6, "P": 7}
    assert {CLASSES[name].unit for name in LETTERS["M"]} == {"cd/m2"}
    assert {CLASSES[name].unit for name in LETTERS["C"] + LETTERS["P"]} == {"lx"}


@pytest.mark.parametrize("names", LETTERS.values(), ids=str)
def test_a_class_asks_less_than_the_one_before(names: list[str]) -> None:
    assert all(CLASSES[one].mean > CLASSES[other].mean for one, other in pairwise(names))


def test_the_darkest_point_of_a_path_has_a_fifth_of_the_average() -> None:
    for name in LETTERS["P"][:-1]:
        least = CLASSES[name].least
        assert least is not None
        assert least == pytest.approx(CLASSES[name].mean / 5)


@pytest.mark.parametrize(("normal", "wanted"), PAIRS)
@given(st.floats(0.01, 1.0))
def test_a_lower_class_never_needs_more_light_and_the_own_one_what_it_has(
    normal: str, wanted: str, normal_level: float
) -> None:
    level = level_for(wanted, normal, normal_level)
    assert 0.0 <= level <= normal_level
    assert (level == normal_level) == (wanted == normal)
    if wanted != normal:
        assert level / normal_level == pytest.approx(CLASSES[wanted].mean / CLASSES[normal].mean)


def test_levels_of_a_street() -> None:
    assert level_for("P6", "P4", 0.8) == pytest.approx(0.32)
    assert level_for("P1", "P4", 0.8) == 1.0, "a higher class than the lamp can give ends at full light"
    assert level_for("P7", "P7", 0.8) == 0.8
    assert level_for("P7", "P4", 0.8) == 0.0


def test_what_a_class_asks_is_said_with_its_units() -> None:
    assert in_words("M3") == "M3 (1 cd/m2)"
    assert in_words("P4") == "P4 (5 lx, 1 lx at least)"
