"""What was found on the wire, against the register: which topic it is, which keys it has, which moments it tells."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tests.ordeal.month import BIN, LAMPS, NEXT, NODE, REPLIES, SITE
from tests.ordeal.taker import Sent
from tests.sync.dialects.decoder import raw

from lampyre.register.dialects import CLOUD_EVENTS, TONGUES
from lampyre.register.streams import ECHO, STREAMS

STAMP = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.]*(?:Z|\+00:00)")
ATTRIBUTE = {"type", "value", "unitCode", "observedAt"}  # of every NGSI-LD attribute


def _templates() -> dict[str, str]:
    """Return the register's topic of each topic that this node can have."""
    found = {REPLIES: "{response topic}"}
    whole = [*(stream.whole for stream in STREAMS), *(topic for one in TONGUES for topic in one.topics), ECHO]
    for template in whole:
        for asset in (*LAMPS, BIN, "node"):
            topic = template
            for name, value in {"site": SITE, "node": NODE, "id": asset, "to": NEXT}.items():
                topic = topic.replace(f"{{{name}}}", value)
            found.setdefault(topic, template)
    return found


TEMPLATES = _templates()


def flat(said: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and value of all that a JSON says; a list adds nothing to the path of what is in it but []."""
    if isinstance(said, dict) and said:
        for key, value in said.items():
            yield from flat(value, f"{before}.{key}" if before else key)
    elif isinstance(said, list) and said:
        for value in said:
            yield from flat(value, f"{before}[]")
    else:
        yield before, said


def keys(sent: Sent) -> Iterator[tuple[str, Any]]:
    """Yield what one publication says, under the register's names for its keys."""
    template = TEMPLATES[sent.topic]
    if template.startswith("spBv1.0"):
        for metric in raw(sent.body).metrics:
            kind = metric.WhichOneof("value")
            yield metric.name, None if metric.is_null or kind is None else getattr(metric, kind)
        return
    if not sent.body:
        return
    said = json.loads(sent.body)
    if template.startswith("ngsi-ld"):
        yield from _entity(said)
        return
    for path, value in flat(said):
        yield re.sub(r"^discrepancies\..*", "discrepancies", re.sub(r"^cmps\.\w+\.", "cmps.*.", path)), value


def _entity(said: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for path, value in flat(said.pop("@context")):
        yield ("@context[].*" if path.startswith("[].") else "@context[]"), value
    for name, attribute in said.items():
        value = attribute
        if isinstance(value, dict) and name != "location":
            assert set(value) <= ATTRIBUTE, name
            value = value["value"]
        yield name, value["@value"] if isinstance(value, dict) and "@value" in value else value


def labels(sent: Sent) -> Iterator[tuple[str, str]]:
    """Yield what an alarm carries beside its body."""
    if sent.labels.user:
        assert TEMPLATES[sent.topic] in CLOUD_EVENTS.topics
        yield from sent.labels.user


def moments(sent: Sent) -> list[datetime]:
    """Return every moment that a publication names, whatever it is in."""
    if sent.topic.startswith("spBv1.0"):
        payload = raw(sent.body)
        urgent = any(metric.name.startswith("Alarm/") for metric in payload.metrics)  # leaves when it is seen
        found = [0 if urgent else payload.timestamp, *(metric.timestamp for metric in payload.metrics)]
        dates = [metric.long_value for metric in payload.metrics if metric.datatype == 13 or metric.name.endswith("By")]
        return [datetime.fromtimestamp(ms / 1000, UTC) for ms in (*found, *dates) if ms]
    text = sent.body.decode() + " ".join(value for _, value in sent.labels.user)
    return [datetime.fromisoformat(stamp) for stamp in STAMP.findall(text)]
