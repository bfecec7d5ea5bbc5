"""Why a bin is as it is and when somebody should come, in one paragraph; what is seen and shown there is taken."""

from typing import Any

import pytest
from tests.console.answers import ANSWERS
from tests.console.room import PIN, opened
from tests.console.test_say import tongue

from lampyre.console.ask import Answer
from lampyre.console.bin_reasons import bin_reasons, bin_whole
from lampyre.console.whys import translated
from lampyre.console.words import Wish, parse
from lampyre.errors import CommandRefused

BIN = ANSWERS["bin"]
PLAN: dict[str, Any] = BIN["collection"]  # type: ignore[assignment] # a record of the agent's
NOBODY = PLAN | {"reason": None, "collect_by": None}
DOUBTED = NOBODY | {"why": "not by its level: the lid is open", "suppressed_because": "the lid is open"}
SEEN: dict[str, Any] = BIN["observed"]  # type: ignore[assignment] # a record of the agent's


def test_a_bin_is_told_whole_from_its_sensor_to_the_lorry() -> None:
    assert bin_reasons(Answer(BIN), tongue("en")) == (
        "bin-1 is 42 % full (measurement good): the waste is 0.73 m below the sensor. Status: in order. It fills by "
        "30 % a day. It will be 80 % full in 1 d 7 h, between 20 h and 2 d 12 h, says fill_v1 1.0.0. That it is 80 % "
        "full within 24 h, before it is emptied, has a chance of 20 %. This forecast is reliable to 72 %. The rule "
        "speaks: in the last weeks fill_v1 1.0.0 erred 12 % more than the rule. 78 % of what came lay between the two "
        "limits it gave; 80 % should. Collect it by 2026-11-25 12:00, as it will be full: leaving it to the round "
        "after that would cost 17.2 h full, 15 h are allowed. Somebody can come Mo-Su 06:00-12:00. Last emptied: "
        "2026-11-20 06:10; 99 % sure. NOW: something hangs in front of the sensor (rose from 20 % to 100 % at once "
        "(usual in a day: 3 %)). Readings not believed since the start: spikes 2. Looks of people: 3; beside them its "
        "sensor erred by 6 %, and on average it says 4 % too little. Times that two agreed and moved its calibration: "
        "1; that they disagreed: 0. The last one, 2026-11-22 10:00: 40 % seen, the sensor said 35 %. Its sensors: "
        "distance 0.73 m, lid shut. "
        "Its status is so since 07:12."
    )


def test_it_is_french_where_the_node_is() -> None:
    said = bin_reasons(Answer(BIN), tongue("fr"))
    assert "À collecter au plus tard 25/11/2026 12:00, car il sera plein : attendre la tournée suivante" in said
    assert "On peut venir lu-di 06:00-12:00." in said
    assert "couvercle fermé" in said
    assert "Cette prévision est fiable à 72 %." in said
    assert "son capteur s'est trompé de 6 %, et en moyenne il dit 4 % de moins." in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"collection": NOBODY | {"why": "can wait: it costs 0.4 h, 15 h are allowed"}},
         "Nobody needs to collect it yet: to wait costs 0.4 h full, 15 h are allowed."),
        ({"collection": DOUBTED}, "Its level asks for nobody, for it cannot be trusted: the lid is open."),
        ({"collection": PLAN | {"reason": "AGE", "why": "not emptied for 15 days", "suppressed_because": "lid shut"}},
         "as it has not been emptied for long: it has not been emptied for 15 days. Its level asks for nobody"),
        ({"collection": None}, "Last emptied"),
        ({"observed": SEEN | {"bias": 0.0, "moves": 0}}, "erred by 6 %, and it leans to neither side. The last one"),
        ({"observed": SEEN | {"error": None, "bias": None, "last": SEEN["last"] | {"sensor": None}}},
         "40 % seen; the sensor said nothing."),
        ({"clock_trusted": False}, "The clock is not trusted"),
        ({"hours_to_full": None}, "When it will be full cannot be said yet."),
    ],
)  # fmt: skip
def test_what_is_different_is_said_differently(more: dict[str, object], said: str) -> None:
    assert said in bin_reasons(Answer(BIN | more), tongue("en"))
    assert bin_reasons(Answer(BIN | more), tongue("fr"))


