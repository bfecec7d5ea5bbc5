"""The broker: where it is, how we show who we are, and what its failures mean."""

from dataclasses import dataclass
from pathlib import Path

from lampyre.errors import UplinkDown

KEEPALIVE_S = 30  # a silent network is noticed within 1.5 of these; 20 to 30 s suits fixed lines

# what the system, TLS or the broker says → what to do about it; the first that fits
CURES = (
    ("before it answered", "does it take TLS at this port, and this node's certificate?"),
    ("refused", "is the broker running, and is this its port?"),
    ("mismatch", "does the broker's certificate bear the name by which this node calls it?"),
    ("has expired", "the broker's certificate is over, or this node's clock is ahead"),
    ("not yet valid", "the broker's certificate begins later than this node's clock says"),
    ("certificate verify failed", "does ca_file belong to this broker, and is the node's clock right?"),
    ("not known", "is the broker's name right, and does name resolution work?"),
    ("name resolution", "is the broker's name right, and does name resolution work?"),
    ("ot authorized", "does the broker know this node's certificate, and does its ACL allow its topics?"),
    ("ad user name", "does the broker know this node's certificate?"),
    ("taken over", "another client has our id: has a second node the same site and id, or the same card?"),
    ("quota", "the broker is full; give it room or ask its operator"),
    ("unreachable", "is the network up?"),
    ("timed out", "is the network up, and does a firewall drop the port?"),
)


@dataclass(frozen=True, slots=True)
class Broker:
    """How to reach one broker; whether plain MQTT may leave the machine is for the settings to judge."""

    host: str
    port: int
    client_id: str  # the same at every start: the broker keeps our commands under it
    tls: bool = False
    ca_file: Path | None = None  # None: the system's authorities
    cert_file: Path | None = None
    key_file: Path | None = None
    keepalive_s: int = KEEPALIVE_S

    @property
    def address(self) -> str:
        """How it is named in messages to people."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def down(broker: Broker, reason: str, code: int = 0) -> UplinkDown:
    """Say in one line which broker, why, and what to do."""
    cure = next((cure for word, cure in CURES if word in reason.lower()), "")
    return UplinkDown(f"{broker.address}: {reason}" + (f"; {cure}" if cure else ""), code)
