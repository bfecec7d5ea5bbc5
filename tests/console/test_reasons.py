"""Why a lamp does what it does, or did: one paragraph in either language; and the word that asks for it."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.console.answers import ANSWERS
from tests.console.room import NOON, short_folder
from tests.console.test_process import served
from tests.console.test_say import PARIS, tongue

from lampyre.console.ask import Answer
from lampyre.console.reasons import reasons
from lampyre.console.why import moment
from lampyre.errors import CommandRefused

WHY = ANSWERS["why"] | {"until": "2026-11-23T18:31:10Z", "until_by": "hold"}
TECHNICIAN = {"until_by": "override", "override": {"level": 0.4, "by": "technician"}}


def test_the_paragraph_goes_from_the_rule_to_the_hour_until_which_it_stays_so() -> None:
    said = reasons(Answer(WHY), tongue("en"))
    assert said == (
        "lamp-1 is at 42 % and goes to 80 % within 1 s because somebody passed; the light is held 90 s by "
        "activity_v1: another passer is likely. Presence decides, step 4 of 8 of the ladder; nothing above wants "
        "anything. It counts as night: the sun is more than 6 degrees below the horizon. It sees: presence nobody, "
        "light 3.2 lx (too old, 0 s old). activity_v1 1.0.0 expects 3.2 passers in the next 15 min, between 1 and 6. "
        "activity_v1 1.0.0 speaks: in the last weeks activity_v1 1.0.0 erred 31 % less than the rule. 78 % of what "
        "came lay between the two limits it gave; 80 % should. The governor changed nothing. So since 19:02, until "
        "19:31 if nobody else comes."
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"until_by": "dawn"}, "So since 19:02; its night ends about 19:31, if nothing changes before."),
        ({"until_by": "dusk"}, "its night begins about 19:31"),
        ({"until_by": "programme"}, "the programme goes on at 19:31"),
        ({"until_by": "curfew"}, "the curfew changes it at 19:31"),
        ({"until_by": None, "until": None}, "So since 19:02, until something changes."),
        (TECHNICIAN, "until 19:31, as a technician wanted 40 %."),
        ({"clamps": ["raised to the floor of its class"]}, "changed it: raised to the floor of its class."),
        ({"clock_trusted": False}, "The clock is not trusted: these times may be wrong."),
        ({"level": None, "why": "waiting"}, "What lamp-1 does is not known yet: it has not been looked at yet."),
        ({"inputs": []}, "It sees nothing."),
        ({"now": False, "until_by": "decision"}, "So from 19:02 to 19:31."),
        ({"now": False, "until_by": None}, "So since 19:02, and still now."),
        ({"now": False, "forecast": None}, "There was no forecast."),
        ({"now": False}, "At 19:30 lamp-1 was going from 42 % to 80 % within 1 s because"),
        ({"now": False, "level": 0.8}, "At 19:30 lamp-1 was at 80 % because"),
    ],
)  # fmt: skip
def test_what_is_different_is_said_differently(more: dict[str, object], said: str) -> None:
    assert said in reasons(Answer(WHY | more), tongue("en"))
    assert reasons(Answer(WHY | more), tongue("fr"))


def test_it_is_french_where_the_node_is() -> None:
    said = reasons(Answer(WHY | {"now": False, "until_by": "decision"}), tongue("fr"))
    assert said.startswith("À 19:30, lamp-1 allait de 42 % à 80 % en 1 s car quelqu'un est passé")
    assert "C'est la présence qui décidait, échelon 4 sur 8" in said
    assert said.endswith("Ainsi de 19:02 à 19:31.")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("19:15", datetime(2026, 11, 23, 18, 15, tzinfo=UTC)),
        ("23:40", datetime(2026, 11, 22, 22, 40, tzinfo=UTC)),
        ("2026-11-23T02:00", datetime(2026, 11, 23, 1, 0, tzinfo=UTC)),
        ("2026-11-23T02:00Z", datetime(2026, 11, 23, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_time_is_of_the_nodes_clock_and_the_last_one_that_has_passed(typed: str, meant: datetime) -> None:
    assert moment(typed, PARIS, NOON) == meant


@pytest.mark.parametrize(("typed", "meant"), [("02:10", "01:10"), ("02:50", "00:50"), ("03:10", "-1 01:10")])
def test_in_the_hour_that_comes_twice_it_is_the_last_that_has_passed(typed: str, meant: str) -> None:
    now = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # the second half past two
    assert moment(typed, PARIS, now) == now.replace(
        day=24 if meant.startswith("-1") else 25, hour=int(meant[-5:-3]), minute=int(meant[-2:])
    )


@pytest.mark.parametrize("typed", ["25:00", "yesterday", "", "2026-13-01T00:00", "0001-01-01T00:00+01:00"])
def test_no_time_is_refused_with_the_cure(typed: str) -> None:
    with pytest.raises(CommandRefused, match="give 23:40"):
        moment(typed, PARIS, NOON)


def test_what_is_not_known_is_refused_in_french_too() -> None:
    said = (
        "nothing is known of lamp-1 at 2026-12-01T17:59:59Z: what it did is known from 2026-12-01T18:00:00Z on; the "
        "last two days are kept, and only while the agent runs"
    )
    assert tongue("en").told(said) == said
    french = tongue("fr").told(said)
    assert french.startswith("on ne sait rien de lamp-1 à 2026-12-01T17:59:59Z : ce qu'elle a fait est connu depuis")


async def asked(folder: Path, *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lampyre", "why", "--config", str(folder / "node.toml"), *words),
        stdout=PIPE,
        stderr=PIPE,
    )
    out, error = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), error.decode()


async def test_the_word_why_asks_the_running_agent() -> None:
    with short_folder() as folder:
        async with served(folder):
            code, said, _ = await asked(folder, "1", "--at", "2026-11-23T19:30")
            assert code == 0
            assert " ".join(said.split()).startswith("lamp-1 is at 42 %")
            code, raw, _ = await asked(folder, "lamp-1", "--json")
            assert (code, json.loads(raw)) == (0, ANSWERS["why"])
            code, _, error = await asked(folder, "lamp-7")
            assert (code, error) == (2, "lampyre: No lamp or bin lamp-7; there are: lamp-1, lamp-2, bin-1.\n")
        code, _, error = await asked(folder, "lamp-1")
        assert code == 2
        assert "systemctl start lampyre" in error
