"""What Lampyre costs beside a hand-written minimum in the same run: `make bench`. Ratios travel, times do not."""

import asyncio
import binascii
import json
import os
import sqlite3
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from tests.bench.acquiring import acquiring
from tests.bench.delivery import delivered
from tests.bench.running import running
from tests.bench.wear import wear
from tests.clocks import HandClock
from tests.test_memory import node_in

import lampyre_boards
import lampyre_models
from lampyre import wire
from lampyre.act.override import Overrides
from lampyre.board import BoardLine, LampReport, load_definition
from lampyre.decide.calendar import Calendar
from lampyre.decide.holidays import holidays_of
from lampyre.decide.inference import load_model
from lampyre.decide.past import SitePast
from lampyre.lamp import Lamp
from lampyre.memory import WHOLE_EVERY
from lampyre.records import Features, Priority
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.settings import LampSettings, NodeSettings
from lampyre.sync.outbox import Outbox

DEFINITION = load_definition(lampyre_boards.folder("lamp_bin_pico"))
NAMES = [f"b1.{channel.name}" for channel in DEFINITION.channels]
VALUES = [0.0, 12.0, 2.5, 0.7, 11.0, 15.0, 0.0, 0.0]
FRAME = wire.encode(wire.READINGS, 1, wire.readings_body(1000, VALUES))


def per_call_us(act: Callable[[], object], seconds: float = 1.0) -> float:
    """Return the least mean of many short runs: what it costs when nobody disturbs."""
    best = float("inf")
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.perf_counter()
        for _ in range(200):
            act()
        best = min(best, (time.perf_counter() - started) / 200)
    return best * 1e6


def row(what: str, ours: float, least: float, unit: str) -> None:
    print(f"{what:42s} {ours:10.1f} {least:10.1f} {unit:8s} {ours / least:6.1f}")


def street(count: int, clock: HandClock) -> list[Lamp]:
    """Return lamps on boards of their own that share one `Latest`, each with what its sensors have said."""
    boards = [f"b{n}" for n in range(count)]
    rules = [ChannelRule(f"{b}.{c.name}", c.quantity, c.low, c.high, 5.0) for b in boards for c in DEFINITION.channels]
    latest = Latest(rules, clock)
    node = NodeSettings(site="bench", id="n", latitude=47.3, longitude=5.0)
    overrides = Overrides(Path("/nowhere"))
    lamps = []
    for board in boards:
        line = BoardLine(board, f"serial:///dev/{board}", DEFINITION, clock, lambda _: None, lambda _: None)
        lamp = Lamp(LampSettings(id=f"lamp-{board}", board=board), node, line, latest, overrides, clock)
        latest.put([f"{board}.{channel.name}" for channel in DEFINITION.channels], VALUES)
        lamp.told(LampReport(ordered=True, level=0.32, target=0.32, left_s=50.0))
        lamps.append(lamp)
    return lamps


def hand_decode(slots: dict[str, float]) -> None:
    """Decode one frame by hand: COBS, CRC, values into a dictionary; no types, no checks of range or age."""
    line, plain, at = FRAME[:-1], bytearray(), 0
    while at < len(line):
        code = line[at]
        plain += line[at + 1 : at + code]
        at += code
        if at < len(line):
            plain.append(0)
    binascii.crc_hqx(plain, 0xFFFF)
    values = struct.unpack_from("<IB" + "Bf" * len(NAMES), plain, 2)
    slots.update(zip(NAMES, values[3::2], strict=True))


def readings_and_decisions() -> None:
    clock = HandClock()
    latest = Latest(
        [ChannelRule(n, c.quantity, c.low, c.high, 5.0) for n, c in zip(NAMES, DEFINITION.channels, strict=True)], clock
    )
    line = BoardLine("b1", "serial:///dev/x", DEFINITION, clock, lambda v: latest.put(NAMES, v), lambda _: None)
    decoder, slots = wire.Decoder(), dict[str, float]()

    def reading() -> None:
        for kind, _, body in decoder.feed(FRAME):
            line._take(kind, body)

    row("a reading frame, eight channels", per_call_us(reading), per_call_us(lambda: hand_decode(slots)), "us")

    def by_hand() -> float:
        lux, presence = slots["b1.lux"], slots["b1.presence"]
        return 0.0 if lux > 70.0 else 0.8 if presence else 0.32

    one = per_call_us(street(1, clock)[0].step)
    row("a decision for one lamp", one, per_call_us(by_hand), "us")
    many = street(64, clock)
    row(
        "a decision for each of 64 lamps, beside one",
        per_call_us(lambda: [lamp.step() for lamp in many]) / 64,
        one,
        "us",
    )


