"""What a program knows that has read the document and nothing else."""

import json
import re
from typing import Any

import jsonschema

ID = "[a-z0-9-]{1,32}"


def channels(made: Any, topic: str) -> list[str]:
    """Return the channels to whose addresses a topic belongs."""
    return [key for key, one in made["channels"].items() if one["address"] and belongs(topic, one)]


def belongs(topic: str, channel: Any) -> bool:
    pattern = re.escape(channel["address"])
    for name, about in channel["parameters"].items():
        pattern = pattern.replace(re.escape(f"{{{name}}}"), re.escape(about["default"]) if "default" in about else ID)
    return re.fullmatch(pattern, topic) is not None


def validate(made: Any, key: str, body: bytes) -> str:
    """Hold a body against the messages of a channel; return the name of the one it is."""
    for name in made["channels"][key]["messages"]:
        about = made["components"]["messages"][name]
        if not body or "payload" not in about:
            return str(name)
        whole = {**about["payload"], "components": made["components"]}
        if jsonschema.Draft202012Validator(whole).is_valid(json.loads(body)):
            return str(name)
    raise AssertionError(f"{key}: none of its messages: {body[:500]!r}")
