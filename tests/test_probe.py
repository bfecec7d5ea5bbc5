"""`lampyre probe` names who speaks on a port, and leaves alone what is not its own."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from lampyre import wire
from lampyre.link import open_link
from lampyre.probe import probe
from lampyre_sim.devices import dyp, ld2410, nmea, tfmini
from lampyre_sim.devices.port import DevicePort
from lampyre_sim.ranger import line

EVERY_S = 0.02  # shorter than a probe listens, whatever the machine does meanwhile


def readings() -> bytes:
    return b"\x00" + wire.encode(wire.READINGS, 1, wire.readings_body(1, [0.0] * 8))


SPEAKERS = {
    "maxbotix": lambda: line(1.2),
    "dyp_a01 or dyp_a02": lambda: dyp.frame(1.2),
    "tf_luna or tfmini_s": lambda: tfmini.frame(1.2),
    "ld2410": lambda: ld2410.frame(1.2),
    "nmea": lambda: nmea.sentences(datetime(2026, 12, 1, tzinfo=UTC), 47.3, 5.0),
    "lamp_bin_pico or lamp_bin_esp32": readings,
}


async def probed(say: Callable[[], bytes] | None) -> tuple[int, str]:
    said: list[str] = []
    async with DevicePort(say or bytes, EVERY_S) as device:
        speaking = asyncio.ensure_future(device.run())
        found = await probe([device.tty], said.append)
        speaking.cancel()
    return found, said[0]


@pytest.mark.parametrize("kind", SPEAKERS)
async def test_whoever_speaks_is_named(kind: str) -> None:
    found, said = await probed(SPEAKERS[kind])
    assert found == 1
    assert f"speaks like {kind} at " in said
    assert said.endswith(f'; kind = "{kind.split(" or ", maxsplit=1)[0]}"')


async def test_nonsense_and_silence_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lampyre.probe.LISTEN_S", 0.2)
    assert "bytes that no driver understands" in (await probed(lambda: b"\xaa\x55hello"))[1]
    assert "silent; what must be asked" in (await probed(None))[1]


async def test_a_port_that_a_program_holds_is_left_to_it() -> None:
    said: list[str] = []
    async with DevicePort(bytes, 60.0) as device, open_link(f"serial://{device.tty}"):
        assert await probe([device.tty], said.append) == 0
    assert "another program holds this port" in said[0]
