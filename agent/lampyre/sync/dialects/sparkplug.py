"""What leaves the node as Sparkplug B metrics: a device for each lamp and bin, the node's health on the edge node."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from lampyre import __version__
from lampyre.sync.dialects.metrics import TRUST, Kind, Metric, Trust, Value
from lampyre.sync.dialects.native import Native, moment

SILENT = "sensorSilent", "temperatureSilent"  # with what it has of them silent, nobody knows how a bin is


@dataclass(frozen=True, slots=True)
class Column:
    """One metric of a kind of message: what it is called, and how it is found there."""

    name: str
    kind: Kind
    find: Callable[[dict[str, Any]], Value]
    unit: str = ""


def _key(key: str, factor: float = 1.0) -> Callable[[dict[str, Any]], Value]:
    def find(said: dict[str, Any]) -> Value:
        value: Value = said[key]
        return value * factor if factor != 1.0 and isinstance(value, int | float) else value

    return find


def _date(*keys: str) -> Callable[[dict[str, Any]], Value]:
    def find(said: dict[str, Any]) -> Value:
        value: Any = said
        for key in keys:
            value = None if value is None else value[key]
        return None if value is None else int(moment(value).timestamp() * 1000)

    return find


def _full_at(said: dict[str, Any]) -> Value:
    if said["hours_to_full"] is None:
        return None
    at = moment(said["time"]) + timedelta(hours=said["hours_to_full"]["p50"])
    return int(at.timestamp() * 1000)


def _power(said: dict[str, Any]) -> Value:
    hours = (moment(said["end"]) - moment(said["start"])).total_seconds() / 3600.0
    return None if said["energy_wh"] is None or hours <= 0.0 else said["energy_wh"] / hours


ALARM = (
    Column("Alarm/Event", Kind.STRING, _key("event")),
    Column("Alarm/Active", Kind.BOOLEAN, _key("active")),
    Column("Alarm/Why", Kind.STRING, _key("why")),
)
COLUMNS: dict[str, tuple[Column, ...]] = {
    "LampState": (
        Column("Lamp/TargetLevel", Kind.FLOAT, _key("target_level"), "%"),
        Column("Lamp/Cause", Kind.STRING, _key("cause")),
        Column("Lamp/Why", Kind.STRING, _key("why")),
        Column("Lamp/Night", Kind.BOOLEAN, _key("night")),
    ),
    "LampSummary": (
        Column("Lamp/MeanLevel", Kind.FLOAT, _key("mean_level"), "%"),
        Column("Lamp/Power_W", Kind.FLOAT, _power, "W"),
        Column("Lamp/PeriodEnergy_Wh", Kind.FLOAT, _key("energy_wh"), "Wh"),
        Column("Lamp/Energy_Wh", Kind.DOUBLE, _key("energy_total_kwh", 1000.0), "Wh"),
        Column("Lamp/Hours", Kind.DOUBLE, _key("operating_h"), "h"),
        Column("Lamp/Starts", Kind.INT64, _key("starts")),
        Column("Lamp/Passages", Kind.INT64, _key("passages")),
    ),
    "BinState": (
        Column("Bin/Fill", Kind.FLOAT, _key("fill")),
        Column("Bin/FillRate", Kind.FLOAT, _key("fill_rate"), "1/d"),
        Column("Bin/FullThreshold", Kind.FLOAT, _key("full_threshold")),
        Column("Bin/ForecastFull", Kind.DATETIME, _full_at),
        Column("Bin/CollectBy", Kind.DATETIME, _date("collection", "collect_by")),
        Column("Bin/LastEmptied", Kind.DATETIME, _date("emptied_at")),
        Column("Bin/Status", Kind.STRING, _key("status")),
        Column("Bin/Temperature", Kind.FLOAT, _key("temperature"), "°C"),
    ),
    "BinSummary": (
        Column("Bin/Emptied", Kind.INT64, _key("emptied")),
        Column("Bin/Litres", Kind.FLOAT, _key("litres_collected"), "l"),
    ),
    "Health": (
        Column("Health/Uptime_s", Kind.DOUBLE, _key("uptime_s"), "s"),
        Column("Health/WaitingAlarms", Kind.INT64, _key("waiting_alarms")),
        Column("Health/WaitingSummaries", Kind.INT64, _key("waiting_summaries")),
        Column("Health/OutboxBytes", Kind.INT64, _key("outbox_bytes"), "B"),
    ),
    "AlarmMessage": ALARM,
}
OF_LAMP, OF_BIN, OF_NODE = ("LampState", "LampSummary"), ("BinState", "BinSummary"), ("Health",)


def asset_of(native: Native) -> str:
    """Return whom a message is about; alarms of all assets share a topic."""
    return str(native.said["asset"]) if native.kind == "AlarmMessage" else native.asset


def metrics_of(native: Native) -> list[Metric]:
    """Return what a message says, at the moment of which it tells; nothing of kinds that have no metrics."""
    at_ms = int(native.at.timestamp() * 1000)
    trust, late = TRUST[native.said["quality"]], native.historical
    if trust is Trust.GOOD and not native.dated:
        trust = Trust.STALE  # the value may be new; its moment is not to be believed
    return [
        Metric(column.name, column.kind, column.find(native.said), at_ms, trust, column.unit, late)
        for column in COLUMNS.get(native.kind, ())
    ]


def unborn(kinds: Iterable[str], at_ms: int) -> Iterator[Metric]:
    """Yield every metric that an asset will ever have, without values: a birth must name them all."""
    for kind in (*kinds, "AlarmMessage"):
        for column in COLUMNS[kind]:
            yield Metric(column.name, column.kind, None, at_ms, unit=column.unit)


def about_node(at_ms: int) -> Iterator[Metric]:
    """Yield what the edge node says of itself."""
    yield Metric("Properties/Software", Kind.STRING, "lampyre", at_ms)
    yield Metric("Properties/Version", Kind.STRING, __version__, at_ms)


class Known:
    """The newest of every metric of one asset, for its births; and whether the asset is heard at all."""

    def __init__(self, kinds: Iterable[str], silent: Iterable[str] = ()) -> None:
        """`silent`: the events that together mean that it is not heard at all; none: it cannot be."""
        self._metrics = {metric.name: metric for metric in unborn(kinds, 0)}
        self._all_silent = frozenset(silent)
        self._silent: set[str] = set()

    @property
    def alive(self) -> bool:
        """Whether anybody knows how it is."""
        return not self._all_silent or self._silent != self._all_silent

    def take(self, native: Native) -> None:
        """Keep what a message says, unless something newer is known."""
        if native.kind == "AlarmMessage" and native.said["event"] in self._all_silent:
            (self._silent.add if native.said["active"] else self._silent.discard)(native.said["event"])
        for metric in metrics_of(native):
            if metric.at_ms >= self._metrics[metric.name].at_ms:
                self._metrics[metric.name] = replace(metric, historical=False)

    def newest(self, metrics: Iterable[Metric]) -> bool:
        """Whether a birth would say just this."""
        return all(self._metrics[metric.name].at_ms == metric.at_ms for metric in metrics)

    def birth(self, at_ms: int) -> list[Metric]:
        """Return all of it as a birth wants it: what was never said has no value, and the birth's own moment."""
        return [metric if metric.at_ms else replace(metric, at_ms=at_ms) for metric in self._metrics.values()]
