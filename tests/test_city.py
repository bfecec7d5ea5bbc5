"""What the city asks pushes no technician aside, and what it is told stops no lamp."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.clocks import EVENING, HandClock

from lampyre.act.governor import KEPT_UP
from lampyre.act.override import Override
from lampyre.board import LampReport
from lampyre.errors import CommandRefused, ConfigError
from lampyre.lamp import LampNews
from lampyre.node import Node
from lampyre.records import Alarm, Cause
from lampyre.settings import load_settings
from lampyre.sync import orders

CONFIG = """
[node]
site = "test"
id = "n01"
latitude = 47.3
longitude = 5.0
state_dir = "{folder}/state"
runtime_dir = "{folder}/run"
"""
LAMP = """
[[board]]
id = "b{0}"
kind = "lamp_bin_pico"
link = "serial:///dev/not-plugged-{0}"
[[lamp]]
id = "lamp-{0}"
board = "b{0}"
"""
BIN = '[[bin]]\nid = "bin-1"\ndistance = "b1.distance"\ntemperature = "b1.temperature"\nheight_m = 1.2\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "node.toml"
    path.write_text(CONFIG.format(folder=folder) + text)
    return path


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def node(tmp_path: Path, clock: HandClock) -> AsyncIterator[Node]:
    node = Node(load_settings(written(tmp_path, LAMP.format(1) + LAMP.format(2))), clock)
    await node.open()
    node.latest.put(list(node.latest.channels), [0.0] * len(node.latest.channels))
    for lamp in node.lamps.values():
        lamp.told(LampReport(ordered=False, level=0.32, target=0.32, left_s=0.0))
    yield node
    await node.close()


def wish(*lamps: str, minutes: float = 60.0) -> orders.Override:
    return orders.Override(
        id="c-1", kind="override", lamps=lamps, level=100.0, duration_s=minutes * 60, by="control room",
        issued_at=EVENING, expires_at=EVENING + timedelta(minutes=5),
    )  # fmt: skip


def many_pass(node: Node) -> None:
    """Let enough pass lamp-1 in this quarter that they may be told of."""
    node.latest.put(["b1.passages"], [float(node.settings.node.passages_least)])
    node.lamps["lamp-1"].step()


def technician(lamp: str) -> Override:
    return Override(lamp, 0.0, EVENING + timedelta(minutes=10), "technician", technician=True)


async def test_no_override_of_the_citys_pushes_a_technician_aside_however_long_it_is(node: Node) -> None:
    node.overrides.put(technician("lamp-1"), node.clock.now())
    with pytest.raises(CommandRefused, match="a technician holds lamp-1"):
        await node.obey(wish("lamp-1"))
    assert "lamp-2 at 100 %" in await node.obey(wish("lamp-1", "lamp-2"))
    held = node.overrides.standing("lamp-1", EVENING)
    assert held is not None
    assert held.technician


async def test_the_citys_override_is_taken_when_the_technicians_is_over(node: Node, clock: HandClock) -> None:
    node.overrides.put(technician("lamp-1"), node.clock.now())
    clock.pass_s(601)
    assert "lamp-1 at 100 %" in await node.obey(wish("lamp-1"))


async def test_news_that_make_no_valid_message_are_counted_and_hurt_nobody(node: Node) -> None:
    step = node.lamps["lamp-1"].step()
    assert step is not None
    mad = replace(step.step, order=replace(step.step.order, level=float("nan")))
    node.city.lamp_news("lamp-1", LampNews(mad, 0.5, changed=True, alarms=()))
    node.city.alarm(Alarm("lamp-1", "no event name", True, "x", EVENING))
    assert node.city.unsaid == 2


async def test_the_same_state_again_is_no_news(node: Node, clock: HandClock) -> None:
    news = node.lamps["lamp-1"].step()
    assert news is not None
    told: list[str] = []
    node.city.uplink.publish_state = lambda topic, body: told.append(topic)  # type: ignore[method-assign]
    for _ in range(3):
        node.city.lamp_news("lamp-1", replace(news, changed=True))
        clock.pass_s(61)
    assert len(told) == 1


@pytest.mark.parametrize(("cause", "at_once"), [(Cause.OVERRIDE, True), (Cause.PROGRAM, False)])
async def test_after_a_presence_an_override_is_told_at_once_and_its_end_when_the_minute_is_over(
    node: Node, clock: HandClock, cause: Cause, at_once: bool
) -> None:
    news = node.lamps["lamp-1"].step()
    assert news is not None
    many_pass(node)
    told: list[str] = []
    node.city.uplink.publish_state = lambda topic, body: told.append(topic)  # type: ignore[method-assign]

    def tell(cause: Cause, level: float, *, changed: bool) -> None:
        seen = replace(news.step.seen, at=clock.now())
        order = replace(news.step.order, cause=cause, level=level)
        node.city.lamp_news("lamp-1", replace(news, step=replace(news.step, seen=seen, order=order), changed=changed))

    tell(Cause.SENSOR, 0.8, changed=True)
    clock.pass_s(61)
    tell(Cause.SENSOR, 0.8, changed=False)
    assert len(told) == 1
    tell(cause, 0.5, changed=True)
    assert (len(told) == 2) is at_once
    clock.pass_s(61)
    tell(cause, 0.5, changed=False)
    assert len(told) == 2


@pytest.mark.parametrize("cause", [Cause.PROGRAM, Cause.OVERRIDE])
async def test_of_a_lamp_that_is_kept_up_the_end_is_told_to_the_minute_for_it_began_with_a_passer(
    node: Node, clock: HandClock, cause: Cause
) -> None:
    news = node.lamps["lamp-1"].step()
    assert news is not None
    many_pass(node)
    told: list[dict[str, Any]] = []

    def publish(_: str, body: Callable[[int], bytes]) -> None:
        told.append(json.loads(body(0)))

    node.city.uplink.publish_state = publish  # type: ignore[method-assign, assignment]
    for level, clamps in ((0.8, (KEPT_UP,)), (0.32, ())):
        for changed in (True, False):
            clock.pass_s(61.7)
            seen = replace(news.step.seen, at=clock.now())
            order = replace(news.step.order, cause=cause, level=level, clamps=clamps)
            step = replace(news.step, seen=seen, order=order)
            node.city.lamp_news("lamp-1", replace(news, step=step, changed=changed))
    assert [(state["target_level"], state["time"][-4:], state["ramp_s"]) for state in told] == [
        (80.0, ":00Z", 0.0),
        (32.0, ":00Z", 0.0),
    ]


async def test_where_few_pass_only_the_quarters_end_tells_what_came_after_them_and_an_override_waits_for_none(
    node: Node, clock: HandClock
) -> None:
    news = node.lamps["lamp-1"].step()
    assert news is not None
    told: list[tuple[float, str]] = []

    def publish(_: str, body: Callable[[int], bytes]) -> None:
        state = json.loads(body(0))
        told.append((state["target_level"], state["time"][11:16]))

    node.city.uplink.publish_state = publish  # type: ignore[method-assign, assignment]

    def tell(cause: Cause, level: float) -> None:
        seen = replace(news.step.seen, at=clock.now())
        order = replace(news.step.order, cause=cause, level=level)
        node.city.lamp_news("lamp-1", replace(news, step=replace(news.step, seen=seen, order=order), changed=True))
        clock.pass_s(61)

    for cause, level in ((Cause.SENSOR, 0.8), (Cause.OVERRIDE, 0.6), (Cause.SENSOR, 0.8), (Cause.PROGRAM, 0.5)):
        tell(cause, level)
    assert told == [(60.0, "18:01")]
    for _ in range(12):
        tell(Cause.PROGRAM, 0.5)
    assert told == [(60.0, "18:01"), (50.0, "18:15")]


@pytest.mark.parametrize(
    ("key", "channel"), [("distance", "b1.lux"), ("distance", "b1.temperature"), ("temperature", "b1.distance")]
)
def test_a_bin_that_measures_something_else_is_refused_with_what_would_do(
    tmp_path: Path, key: str, channel: str
) -> None:
    text = "\n".join(f'{key} = "{channel}"' if line.startswith(key) else line for line in BIN.splitlines())
    settings = load_settings(written(tmp_path, LAMP.format(1) + text))
    with pytest.raises(ConfigError, match=f"no such channel of {key}; it has {key}"):
        Node(settings, HandClock())
