"""Examples: one evening of a node, told by the converter that tells it in the street."""

import base64
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lampyre.bin_records import Due, Spent
from lampyre.chance import Chance, Skill
from lampyre.configured import Record as Configured
from lampyre.configured import Told
from lampyre.records import (
    Alarm,
    BinSummary,
    Cause,
    Fill,
    Fine,
    Forecast,
    Intent,
    LampSummary,
    Order,
    Quality,
    Snapshot,
    Step,
)
from lampyre.settings import Settings
from lampyre.sync.coming import Coming
from lampyre.sync.convert import Converter
from lampyre.sync.messages import Record, numbered
from lampyre.sync.orders import KINDS, Configuration
from lampyre.sync.outbox import OutboxStats
from lampyre.sync.signed import Envelope, message
from lampyre.sync.topics import Topics
from lampyre.sync.uplink_parts import UplinkHealth

SITE, NODE, LAMP, BIN = "beaune", "rue-des-lices-1", "lamp-1", "bin-1"
AT = datetime(2026, 12, 1, 18, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
TOPICS = Topics(SITE, NODE)
STREET = f"""
[node]
site = "{SITE}"
id = "{NODE}"
latitude = 47.024
longitude = 4.838
[dialects]
cloud_events = true
[dialects.home_assistant]
[dialects.ngsi_ld]
[[board]]
id = "mast-1"
kind = "lamp_bin_pico"
link = "serial:///dev/ttyUSB0"
[[lamp]]
id = "{LAMP}"
board = "mast-1"
rated_power_w = 40.0
[[bin]]
id = "{BIN}"
distance = "mast-1.distance"
height_m = 1.2
litres = 240.0
stream = "paper"
"""
ABOUT: Mapping[str, Any] = {
    "issued_at": "2026-12-01T18:30:00Z", "expires_at": "2026-12-01T18:35:00Z", "by": "control room",
}  # fmt: skip
ASKED: Mapping[str, Mapping[str, Any]] = {
    "override": {"lamps": ["centre", LAMP], "level": 100.0, "duration_s": 1800.0},
    "resume": {"lamps": ["*"]},
    "observe": {"bin": BIN, "fill": 75.0},
    "identify": {"lamps": [LAMP], "duration_s": 120.0},
    "report": {},
    "use-model": {"duty": "activity", "model": "shipped"},
    "apply-config": {"revision": 7, "text": '[node]\nsite = "beaune"\n'},
    "confirm-config": {"revision": 7},
    "restart": {},
}

# everybody's key: RFC 8032, 7.1, test 1; before it what a PKCS 8 file says of an Ed25519 key
RFC_KEY = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")


@dataclass(frozen=True, slots=True)
class Evening:
    """A clock that stands."""

    trusted: bool = True
    time_quality: str = "ntp"

    def now(self) -> datetime:
        """Return the moment of all examples."""
        return AT

    def monotonic(self) -> float:
        """Return seconds; nobody asks."""
        return 0.0


def street() -> Settings:
    """Return the settings of the node of which the examples tell."""
    return Settings.model_validate(tomllib.loads(STREET))


def leaving() -> Iterator[tuple[str, bytes]]:
    """Yield topic and body of what the node says in its own words, as it leaves; the last but one is its will."""
    convert = Converter(SITE, NODE, 12, Evening())
    for seq, (topic, record) in enumerate(_told(convert), 1):
        yield topic, numbered(record)(seq)


def _told(convert: Converter) -> Iterator[tuple[str, Record]]:
    seen = Snapshot(AT, 100.0, clock_trusted=True)
    why = "somebody here"
    order = Order(0.8, 1.0, 60.0, Cause.SENSOR, why, (), Fine.PRESENCE)
    step = Step(LAMP, seen, True, "sun 19.4 degrees below", None, Intent(0.8, Cause.SENSOR, why), order)
    yield TOPICS.lamp_state(LAMP), convert.lamp_state(step, minute=True)
    yield TOPICS.lamp_summary(LAMP), convert.lamp_summary(_lamp())
    few = replace(_lamp(), passages=3, energy_wh=None, mean_level=None, lit_s=None, switches=None)
    yield TOPICS.lamp_summary(LAMP), convert.lamp_summary(few)
    yield TOPICS.bin_state(BIN), convert.bin_state(_fill())
    yield TOPICS.bin_summary(BIN), convert.bin_summary(_bin())
    failure = Alarm(LAMP, "lampFailure", True, "0.3 W at 80 %; expected 31 to 36", AT)
    yield TOPICS.alarm, convert.alarm(failure)
    stats = OutboxStats(0, 0, 3, 1860, 0, 0, 0, 0, 0, 5120, file_bytes=143_360)
    uplink = UplinkHealth(broker="first", protocol="5", cannot=[], subscriptions_refused=0, certificate_days=311)
    yield TOPICS.health, convert.health(86400.0, stats, {"reconnects": 1, "commands_done": 2}, uplink)
    by_hand = Configured(base="0" * 64)
    yield TOPICS.config_reported, convert.configuration(Told(by_hand))
    yield TOPICS.status, convert.status(online=True, why="connected")
    yield TOPICS.status, convert.status(online=False, why="connection lost")
    yield "reply", convert.reply("cmd-7f3a", "override", "done", f"{LAMP} held at 100 % until 19:00")


def _lamp() -> LampSummary:
    whole = LampSummary(LAMP, AT - QUARTER, AT, 6.1, 10.0, False, 0.61, 900.0, 8, 23, Quality.GOOD)
    skill = Skill(0.31, 1344, 0.79)
    known = replace(whole, operating_h=4012.5, starts=611, energy_total_wh=96420.0)
    return replace(known, forecast_by="activity_v1 1.0", skill=skill)


def _fill() -> Fill:
    soon = Chance("full", (43200.0, 86400.0), (0.12, 0.61), (0.40, 0.42), "fill_v1 1.0")
    due = Due(AT + timedelta(hours=16, minutes=30), "FORECAST", "waiting costs 9 h full", 9.0)
    fill = Fill(BIN, AT, 0.62, Quality.GOOD, "ok", "by echo, 0.46 m", 0.21, (14.0, 21.0, 30.0), soon)
    forecast = Forecast("fill", (3600.0,), (0.61,), (0.63,), (0.65,), "fill_v1 1.0")
    known = replace(fill, temperature=9.5, emptied_at=AT - timedelta(days=3), emptied_sure=0.97, due=due)
    return replace(known, forecast=forecast, reliability=0.83)


def _bin() -> BinSummary:
    of, spent = _fill(), Spent(2026, 8200, None, 3120, 52560, 0, "usual")
    whole = BinSummary(BIN, AT - QUARTER, AT, of.fill, of.rate_per_day, of.hours_to_full, of.soon, 0, 9.5, Quality.GOOD)
    return replace(whole, forecast_by="fill_v1 1.0", reliability=0.83, due=of.due, spent=spent)


def asked() -> Iterator[tuple[str, bytes]]:
    """Yield topic and body of what the node may be told; each is one that it would read."""
    for number, (kind, more) in enumerate(ASKED.items()):
        said = json.dumps({"id": f"cmd-{number + 1}", "kind": kind, **ABOUT, **more})
        KINDS[kind].model_validate_json(said)
        yield f"{TOPICS.root}/command/{kind}", said.encode()
    config = {"revision": 7, "text": '[node]\nsite = "beaune"\n', "by": "control room", "confirm": "by-itself"}
    yield TOPICS.config_desired, Configuration.model_validate(config).model_dump_json().encode()


def signed() -> bytes:
    """Return the first command as a city signs it."""
    from lampyre import keys  # noqa: PLC0415 - cryptography comes with it

    topic, command = next(asked())
    key = b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(PKCS8 + RFC_KEY) + b"\n-----END PRIVATE KEY-----\n"
    payload = command.decode()
    made = {"payload": payload, "key": "city-2026", "signature": keys.sign(key, message(topic, payload))}
    return Envelope.model_validate(made).model_dump_json().encode()


def coming() -> bytes:
    """Return what a node says to its neighbour."""
    ahead = "rue-des-lices-2/lamp-1"
    return Coming(site=SITE, lamp=f"{NODE}/{LAMP}", ahead=ahead, pace_s=None, hop=1, left=0, time=AT).body()