def test_the_word_bin_says_what_the_year_has_cost() -> None:
    assert (
        "Pace: usual. In 2026: 120000 looks (on mains, no limit), 8000 of 52560 states told, and 0 of fire."
    ) in bin_whole(Answer(BIN), tongue("en"))
    battery: dict[str, Any] = BIN["budget"]  # type: ignore[assignment] # a record of the agent's
    said = bin_whole(Answer(BIN | {"budget": battery | {"looks_most": 26000, "pace": "night"}}), tongue("fr"))
    assert "Rythme : nuit. En 2026 : 120000 mesures (sur 26000), 8000 états envoyés sur 52560, et 0 de feu." in said


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("observe bin-2 80", Wish("observe", ("bin-2",), fill=0.8)),
        ("observer 2 80,5 %", Wish("observe", ("2",), fill=0.805)),
        ("obs bin-2 0% --json", Wish("observe", ("bin-2",), json=True, fill=0.0)),
        ("calibrate bin-2 empty", Wish("calibrate", ("bin-2",), shown="empty")),
        ("régler bac-2 plein 0,25 m", Wish("calibrate", ("bac-2",), shown="full", metres=0.25)),
    ],
)
def test_what_is_seen_and_shown_is_understood_in_both_languages(line: str, wish: Wish) -> None:
    assert parse(line, tongue("en")) == wish
    assert wish.sets


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("observe", "How full is it?"),
        ("observe bin-2", "How full is it?"),
        ("observe bin-2 nan", "nan is no fill"),
        ("observe bin-2 101", "101 is no fill"),
        ("observe bin-2 -1", "no fill"),
        ("observe bin-2 80 90", "Too much"),
        ("calibrate bin-2", "empty or full"),
        ("calibrate bin-2 half", "neither empty nor full"),
        ("calibrate bin-2 empty far", "no distance"),
        ("calibrate bin-2 empty 1.2 1.3", "Too much"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_cure(line: str, why: str) -> None:
    with pytest.raises(CommandRefused, match=why):
        parse(line, tongue("en"))


@pytest.mark.parametrize(
    ("said", "french"),
    [
        ("noted; the sensor said 50%; two agree, and its full is moved by +6 cm",
         "noté ; le capteur disait 50 % ; deux concordent : la distance du bac plein est corrigée de +6 cm"),
        ("the lid is open: nothing to hold it against; wait until it is over, say it again",
         "le couvercle est ouvert, donc rien à quoi comparer ; le redire quand ce sera fini"),
        ("the same was said within ten minutes and is noted; say it again if it changes",
         "la même chose a été dite il y a moins de dix minutes, et notée"),
    ],
)  # fmt: skip
def test_what_came_of_a_look_is_said_in_french(said: str, french: str) -> None:
    assert translated(said, "fr") == french


async def test_a_look_and_a_calibration_need_the_pin_reach_the_agent_and_are_audited(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with opened() as (room, _), room.technician() as technician:
        await technician.ask("observe bin-1 40", "needs the PIN first")
        assert room.canned.settings == []
        await technician.ask(f"pin {PIN}", "Right.")
        assert "which agrees" in await technician.ask("observe bin-1 40", "bin-1:")
        assert "empty at 1.25 m" in await technician.ask("calibrate 1 empty 1.25", "Done")
        await technician.ask("observe bin-9 40", "No bin bin-9")
        assert room.canned.settings == [
            {"ask": "observe", "id": "bin-1", "fill": 0.4, "by": "technician"},
            {"ask": "calibrate", "id": "bin-1", "what": "empty", "metres": 1.25},
        ]
    audit = [record.getMessage() for record in caplog.records if record.name == "lampyre.console.audit"]
    assert any("bin-1 seen at 40.0%: done" in line for line in audit)
    assert any("bin-1 empty at 1.25 m: done" in line for line in audit)
