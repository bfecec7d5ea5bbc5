"""Runs in the guest: the whole agent under its own unit, with pins and buses of this machine's kernel."""

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from smbus2 import SMBus
from tests.hardware.inside import door
from tests.hardware.inside.sim import Chip, play, settle, until

HERE = Path(__file__).parent
NODE = Path("/etc/lampyre/node.toml")
PIR, RELAY = 3, 4  # lines
SEEN = Path("/sys/module/pwm_stand_in/parameters")
LIT, DARK = 0, 1  # what the relay's line carries: lit while it is low, as at a normally closed contact
LIDAR, SUN = 0x10, 0x23
CHIP = Chip("kerb")


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def stub() -> str:
    """Return the name of the bus of i2c-stub: registers at one address, by SMBus."""
    run("modprobe", "i2c-dev")
    run("modprobe", "i2c-stub", f"chip_addr={LIDAR},{SUN}")
    for name in Path("/sys/class/i2c-adapter").glob("i2c-*/name"):
        if "SMBus stub" in name.read_text():
            return name.parent.name
    raise OSError("i2c-stub made no bus")


def see(bus: str, metres: float, strength: int = 800) -> None:
    """Let the lidar's registers say this."""
    with SMBus(int(bus.partition("-")[2])) as wire:
        low, high = divmod(round(metres * 100), 256)[::-1]
        wire.write_i2c_block_data(LIDAR, 0, [low, high, strength & 255, strength >> 8])


def lamp() -> object:
    """Return what the agent says of it, where a wait was in vain."""
    return door.ask("lamp", id="lamp-1")


async def starts() -> str:
    bus = stub()
    see(bus, 1.23)
    run("modprobe", "pwm_stand_in")
    settle()
    CHIP.pull(RELAY, up=False)
    hour = datetime.now(UTC).hour + datetime.now(UTC).minute / 60
    longitude = (24.0 - hour) * 15.0  # where it is midnight by the sun
    text = (HERE / "node.toml").read_text()
    NODE.write_text(text.format(chip=CHIP.path, bus=bus, longitude=(longitude + 180.0) % 360.0 - 180.0))
    checked = run("runuser", "-u", "lampyre", "--", "/opt/lampyre/venv/bin/lampyre", "check", str(NODE))
    refused = [line for line in checked.splitlines() if "may not" in line]
    assert not refused, refused
    run("systemctl", "start", "lampyre.service")
    began_s = time.monotonic()
    door.wait(door.up, "pir-1")
    await until(lambda: CHIP.value(RELAY) == DARK, lamp)
    unit = set(run("systemctl", "show", "--property=DevicePolicy,User,NRestarts", "lampyre.service").split())
    assert unit == {"NRestarts=0", "User=lampyre", "DevicePolicy=closed"}, unit
    dark_s = time.monotonic() - began_s
    return f"as nobody special, in its sandbox: lit as found, dark by its programme after {dark_s:.0f} s"


async def somebody() -> str:
    await until(lambda: CHIP.value(RELAY) == DARK, lamp)
    CHIP.pull(PIR, up=True)
    lit_s = await until(lambda: CHIP.value(RELAY) == LIT, lamp)
    CHIP.pull(PIR, up=False)
    dark_s = await until(lambda: CHIP.value(RELAY) == DARK, lamp)
    assert door.channel("pir-1.passages")["value"] == 1.0
    return f"pin pulled, lamp lit after {lit_s * 1000:.0f} ms; dark again {dark_s:.0f} s after"


async def by_i2c() -> str:
    bus = stub()
    door.wait(door.up, "lidar-1")
    first = door.channel("lidar-1.distance")["value"]
    see(bus, 2.34)
    await until(lambda: door.channel("lidar-1.distance")["value"] == 2.34, lambda: door.board("lidar-1"))
    see(bus, 2.34, strength=10)
    door.wait(door.stale_reading, "lidar-1.distance")
    down = door.board("sun-1")["down"]
    assert "SMBus alone" in down, down
    return f"{first} m, then 2.34 m, nothing without enough light; a BH1750 here: {down.partition(': ')[2]}"


