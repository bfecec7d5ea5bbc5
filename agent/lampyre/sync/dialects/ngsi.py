"""NGSI-LD: what leaves the node, as entities of the Smart Data Models.

Made for `POST /ngsi-ld/v1/entityOperations/upsert?options=update` behind an MQTT bridge: each entity is whole in its
schema and says only what this message says, so a broker must update and not replace. What is not known is left out.
Scales differ inside one entity, as the models have it: fillingLevel is 0..1, binFullnessThreshold is in percent.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lampyre.settings import BinSettings, LampSettings, Settings
from lampyre.sync.beside import Said
from lampyre.sync.dialects import contexts
from lampyre.sync.dialects.native import Native, moment
from lampyre.sync.dialects.standing import Standing

# UN/CEFACT recommendation 20; C62 (one) is left out, as the models do
CELSIUS, KWH, LITRE, PERCENT, WATT = "CEL", "KWH", "LTR", "P1", "WTT"
KINDS = {"paper": "paper", "plastic": "plastic", "glass": "glass", "organic": "organic", "mixed": "other"}
DEFECTS = {  # TALQ events after which a lamp is not what it should be; the models know no finer word for any
    "lampFailure", "cyclingFailure", "dimmingFailure", "lampPowerTooHigh", "lampPowerTooLow", "lampUnexpectedOn",
    "controlGearFailure", "controlGearThermalShutdown", "lightSourceOpenCircuit", "lightSourceShortCircuit",
    "lightSourceThermalShutdown",
}  # fmt: skip
LANE = 1  # the model wants one; a sensor that counts who passes sees one

Attributes = dict[str, Any]


class Ngsi:
    """Says of lamps and bins what an NGSI-LD broker keeps."""

    def __init__(self, settings: Settings, standing: Standing) -> None:
        assert settings.dialects.ngsi_ld is not None
        self._asked = settings.dialects.ngsi_ld
        self._node = settings.node
        self._lamps: Mapping[str, LampSettings] = {lamp.id: lamp for lamp in settings.lamp}
        self._bins: Mapping[str, BinSettings] = {bin_.id: bin_ for bin_ in settings.bin}
        self._standing = standing
        self._makers: dict[str, Callable[[Native], Iterable[Said]]] = {
            "LampState": self._lamp_state,
            "LampSummary": self._lamp_summary,
            "BinState": self._bin_state,
            "AlarmMessage": self._alarm,
        }

    def say(self, native: Native) -> Iterable[Said]:
        """Return the entities that this message changes."""
        make = self._makers.get(native.kind)
        return () if make is None else make(native)

    def _lamp_state(self, native: Native) -> Iterable[Said]:
        at, lamp = moment_of(native, "time"), self._lamps.get(native.asset)
        level = native.said["target_level"] / 100.0
        full = level >= (lamp.class_level if lamp is not None else 1.0)
        told = {
            "powerState": seen("on" if full else "low" if level > 0.0 else "off", at),
            "illuminanceLevel": seen(round(level, 3), at),
            "controllingMethod": plain("individual"),
        }
        if lamp is not None:
            told["powerRating"] = measured(lamp.rated_power_w, WATT)
        yield self._streetlight(native.asset, at, told, retain=True)

    def _lamp_summary(self, native: Native) -> Iterable[Said]:
        said, told, at = native.said, {}, moment_of(native, "end")
        hours = (moment(said["end"]) - moment(said["start"])).total_seconds() / 3600.0
        if said["energy_wh"] is not None and hours > 0.0:
            told["powerConsumption"] = measured(round(said["energy_wh"] / hours, 2), WATT, at)
        if said["energy_total_kwh"] is not None:
            told["lifetimePowerConsumption"] = measured(said["energy_total_kwh"], KWH, at)
        if told:
            yield self._streetlight(native.asset, at, told)
        if said["passages"] is not None and at is not None:  # too few are told of by nothing at all
            counted = {
                "dateObserved": date(said["end"]),
                "dateObservedFrom": date(said["start"]),
                "dateObservedTo": date(said["end"]),
                "intensity": seen(said["passages"], at),
                "laneId": plain(LANE),
            }
            yield self._entity("ItemFlowObserved", native.asset, counted)

    def _bin_state(self, native: Native) -> Iterable[Said]:
        said, at, bin_ = native.said, moment_of(native, "time"), self._bins.get(native.asset)
        told = {
            "status": seen(said["status"], at),
            "binFullnessThreshold": measured(round(said["full_threshold"] * 100.0, 1), PERCENT),
        }
        if said["fill"] is not None:
            told["fillingLevel"] = seen(said["fill"], at)
        if said["temperature"] is not None:
            told["temperature"] = measured(said["temperature"], CELSIUS, at)
        if said["emptied_at"] is not None:
            told["dateLastEmptying"] = date(said["emptied_at"])
        if said["collection"] is not None and said["collection"]["collect_by"] is not None:
            told["nextActuationDeadline"] = date(said["collection"]["collect_by"])
        if bin_ is not None:
            told["storedWasteKind"] = plain(KINDS[bin_.stream])
            if bin_.litres is not None:
                told["binCapacity"] = measured(bin_.litres, LITRE)
        yield self._entity("WasteContainer", native.asset, told, retain=True)

    def _alarm(self, native: Native) -> Iterable[Said]:
        asset = native.said["asset"]
        if asset in self._lamps:
            yield self._streetlight(asset, moment_of(native, "time"), {})

    def _streetlight(self, lamp: str, at: str | None, told: Attributes, *, retain: bool = False) -> Said:
        defect = DEFECTS.intersection(self._standing.of(lamp))
        return self._entity(
            "Streetlight", lamp, {"status": seen("defectiveLamp" if defect else "ok", at), **told}, retain=retain
        )

    def _entity(self, kind: str, asset: str, told: Attributes, *, retain: bool = False) -> Said:
        node, asked = self._node, self._asked
        place = {"type": "Point", "coordinates": [node.longitude, node.latitude]}  # GeoJSON: east before north
        entity = {
            "id": f"urn:ngsi-ld:{kind}:{node.site}:{node.id}:{asset}",
            "type": kind,
            "location": {"type": "GeoProperty", "value": place},
            **told,
        }
        if asked.form == "concise":
            entity = {name: concise(value) for name, value in entity.items()}
        entity["@context"] = contexts.published(kind) if asked.context == "published" else contexts.inline(kind)
        body = json.dumps(entity, separators=(",", ":")).encode()
        return Said(f"{asked.topic}/{node.site}/{node.id}/{kind}/{asset}", body, retain)


def plain(value: object) -> Attributes:
    """Return a Property that changes with the file only."""
    return {"type": "Property", "value": value}


def moment_of(native: Native, key: str) -> str | None:
    """Return a moment of a message; None: the clock was not set, and `observedAt` would tell a guess as a fact."""
    return str(native.said[key]) if native.dated else None


def seen(value: object, at: str | None) -> Attributes:
    """Return a Property without a unit, with the moment of which it tells."""
    return plain(value) if at is None else {**plain(value), "observedAt": at}


def measured(value: float, unit: str, at: str | None = None) -> Attributes:
    """Return a Property with its unit."""
    told = {"type": "Property", "value": value, "unitCode": unit}
    return told if at is None else {**told, "observedAt": at}


def date(at: str) -> Attributes:
    """Return a Property that is a moment."""
    return plain({"@type": "DateTime", "@value": at})


def concise(attribute: Any) -> Any:
    """Return the concise form (ETSI GS CIM 009, 4.5.1): no type, and of a bare value nothing else."""
    if not isinstance(attribute, dict):
        return attribute
    left = {name: value for name, value in attribute.items() if name != "type"}
    return left["value"] if set(left) == {"value"} else left
