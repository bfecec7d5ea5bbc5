"""Our entities are what the Smart Data Models' schemas take, in their units and words, and tell no more than ours."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from tests.clocks import EVENING
from tests.sync.dialects.natives import Leaving, native, settings, told

from lampyre.sync.beside import Said
from lampyre.sync.dialects import contexts
from lampyre.sync.dialects.ngsi import Ngsi
from lampyre.sync.dialects.standing import Standing

SCHEMAS = Path(__file__).parents[2] / "data" / "ngsi"
META = {"type", "value", "unitCode", "observedAt"}


@pytest.fixture
def leaving() -> Leaving:
    return Leaving()


@pytest.fixture
def standing() -> Standing:
    return Standing(list)


@pytest.fixture
def speak(tmp_path: Path, standing: Standing) -> Ngsi:
    return Ngsi(settings(tmp_path, "[dialects.ngsi_ld]\n"), standing)


def validator(kind: str) -> Any:
    schemas = [json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")]
    registry: Any = Registry().with_resources(
        (s["$id"], Resource.from_contents({**s, "$schema": DRAFT})) for s in schemas
    )
    ours = next(schema for schema in schemas if schema["$id"].endswith(f"{kind}/schema.json"))
    return jsonschema.Draft202012Validator({**ours, "$schema": DRAFT}, registry=registry)


DRAFT = "https://json-schema.org/draft/2020-12/schema"


def entity(said: Said) -> Any:
    return json.loads(said.body)


def simplified(entity: Any) -> Any:
    """Return the key-value form, which the published schemas describe."""
    found = {}
    for name, attribute in entity.items():
        value = attribute["value"] if isinstance(attribute, dict) and "value" in attribute else attribute
        found[name] = value["@value"] if isinstance(value, dict) and "@value" in value else value
    return {name: value for name, value in found.items() if name != "@context"}


def say(speak: Ngsi, message: tuple[str, bytes]) -> list[Any]:
    return [entity(said) for said in speak.say(native(message))]


@pytest.mark.parametrize("form", ["normalised", "concise"])
@pytest.mark.parametrize("context", ["published", "inline"])
def test_every_entity_is_what_its_schema_takes(tmp_path: Path, leaving: Leaving, form: str, context: str) -> None:
    dialect = f'[dialects.ngsi_ld]\nform = "{form}"\ncontext = "{context}"\n'
    speak = Ngsi(settings(tmp_path, dialect), Standing(lambda: [("l1", "lampFailure")]))
    seen = set()
    for message in leaving.all():
        for said in say(speak, message):
            seen.add(said["type"])
            keys = simplified(said)
            validator(said["type"]).validate(keys)
            for name in ("dateObserved", "dateLastEmptying", "nextActuationDeadline"):
                assert name not in keys or datetime.fromisoformat(keys[name]).utcoffset() == timedelta(0)
    assert seen == {"Streetlight", "WasteContainer", "ItemFlowObserved"}


def test_the_schemas_refuse_what_is_wrong(speak: Ngsi, leaving: Leaving) -> None:
    [lamp] = say(speak, leaving.lamp_state())
    [bin_] = say(speak, leaving.bin_state())
    for right, wrong in (
        (lamp, {"illuminanceLevel": 40.0}),
        (lamp, {"powerState": True}),
        (lamp, {"status": "fine"}),
        (lamp, {"location": {"type": "Point"}}),
        (bin_, {"fillingLevel": 62.0}),
        (bin_, {"status": "full"}),
        (bin_, {"storedWasteKind": "mixed"}),
    ):
        with pytest.raises(jsonschema.ValidationError):
            validator(right["type"]).validate({**simplified(right), **wrong})


def test_normalised_attributes_are_properties_with_their_moment_and_unit(speak: Ngsi, leaving: Leaving) -> None:
    for message in leaving.all():
        for said in say(speak, message):
            attributes = {name: value for name, value in said.items() if name not in {"id", "type", "@context"}}
            assert attributes.pop("location")["type"] == "GeoProperty"
            for attribute in attributes.values():
                assert set(attribute) <= META
                assert attribute["type"] == "Property"
                assert attribute["value"] is not None  # NGSI-LD has no null


def test_a_level_is_a_ratio_there_and_comes_back_as_our_percent(speak: Ngsi, leaving: Leaving) -> None:
    for level in (0.0, 0.004, 0.333, 0.8, 1.0):
        message = leaving.lamp_state(level)
        [said] = say(speak, message)
        there = said["illuminanceLevel"]["value"]
        assert 0.0 <= there <= 1.0
        assert round(there * 100.0, 1) == told(message)["target_level"]


@pytest.mark.parametrize(("level", "state"), [(0.0, "off"), (0.3, "low"), (0.79, "low"), (0.8, "on"), (1.0, "on")])
def test_the_state_of_a_lamp_is_a_word_never_yamls_true_or_false(
    speak: Ngsi, leaving: Leaving, level: float, state: str
) -> None:
    [said] = say(speak, leaving.lamp_state(level))
    assert said["powerState"]["value"] == state


def test_one_entity_has_two_scales_as_the_model_has_them(speak: Ngsi, leaving: Leaving) -> None:
    [said] = say(speak, leaving.bin_state(0.62))
    assert said["fillingLevel"]["value"] == 0.62
    assert (said["binFullnessThreshold"]["value"], said["binFullnessThreshold"]["unitCode"]) == (80.0, "P1")
    assert (said["temperature"]["value"], said["temperature"]["unitCode"]) == (12.0, "CEL")
    assert (said["binCapacity"]["value"], said["binCapacity"]["unitCode"]) == (240.0, "LTR")
    assert said["nextActuationDeadline"]["value"]["@value"] == "2026-12-02T11:00:00Z"
    assert said["storedWasteKind"]["value"] == "other"


def test_energy_is_in_kwh_and_power_the_mean_of_its_period(speak: Ngsi, leaving: Leaving) -> None:
    message = leaving.lamp_summary()
    said = say(speak, message)[0]
    assert (said["powerConsumption"]["value"], said["powerConsumption"]["unitCode"]) == (20.0, "WTT")
    assert said["lifetimePowerConsumption"]["value"] == told(message)["energy_total_kwh"] == 23.46
    assert said["lifetimePowerConsumption"]["unitCode"] == "KWH"


def test_what_is_not_known_is_left_out(speak: Ngsi, leaving: Leaving) -> None:
    [said] = say(speak, leaving.bin_state(None, temperature=None, due=None, emptied_at=None))
    assert not {"fillingLevel", "temperature", "nextActuationDeadline", "dateLastEmptying"} & set(said)


def test_too_few_to_be_told_of_are_told_of_by_no_entity(speak: Ngsi, leaving: Leaving) -> None:
    few = leaving.lamp_summary(
        passages=4, energy_wh=None, mean_level=None, lit_s=None, switches=None, energy_total_wh=None
    )
    assert say(speak, few) == []
    [counted] = [said for said in say(speak, leaving.lamp_summary(passages=5)) if said["type"] == "ItemFlowObserved"]
    assert counted["intensity"]["value"] == 5


def test_a_lamp_is_defective_while_an_alarm_of_it_stands(speak: Ngsi, standing: Standing, leaving: Leaving) -> None:
    for event, active, status in (("lampFailure", True, "defectiveLamp"), ("lampFailure", False, "ok")):
        message = leaving.alarm(event, active=active)
        standing.take(native(message))
        [said] = say(speak, message)
        assert said["status"]["value"] == status
    assert say(speak, leaving.alarm("sensorSilent", asset="c1")) == []


def test_ids_are_urns_and_the_newest_state_is_retained(speak: Ngsi, leaving: Leaving) -> None:
    [said] = speak.say(native(leaving.lamp_state()))
    assert (said.topic, said.retain) == ("ngsi-ld/dijon/node-1/Streetlight/l1", True)
    assert entity(said)["id"] == "urn:ngsi-ld:Streetlight:dijon:node-1:l1"
    assert not any(said.retain for said in speak.say(native(leaving.lamp_summary())))


def test_every_term_that_is_used_stands_in_the_bundled_context(tmp_path: Path, leaving: Leaving) -> None:
    speak = Ngsi(settings(tmp_path, '[dialects.ngsi_ld]\ncontext = "inline"\n'), Standing(list))
    for message in leaving.all():
        for said in say(speak, message):
            terms, core = said["@context"]
            assert core == contexts.CORE
            used = set(said) - {"id", "type", "location", "@context"} | {said["type"]}
            assert used <= set(terms)
            assert all(iri.startswith("https://") for iri in terms.values())


def test_a_state_is_told_to_the_minute_there_too(speak: Ngsi, leaving: Leaving) -> None:
    message = leaving.lamp_state(at=EVENING + timedelta(seconds=27.4), minute=True)
    [said] = speak.say(native(message))
    assert b"27.4" not in said.body
    assert entity(said)["illuminanceLevel"]["observedAt"] == told(message)["time"] == "2026-12-01T18:00:00Z"


def test_without_a_clock_no_moment_is_told_and_no_count_that_needs_one(speak: Ngsi) -> None:
    leaving = Leaving(trusted=False)
    said = [(entity, text) for one in leaving.all() for entity in say(speak, one) for text in [json.dumps(entity)]]
    assert {entity["type"] for entity, _ in said} == {"Streetlight", "WasteContainer"}
    assert not any("observedAt" in text for _, text in said)
    for found, _ in said:
        validator(found["type"]).validate(simplified(found))