def duty() -> int:
    """Return how many ns of each ms the PWM's pin is on."""
    enabled, ns = ((SEEN / name).read_text().split(",")[0].strip() for name in ("enabled", "duty_ns"))
    return int(ns) * (enabled == "Y")


async def by_pwm() -> str:
    door.wait(door.lamp_up, "lamp-2")
    await until(lambda: duty() == round(door.ask("lamp", id="lamp-2")["target"] * 1e6), duty)
    return f"exported, enabled and driven through the sandbox, {duty() / 1e4:.0f} % of the time on"


async def killed() -> str:
    before = duty()
    await until(lambda: CHIP.value(RELAY) == DARK, lamp)
    seen = [(time.monotonic(), DARK)]
    run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "lampyre.service")
    began_s = time.monotonic()

    def back() -> bool:
        value = CHIP.value(RELAY)
        if value != seen[-1][1]:
            seen.append((time.monotonic(), value))
        return len(seen) > 2 and value == DARK

    await until(back, lambda: seen)
    assert duty() == before  # a PWM goes on as it is
    assert [value for _, value in seen] == [DARK, LIT, DARK], seen
    lit_s, dark_s = (at - began_s for at, _ in seen[1:])
    assert run("systemctl", "show", "--property=NRestarts", "lampyre.service").strip() == "NRestarts=1"
    return (
        f"dark and killed: lit after {lit_s:.1f} s, as its relay rests; taken over lit, dark again after {dark_s:.0f} s"
    )


async def killed_while_lit() -> str:
    CHIP.pull(PIR, up=True)
    await until(lambda: CHIP.value(RELAY) == LIT)
    run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "lampyre.service")
    looks, began_s, up = 0, time.monotonic(), False
    while not up and time.monotonic() < began_s + door.WAIT_S:
        assert CHIP.value(RELAY) == LIT, f"dark after {time.monotonic() - began_s:.1f} s"
        looks += 1
        up = looks % 200 == 0 and _back()
    assert up
    door.wait(door.up, "pir-1")
    assert CHIP.value(RELAY) == LIT
    CHIP.pull(PIR, up=False)
    return f"lit and killed: lit at each of {looks} looks until it was back after {time.monotonic() - began_s:.0f} s"


def _back() -> bool:
    try:
        return door.up("pir-1")
    except OSError:
        return False


async def unplugged() -> str:
    before = CHIP.name
    CHIP.live(there=False)
    gone_s = door.wait(door.stale, "pir-1")
    down = door.board("pir-1")["down"]
    assert "is gone" in down or "no such chip" in down, down
    told_s = door.wait(door.alarm, "controlGearCommFailure")
    CHIP.live()
    CHIP.pull(RELAY, up=True)  # found dark, and dark as long as nobody drives it
    CHIP.pull(PIR, up=True)
    back_s = door.wait(door.up, "pir-1")
    over_s = door.wait(door.no_alarm, "controlGearCommFailure")
    await until(lambda: CHIP.value(RELAY) == LIT, lamp)
    CHIP.pull(PIR, up=False)
    return (
        f"presence not believed after {gone_s:.0f} s, alarm after {gone_s + told_s:.0f}; back as {CHIP.name} ({before} "
        f"before) after {back_s:.0f} s, alarm over after {back_s + over_s:.0f}, and it is lit for who is there"
    )


WHOLE = (
    ("agent, its start", starts),
    ("agent, presence to relay", somebody),
    ("agent, I2C", by_i2c),
    ("agent, PWM", by_pwm),
    ("agent, kill -9", killed),
    ("agent, kill -9 while lit", killed_while_lit),
)
TORN = (("agent, chip unplugged", unplugged),)  # apart, and last: kernels have been harmed by it
play(*(TORN if sys.argv[1:] == ["torn"] else WHOLE))
