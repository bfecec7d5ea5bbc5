"""CloudEvents 1.0 on alarms: MQTT 5 binary mode, the attributes beside the body, which stays as it is.

CloudEvents MQTT protocol binding 1.0.2, 3.1: attributes are user properties, datacontenttype is MQTT's content type.
"""

from collections.abc import Mapping

from lampyre.sync.dialects.native import Native
from lampyre.sync.exchange import PLAIN, Labels

CONTENT_TYPE = "application/json"
TYPE = "org.lampyre.{}.{}.v1"  # of what, and which event


def labels(native: Native, kinds: Mapping[str, str]) -> Labels:
    """Return the attributes of an alarm, none of anything else; `kinds` says lamp or bin of each asset, else node.

    (node, seq) is unique, so `id` is the same when an alarm comes twice: whoever counts events needs no more. Without
    a clock to believe there is no `time`, which CloudEvents allows.
    """
    if native.kind != "AlarmMessage":
        return PLAIN
    said = native.said
    found = (
        ("specversion", "1.0"),
        ("id", f"{said['node']}-{said['seq']}"),
        ("source", f"/{said['site']}/{said['node']}"),
        ("type", TYPE.format(kinds.get(said["asset"], "node"), said["event"])),
        ("subject", said["asset"]),
        *((("time", said["time"]),) if native.dated else ()),
    )
    return Labels(content_type=CONTENT_TYPE, user=found)
