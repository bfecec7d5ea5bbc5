"""One node's TOML: what stands at the kerb, where it is plugged in, and where its summaries go.

Unknown keys are refused; every error names the file, the key and the cure.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator

from lampyre.bin_settings import BinMeasures, CollectionSettings, SamplingSettings
from lampyre.board_settings import BoardSettings
from lampyre.broker_settings import BrokerSettings
from lampyre.command_settings import CommandSettings
from lampyre.dialect_settings import DialectSettings
from lampyre.errors import ConfigError
from lampyre.evidence_settings import EvidenceSettings, LuminaireSettings
from lampyre.luminaire_settings import LimitSettings, OutputSettings
from lampyre.outbox_settings import OutboxSettings
from lampyre.policy_settings import AdaptiveSettings, MovingSettings, Neighbour, PolicyName, agree, next_to, reach
from lampyre.programmes import CalendarSettings, NightSettings, ProgrammeSettings, fit
from lampyre.strict import Id, Strict

KIND = re.compile(r"constrained-|literal\[")  # what pydantic adds to a key whose value may be of several kinds
FILE_LIMIT = 256 * 1024  # bytes; 64 lamps and 32 bins take 30 kB

Channel = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}\.[a-z0-9_]{1,32}$")]  # board.channel
Seconds = Annotated[float, Field(gt=0.0, le=86400.0)]
Metres = Annotated[float, Field(gt=0.0, le=20.0)]


class NodeSettings(Strict):
    """Who and where the node is."""

    site: Id
    id: Id
    latitude: Annotated[float, Field(ge=-90.0, le=90.0)]  # degrees north
    longitude: Annotated[float, Field(ge=-180.0, le=180.0)]  # degrees east
    time_zone: str = "Europe/Paris"  # IANA name
    country: str | None = None  # ISO 3166 code, FR or DE-NW, whose public holidays the forecasts know; None: of nobody
    computer: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")] = "auto"  # whose pins `lampyre check` knows
    clock: Literal["ntp", "rtc"] = "ntp"  # rtc: the machine's clock is kept without systemd-timesyncd
    language: Literal["fr", "en"] = "fr"
    state_dir: Path = Path("/var/lib/lampyre")
    runtime_dir: Path = Path("/run/lampyre")
    passages_least: Annotated[int, Field(ge=2, le=100)] = 5  # smaller counts of a period do not leave the node
    console_pin: str | None = Field(default=None, pattern=r"^scrypt\$[0-9a-f]{32}\$[0-9a-f]{64}$")  # `lampyre pin`

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no such time zone; give an IANA name such as Europe/Paris") from None
        return name


class LampSettings(Strict):
    """One luminaire: its board, its class, and what it may do."""

    id: Id
    board: Id
    rated_power_w: Annotated[float, Field(gt=0.0, le=2000.0)] = 40.0
    lighting_class: Annotated[str, Field(pattern=r"^(M[1-6]|C[0-5]|P[1-7])$")] = "P4"  # EN 13201-2, when in use
    class_level: Annotated[float, Field(gt=0.0, le=1.0)] = 0.8  # the level that yields that class
    quiet_class: Annotated[str, Field(pattern=r"^(M[1-6]|C[0-5]|P[1-7])$")] = "P6"  # when nobody is there
    safe_level: Annotated[float, Field(gt=0.0, le=1.0)] = 0.6  # when in doubt
    hold_s: Seconds = 30.0  # the rule's hold; the model may only hold longer
    hold_most_s: Seconds = 180.0
    ramp_up_s: Annotated[float, Field(ge=0.1, le=2.0)] = 1.0  # for any rise; 0.7 to 2 s is felt as at once
    ramp_down_s: Annotated[float, Field(ge=10.0, le=300.0)] = 12.0  # for any fall; below 10 s it is noticed
    policy: PolicyName = "on_demand"  # by presence, by traffic, or by nothing but its programme
    adaptive: AdaptiveSettings | None = None  # ... and how much traffic
    # whom who comes here reaches next; counts both ways, but each node names the other's lamp (node/lamp)
    neighbours: Annotated[tuple[Neighbour, ...], Field(max_length=8)] = ()
    presence: Channel | None = None  # of a sensor that looks where the lamp shines; None: its own board's
    power: Channel | None = None  # of the lamp's own meter; None: its own board's
    lux: Channel | None = None  # of a photocell in the open, which lamps may share; None: its own board's
    programme: Id | None = None  # of this file; None, and no calendar: the policy alone, all night
    calendar: Id | None = None  # ... which chooses a programme for each night
    groups: Annotated[tuple[Id, ...], Field(max_length=16)] = ()  # names by which commands mean this lamp and others
    limits: LimitSettings = LimitSettings()
    luminaire: LuminaireSettings = LuminaireSettings()
    output: OutputSettings = OutputSettings()

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.hold_most_s < self.hold_s:
            raise ValueError(f"hold_most_s {self.hold_most_s} is below hold_s {self.hold_s}")
        if self.lighting_class[0] != self.quiet_class[0] or self.quiet_class < self.lighting_class:
            raise ValueError(
                f"quiet_class {self.quiet_class} must be of the letter of {self.lighting_class} and not above it"
            )
        agree(self.policy, self.adaptive)
        return self


class BinSettings(BinMeasures):
    """One bin: how it is measured, what is thrown into it, and when somebody should come."""

    stream: Literal["paper", "plastic", "glass", "organic", "mixed"] = "mixed"
    full_at: Annotated[float, Field(ge=0.2, le=1.0)] = 0.8  # lower, no level would be low enough to be full no longer
    fire_at: Annotated[float, Field(ge=30.0, le=200.0)] = 65.0  # degC
    litres: Annotated[float, Field(gt=0.0, le=30000.0)] | None = None  # None: what is collected is not told in litres
    collection: CollectionSettings = CollectionSettings()
    sampling: SamplingSettings = SamplingSettings()


class ModelSettings(Strict):
    """Which models guide; a folder with model.tflite, card.toml and vectors.json, or none: by rule."""

    activity: Path | Literal["shipped", "none"] = "shipped"
    fill: Path | Literal["shipped", "none"] = "shipped"


class Settings(Strict):
    """A whole node."""

    node: NodeSettings
    broker: BrokerSettings = BrokerSettings()
    commands: CommandSettings = CommandSettings()
    dialects: DialectSettings = DialectSettings()
    models: ModelSettings = ModelSettings()
    outbox: OutboxSettings = OutboxSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    board: tuple[BoardSettings, ...] = Field(min_length=1, max_length=128)
    lamp: tuple[LampSettings, ...] = Field(default=(), max_length=64)
    bin: tuple[BinSettings, ...] = Field(default=(), max_length=64)
    night: NightSettings = NightSettings()
    moving: MovingSettings = MovingSettings()
    programme: tuple[ProgrammeSettings, ...] = Field(default=(), max_length=64)
    calendar: tuple[CalendarSettings, ...] = Field(default=(), max_length=16)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for kind, ids in (
            ("board", [board.id for board in self.board]),
            ("lamp or bin", [lamp.id for lamp in self.lamp] + [bin_.id for bin_ in self.bin]),
            ("board link", [board.device for board in self.board]),
            ("lamp.board", [lamp.board for lamp in self.lamp]),
        ):
            twice = [name for name, times in Counter(ids).items() if times > 1]
            if twice:
                raise ValueError(f"{kind} {twice[0]!r} is there twice; each needs its own")
        kinds = {board.id: board.kind for board in self.board}
        for lamp in self.lamp:
            both = {group for group in lamp.groups if group in {other.id for other in self.lamp}}
            if both:
                raise ValueError(f"lamp {lamp.id}: {min(both)!r} is a lamp and a group; give the group another name")
            if lamp.board not in kinds:
                raise ValueError(f"lamp {lamp.id}: board {lamp.board!r} is not a lamp board of this file")
        wanted: list[tuple[str, str | None]] = [(f"bin {one.id}", name) for one in self.bin for name in one.channels]
        for lamp in self.lamp:
            names = (lamp.luminaire.temperature, lamp.presence, lamp.power, lamp.lux)
            wanted += [(f"lamp {lamp.id}", name) for name in names]
        for who, channel in wanted:
            if channel is not None and channel.split(".")[0] not in kinds:
                raise ValueError(f"{who}: channel {channel!r} names no board of this file")
        return self

    @model_validator(mode="after")
    def _names_lead_somewhere(self) -> Self:
        lamps = [(lamp.id, lamp.programme, lamp.calendar) for lamp in self.lamp]
        fit(self.programme, self.calendar, lamps, self.node.country)
        reach(self.node.id, next_to((lamp.id, lamp.neighbours) for lamp in self.lamp), self.moving)
        return self


def load_settings(path: Path) -> Settings:
    """Read a node's TOML; raises ConfigError with file, key and cure."""
    return settings_of(table_of(read(path), path), path)


