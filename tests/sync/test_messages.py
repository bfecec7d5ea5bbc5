"""What goes out says what is inside, in the units of the outside, and nothing about a person."""

import json
from dataclasses import replace
from datetime import timedelta

import jsonschema
import pytest
from pydantic import ValidationError
from tests.clocks import EVENING, HandClock

from lampyre import records
from lampyre.bin_records import Due, Emptying, Observed, Seeing, Spent
from lampyre.chance import Chance, Skill
from lampyre.records import (
    Alarm,
    Cause,
    Fill,
    Forecast,
    Intent,
    Order,
    Quality,
    Quantity,
    Reading,
    Snapshot,
    Step,
)
from lampyre.sync.convert import PRIVACY_LEAST, Converter, full_within
from lampyre.sync.messages import BinSummary, FullWithin, Record, numbered, replayed, schemas
from lampyre.sync.outbox import OutboxStats
from lampyre.sync.topics import TABLE, Topics


@pytest.fixture
def convert() -> Converter:
    return Converter("dijon", "node-1", 7, HandClock())


SOON = Chance("full", (43200.0, 86400.0), (0.125, 0.6), (0.4, 0.42), "fill_v1")


DUE = Due(EVENING + timedelta(hours=17), "FORECAST", "waiting costs 17 h", 17.0)
EMPTYING = Emptying(EVENING, 0.9012, 0.02, 0.98, 880.0)
OBSERVED = Observed(3, 0.06, -0.04, 0, 1, Seeing(EVENING, 0.8, 0.75))
SPENT = Spent(2026, 1000, None, 90, 52560, 0, "usual")


def step() -> Step:
    sky = Reading("sky", Quantity.ILLUMINANCE, 2.0, EVENING, Quality.SUSPECT)
    seen = Snapshot(EVENING, 1.0, clock_trusted=True, readings={"sky": sky})
    order = Order(0.4, 2.0, 60.0, Cause.SENSOR, "presence", ("not above 40 %",))
    return Step("l1", seen, True, "by the sun", None, Intent(1.0, Cause.SENSOR, "presence"), order)


def lamp_summary(passages: int | None) -> records.LampSummary:
    end = EVENING + timedelta(minutes=15)
    whole = records.LampSummary("l1", EVENING, end, 5.0, 10.0, False, 0.5, 900.0, 2, passages, Quality.GOOD)
    return replace(whole, forecast_by="activity_v1 1.0", skill=Skill(0.31, 1344, 0.78))


def every_message(convert: Converter) -> dict[str, Record]:
    forecast = Forecast("fill", (21600.0,), (0.1,), (0.2,), (0.3,), "fill_v1")
    fill = Fill(
        "b1", EVENING, 0.5, Quality.GOOD, "ok", "by echo", 0.1, (10.0, 20.0, 30.0), SOON, forecast, 12.0, EVENING
    )
    fill = replace(fill, due=DUE, reliability=0.7)
    end = EVENING + timedelta(minutes=15)
    bin_summary = replace(
        records.BinSummary("b1", EVENING, end, 0.5, 0.1, None, SOON, 1, 20.0, Quality.GOOD),
        due=DUE, emptyings=(EMPTYING,), observed=OBSERVED, spent=SPENT, faults=("sensorDirty",), reliability=0.7,
    )  # fmt: skip
    return {
        "status": convert.status(online=True, why="connected"),
        "health": convert.health(5.0, OutboxStats(*range(10)), {"reconnects": 1}),
        "lamp/{id}/state": convert.lamp_state(step()),
        "bin/{id}/state": convert.bin_state(fill),
        "lamp/{id}/summary": convert.lamp_summary(lamp_summary(30)),
        "bin/{id}/summary": convert.bin_summary(bin_summary),
        "alarm": convert.alarm(Alarm("l1", "lampFailure", True, "no power", EVENING)),
        "reply": convert.reply("c-1", "override", "done", "l1 at 80 %"),
    }


def test_the_chance_of_a_full_bin_is_told_in_hundredths_and_whether_it_is_to_be_expected(convert: Converter) -> None:
    summary = every_message(convert)["bin/{id}/summary"]
    assert isinstance(summary, BinSummary)
    assert summary.full_within == FullWithin(h12=0.12, h24=0.6, expected_h12=False, expected_h24=True)
    assert full_within(None) is None


