"""Words are found in both languages, by their beginnings, with or without accents; what is not understood is told."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.console.tongue import Tongue
from lampyre.console.words import WORDS, Wish, duration_s, find_asset, find_word, parse
from lampyre.errors import CommandRefused

ENGLISH = Tongue("en", ZoneInfo("UTC"), lambda: datetime(2026, 11, 23, tzinfo=UTC))
FRENCH = Tongue("fr", ZoneInfo("UTC"), lambda: datetime(2026, 11, 23, tzinfo=UTC))


@pytest.mark.parametrize("tongue", [ENGLISH, FRENCH])
def test_every_word_of_both_languages_is_found_in_both(tongue: Tongue) -> None:
    for word, both in WORDS.items():
        for names in both:
            assert all(find_word(name.upper(), tongue) == word for name in names)


@pytest.mark.parametrize(
    ("typed", "word"), [("stat", "status"), ("État", "status"), ("pou", "why"), ("cap", "sensors"), ("au", "bye")]
)
def test_a_beginning_is_enough_where_only_one_word_begins_so(typed: str, word: str) -> None:
    assert find_word(typed, ENGLISH) == word


@pytest.mark.parametrize("typed", ["l", "s", "b", "p", "e"])
def test_a_beginning_of_several_words_names_them(typed: str) -> None:
    with pytest.raises(CommandRefused, match="could be"):
        find_word(typed, ENGLISH)


@pytest.mark.parametrize(
    "line",
    [
        "lamp lamp-1 40 for 10m",
        "lampe lamp-1 40 pendant 10m",
        "lamp lamp-1 40% for 10 min",
        "LAMP lamp-1 40 % 600s",
        "lampe lamp-1 40,0 10 minutes",
    ],
)
def test_a_level_and_a_duration_are_understood_in_many_spellings(line: str) -> None:
    assert parse(line, FRENCH) == Wish("lamp", ("lamp-1",), level=0.4, for_s=600.0)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("lamp lamp-1 40", "always ends"),
        ("lamp lamp-1 40 for", "always ends"),
        ("lamp lamp-1 40 for 10", "no duration"),
        ("lamp lamp-1 40 for 10 apples", "no duration"),
        ("lamp lamp-1 40 for 0m", "at most 24 h"),
        ("lamp lamp-1 40 for 25h", "at most 24 h"),
        ("lamp lamp-1 101 for 10m", "no level"),
        ("lamp lamp-1 -1 for 10m", "no level"),
        ("lamp lamp-1 nan for 10m", "no level"),
        ("lamp lamp-1 auto 10m", "Too much"),
        ("status lamp-1", "Too much"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_cure(line: str, why: str) -> None:
    with pytest.raises(CommandRefused, match=why):
        parse(line, ENGLISH)


@pytest.mark.parametrize(
    ("typed", "seconds"), [("90s", 90.0), ("10m", 600.0), ("2heures", 7200.0), ("1h30", 5400.0), ("1h30min", 5400.0)]
)
def test_durations(typed: str, seconds: float) -> None:
    assert duration_s(typed) == seconds


def test_a_lamp_is_found_by_its_number_and_never_guessed() -> None:
    ids = ["lamp-1", "lamp-10", "lamp-11", "bin-1"]
    assert find_asset("lamp-1", ids, "both", ENGLISH) == "lamp-1"
    assert find_asset("10", ids, "both", ENGLISH) == "lamp-10"
    assert find_asset("bin", ids, "both", ENGLISH) == "bin-1"
    for several in ("1", "lamp", "lamp-9"):
        with pytest.raises(CommandRefused, match="there are: lamp-1, lamp-10"):
            find_asset(several, ids, "both", ENGLISH)


@given(st.text(max_size=100))
def test_no_line_at_all_brings_the_parser_down(line: str) -> None:
    for tongue in (ENGLISH, FRENCH):
        try:
            wish = parse(line, tongue)
        except CommandRefused:
            continue
        assert wish is None or wish.word in WORDS


@given(st.lists(st.sampled_from(["lamp", "lampe", "lamp-1", "40", "%", "for", "10m", "auto", "--json", "why"])))
def test_whatever_sets_a_level_has_a_duration_within_a_day(words: list[str]) -> None:
    try:
        wish = parse(" ".join(words), ENGLISH)
    except CommandRefused:
        return
    if wish is not None and wish.level is not None:
        assert wish.for_s is not None
        assert 0.0 < wish.for_s <= 86400.0
