"""Which brokers a node's file names, as the uplink takes them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lampyre.broker_settings import Reach
from lampyre.identity import enrolled, handed_over
from lampyre.settings import Settings
from lampyre.sync.backoff import SPREAD_S
from lampyre.sync.broker import Broker


def brokers(settings: Settings) -> Sequence[Broker]:
    """Return the first broker and then the fallback, if there is one."""
    node, first = settings.node, settings.broker
    return [
        Broker(
            host=one.host,
            port=one.port,
            client_id=f"lampyre-{node.site}-{node.id}",
            tls=one.tls,
            keepalive_s=first.keepalive_s,
            **(_papers(settings, one) if one.tls else {}),
        )
        for one in (first, first.fallback)
        if one is not None
    ]


def _papers(settings: Settings, one: Reach) -> dict[str, Path | None]:
    """Return what the file names, else what was installed."""
    named = settings.broker.papers(one)
    if not any(named.values()):
        return dict(enrolled(settings.node.state_dir))
    return {name: None if path is None else handed_over(path) for name, path in named.items()}


def pacing(settings: Settings) -> dict[str, Any]:
    """Return how fast the uplink may come and go."""
    broker = settings.broker
    spread_s = broker.first_connect_spread_s
    if spread_s is None:  # a broker on this machine serves this node alone
        spread_s = 0.0 if broker.here else SPREAD_S
    return {"spread_s": spread_s, "drain_per_s": broker.drain_per_s}
