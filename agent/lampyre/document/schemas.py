"""The payloads: schemas of the models as the node writes and reads them; each field says what it is, and its unit."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from lampyre.register.streams import line_of, nested
from lampyre.sync.coming import Coming
from lampyre.sync.messages import MODELS, Record, Reply
from lampyre.sync.signed import Envelope

EVERY: tuple[type[BaseModel], ...] = (*MODELS, Coming, Reply, Envelope)
SUFFIXES = {"_s": "s", "_h": "h", "_wh": "Wh", "_kwh": "kWh", "_days": "d", "_bytes": "B"}  # the longest that fits
NAMES = {"temperature": "°C", "temperature_max": "°C", "fill_rate": "1/d", "p10": "h", "p50": "h", "p90": "h"}
BOUNDS = {(0, 100): "%", (0, 1): "0..1"}
ASKED = {  # what the models of commands leave to their names
    "id": "of this command, never used before: one that comes twice is done once",
    "kind": "as in the topic",
    "by": "who asks: a role, such as control room, not a person's name",
    "bin": "name of the bin in the node's file",
    "duration_s": "for how long",
    "duty": "what is foreseen",
    "revision": "the one on probation",
}


class Plain(GenerateJsonSchema):
    """No titles of fields, which say nothing that their names do not; what the node writes it writes whole."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Return False."""
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:
        """Whether a message without this field is none."""
        return self.mode == "serialization" or super().field_is_required(field, total)


def schemas() -> dict[str, Any]:
    """Return all of them, by name, for `components` of the document."""
    written = [model for model in EVERY if issubclass(model, Record)]
    read = [model for model in EVERY if not issubclass(model, Record)]
    modes: tuple[tuple[Sequence[type[BaseModel]], JsonSchemaMode], ...]
    modes = (written, "serialization"), (read, "validation")
    models = {model.__name__: model for one in EVERY for model in _all(one)}
    found: dict[str, Any] = {}
    for which, mode in modes:
        _, made = models_json_schema(
            [(model, mode) for model in which], ref_template="#/components/schemas/{model}", schema_generator=Plain
        )
        found |= {name: _explained(models.get(name), schema) for name, schema in made["$defs"].items()}
    return found


def _all(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for inner in nested(field.annotation):
            yield from _all(inner)


def _explained(model: type[BaseModel] | None, schema: Mapping[str, Any]) -> dict[str, Any]:
    if model is None or "properties" not in schema:  # an enumeration
        return dict(schema)
    return {**schema, "properties": {name: _field(model, name, one) for name, one in schema["properties"].items()}}


def _field(model: type[BaseModel], name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    line = line_of(model, name)
    said = schema.get("description") or (ASKED.get(name) if line is None else line.what.en)
    about = {**schema, "description": said} if said else dict(schema)
    unit = _unit(name, schema)
    return about if unit is None else {**about, "x-unit": unit}


def _unit(name: str, schema: Mapping[str, Any]) -> str | None:
    """Return the unit of a number: a name, the end of a name, or a range tells it."""
    forms = [form for form in (schema, *schema.get("anyOf", ())) if form.get("type") in {"number", "integer"}]
    if not forms:
        return None
    ends = sorted((end for end in SUFFIXES if name.endswith(end)), key=len)
    bounds = forms[0].get("minimum"), forms[0].get("maximum")
    return NAMES.get(name) or (SUFFIXES[ends[-1]] if ends else BOUNDS.get(bounds))
