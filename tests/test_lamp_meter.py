"""A lamp may have a meter of its own, and a photocell that it shares."""

from pathlib import Path

import pytest
from tests.clocks import EVENING, HandClock
from tests.test_city import LAMP, written

from lampyre.board import LampReport
from lampyre.check import explain
from lampyre.errors import ConfigError
from lampyre.node import Node
from lampyre.settings import load_settings

LINE = "device:///dev/ttyUSB0?baud=9600"
METERS = "".join(
    f'[[board]]\nid = "meter-{k}"\nkind = "sdm120"\nlink = "{LINE}"\noptions = {{ address = {k} }}\n' for k in (1, 2)
)
SKY = '[[board]]\nid = "sky"\nkind = "bh1750"\nlink = "device:///dev/i2c-1"\n'
NAMED = 'power = "meter-{0}.power"\nlux = "sky.lux"\n'
FILE = METERS + SKY + "".join(LAMP.format(k) + NAMED.format(k) for k in (1, 2))


async def test_a_lamp_is_judged_by_its_own_meter_and_switched_by_the_photocell_it_names(tmp_path: Path) -> None:
    clock = HandClock()
    node = Node(load_settings(written(tmp_path, FILE)), clock)
    await node.open()
    lamp = node.lamps["lamp-1"]
    assert lamp.channels[2:4] == ("sky.lux", "meter-1.power")
    node.latest.put(["b1.presence", "b1.power", "sky.lux"], [0.0, 99.0, 1.5])
    lamp.told(LampReport(ordered=True, level=0.6, target=0.6, left_s=50.0))
    for _ in range(120):
        node.latest.put(["meter-1.power", "meter-2.power", "sky.lux"], [24.5, 1.0, 1.5])
        clock.pass_s(1.0)
        lamp.step()
    assert lamp.last is not None
    assert lamp.last.seen.value("meter-1.power") == 24.5
    summary = lamp.close(EVENING, clock.now())
    assert summary.measured
    assert summary.energy_wh == pytest.approx(24.5 * 119 / 3600, rel=0.02)
    await node.close()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "meter-1.power",
            "meter-1.voltage",
            r"lamp lamp-1: power 'meter-1.voltage': board meter-1 has no such channel",
        ),
        ("sky.lux", "sky.light", r"lamp lamp-1: lux 'sky.light': board sky has no such channel of illuminance"),
        ("meter-1.power", "meter-9.power", "lamp lamp-1: channel 'meter-9.power' names no board"),
        ("address = 2", "every_s = 1", "boards meter-1 and meter-2: both at address 1"),
    ],
)
def test_what_a_lamp_cannot_be_measured_by_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        list(explain(load_settings(written(tmp_path, FILE.replace(old, new)))))


def test_two_boards_at_one_address_are_refused_before_anything_is_opened(tmp_path: Path) -> None:
    twice = METERS.replace("address = 2", "address = 1")
    with pytest.raises(ConfigError, match="is there twice; each needs its own"):
        load_settings(written(tmp_path, twice + LAMP.format(1)))


def test_check_names_the_group_that_a_bus_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bus = tmp_path / "i2c-1"
    bus.touch()
    monkeypatch.setattr("lampyre.permits.GROUPS", {str(tmp_path): "i2c"})
    monkeypatch.setattr("os.access", lambda *_: False)
    text = SKY.replace("/dev/i2c-1", str(bus)) + LAMP.format(1)
    said = [line for line in explain(load_settings(written(tmp_path, text))) if "board sky" in line]
    assert f"! board sky: {bus} may not be opened by you; the service needs its group (i2c)" in said
