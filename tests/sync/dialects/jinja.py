"""Home Assistant's templates as far as ours go: expressions that Python reads as Jinja does."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any


class Look:
    """A JSON object whose keys are read as attributes."""

    def __init__(self, found: dict[str, Any]) -> None:
        self._found = found

    def __getattr__(self, name: str) -> Any:
        value = self._found[name]
        return Look(value) if isinstance(value, dict) else value


class Default:
    def __init__(self, value: float) -> None:
        self._value = value

    def __ror__(self, other: Any) -> Any:
        return self._value if other is UNDEFINED else other


UNDEFINED = type("Undefined", (), {"__or__": lambda self, other: NotImplemented})()


def as_timestamp(moment: Any) -> float:
    return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).timestamp()


def render(template: str, body: bytes | None, now: Callable[[], datetime], **given: Any) -> str:
    """Return the text that Home Assistant would make of it."""
    names: dict[str, Any] = {
        "none": None, "int": int, "default": Default, "timedelta": timedelta, "utcnow": now,
        "as_timestamp": as_timestamp, "brightness": UNDEFINED, **given,
    }  # fmt: skip
    if body is not None:
        names["value_json"] = Look(json.loads(body))
    return re.sub(r"\{\{(.*?)\}\}", lambda found: str(eval(found[1].strip(), {"__builtins__": {}}, names)), template)