def read(path: Path) -> bytes:
    """Return the bytes of a node's TOML; raises ConfigError where they cannot be had or are too many."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give the node's file with --config") from error
    if len(raw) > FILE_LIMIT:
        raise ConfigError(f"{path}: {len(raw)} bytes; a node's file has at most {FILE_LIMIT}")
    return raw


def table_of(raw: bytes, path: Path) -> dict[str, Any]:
    """Return what the bytes say as TOML; raises ConfigError."""
    try:
        return tomllib.loads(raw.decode())
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply; a node's file has two levels") from error


def settings_of(table: dict[str, Any], path: Path) -> Settings:
    """Return what the table means; raises ConfigError with file, key and cure."""
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise ConfigError(
            "\n".join(f"{path}: {line}" for line in _explained(error.errors(include_url=False)))
        ) from error


def _explained(faults: Sequence[Any]) -> Iterator[str]:
    """Yield a line for each key that is wrong, also where its value may be of two kinds and is of neither."""
    found: dict[tuple[int | str, ...], list[Any]] = {}
    for fault in faults:
        loc = fault["loc"]
        found.setdefault(loc[:-1] if loc and KIND.match(str(loc[-1])) else loc, []).append(fault)
    for loc, about in found.items():
        inside = any(other[: len(loc)] == loc != other for other in found)
        if about[0]["type"] != "too_short" or not inside:  # not too few, but wrong ones
            yield _explain(".".join(str(part) for part in loc) or "the file as a whole", about)


def _explain(key: str, about: Sequence[Any]) -> str:
    fault = about[0]
    if fault["type"] == "extra_forbidden":
        return f"{key}: no such key; check the spelling against node.example.toml"
    if fault["type"] == "missing":
        return f"{key}: missing; it must be given"
    said = fault["msg"].removeprefix("Value error, ")
    said = ", or ".join([said, *(other["msg"].removeprefix("Input should be ") for other in about[1:])])
    given = fault["input"]
    return f"{key}: {said}" + (f"; it is {given!r}" if isinstance(given, str | int | float) else "")