def test_a_bin_tells_by_when_to_collect_what_was_taken_out_and_what_people_saw(convert: Converter) -> None:
    said = json.loads(every_message(convert)["bin/{id}/summary"].model_dump_json())
    assert said["collection"] == {
        "collect_by": "2026-12-02T11:00:00Z", "reason": "FORECAST", "why": "waiting costs 17 h", "waiting_h": 17.0,
        "suppressed_because": None,
    }  # fmt: skip
    assert (said["litres_collected"], said["emptyings"][0]["fill_before"]) == (880.0, 0.9)
    assert (said["observed"]["error"], said["observed"]["last"]["sensor"]) == (0.06, 0.75)
    assert (said["full_threshold"], said["reliability"], said["budget"]["looks_most"]) == (0.8, 0.7, None)
    unknown = replace(EMPTYING, litres=None)
    silent = records.BinSummary("b1", EVENING, EVENING, None, None, None, None, 0, None, Quality.MISSING)
    assert convert.bin_summary(replace(silent, emptyings=(unknown,))).litres_collected is None
    assert convert.bin_summary(silent).collection is None


def test_what_a_passer_caused_is_told_to_the_minute_and_the_rest_of_its_ramp_not_at_all(convert: Converter) -> None:
    seen = Snapshot(EVENING + timedelta(seconds=27.4), 1.0, clock_trusted=True)
    told = convert.lamp_state(replace(step(), seen=seen), minute=True)
    assert (told.time, told.ramp_s) == (EVENING, 0.0)


def test_every_message_validates_against_its_published_schema(convert: Converter) -> None:
    published = {topic.removeprefix("lampyre/v1/{site}/{node}/"): schema for topic, schema in schemas().items()}
    assert set(published) == set(TABLE) | {"reply", "lampyre-row/v1/{site}/{node}/{to}"}
    for topic, message in every_message(convert).items():
        jsonschema.validate(json.loads(numbered(message)(12)), published[topic])


def test_every_message_carries_number_time_quality_and_can_be_marked_as_replayed(convert: Converter) -> None:
    for message in every_message(convert).values():
        body = numbered(message)(12)
        said = json.loads(body)
        assert (said["site"], said["node"], said["seq"], said["time_quality"]) == ("dijon", "node-1", 12, "ntp")
        assert json.loads(replayed(body)) == {**said, "historical": True}
    assert json.loads(numbered(convert.lamp_state(step()))(1))["boot"] == 7


def test_levels_go_out_in_percent_and_the_worst_quality_comes_out(convert: Converter) -> None:
    state = convert.lamp_state(step())
    assert (state.target_level, state.wanted_level, state.quality) == (40.0, 100.0, "suspect")
    assert (state.cause, state.clamps, state.night) == ("sensor", ["not above 40 %"], True)
    assert convert.lamp_summary(lamp_summary(None)).mean_level == 50.0


def test_a_summary_says_who_foresees_and_how_well(convert: Converter) -> None:
    said = json.loads(numbered(convert.lamp_summary(lamp_summary(30)))(1))
    told = [said[f"forecast_{key}"] for key in ("by", "skill", "scored", "coverage")]
    assert told == ["activity_v1 1.0", 0.31, 1344, 0.78]
    alone = convert.lamp_summary(replace(lamp_summary(30), forecast_by=None, skill=None))
    assert (alone.forecast_by, alone.forecast_skill, alone.forecast_scored, alone.forecast_coverage) == (
        None, None, 0, None,
    )  # fmt: skip
    schema = schemas()["lampyre/v1/{site}/{node}/lamp/{id}/summary"]
    assert "rule" in schema["properties"]["forecast_skill"]["description"]


@pytest.mark.parametrize("passages", range(PRIVACY_LEAST))
def test_few_passages_are_not_told_not_even_as_zero(convert: Converter, passages: int) -> None:
    said = convert.lamp_summary(lamp_summary(passages))
    assert (said.passages, said.suppressed) == (None, True)


def test_enough_passages_are_told_and_none_counted_is_not_suppression(convert: Converter) -> None:
    enough = convert.lamp_summary(lamp_summary(PRIVACY_LEAST))
    assert (enough.passages, enough.suppressed) == (PRIVACY_LEAST, False)
    nothing = convert.lamp_summary(lamp_summary(None))
    assert (nothing.passages, nothing.suppressed) == (None, False)


def test_what_is_not_finite_or_not_an_id_does_not_go_out(convert: Converter) -> None:
    fill = Fill("b1", EVENING, float("nan"), Quality.GOOD, "ok", "by echo")
    with pytest.raises(ValidationError, match="fill"):
        convert.bin_state(fill)
    with pytest.raises(ValidationError, match="asset"):
        convert.alarm(Alarm("lamp/#", "lampFailure", True, "no power", EVENING))


@pytest.mark.parametrize("bad", ["", "A", "a/b", "a+", "#", "é", "x" * 33, "a\n"])
def test_ids_that_would_break_a_topic_are_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in a topic"):
        Topics("dijon", bad)
    with pytest.raises(ValueError, match="cannot stand in a topic"):
        Topics("dijon", "node-1").lamp_state(bad)