def forecasts() -> None:
    for name in ("activity_v1", "fill_v1"):
        model = load_model(lampyre_models.folder(name))
        features = Features(model.card.names, tuple((i.low + i.high) / 2 for i in model.card.inputs))
        ask = partial(model.predict, features)
        one = per_call_us(ask)
        row(f"a forecast by {name}", one, per_call_us(model._interpreter.invoke), "us")
        row("a forecast for each of 64, beside one", per_call_us(partial(all_of, [ask] * 64)) / 64, one, "us")
    dates, clock = Calendar(47.3, holidays_of("FR")), datetime(2026, 3, 2)  # noqa: DTZ001 - wall time
    past = SitePast(900, dates)
    for k in range(4 * 672):
        past.take(clock + k * timedelta(minutes=15), float(k % 96))
    row("a site's inputs, beside a forecast", per_call_us(partial(past.foresee, Silent(), clock)), one, "us")


class Silent:
    """A model that says nothing: what is left is the making of its inputs."""

    def predict(self, features: Features) -> None:
        return None


def all_of(asks: list[Callable[[], object]]) -> None:
    for ask in asks:
        ask()


async def parcels() -> None:
    body, count = b"x" * 300, 2000
    with tempfile.TemporaryDirectory(dir=Path.cwd() / ".cache") as folder:
        outbox = await Outbox.open(Path(folder) / "ours.db")
        before, started = written(), time.process_time()
        for _ in range(count // 100):
            await asyncio.gather(*(outbox.put("t/x", body, Priority.SUMMARY) for _ in range(100)))
        ours_us, ours_bytes = (time.process_time() - started) / count * 1e6, (written() - before) / count
        await outbox.close()
        db = sqlite3.connect(Path(folder) / "least.db", isolation_level=None)
        db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE p (seq INTEGER PRIMARY KEY, t, b)"
        )
        before, started = written(), time.process_time()
        for _ in range(count // 100):
            db.execute("BEGIN")
            db.executemany("INSERT INTO p (t, b) VALUES (?, ?)", [("t/x", body)] * 100)
            db.execute("COMMIT")
        least_us, least_bytes = (time.process_time() - started) / count * 1e6, (written() - before) / count
        db.close()
    row("a stored parcel of 300 bytes, CPU", ours_us, least_us, "us")
    row("a stored parcel of 300 bytes, written", ours_bytes, least_bytes, "bytes")


async def memories() -> None:
    """Count what 64 lamps and 32 bins write of what they have learned in a day: sizes of whole files times writes."""
    dates, clock = Calendar(47.3, holidays_of("FR")), HandClock()
    with tempfile.TemporaryDirectory(dir=Path.cwd() / ".cache") as folder:
        node = await node_in(Path(folder), clock)
        lamp, bin_ = node.lamps["lamp-1"], node.bins["bin-1"]
        lamp.site.past = SitePast(900, dates)
        for k in range(10 * 672):
            lamp.site.past.take(datetime(2026, 3, 2) + k * timedelta(minutes=15), float(k % 96))  # noqa: DTZ001
        hours = [(clock.now() - timedelta(hours=k), k % 97 / 97) for k in range(672, 0, -1)]
        bin_.watch.history.extend(hours)
        sizes = len(lamp.text()), len(bin_.text()), len(json.dumps(lamp.counters()))
        await node.close()
    week, past, counters = sizes
    whole = 64 * week + 32 * past
    ours = whole * 24 / WHOLE_EVERY + 64 * counters * 24
    row("what 64 lamps and 32 bins remember, a day", ours / 1e6, whole * 24 / 1e6, "MB")


def wearing() -> None:
    """Tell what the outbox writes of an evening of 64 lamps and 32 bins, at a disk of its own where we may have one."""
    for one in wear():
        when = "with a broker" if one.there else "without one"
        row(f"a parcel on the disk {when}", one.written / one.parcels, one.put / one.parcels, "bytes")
        row(f"a day's outbox {when} ({one.counted})", *one.day_mb, "MB")


def written() -> int:
    """Return the bytes this process has caused to be written to the disk."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("write_bytes")).split()[1])


def main() -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    Path(".cache").mkdir(exist_ok=True)
    print(f"{'what':42s} {'ours':>10s} {'by hand':>10s} {'':8s} {'ratio':>6s}")
    readings_and_decisions()
    asyncio.run(acquiring())
    forecasts()
    asyncio.run(parcels())
    asyncio.run(delivered())
    asyncio.run(memories())
    wearing()
    asyncio.run(running())
    return 0


if __name__ == "__main__":
    sys.exit(main())
