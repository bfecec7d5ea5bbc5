"""The uplink with brokers that throw out, refuse, know no MQTT 5, or are gone: what it does, in virtual time."""

import asyncio
import logging
from pathlib import Path

import pytest
from tests.brokers import free_port
from tests.leaps import in_leaps
from tests.sync.city import ROOT, Node, node
from tests.sync.tinybroker import TinyBroker

from lampyre.records import Priority
from lampyre.sync import codes
from lampyre.sync.backoff import FULL, TWIN, USUAL
from lampyre.sync.broker import Broker
from lampyre.sync.first import LOOK_FIRST_S
from lampyre.sync.flight import APART
from lampyre.sync.table import RETRY_S

HOUR_S = 3600.0


def gaps(broker: TinyBroker) -> list[float]:
    """Return the seconds between one CONNECT and the next."""
    return [later - earlier for earlier, later in zip(broker.connects_s, broker.connects_s[1:], strict=False)]


def said(caplog: pytest.LogCaptureFixture, word: str) -> int:
    """Return how many lines of ours, not for debugging, have this word."""
    lines = [record for record in caplog.records if record.name.startswith("lampyre")]
    return sum(word in record.getMessage() for record in lines if record.levelno >= logging.INFO)


@in_leaps
async def test_a_broker_that_takes_us_in_and_throws_us_out_is_tried_ever_less_often(tmp_path: Path) -> None:
    async with TinyBroker(lives_s=2.0) as broker, node(tmp_path, broker.port) as running:
        await asyncio.sleep(HOUR_S)
        assert HOUR_S / (USUAL.most_s + 2.0) - 1 <= len(broker.connects_s) <= 300
        assert max(gaps(broker)) > USUAL.most_s / 2, "a session of two seconds is no reason to begin anew"
        assert running.task is not None
        assert not running.task.done()


@in_leaps
async def test_thrown_out_with_the_connack_it_goes_on(tmp_path: Path) -> None:
    async with TinyBroker(lives_s=0.0, parting=codes.BUSY) as broker, node(tmp_path, broker.port):
        await asyncio.sleep(HOUR_S)
        assert all(gap >= FULL.first_s for gap in gaps(broker))
        assert len(broker.connects_s) > HOUR_S / FULL.most_s - 1


@in_leaps
async def test_who_finds_its_id_taken_waits_long_and_says_what_is_wrong(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with TinyBroker(lives_s=100.0, parting=codes.TAKEN_OVER) as broker, node(tmp_path, broker.port):
        await asyncio.sleep(6 * HOUR_S)
        assert min(gaps(broker)) >= TWIN.first_s + 100.0
        assert max(gaps(broker)) > 200.0, "100 s are a stable session, and all the same it is the same quarrel"
    assert said(caplog, "another client has our id") >= 1


@in_leaps
async def test_a_broker_that_says_it_is_full_is_asked_seldom_and_nothing_is_set_aside(tmp_path: Path) -> None:
    full = TinyBroker(says=lambda topic, _: codes.QUOTA_EXCEEDED if topic.endswith("alarm") else 0)
    async with full as broker, node(tmp_path, broker.port) as running:
        await running.outbox.put(f"{ROOT}/alarm", b"{}", Priority.ALARM)
        await asyncio.sleep(HOUR_S)
        assert all(gap >= FULL.first_s for gap in gaps(broker))
        assert (running.outbox.stats().alarms, running.outbox.stats().parked) == (1, 0)
        broker.says = lambda topic, body: 0
        await asyncio.sleep(2 * FULL.most_s)
        await running.drained()


@in_leaps
@pytest.mark.parametrize("code", [codes.UNSPECIFIED, codes.BROKERS_OWN, codes.ID_IN_USE])
async def test_a_parcel_refused_without_a_reason_of_its_own_is_tried_thrice_and_holds_up_nobody(
    tmp_path: Path, code: int
) -> None:
    picky = TinyBroker(says=lambda _, body: code if body == b"poison" else 0)
    async with picky as broker, node(tmp_path, broker.port) as running:
        await running.outbox.put(f"{ROOT}/alarm", b"poison", Priority.ALARM)
        await running.outbox.put(f"{ROOT}/alarm", b"{}", Priority.ALARM)
        await asyncio.sleep(HOUR_S)
        await running.drained()
        assert [body for _, body in broker.published].count(b"poison") == 3
        assert b"{}" in {body for _, body in broker.published}
        assert running.outbox.stats().parked == 1


@in_leaps
@pytest.mark.parametrize("window", [1, 2, 3, 10])
async def test_no_more_is_on_its_way_than_the_broker_takes(tmp_path: Path, window: int) -> None:
    async with TinyBroker(window=window, answers=False) as broker, node(tmp_path, broker.port) as running:
        broker.answers = True
        await asyncio.sleep(1.0)
        assert running.uplink.online
        broker.answers = False
        for number in range(30):
            running.uplink.publish_state(f"{ROOT}/lamp/l{number}/state", b"1")
        await asyncio.sleep(1.0)
        assert broker.flying == max(1, window - APART)
        await asyncio.sleep(HOUR_S / 60)
        assert broker.flying_most <= window


@in_leaps
@pytest.mark.parametrize("old", [codes.VERSION_REFUSED, 1, codes.CLOSED_EARLY])
async def test_a_broker_without_mqtt_5_is_spoken_to_in_3_1_1_and_what_that_costs_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, old: int
) -> None:
    caplog.set_level(logging.INFO)
    async with TinyBroker(old=old) as broker, node(tmp_path, broker.port) as running:
        await running.outbox.put(f"{ROOT}/alarm", b"{}", Priority.ALARM)
        await asyncio.sleep(HOUR_S / 60)
        await running.drained()
        assert broker.levels[-1] == 4
        assert running.uplink.online
        health = running.uplink.health(None)
        assert health.protocol == "3.1.1"
        assert "looks as if it were taken" in health.cannot[0]
        connects = len(broker.connects_s)
        await asyncio.sleep(HOUR_S)
        assert len(broker.connects_s) == connects, "its own echo keeps the session, and notices when it dies"
        broker.mute = True
        await asyncio.sleep(60.0)
        assert not running.uplink.online
        broker.mute = False
        await asyncio.sleep(120.0)
        assert said(caplog, "3.1.1 only") == 1
        broker.old, broker.lives_s = None, 100.0
        broker.mute = True
        await asyncio.sleep(60.0)
        broker.mute = False
        await asyncio.sleep(120.0)
        assert broker.levels[-1] == 5, "mended, it is found out at the next connect"


