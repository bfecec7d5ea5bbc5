"""The NGSI-LD terms that we use, and what each means; nothing is ever fetched.

From the context.jsonld files of Smart Data Models (https://smartdatamodels.org, CC BY 4.0), dataModel.Streetlighting,
dataModel.WasteManagement and dataModel.Transportation, the terms that ngsi.py uses. What NGSI-LD itself defines (value,
unitCode, observedAt, location ...) stands in the core context, which every broker knows.
"""

CORE = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.7.jsonld"
RAW = "https://raw.githubusercontent.com/smart-data-models/dataModel.{}/master/context.jsonld"
SUBJECT = {
    "Streetlight": "Streetlighting",
    "WasteContainer": "WasteManagement",
    "ItemFlowObserved": "Transportation",
}
COMMON = {"status": "https://uri.etsi.org/ngsi-ld/status"}  # both say so
TERMS: dict[str, tuple[str, ...]] = {
    "Streetlight": (
        "controllingMethod", "illuminanceLevel", "lifetimePowerConsumption", "powerConsumption", "powerRating",
        "powerState",
    ),
    "WasteContainer": (
        "binCapacity", "binFullnessThreshold", "dateLastEmptying", "fillingLevel", "nextActuationDeadline",
        "storedWasteKind", "temperature",
    ),
    "ItemFlowObserved": ("dateObserved", "dateObservedFrom", "dateObservedTo", "intensity", "laneId"),
}  # fmt: skip


def published(kind: str) -> list[object]:
    """Return the @context as names of published ones."""
    return [RAW.format(SUBJECT[kind]), CORE]


def inline(kind: str) -> list[object]:
    """Return the @context with its terms in it, for a broker that may not fetch anything either."""
    root = f"https://smartdatamodels.org/dataModel.{SUBJECT[kind]}/"
    terms = {name: root + name for name in (kind, *TERMS[kind])}
    return [terms | (COMMON if kind != "ItemFlowObserved" else {}), CORE]
