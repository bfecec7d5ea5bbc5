"""What our own message holds back no dialect tells."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.brokers import Mosquitto
from tests.clocks import EVENING
from tests.sync.dialects.decoder import decode, raw
from tests.sync.dialects.jinja import render
from tests.sync.dialects.kerb import Ear, node
from tests.sync.dialects.natives import QUARTER

from lampyre.records import LampSummary, Quality

ALL = "[dialects]\ncloud_events = true\n[dialects.home_assistant]\n[dialects.ngsi_ld]\n[dialects.sparkplug]\n"
HELD_BACK = {"Lamp/Passages", "Lamp/PeriodEnergy_Wh", "Lamp/Power_W", "Lamp/MeanLevel"}


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as broker:
        yield broker


def summary(number: int, passages: int) -> LampSummary:
    end = EVENING + number * QUARTER
    whole = (5.0, 9.0, False, 0.5, 900.0, 2, passages, Quality.GOOD)
    return LampSummary("l1", end - QUARTER, end, *whole, follows=True)


async def test_too_few_passages_are_told_by_nobody_and_enough_by_all(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with Ear(mosquitto.port) as ear, node(tmp_path, mosquitto.port, ALL) as running:
        [birth] = await ear.hears("/DBIRTH/node-1/l1")
        [announced] = await ear.hears("_l1/config")
        running.city.summaries([summary(0, 4)])
        await ear.hears("/DDATA/node-1/l1")
        running.city.summaries([summary(1, 5)])
        await ear.hears("/DDATA/node-1/l1", 2)
        await ear.hears("/ItemFlowObserved/")
        await ear.hears("/lamp/l1/summary", 2)
    few, enough = ear.on("/DDATA/node-1/l1")
    assert {metric.name for metric in raw(few.body).metrics if metric.is_null} >= HELD_BACK
    told = {one.name: one.value for one in decode("DDATA", enough.body, decode("DBIRTH", birth.body)).metrics}
    assert told["Lamp/Passages"] == 5
    [flow] = ear.on("/ItemFlowObserved/")
    assert flow.said["intensity"]["value"] == 5
    power = [heard.said for heard in ear.on("/Streetlight/l1") if "powerConsumption" in heard.said]
    assert len(power) == 1, "the quarter with enough"
    template = announced.said["cmps"]["passages"]["val_tpl"]
    shown = [render(template, heard.body, lambda: EVENING) for heard in ear.on("/lamp/l1/summary")]
    assert shown == ["", "5"]
    assert json.loads(ear.on("/lamp/l1/summary")[0].body)["suppressed"]
