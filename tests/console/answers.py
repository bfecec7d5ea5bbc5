"""The agent's answers as recorded once, for a node with two lamps and a bin."""

from copy import deepcopy

from lampyre.errors import CommandRefused


def _channel(name: str, quantity: str, unit: str, value: float | None, quality: str) -> dict[str, object]:
    age_s = None if value is None else 0.4
    return {"channel": name, "quantity": quantity, "unit": unit, "value": value, "quality": quality, "age_s": age_s}


FORECAST = {
    "source": "activity_v1 1.0.0",
    "p10": [1.0, 0.0, 0.0, 0.0, 0.0],
    "p50": [3.2, 2.0, 1.0, 1.0, 0.0],
    "p90": [6.0, 5.0, 4.0, 3.0, 1.0],
    "horizons_s": [900, 1800, 2700, 3600, 86400],
}
FILLING = {
    "source": "fill_v1 1.0.0",
    "p10": [0.45, 0.5, 0.6, 0.8],
    "p50": [0.5, 0.57, 0.72, 0.9],
    "p90": [0.6, 0.7, 0.9, 1.0],
    "horizons_s": [21600, 43200, 86400, 172800],
}
SKILL = {
    "model": "activity_v1 1.0.0",
    "model_speaks": True,
    "judged": True,
    "value": 0.31,
    "scored": 1344,
    "coverage": 0.78,
    "horizons": [
        {
            "horizon_s": 900.0,
            "scored": 1344,
            "model_error": 1.2,
            "rule_error": 1.8,
            "model_coverage": 0.78,
            "rule_coverage": 0.6,
        },
    ],
}
ANSWERS: dict[str, dict[str, object]] = {
    "status": {
        "ok": True,
        "site": "dijon-parc",
        "node": "kerb-7",
        "version": "0.1.0",
        "time": "2026-11-23T18:30:00Z",
        "time_quality": "ntp",
        "clock_trusted": True,
        "up_s": 273600.0,
        "uplink": {
            "broker": "mqtt://127.0.0.1:1883", "online": True, "down": None, "fallback": False, "protocol": "5",
            "subscriptions_refused": 0, "certificate_days": None,
        },
        "row": {
            "between_nodes": "broker", "neighbours": ["n02/lamp-1"], "row_said": 12, "row_unsaid": 1, "row_heard": 9,
            "row_strange": 0, "row_broken": 0, "row_forged": 0, "row_late": 2, "row_repeated": 0, "row_flooded": 0,
        },
        "models": {"activity": "activity_v1 1.0.0", "fill": "none: fill_v1: model.tflite has another sha256"},
        "forecasts": [{"model": "activity", "silenced": 1, "of": 2}, {"model": "fill", "silenced": 0, "of": 1}],
        "jobs": [
            {"name": "decide", "beating": True, "restarts": 0},
            {"name": "uplink", "beating": True, "restarts": 2},
        ],
        "lamps": [
            {"id": "lamp-1", "level": 0.42, "target": 0.8, "cause": "sensor", "fine": "presence", "why": "nobody here"},
            {"id": "lamp-2", "level": 0.32, "target": 0.32, "cause": "program", "fine": "program",
             "why": "nobody here"},
        ],
        "groups": [],
        "bins": [{"id": "bin-1", "fill": 0.84, "quality": "GOOD", "status": "ok"}],
        "alarms": [
            {"asset": "bin-1", "event": "containerFull", "why": "84% full", "since": "2026-11-23T16:20:00Z"},
        ],
    },
    "sensors": {
        "ok": True,
        "boards": [
            {
                "id": "b1",
                "kind": "lamp_bin_pico",
                "link": "serial:///dev/lampyre/b1",
                "down": None,
                "facts": {"board": "lamp_bin_pico", "build": "0.1.0", "boots": "17", "cause": "power_on"},
                "frames": 120,
                "broken": 0,
                "missed": 9,
                "drift_ppm": 12,
                "advice": ["line_gaps", "of_a_newer_agent"],
            },
            {
                "id": "r1",
                "kind": "maxbotix",
                "link": "serial:///dev/lampyre/r1",
                "down": "serial:///dev/lampyre/r1: silent for 5 s; check cable, speed and power",
                "facts": {},
                "frames": 7,
                "broken": 3,
            },
        ],
        "channels": [
            _channel("b1.presence", "presence", "/", 1.0, "GOOD"),
            _channel("b1.lux", "illuminance", "lx", 3.25, "GOOD"),
            _channel("b1.temperature", "temperature", "Cel", -4.5, "SUSPECT"),
            _channel("r1.distance", "distance", "m", None, "MISSING"),
        ],
    },
    "lamp": {
        "ok": True,
        "id": "lamp-1",
        "level": 0.42,
        "target": 0.8,
        "ramp_s": 1.0,
        "night": True,
        "night_why": "sun below -6 degrees",
        "cause": "sensor",
        "fine": "presence",
        "why": "presence, held 90 s by activity_v1: next passer likely",
        "clamps": [],
        "since": "2026-11-23T18:02:00Z",
        "forecast": FORECAST,
        "skill": SKILL,
        "override": None,
        "board": "b1",
        "board_down": None,
        "operating_h": 1234.5,
        "power_w": 31.0,
        "energy_wh": 12.3,
        "full_light_wh": 40.0,
        "upkeep": {
            "starts": 812,
            "supply_losses": 3,
            "hottest": 48.5,
            "full_power_w": 38.7,
            "power_drift": -0.031,
            "life_low_h": 41000,
            "life_high_h": 82000,
            "life_why": "1235 of 100000 h lit",
        },
    },
    "why": {
        "ok": True,
        "id": "lamp-1",
        "at": "2026-11-23T18:30:00Z",
        "now": True,
        "clock_trusted": True,
        "level": 0.42,
        "target": 0.8,
        "ramp_s": 1.0,
        "wanted": 0.8,
        "cause": "sensor",
        "fine": "presence",
        "why": "presence, held 90 s by activity_v1: next passer likely",
        "clamps": [],
        "ladder": {"rung": 4, "of": 8, "silent": ["protection", "technician", "remote"]},
        "night": True,
        "night_why": "sun below -6 degrees",
        "inputs": [
            _channel("b1.presence", "presence", "/", 0.0, "GOOD"),
            _channel("b1.lux", "illuminance", "lx", 3.25, "STALE"),
        ],
        "forecast": FORECAST,
        "skill": SKILL,
        "override": None,
        "since": "2026-11-23T18:02:00Z",
        "until": None,
        "until_by": None,
    },
    "bin": {
        "ok": True,
        "id": "bin-1",
        "fill": 0.42,
        "quality": "GOOD",
        "status": "ok",
        "why": "0.73 m below the sensor",
        "since": "2026-11-23T06:12:00Z",
        "clock_trusted": True,
        "inputs": [
            _channel("b1.distance", "distance", "m", 0.73, "GOOD"),
            _channel("b1.lid", "open", "/", 0.0, "GOOD"),
        ],
        "reliability": 0.72,
        "collection": {
            "collect_by": "2026-11-25T11:00:00Z",
            "reason": "FORECAST",
            "why": "waiting for the round after costs 17.2 h, 15 h are allowed",
            "waiting_h": 17.2,
            "suppressed_because": None,
        },
        "access": "Mo-Su 06:00-12:00",
        "observed": {
            "count": 3,
            "error": 0.06,
            "bias": -0.04,
            "disputed": 0,
            "moves": 1,
            "last": {"at": "2026-11-22T09:00:00Z", "fill": 0.4, "sensor": 0.35},
        },
        "budget": {
            "year": 2026,
            "looks": 120000,
            "looks_most": None,
            "states": 8000,
            "states_most": 52560,
            "urgent": 0,
            "pace": "usual",
        },
        "rate_per_day": 0.3,
        "hours_to_full": [20.0, 31.0, 60.0],
        "chances": {"12": 0.03, "24": 0.2},
        "forecast": FILLING,
        "skill": SKILL | {"model": "fill_v1 1.0.0", "model_speaks": False, "value": -0.12},
        "temperature": 12.0,
        "emptied_at": "2026-11-20T05:10:00Z",
        "emptied_sure": 0.99,
        "faults": {"sensorBlocked": "rose from 20% to 100% at once, 3% a day are usual"},
        "discrepancies": {"spike": 2},
        "distance": "b1.distance",
        "full_at": 0.8,
        "at": "2026-11-23T18:29:10Z",
    },
    "outbox": {
        "ok": True,
        "waiting": {"alarm": 0, "reply": 0, "summary": 12},
        "bytes": 4096,
        "limit_bytes": 64000000,
        "parked": 0,
        "merged": 0,
        "thinned": 0,
        "folded": 0,
        "expired": 0,
        "damaged": 0,
        "quarantined": 0,
        "set_aside": 0,
        "salvaged": 0,
        "lent": 0,
        "file_bytes": 1040384,
        "failing": None,
        "in_memory": {"alarm": 0, "summary": 0},
        "dropped": 0,
        "accepted": 120,
        "boot": 17,
    },
    "override": {"ok": True, "until": "2026-11-23T18:40:00Z", "lamps": ["lamp-1"]},
    "resume": {"ok": True, "lamps": ["lamp-1"]},
    "observe": {"ok": True, "said": "noted; the sensor said 35%: they agree"},
    "calibrate": {"ok": True, "empty_m": 1.25, "full_m": 0.25},
}  # fmt: skip


class Canned:
    """Answers like the agent, from the record; remembers what it was asked."""

    def __init__(self) -> None:
        self.answers = deepcopy(ANSWERS)
        self.asked: list[dict[str, object]] = []

    async def __call__(self, question: dict[str, object]) -> dict[str, object]:
        """Return the recorded answer; CommandRefused as the agent words it."""
        self.asked.append(question)
        found = self.answers.get(str(question["ask"]))
        if found is None:
            raise CommandRefused(f"no question {question['ask']!r}")
        return found

    @property
    def settings(self) -> list[dict[str, object]]:
        """What would have changed something."""
        return [one for one in self.asked if one["ask"] in {"override", "resume", "observe", "calibrate"}]
