"""A disk on which nothing can be written costs the dialects their memory, and the node nothing."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.brokers import Mosquitto
from tests.faultproxy import FaultProxy
from tests.sync.city import until
from tests.sync.dialects.kerb import Ear, node

HERE = "[dialects.home_assistant]\n[dialects.sparkplug]\n"
FILES = "home_assistant.json", "sparkplug.json"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as broker:
        yield broker


async def test_what_cannot_be_written_down_is_said_all_the_same(
    tmp_path: Path, mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    for name in FILES:  # a folder where the file's other half would be: writing fails for root, too
        (tmp_path / "state" / f"{name}.part").mkdir(parents=True)
    caplog.set_level(logging.WARNING)
    async with (
        Ear(mosquitto.port) as ear,
        FaultProxy(mosquitto.port) as proxy,
        node(tmp_path, proxy.port, HERE) as running,
    ):
        await ear.hears("homeassistant/device/", 6)
        await ear.hears("spBv1.0/dijon/DBIRTH", 2)
        proxy.cut()
        await ear.hears("spBv1.0/dijon/NBIRTH", 2)
        await until(lambda: running.city.uplink.online, "the uplink goes on")
    assert {name for name in FILES if any(name in record.getMessage() for record in caplog.records)} == set(FILES)
    assert not any((tmp_path / "state" / name).exists() for name in FILES)


async def test_what_cannot_be_forgotten_is_taken_back_all_the_same(
    tmp_path: Path, mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    remembered = tmp_path / "state" / "home_assistant.json"
    remembered.mkdir(parents=True)  # it is there, and can neither be read nor removed
    async with node(tmp_path, mosquitto.port, "") as running:
        await until(lambda: running.city.uplink.online, "the uplink goes on")
        await until(lambda: "gone" in caplog.text, "told")
        assert running.city.uplink.online