@in_leaps
async def test_a_refused_subscription_is_told_once_and_asked_for_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with TinyBroker(grants=lambda _: codes.UNSPECIFIED + 7) as broker, node(tmp_path, broker.port) as running:
        await asyncio.sleep(5 * RETRY_S)
        assert running.uplink.online, "parcels flow all the same"
        assert running.uplink.health(None).subscriptions_refused == 1
        assert said(caplog, "no commands: the broker refuses") == 1
        broker.grants = lambda _: 1
        await asyncio.sleep(RETRY_S + 1)
        assert running.uplink.health(None).subscriptions_refused == 0
        assert said(caplog, "the broker grants") == 1


def place(broker: TinyBroker) -> Broker:
    return Broker("127.0.0.1", broker.port, "node-1")


async def drained(running: Node, number: int) -> None:
    await running.outbox.put(f"{ROOT}/alarm", b"%d" % number, Priority.ALARM)
    await asyncio.sleep(1.0)
    await running.drained()


@in_leaps
async def test_while_the_first_broker_fails_another_serves_and_the_first_again_when_it_stands(tmp_path: Path) -> None:
    port = free_port()
    async with TinyBroker() as second, node(tmp_path, port, fallback=[place(second)]) as running:
        await asyncio.sleep(180.0)
        assert running.uplink.online
        assert running.uplink.health(None).broker == "fallback"
        await drained(running, 1)
        shaky = TinyBroker(port=port, lives_s=30.0)
        async with shaky:
            await asyncio.sleep(HOUR_S)
            assert running.uplink.health(None).broker == "fallback", "it is there, but does not stand for a minute"
            assert not [topic for topic, _ in shaky.published], "nothing is said to it while it is looked at"
            assert len(second.connects_s) == 1
        async with TinyBroker(port=port) as first:
            await asyncio.sleep(LOOK_FIRST_S + 4 * USUAL.most_s)
            assert running.uplink.online
            assert running.uplink.health(None).broker == "first"
            assert "the first broker is back" in second.published[-1][1].decode()
            await drained(running, 2)
            assert b"2" in {body for _, body in first.published}
            assert b"2" not in {body for _, body in second.published}


@in_leaps
async def test_with_all_brokers_dead_each_is_tried_for_ever(tmp_path: Path) -> None:
    first, second = TinyBroker(refuses=codes.UNAVAILABLE), TinyBroker(refuses=codes.BUSY)
    async with first, second, node(tmp_path, first.port, fallback=[place(second)]) as running:
        await asyncio.sleep(6 * HOUR_S)
        for one in (first, second):
            assert len(one.connects_s) >= 6 * HOUR_S / FULL.most_s / 4
            assert len(one.connects_s) <= 6 * HOUR_S / FULL.first_s
        assert not running.uplink.online


@in_leaps
async def test_a_broker_that_sends_us_to_another_sends_us_to_our_own_second(tmp_path: Path) -> None:
    first, second = TinyBroker(refuses=codes.USE_ANOTHER), TinyBroker()
    async with first, second, node(tmp_path, first.port, fallback=[place(second)]) as running:
        await asyncio.sleep(5.0)
        assert running.uplink.online
        assert len(first.connects_s) == 1


@in_leaps
async def test_a_backlog_drains_at_the_stated_rate_and_alarms_wait_for_no_turn(tmp_path: Path) -> None:
    async with node(tmp_path, free_port(), drain_per_s=20.0) as waiting:
        await asyncio.gather(*(waiting.outbox.put(f"{ROOT}/s", b"s", Priority.SUMMARY) for _ in range(400)))
    async with TinyBroker() as broker, node(tmp_path, broker.port, drain_per_s=20.0) as running:
        loop = asyncio.get_running_loop()
        while not broker.published:
            await asyncio.sleep(0.1)
        began_s = loop.time()
        await asyncio.sleep(5.0)
        await running.outbox.put(f"{ROOT}/alarm", b"now", Priority.ALARM)
        await asyncio.sleep(0.5)
        assert (f"{ROOT}/alarm", b"now") in broker.published
        assert [topic for topic, _ in broker.published].count(f"{ROOT}/s") <= 20 * 5.5 + 3
        while running.outbox.stats().summaries:
            await asyncio.sleep(0.1)
        assert 400 / 20 - 1 <= loop.time() - began_s <= 400 / 20 + 3
