"""Messages as they leave a node, for the dialects' tests: made by the converter, as bytes."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.clocks import EVENING, HandClock

from lampyre import records
from lampyre.bin_records import Due
from lampyre.chance import Chance
from lampyre.records import Alarm, Cause, Fill, Intent, Order, Quality, Snapshot, Step
from lampyre.settings import Settings, load_settings
from lampyre.sync.convert import Converter
from lampyre.sync.dialects.native import Native, read
from lampyre.sync.messages import Record, numbered, replayed
from lampyre.sync.outbox import OutboxStats
from lampyre.sync.topics import Topics

CONFIG = """
[node]
site = "dijon"
id = "node-1"
latitude = 47.3
longitude = 5.0
state_dir = "{folder}/state"
runtime_dir = "{folder}/run"
language = "en"
[[board]]
id = "b1"
kind = "lamp_bin_pico"
link = "serial:///dev/not-plugged-1"
[[lamp]]
id = "l1"
board = "b1"
rated_power_w = 36.0
class_level = 0.8
[[bin]]
id = "c1"
distance = "b1.distance"
temperature = "b1.temperature"
height_m = 1.2
stream = "mixed"
litres = 240.0
"""
ROOT = "lampyre/v1/dijon/node-1"
TOPICS = Topics("dijon", "node-1")
QUARTER = timedelta(minutes=15)
SOON = Chance("full", (43200.0, 86400.0), (0.125, 0.6), (0.4, 0.42), "fill_v1")
DUE = Due(EVENING + timedelta(hours=17), "FORECAST", "waiting costs 17 h", 17.0)


def settings(folder: Path, dialects: str, more: str = "") -> Settings:
    """Return a node's settings with one lamp, l1, and one bin, c1."""
    file = folder / "node.toml"
    file.write_text(CONFIG.format(folder=folder) + dialects + more)
    return load_settings(file)


class Leaving:
    """Makes what leaves: topic and body."""

    def __init__(self, first: int = 1, *, trusted: bool = True) -> None:
        self._convert = Converter("dijon", "node-1", 7, HandClock(trusted=trusted))
        self._seq = first - 1

    def lamp_state(self, level: float = 0.4, at: datetime = EVENING, *, minute: bool = False) -> tuple[str, bytes]:
        order = Order(level, 2.0, 60.0, Cause.SENSOR, "presence")
        seen = Snapshot(at, 1.0, clock_trusted=True)
        step = Step("l1", seen, True, "by the sun", None, Intent(1.0, Cause.SENSOR, "presence"), order)
        return TOPICS.lamp_state("l1"), self._body(self._convert.lamp_state(step, minute=minute))

    def lamp_summary(self, passages: int | None = 30, end: datetime = EVENING, **more: Any) -> tuple[str, bytes]:
        whole = records.LampSummary("l1", end - QUARTER, end, 5.0, 9.0, False, 0.5, 900.0, 2, passages, Quality.GOOD)
        whole = replace(whole, operating_h=1200.5, starts=40, energy_total_wh=23456.0)
        return TOPICS.lamp_summary("l1"), self._body(self._convert.lamp_summary(replace(whole, **more)))

    def bin_state(self, fill: float | None = 0.62, **more: Any) -> tuple[str, bytes]:
        whole = Fill("c1", EVENING, fill, Quality.GOOD, "ok", "by echo", 0.1, (10.0, 20.0, 30.0), SOON)
        whole = replace(whole, temperature=12.0, due=DUE, emptied_at=EVENING - 50 * QUARTER, emptied_sure=0.9)
        return TOPICS.bin_state("c1"), self._body(self._convert.bin_state(replace(whole, **more)))

    def bin_summary(self) -> tuple[str, bytes]:
        end = EVENING
        whole = records.BinSummary("c1", end - QUARTER, end, 0.6, 0.1, None, SOON, 1, 20.0, Quality.GOOD)
        return TOPICS.bin_summary("c1"), self._body(self._convert.bin_summary(whole))

    def alarm(self, event: str = "lampFailure", *, asset: str = "l1", active: bool = True) -> tuple[str, bytes]:
        return TOPICS.alarm, self._body(self._convert.alarm(Alarm(asset, event, active, "no power", EVENING)))

    def health(self) -> tuple[str, bytes]:
        stats = OutboxStats(*range(10))
        return TOPICS.health, self._body(self._convert.health(5.0, stats, {"reconnects": 1}))

    def status(self) -> tuple[str, bytes]:
        return TOPICS.status, self._body(self._convert.status(online=True, why="connected"))

    def all(self) -> list[tuple[str, bytes]]:
        states = [self.status(), self.health(), self.lamp_state(), self.bin_state()]
        return [*states, self.lamp_summary(), self.bin_summary(), self.alarm()]

    def _body(self, record: Record) -> bytes:
        self._seq += 1
        return numbered(record)(self._seq)


def native(message: tuple[str, bytes], *, late: bool = False) -> Native:
    """Return a message as dialects get it; `late`: after an outage."""
    found = read(f"{ROOT}/", message[0], replayed(message[1]) if late else message[1])
    assert found is not None
    return found


def told(message: tuple[str, bytes]) -> Any:
    return json.loads(message[1])
