"""A lamp's faults and what it has behind it are told in both languages."""

import pytest
from tests.console.answers import ANSWERS
from tests.console.test_say import tongue

from lampyre.console import say
from lampyre.console.ask import Answer
from lampyre.console.whys import translated


@pytest.mark.parametrize(
    "why",
    [
        "0.6 W at level 0.32 of 40 W",
        "26.6 W at level 0.32, 26.6 W at 0.80",
        "15.1 W at level 0.80 instead of 30.2 W",
        "went out 5 times in 2 h of light",
        "no believable power reading while its board speaks",
        "exactly 23.4 W at levels from 0.32 to 0.80",
        "3 of 3 lamps that should burn draw no power",
        "its board was without supply: start 13 to 14",
        "cyclingFailure",
        "dimmingFailure",
        "lampPowerTooHigh",
        "lampPowerTooLow",
        "powerMeterFailure",
        "supplyLoss",
    ],
)
def test_a_faults_name_and_evidence_are_known_in_french(why: str) -> None:
    assert translated(why, "fr") != why
    assert "{" not in translated(why, "fr") + translated(why, "en")


def test_a_lamp_tells_its_hours_its_drift_and_what_may_remain() -> None:
    said = say.lamp(Answer(ANSWERS["lamp"]), tongue("en"))
    assert said[-3:] == [
        "Lit for 1234 h since it was installed, switched on 812 times, 3 supply losses.",
        "Its power has changed by -3 % since it was first known.",
        "41000 to 82000 h of light may remain.",
    ]
    assert say.lamp(Answer(ANSWERS["lamp"]), tongue("fr"))[-1] == "Il reste peut-être 41000 à 82000 h d'éclairage."


def test_what_is_not_known_of_a_lamp_is_not_said() -> None:
    unknown = {"starts": 812, "supply_losses": 3, "power_drift": None, "life_low_h": None, "life_high_h": None}
    said = say.lamp(Answer(ANSWERS["lamp"] | {"upkeep": unknown}), tongue("en"))
    assert len(said) == len(say.lamp(Answer(ANSWERS["lamp"]), tongue("en"))) - 2
