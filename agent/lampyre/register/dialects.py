"""The register's dialects: which words of other systems are made of which of our fields; nothing else is in them."""

from collections.abc import Mapping
from dataclasses import dataclass

from lampyre.register.terms import Both

FILE = "file"  # the node's own file: names, place, ratings; no measurement
FIXED = "fixed"  # a word or a number of that system's protocol


@dataclass(frozen=True, slots=True)
class Tongue:
    """A dialect: where it speaks, and its keys with what each is made of (Model.field, FILE or FIXED)."""

    name: str
    table: str  # in the node's file
    topics: Mapping[str, Mapping[str, str]]  # topic → key → source
    about: Both


def _same(source: str, *keys: str) -> dict[str, str]:
    return dict.fromkeys(keys, source)


DEVICE = {
    **_same(FIXED, "avty[].val_tpl", "qos", "dev.mf", "dev.sw", "o.name", "o.sw"),
    **_same(FILE, "dev.ids[]", "dev.name", "dev.mdl", "dev.via_device", "avty[].t"),
    **_same(
        FIXED,
        *(
            f"cmps.*.{key}"
            for key in (
                "p", "name", "val_tpl", "stat_cla", "unit_of_meas", "dev_cla", "ent_cat", "sug_dsp_prc", "ops[]",
                "avty[].val_tpl", "avty_mode", "schema", "stat_tpl", "bri_tpl", "cmd_on_tpl", "cmd_off_tpl", "qos",
                "ret",
            )
        ),
    ),
    **_same(FILE, *(f"cmps.*.{key}" for key in ("uniq_id", "stat_t", "avty[].t", "json_attr_t", "cmd_t"))),
}  # fmt: skip
HOME_ASSISTANT = Tongue(
    "Home Assistant",
    "[dialects.home_assistant]",
    {
        "homeassistant/device/{node}/{site}_{id}/config": DEVICE,
        "homeassistant/device/{node}/{site}_{id}/problems": {"problems[]": "AlarmMessage.event"},
    },
    Both(
        "It announces which of our own topics show what; it repeats no measurement. Retained.",
        "Annonce lesquels de nos propres sujets montrent quoi ; aucune mesure n'y est répétée. Retenu.",
    ),
)

ENTITY = {
    **_same(FIXED, "type", "@context[]", "@context[].*"),
    **_same(FILE, "id", "location"),
}
NGSI_LD = Tongue(
    "NGSI-LD",
    "[dialects.ngsi_ld]",
    {
        "ngsi-ld/{site}/{node}/Streetlight/{id}": {
            **ENTITY,
            "status": "AlarmMessage.event",
            "powerState": "LampState.target_level",
            "illuminanceLevel": "LampState.target_level",
            "controllingMethod": FIXED,
            "powerRating": FILE,
            "powerConsumption": "LampSummary.energy_wh",
            "lifetimePowerConsumption": "LampSummary.energy_total_kwh",
        },
        "ngsi-ld/{site}/{node}/ItemFlowObserved/{id}": {
            **ENTITY,
            "intensity": "LampSummary.passages",
            "dateObserved": "LampSummary.end",
            "dateObservedFrom": "LampSummary.start",
            "dateObservedTo": "LampSummary.end",
            "laneId": FIXED,
        },
        "ngsi-ld/{site}/{node}/WasteContainer/{id}": {
            **ENTITY,
            "status": "BinState.status",
            "fillingLevel": "BinState.fill",
            "binFullnessThreshold": "BinState.full_threshold",
            "temperature": "BinState.temperature",
            "dateLastEmptying": "BinState.emptied_at",
            "nextActuationDeadline": "BinState.collection.collect_by",
            "storedWasteKind": FILE,
            "binCapacity": FILE,
        },
    },
    Both(
        "Each attribute carries its unit and the moment of the message that it is made of. States are retained.",
        "Chaque attribut porte son unité et le moment du message dont il est fait. Les états sont retenus.",
    ),
)

METRICS = {
    "bdSeq": FIXED,
    "Node Control/Rebirth": FIXED,
    "Properties/Software": FIXED,
    "Properties/Version": FIXED,
    "Alarm/Event": "AlarmMessage.event",
    "Alarm/Active": "AlarmMessage.active",
    "Alarm/Why": "AlarmMessage.why",
    "Lamp/TargetLevel": "LampState.target_level",
    "Lamp/Cause": "LampState.cause",
    "Lamp/Why": "LampState.why",
    "Lamp/Night": "LampState.night",
    "Lamp/MeanLevel": "LampSummary.mean_level",
    "Lamp/Power_W": "LampSummary.energy_wh",
    "Lamp/PeriodEnergy_Wh": "LampSummary.energy_wh",
    "Lamp/Energy_Wh": "LampSummary.energy_total_kwh",
    "Lamp/Hours": "LampSummary.operating_h",
    "Lamp/Starts": "LampSummary.starts",
    "Lamp/Passages": "LampSummary.passages",
    "Bin/Fill": "BinState.fill",
    "Bin/FillRate": "BinState.fill_rate",
    "Bin/FullThreshold": "BinState.full_threshold",
    "Bin/ForecastFull": "BinState.hours_to_full.p50",
    "Bin/CollectBy": "BinState.collection.collect_by",
    "Bin/LastEmptied": "BinState.emptied_at",
    "Bin/Status": "BinState.status",
    "Bin/Temperature": "BinState.temperature",
    "Bin/Emptied": "BinSummary.emptied",
    "Bin/Litres": "BinSummary.litres_collected",
    "Health/Uptime_s": "Health.uptime_s",
    "Health/WaitingAlarms": "Health.waiting_alarms",
    "Health/WaitingSummaries": "Health.waiting_summaries",
    "Health/OutboxBytes": "Health.outbox_bytes",
}
NODE_KINDS, DEVICE_KINDS = ("NBIRTH", "NDATA", "NDEATH"), ("DBIRTH", "DDATA", "DDEATH")
SPARKPLUG = Tongue(
    "Sparkplug B",
    "[dialects.sparkplug]",
    {
        **{f"spBv1.0/{{site}}/{kind}/{{node}}": METRICS for kind in NODE_KINDS},
        **{f"spBv1.0/{{site}}/{kind}/{{node}}/{{id}}": METRICS for kind in DEVICE_KINDS},
    },
    Both(
        "Each metric carries the moment of the message that it is made of, its quality and unit; each payload "
        "when it was sent. Births say the newest of everything again. Not retained.",
        "Chaque métrique porte le moment du message dont elle est faite, sa qualité et son unité ; chaque envoi, le "
        "moment où il part. Une naissance redit le plus récent de tout. Non retenu.",
    ),
)

CLOUD_EVENTS = Tongue(
    "CloudEvents",
    "dialects.cloud_events",
    {
        "lampyre/v1/{site}/{node}/alarm": {
            "specversion": FIXED,
            "id": "AlarmMessage.seq",
            "source": FILE,
            "type": "AlarmMessage.event",
            "subject": "AlarmMessage.asset",
            "time": "AlarmMessage.time",
        }
    },
    Both(
        "User properties beside the body of an alarm, which stays as it is.",
        "Propriétés à côté du corps d'une alarme, qui reste tel quel.",
    ),
)
TONGUES = (HOME_ASSISTANT, NGSI_LD, SPARKPLUG, CLOUD_EVENTS)
