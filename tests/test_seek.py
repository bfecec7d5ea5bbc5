"""`lampyre probe --ask` finds meters, chips and thermometers, writes to none, and names what to write in the file."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.clocks import LoopClock
from tests.leaps import in_leaps
from tests.pins import chip_at

from lampyre.seek import seek
from lampyre_sim.bench_line import BenchLine
from lampyre_sim.devices.i2c import Bh1750, Bus, TfLuna
from lampyre_sim.devices.modbus import Load, Registers, Slaves, pzem004t, sdm120
from lampyre_sim.plug import Plug

LOAD = Load()


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lampyre.probe.LISTEN_S", 0.01)


@contextmanager
def line(meters: Mapping[int, Callable[[], Registers]]) -> Iterator[Slaves]:
    """Have meters on every line there is, in a loop that leaps."""
    slaves = Slaves(meters)
    bench = BenchLine(slaves.hear)
    slaves.say = bench.say
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lampyre.seek.open_link", bench._open)
        patch.setattr("lampyre.probe.open_link", bench._open)
        yield slaves


async def sought(folder: Path, *ports: str, most: int = 4, bus: Bus | None = None) -> tuple[int, list[str]]:
    said: list[str] = []
    reach = (bus or Bus({})).reach
    with chip_at(folder):
        found = await seek(ports, range(1, most + 1), LoopClock(), said.append, folder, folder, reach)
    return found, said


async def test_meters_are_found_on_a_tty_by_kind_and_address_with_their_line_for_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lampyre.seek.ANSWER_S", 30.0)  # everybody who is asked is there: only a hang waits so long
    slaves = Slaves({1: partial(sdm120, LOAD), 2: partial(pzem004t, LOAD)})
    plug = Plug(tmp_path / "ttyUSB0", slaves.hear)
    slaves.say = plug.write
    plug.replug()
    found, said = await sought(tmp_path, plug.path, most=2)
    plug.unplug()
    assert found == 4, "at both speeds: a tty without a wire has none"
    lines = [text for text in said if "kind = " in text]
    for baud in (2400, 9600):
        at = f'{tmp_path}/ttyUSB0: address {{}} at {baud} baud: 230.1 V; kind = "{{}}", link = "device://{tmp_path}/ttyUSB0'
        for address, kind in ((1, "sdm120"), (2, "pzem004t")):
            assert f'{at.format(address, kind)}?baud={baud}", options = {{ address = {address} }}' in lines


@in_leaps
async def test_who_answers_as_no_known_kind_is_told_of_too() -> None:
    with line({1: lambda: dict.fromkeys(range(0x60), 0)}), TemporaryDirectory() as folder:
        found, said = await sought(Path(folder), "/dev/ttyUSB9", most=1)
    assert found == 0
    assert "/dev/ttyUSB9: address 1 at 9600 baud: answers in Modbus, but as no kind that is known" in said


@in_leaps
async def test_each_address_is_asked_at_each_speed_and_nobody_is_told_what_to_check() -> None:
    with line({}) as slaves, TemporaryDirectory() as folder:
        found, said = await sought(Path(folder), "/dev/ttyUSB9")
    assert found == 0
    assert "/dev/ttyUSB9: no meter at addresses 1 to 4; A and B crossed, no supply?" in said
    assert slaves.asked == [1, 2, 3, 4] * 2


@in_leaps
async def test_a_meter_among_absent_ones_is_found() -> None:
    with line({7: partial(pzem004t, LOAD)}), TemporaryDirectory() as folder:
        found, _ = await sought(Path(folder), "/dev/ttyUSB9", most=16)
    assert found == 2


async def test_chips_are_looked_for_where_known_kinds_are_and_nothing_is_written_to_them(tmp_path: Path) -> None:
    (tmp_path / "i2c-1").touch()
    (tmp_path / "i2c-2").touch()
    written: list[bytes] = []

    class Watched(Bh1750):
        def transfer(self, write: bytes, read: int) -> bytes:
            written.append(write)
            return super().transfer(write, read)

    bus = Bus({0x5C: Watched(10.0), 0x10: TfLuna(1.0)})
    found, said = await sought(tmp_path, bus=bus)
    assert found == 4, "two on each of two buses, which are one here"
    assert any('i2c-1: somebody at 0x5c, as a bh1750; kind = "bh1750"' in text for text in said)
    assert any('kind = "tf_luna_i2c"' in text and "address = 0x10" in text for text in said)
    assert written == [b"", b""]
    assert bus.open == 0


async def test_an_empty_bus_and_one_that_may_not_be_opened_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "i2c-1").touch()
    _, said = await sought(tmp_path)
    assert f"{tmp_path}/i2c-1: nobody at 0x10, 0x23, 0x5c" in said
    bus = Bus({})
    bus.there = False
    _, said = await sought(tmp_path, bus=bus)
    assert f"{tmp_path}/i2c-1: No such file or directory; not asked further" in said


async def test_what_the_kernel_knows_is_listed(tmp_path: Path) -> None:
    (tmp_path / "bus/w1/devices/28-0316a279b3ff").mkdir(parents=True)
    (tmp_path / "bus/w1/devices/w1_bus_master1").mkdir()
    (tmp_path / "class/pwm/pwmchip0").mkdir(parents=True)
    (tmp_path / "class/pwm/pwmchip0/npwm").write_text("2\n")
    found, said = await sought(tmp_path)
    path = tmp_path / "bus/w1/devices/28-0316a279b3ff"
    assert found == 1
    assert said[0].startswith("no serial port here")
    assert said[1:] == [
        f'{path}: a DS18B20; kind = "ds18b20", link = "device://{path}"',
        f"{tmp_path}/gpiochip0 (pinctrl-test, 8 lines): for gpio_presence and gpio_relay",
        f"{tmp_path}/class/pwm/pwmchip0: 2 channels for pwm",
    ]
