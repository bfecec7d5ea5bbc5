"""`lampyre run` is killed as the kernel kills; the broker says of it what each dialect's world must hear."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.brokers import Mosquitto
from tests.ordeal.kerb import Kerb
from tests.sync.city import until
from tests.sync.dialects.decoder import raw
from tests.sync.dialects.kerb import Ear, Heard, retained

DIALECTS = "[dialects.sparkplug]\n[dialects.home_assistant]\n"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as broker:
        yield broker


def bd_seq(heard: Heard) -> int:
    [found] = [metric for metric in raw(heard.body).metrics if metric.name == "bdSeq"]
    return int(found.long_value)


async def says(ear: Ear, status: str) -> None:
    """Return when the newest that the node's status says is this."""
    await until(lambda: [one.said["status"] for one in ear.on("n01/status")][-1:] == [status], status)


async def test_who_is_killed_is_dead_by_the_number_of_his_birth(tmp_path: Path, mosquitto: Mosquitto) -> None:
    boards = {"b1": str(tmp_path / "not-plugged")}
    async with Ear(mosquitto.port) as ear, Kerb(tmp_path / "kerb", mosquitto.port, boards, DIALECTS) as kerb:
        await kerb.start()
        [birth] = await ear.hears("spBv1.0/test/NBIRTH/n01")
        await ear.hears("spBv1.0/test/DBIRTH/n01/lamp-b1")
        await says(ear, "online")
        await ear.hears("homeassistant/device/n01/test_lamp-b1/config")
        await kerb.kill()
        [death] = await ear.hears("spBv1.0/test/NDEATH/n01")
        await says(ear, "offline")  # by it Home Assistant shows nothing as living
    assert bd_seq(death) == bd_seq(birth) == 0
    assert (death.qos, death.retained) == (1, False)
    numbered = tmp_path / "kerb" / "state" / "sparkplug.json"
    assert json.loads(numbered.read_text()) == {"bd_seq": 1}, "the next life has the next number"
    assert "homeassistant/device/n01/test_lamp-b1/config" in await retained(mosquitto.port, "homeassistant")
