"""Real brokers that are not the usual one: a second while the first fails, and one that knows no MQTT 5."""

import asyncio
import json
import logging
from pathlib import Path

import pytest
from tests.brokers import Mosquitto
from tests.leaps import at_speed
from tests.sync.city import ROOT, City, node, until
from tests.sync.oldgate import OldGate

from lampyre.records import Priority
from lampyre.sync.broker import Broker


@at_speed(30)
async def test_a_second_broker_serves_while_the_first_is_gone_and_no_longer(tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "first") as first, Mosquitto(tmp_path / "second") as second:
        other = Broker("127.0.0.1", second.port, "node-1")
        async with City(second.port) as there, node(tmp_path, first.port, fallback=[other]) as running:
            await running.connected()
            first.stop()
            await until(lambda: running.uplink.health(None).broker == "fallback" and running.uplink.online, "second")
            seq = await running.outbox.put(f"{ROOT}/alarm", b'{"n":1}', Priority.ALARM)
            assert await there.hears(f"{ROOT}/alarm") == [{"n": 1}], seq
            first.start()
            async with City(first.port) as here:
                await until(lambda: running.uplink.health(None).broker == "first" and running.uplink.online, "first")
                await running.outbox.put(f"{ROOT}/alarm", b'{"n":2}', Priority.ALARM)
                assert await here.hears(f"{ROOT}/alarm") == [{"n": 2}]
                await until(lambda: there.bodies(f"{ROOT}/status")[-1]["status"] == "offline", "it has said goodbye")
                assert there.bodies(f"{ROOT}/status")[-1]["why"] == "the first broker is back"
                await running.drained()


@at_speed(10)
async def test_by_3_1_1_parcels_states_will_and_commands_pass_and_what_does_not_is_said(
    tmp_path: Path, mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "lampyre")
    async with City(mosquitto.port) as city, OldGate(mosquitto.port) as gate:
        async with node(tmp_path, gate.port, keepalive_s=5) as running:
            running.uplink.publish_state(f"{ROOT}/lamp/l1/state", b"1")
            await running.outbox.put(f"{ROOT}/alarm", b"{}", Priority.ALARM)
            await running.connected()
            await running.drained()
            assert gate.refused == 1
            assert await city.hears(f"{ROOT}/lamp/l1/state") == [1]
            assert await city.hears(f"{ROOT}/alarm") == [{}]
            command = {"id": "c", "kind": "resume", "lamps": ["l1"], "issued_at": "2026-12-01T18:00:00Z",
                       "expires_at": "2026-12-01T18:30:00Z", "by": "control room"}  # fmt: skip
            reply = "lampyre/replies/17"
            await city.say(f"{ROOT}/command/resume", json.dumps(command).encode(), reply=reply)
            await until(lambda: len(running.obedient.done) == 1, "the command is done")
            await running.drained()
            assert not city.bodies(reply)
            assert running.uplink.health(None).protocol == "3.1.1"
            assert len(running.uplink.health(None).cannot) == 3
            await asyncio.sleep(15.0)  # echoes hold it as they hold MQTT 5
            assert running.uplink.reconnects == 0
        assert (await city.hears(f"{ROOT}/status", 2))[-1]["why"] == "stopped"
    lines = [record for record in caplog.records if "3.1.1 only" in record.getMessage()]
    assert len(lines) == 1
