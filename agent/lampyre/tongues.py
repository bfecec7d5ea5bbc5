"""Tongues: what `lampyre check` says of the dialects of a node's file."""

from collections.abc import Iterator

from lampyre.settings import Settings


def tongues_told(settings: Settings) -> Iterator[str]:
    """Yield in which other words the node speaks, where, and what somebody might expect of it in vain."""
    asked, node = settings.dialects, settings.node
    if (home := asked.home_assistant) is not None:
        yield f"also for Home Assistant: devices on {home.prefix}/device/{node.id}/, again when it starts"
        if home.commands and settings.commands.required("override"):
            yield "! home_assistant: commands = true, but override must be signed, and it cannot: no lights"
        elif home.commands:
            yield f"Home Assistant may switch lamps, for {home.command_minutes:g} min each time"
    if (entities := asked.ngsi_ld) is not None:
        yield f"also as NGSI-LD entities, {entities.form}, on {entities.topic}/{node.site}/{node.id}/"
    if (edge := asked.sparkplug) is not None:
        waits = "" if edge.primary_host is None else f", silent until {edge.primary_host} is online"
        yield f"also as Sparkplug B edge node {edge.group or node.site}/{node.id}, on a second connection{waits}"
    if asked.cloud_events:
        yield "alarms carry CloudEvents attributes, where the broker speaks MQTT 5"
    if home is None and asked.remembered(node.state_dir).exists():
        yield "Home Assistant was told of this node; at the next session it is taken back"
