"""The uplink keeps one session, loses nothing, and blocks on nothing, with a real broker and real breaks."""

import asyncio
import json
import logging
from collections import defaultdict
from pathlib import Path

import pytest
from tests.brokers import Mosquitto, free_port
from tests.faultproxy import FaultProxy
from tests.leaps import at_speed, in_leaps
from tests.sync.city import ROOT, City, node, until

from lampyre.records import Priority
from lampyre.sync.backoff import USUAL, Backoff

SPEED = 10


def body(stream: str, number: int) -> bytes:
    return json.dumps({"stream": stream, "number": number, "historical": False}, separators=(",", ":")).encode()


@at_speed(SPEED)
async def test_birth_and_all_states_are_retained_right_after_connecting(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with node(tmp_path, mosquitto.port) as running:
        for lamp in range(30):
            running.uplink.publish_state(f"{ROOT}/lamp/l{lamp}/state", b"old")
            running.uplink.publish_state(f"{ROOT}/lamp/l{lamp}/state", lambda seq: b"%d" % seq)
        await running.connected()
        async with City(mosquitto.port) as city:
            await until(lambda: len({topic for topic, _, _ in city.heard}) == 31, "30 states and a status")
            assert [b["status"] for b in await city.hears(f"{ROOT}/status")] == ["online"]
            assert b"old" not in {body for _, body, _ in city.heard}
            assert city.bodies(f"{ROOT}/lamp/l29/state") == [60]


@at_speed(SPEED)
async def test_a_node_that_stops_says_so_and_one_that_vanishes_is_said_to(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with City(mosquitto.port) as city, FaultProxy(mosquitto.port) as proxy:
        async with node(tmp_path, proxy.port) as running:
            await running.connected()
            proxy.cut()
            heard = await city.hears(f"{ROOT}/status", 3)
            assert [(b["status"], b["why"]) for b in heard] == [
                ("online", "connected"),
                ("offline", "connection lost"),
                ("online", "connected"),
            ]
            await until(lambda: running.uplink.reconnects == 1, "it knows")
        assert (await city.hears(f"{ROOT}/status", 4))[3]["why"] == "stopped"


@at_speed(2 * SPEED)
async def test_an_outage_loses_nothing_keeps_each_streams_order_and_repeats_only_the_same(
    tmp_path: Path, mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "lampyre.sync.uplink")
    seqs: dict[tuple[str, int], int] = {}

    async def put(stream: str, number: int, priority: Priority = Priority.SUMMARY) -> None:
        seqs[stream, number] = await running.outbox.put(f"{ROOT}/{stream}", body(stream, number), priority)

    async with City(mosquitto.port) as city, node(tmp_path, mosquitto.port) as running:
        await running.connected()
        for number in range(60):
            if number == 10:
                mosquitto.stop()
            await asyncio.gather(*(put(f"s{stream}", number) for stream in range(20)))
            await put("alarms", number, Priority.ALARM)
            if number == 50:
                mosquitto.start()
        await running.connected()
        await running.drained()
        await until(lambda: len({body for _, body, _ in city.heard}) >= len(seqs) + 2, "all heard")

        order: dict[str, list[int]] = defaultdict(list)
        for topic, said, _ in city.heard:
            if not topic.endswith("status"):
                message = json.loads(said)
                if message["number"] not in order[message["stream"]]:
                    order[message["stream"]].append(message["number"])
        assert dict(order) == {stream: list(range(60)) for stream in {stream for stream, _ in seqs}}
        assert len(set(seqs.values())) == len(seqs)
    ours = [record for record in caplog.records if record.name.startswith("lampyre")]
    lines = [record.getMessage() for record in ours if record.levelno >= logging.INFO]
    assert len(lines) == 3, lines
    assert "keeping parcels" in lines[1]
    assert "parcels waiting" in lines[2]


@at_speed(SPEED)
async def test_what_waited_is_marked_as_historical_and_what_did_not_is_not(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    mosquitto.stop()
    async with node(tmp_path, mosquitto.port) as running:
        await running.outbox.put(f"{ROOT}/alarm", body("a", 1), Priority.ALARM)
        mosquitto.start()
        async with City(mosquitto.port) as city:
            await running.connected()
            await running.drained()
            await running.outbox.put(f"{ROOT}/alarm", body("a", 2), Priority.ALARM)
            marks = {b["number"]: b["historical"] for b in await city.hears(f"{ROOT}/alarm", 1) if b["number"] == 2}
            await until(lambda: any(b["number"] == 2 for b in city.bodies(f"{ROOT}/alarm")), "the second")
            marks = {b["number"]: b["historical"] for b in city.bodies(f"{ROOT}/alarm")}
            assert marks[2] is False
            assert marks.get(1, True) is True


@at_speed(SPEED)
async def test_live_states_go_before_the_backlog_of_summaries(tmp_path: Path, mosquitto: Mosquitto) -> None:
    mosquitto.stop()
    async with node(tmp_path, mosquitto.port) as running:
        await asyncio.gather(
            *(running.outbox.put(f"{ROOT}/s", body("s", number), Priority.SUMMARY) for number in range(400))
        )
        for lamp in range(40):
            running.uplink.publish_state(f"{ROOT}/lamp/l{lamp}/state", b"1")
        mosquitto.start()
        async with City(mosquitto.port) as city:
            await running.drained()
            await until(lambda: len([1 for topic, _, _ in city.heard if topic.endswith("/state")]) == 40, "all states")
            last_state = max(at for at, (topic, _, retained) in enumerate(city.heard) if topic.endswith("/state"))
            assert len([1 for topic, _, _ in city.heard[:last_state] if topic.endswith("/s")]) <= 40


@at_speed(SPEED)
async def test_a_refused_parcel_is_parked_and_the_rest_flows(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text(f"topic deny {ROOT}/lamp/secret/summary\ntopic readwrite #\n")
    with Mosquitto(tmp_path / "broker", config=f"allow_anonymous true\nacl_file {acl}") as broker:
        async with City(broker.port) as city, node(tmp_path, broker.port) as running:
            refused = await running.outbox.put(f"{ROOT}/lamp/secret/summary", b"{}", Priority.ALARM)
            await running.outbox.put(f"{ROOT}/alarm", b"{}", Priority.ALARM)
            await city.hears(f"{ROOT}/alarm")
            await running.drained()
            ((seq, topic, reason),) = await running.outbox.parked()
            assert (seq, topic) == (refused, f"{ROOT}/lamp/secret/summary")
            assert "ot authorized" in reason
            assert (running.outbox.stats().parked, running.uplink.reconnects) == (1, 0)


@at_speed(SPEED)
async def test_a_broker_that_refuses_our_own_status_keeps_the_parcels_waiting(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic read #\n")
    with Mosquitto(tmp_path / "broker", config=f"allow_anonymous true\nacl_file {acl}") as broker:
        async with node(tmp_path, broker.port) as running:
            await running.outbox.put(f"{ROOT}/alarm", b"{}", Priority.ALARM)
            await until(lambda: "ACL" in (running.uplink.down_reason or ""), "the reason names the ACL")
            assert running.outbox.stats().alarms == 1


@at_speed(SPEED)
async def test_too_large_a_parcel_is_parked_and_the_session_stays(tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "broker", config="allow_anonymous true\nmax_packet_size 2000") as broker:
        async with City(broker.port) as city, node(tmp_path, broker.port) as running:
            running.uplink.publish_state(f"{ROOT}/lamp/l1/state", b"x" * 3000)
            await running.outbox.put(f"{ROOT}/alarm", b"x" * 3000, Priority.ALARM)
            await running.outbox.put(f"{ROOT}/alarm", b"{}", Priority.ALARM)
            assert await city.hears(f"{ROOT}/alarm") == [{}]
            await running.drained()
            assert "the broker takes 2000" in (await running.outbox.parked())[0][2]
            assert (running.uplink.reconnects, running.uplink.states.dropped) == (0, 1)


@at_speed(SPEED)
async def test_a_half_open_link_is_noticed_within_two_keepalives(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with (
        City(mosquitto.port) as city,
        FaultProxy(mosquitto.port) as proxy,
        node(tmp_path, proxy.port, keepalive_s=15) as running,
    ):
        await running.connected()
        loop = asyncio.get_running_loop()
        await asyncio.sleep(20)  # idle: the echo alone keeps the link alive
        assert running.uplink.online
        assert running.uplink.reconnects == 0
        proxy.stall()
        stalled_s = loop.time()
        seqs = [await running.outbox.put(f"{ROOT}/alarm", lambda seq: body("a", seq), Priority.ALARM)]
        await until(lambda: not running.uplink.online, "noticed")
        assert loop.time() - stalled_s < 2 * 15
        assert running.outbox.stats().alarms == 1, "what was said into the void is not taken for said"
        seqs.append(await running.outbox.put(f"{ROOT}/alarm", lambda seq: body("a", seq), Priority.ALARM))
        proxy.flow()
        await running.drained()
        await until(lambda: {b["number"] for b in city.bodies(f"{ROOT}/alarm")} == set(seqs), "both arrive")


@at_speed(SPEED)
async def test_a_subscription_survives_breaks_and_commands_are_obeyed_after_each(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    async with node(tmp_path, mosquitto.port) as running:
        for stop in range(3):
            await running.connected()
            mosquitto.stop()
            await until(lambda: not running.uplink.online, "the break is noticed")
            mosquitto.start()
            await running.connected()
            assert running.uplink.reconnects == stop + 1
            async with City(mosquitto.port) as city:
                await city.say(f"{ROOT}/command/override", b"nonsense")
                await until(lambda n=stop: running.uplink.commands.refused == n + 1, "the command arrives")  # type: ignore[misc]


@in_leaps
async def test_an_absent_broker_is_tried_for_ever_slowly_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "lampyre.sync.uplink")
    async with node(tmp_path, free_port()) as running:
        await asyncio.sleep(3600)
        assert not running.uplink.online
        assert "is the broker running, and is this its port?" in str(running.uplink.down_reason)
        tries = [record for record in caplog.records if "uplink" in record.getMessage()]
        assert 3600 / USUAL.most_s <= len(tries) <= 400
        assert running.beats >= 3600 / 10
    ours = [record for record in caplog.records if record.name.startswith("lampyre")]
    assert len([record for record in ours if record.levelno >= logging.INFO]) == 1


def test_backoff_grows_to_a_minute_and_starts_anew_only_after_a_stable_minute() -> None:
    backoff = Backoff()
    waits = [backoff.wait_s(lived_s=USUAL.stable_s - 1) for _ in range(300)]
    assert all(USUAL.first_s <= wait <= USUAL.most_s for wait in waits)
    assert waits[0] <= 3 * USUAL.first_s
    assert max(waits) > 30
    assert len({round(wait, 3) for wait in waits}) > 100
    assert backoff.wait_s(lived_s=USUAL.stable_s) <= 3 * USUAL.first_s
