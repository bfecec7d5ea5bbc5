"""What is said fits the terminal, is whole in both languages, and stands any answer."""

import re
from copy import deepcopy
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.console.answers import ANSWERS, FORECAST, SKILL
from tests.console.room import NOON

from lampyre.act.envelope import Envelope
from lampyre.act.governor import Governor
from lampyre.console import say
from lampyre.console.ask import Answer
from lampyre.console.bin_reasons import bin_reasons, bin_whole
from lampyre.console.phrases import PHRASES
from lampyre.console.reasons import reasons
from lampyre.console.tongue import Language, Tongue
from lampyre.console.whys import translated
from lampyre.console.words import WORDS
from lampyre.curfew import Curfew
from lampyre.decide.bins.fill import Container, FillWatch
from lampyre.decide.light.night import Night
from lampyre.decide.light.on_demand import Demand, OnDemand
from lampyre.records import Cause, Forecast, Intent, Quality, Quantity, Reading, Snapshot

PARIS = ZoneInfo("Europe/Paris")
SAYERS = {
    "status": say.status,
    "sensors": lambda answer, tongue: say.sensors(answer, tongue, None),
    "lamp": say.lamp,
    "why": lambda answer, tongue: [reasons(answer, tongue)],
    "bin": lambda answer, tongue: [*bin_whole(answer, tongue), bin_reasons(answer, tongue)],
    "outbox": say.outbox,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def tongue(language: Language, *, plain: bool = False) -> Tongue:
    return Tongue(language, PARIS, lambda: NOON, plain=plain)


def seen(*readings: Reading, clock_trusted: bool = True, day: int = 0, hour: int = 0) -> Snapshot:
    at = NOON + timedelta(days=day, hours=hour)
    return Snapshot(at, 0.0, clock_trusted, {reading.channel: reading for reading in readings})


def test_every_phrase_stands_in_both_languages_with_the_same_values() -> None:
    values = re.compile(r"\{(\w+)\}")
    for key, (english, french) in PHRASES.items():
        assert english, key
        assert french, key
        assert set(values.findall(english)) == set(values.findall(french)), key
    assert all(f"usage_{word}" in PHRASES for word in WORDS)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("what", SAYERS)
def test_no_line_is_wider_than_eighty_columns_even_with_the_longest_names(what: str, language: Language) -> None:
    answer = deepcopy(ANSWERS[what])
    answer["id"] = "l" * 32
    answer["why"] = "x" * 300
    spoken = tongue(language)
    for text in SAYERS[what](Answer(answer), spoken):
        assert all(len(line) <= 80 for line in spoken.paragraph(text, "  ").split("\n"))


@given(what=st.sampled_from(sorted(SAYERS)), data=st.data())
def test_whatever_the_agent_answers_something_readable_is_said(what: str, data: st.DataObject) -> None:
    answer = deepcopy(ANSWERS[what])
    key = data.draw(st.sampled_from(sorted(answer)))
    answer[key] = data.draw(JSON)
    for one in ("en", "fr"):
        spoken = tongue(one)
        for text in SAYERS[what](Answer(answer), spoken):
            said = spoken.paragraph(text)
            assert all(letter.isprintable() or letter == "\n" for letter in said)
    assert SAYERS[what](Answer({}), tongue("fr"))


def test_the_reasons_of_an_override_name_who_and_until_when() -> None:
    answer = deepcopy(ANSWERS["lamp"])
    answer["why"] = "override by technician until 18:40:00 UTC"
    answer["override"] = {"level": 0.4, "until": "2026-11-23T18:40:00Z", "by": "technician"}
    answer["clamps"] = ["raised to the floor of its class", "level was outside 0 to 1"]
    english = say.why_lamp(Answer(answer), tongue("en"))
    assert "So since 19:02, until 19:40, as a technician wanted 40 %." in english
    assert "changed it: raised to the floor of its class, the level wanted was outside 0 to 100 %." in english
    french = say.why_lamp(Answer(answer), tongue("fr"))
    assert "jusqu'à 19:40, car un technicien a voulu 40 %." in french


def test_a_node_that_has_just_started_says_what_it_does_not_know_yet() -> None:
    lamp = deepcopy(ANSWERS["lamp"])
    lamp |= {"level": None, "target": None, "night": None, "night_why": None, "why": "waiting"}
    lamp |= {"board_down": "not heard yet", "skill": None}
    said = say.lamp(Answer(lamp), tongue("fr"))
    assert said[0] == "On ne sait pas encore ce que fait lamp-1 : elle n'a pas encore été regardée."
    assert "pas encore entendue" in said[1]


@pytest.mark.parametrize(
    ("hours", "fill", "said"),
    [
        (None, 0.42, "cannot be said yet"),
        ([20.0, 31.0, 60.0], 0.85, "above its limit of 80 %: it should be emptied"),
        ([200.0, 336.0, 336.0], 0.1, "not be 80 % full within two weeks, says fill_v1 1.0.0"),
        ([0.52, 2.0, 336.0], 0.1, "in 2 h, between 30 min and more than two weeks"),
    ],
)
def test_when_a_bin_will_be_full_is_said_no_finer_than_it_is_known(
    hours: list[float] | None, fill: float, said: str
) -> None:
    assert said in say.why_bin(Answer(ANSWERS["bin"] | {"hours_to_full": hours, "fill": fill}), tongue("en"))


@pytest.mark.parametrize(
    ("skill", "english", "french"),
    [
        ({}, "activity_v1 1.0.0 speaks: in the last weeks activity_v1 1.0.0 erred 31 % less than the rule.",
         "s'est trompé de 31 % de moins que la règle. 78 % de ce qui est venu"),
        ({"model_speaks": False, "value": -0.2}, "The rule speaks: in the last weeks activity_v1 1.0.0 erred 20 % more",
         "La règle parle"),
        ({"value": -0.03}, "erred 3 % more than the rule. It takes 5 % to change who speaks.", "Il faut 5 %"),
        ({"value": 0.0}, "activity_v1 1.0.0 and the rule erred alike.", "se sont trompés autant"),
        ({"value": None, "model_speaks": False}, "The rule speaks: ", "La règle parle"),
        ({"judged": False, "value": None, "scored": 12}, "a week of forecasts is scored against the rule; so far 12",
         "moins d'une semaine"),
        ({"model": ""}, "Board b1", "La carte b1"),
    ],
)  # fmt: skip
def test_who_foresees_better_is_said_and_by_how_much(skill: dict[str, object], english: str, french: str) -> None:
    answer = Answer(ANSWERS["lamp"] | {"skill": SKILL | skill})
    assert english in say.lamp(answer, tongue("en"))[1]
    assert french in say.lamp(answer, tongue("fr"))[1]


def test_a_rule_that_speaks_is_named_in_words() -> None:
    by_rule = {**FORECAST, "source": "rule: slot of the week"}
    said = say.why_lamp(Answer(ANSWERS["lamp"] | {"forecast": by_rule}), tongue("fr"))
    assert "La règle (la moyenne de cette heure de la semaine) prévoit 3,2 passages" in said
    why = "presence, held 90 s by rule: slot of the week: next passer likely"
    assert translated(why, "fr") == (
        "quelqu'un est passé ; la lumière est tenue 90 s par la règle (la moyenne de cette heure de la semaine) : "
        "un autre passage est probable"
    )


def test_a_status_says_where_the_rule_foresaw_better() -> None:
    said = say.status(Answer(ANSWERS["status"]), tongue("fr"))
    assert "Modèle activity : la règle a mieux prévu et parle pour 1 sur 2." in said
    assert not any("Modèle fill : la règle" in line for line in said)


def test_a_lost_city_is_told_once_with_its_cure() -> None:
    why = "mqtt://127.0.0.1:1883: [Errno 111] Connection refused; is the broker running, and is this its port?"
    down = ANSWERS["status"] | {"uplink": {"broker": "mqtt://127.0.0.1:1883", "online": False, "down": why}}
    assert say.status(Answer(down), tongue("fr"))[1] == (
        "Ville : PAS relié à mqtt://127.0.0.1:1883 : connexion refusée ; le broker tourne-t-il, et est-ce bien son "
        "port ? Les messages sont gardés."
    )


def test_a_status_of_sixty_four_lamps_stays_on_one_screen() -> None:
    answer = deepcopy(ANSWERS["status"])
    answer["lamps"] = [{"id": f"lamp-{number}", "level": 0.3, "why": "nobody here"} for number in range(64)]
    assert len(say.status(Answer(answer), tongue("fr"))) <= 24
    assert len(say.lamps(Answer(answer), tongue("fr"))) == 64


def test_a_time_of_another_day_has_its_date() -> None:
    assert tongue("fr").time("2026-11-20T05:10:00Z") == "20/11/2026 06:10"
    assert tongue("en").time("2026-11-20T05:10:00Z") == "2026-11-20 06:10"
    assert tongue("en").time("2026-11-23T05:10:00Z") == "06:10"
    assert tongue("en").time("not a time") == "not a time"


def test_durations_and_numbers_read_aloud() -> None:
    assert [tongue("fr").duration(s) for s in (0.4, 90.0, 3600.0, 276_000.0)] == ["0 s", "1 min 30 s", "1 h", "3 j 4 h"]
    assert tongue("fr").number(12.34) == "12,3"
    assert tongue("en").number(-0.01) == "0"
    assert tongue("en").percent(None) == "? %"


def test_every_reason_that_the_light_policies_give_is_known_in_french() -> None:
    policy = OnDemand(Demand(0.3, 0.8, 30.0, 180.0, "b.presence", "b.passages"))
    whys = [policy.decide(seen(), night=night, forecast=None).why for night in (True, False)]
    here = Reading("b.presence", Quantity.PRESENCE, 0.0, NOON)
    whys.append(policy.decide(seen(here), night=True, forecast=None).why)
    there = Reading("b.presence", Quantity.PRESENCE, 1.0, NOON)
    whys += [policy.decide(seen(there), night=True, forecast=_forecast(count)).why for count in (None, 0.0, 0.1, 9.0)]
    whys += [_night(True, 0.0), _night(False, None), _night(False, 0.0), _night(True, 0.0, hour=18)]
    whys += [_night(True, 0.0, hour=-2), _night(True, None, hour=-2)]
    whys += _clamps()
    for why in whys:
        assert translated(why, "fr") != why, why
        assert translated(why, "en"), why


def test_every_reason_of_a_bin_is_known_in_french() -> None:
    watch = FillWatch(Container("b.distance", None, 1.2, 0.3))
    whys = [watch.look(seen()).why]
    for metres, quality in ((0.7, Quality.GOOD), (0.7, Quality.STALE), (3.0, Quality.GOOD), (0.1, Quality.GOOD)):
        reading = Reading("b.distance", Quantity.DISTANCE, metres, NOON, quality)
        whys += [watch.look(seen(reading, clock_trusted=trusted)).why for trusted in (True, False)]
        whys.append(watch.look(seen(reading), blind="the lid is open").why)
    for why in whys:
        assert translated(why, "fr") != why, why


@given(st.text(max_size=300))
def test_an_unknown_reason_comes_back_as_it_is(text: str) -> None:
    assert translated(f"zzz {text} zzz", "fr") == f"zzz {text} zzz"


def _forecast(count: float | None) -> Forecast | None:
    return None if count is None else Forecast("passages", (900.0,), (0.0,), (count,), (count,), "activity_v1 1.0.0")


def _night(clock_trusted: bool, lux: float | None, *, hour: int = 0) -> str:
    cell = [] if lux is None else [Reading("b.lux", Quantity.ILLUMINANCE, lux, NOON)]
    return Night(47.3, 5.0, "b.lux").judge(seen(*cell, clock_trusted=clock_trusted, hour=hour)).why


def _clamps() -> list[str]:
    """Every reason of the governor: nobody spoke, too little, too much, the town's limits, too often."""
    governor = Governor(
        Envelope(0.3, 0.6, 1.0, 12.0, "b.presence", 0.9, Curfew(time(0), time(23), 0.7, ZoneInfo("UTC")))
    )
    wanted = [None, Intent(0.0, Cause.PROGRAM, "day"), Intent(7.0, Cause.OVERRIDE, "day")]
    orders = [governor.permit(intent, seen(), night=True) for intent in wanted]
    restless = [(0.8 if turn % 2 else 0.3, governor) for turn in range(9)]
    orders += [each.permit(Intent(level, Cause.PROGRAM, "day"), seen(), night=False) for level, each in restless]
    clamps = {clamp for order in orders for clamp in order.clamps}
    assert len(clamps) == 7
    return [orders[0].why, *clamps]
