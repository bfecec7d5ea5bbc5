"""The broker: where it is, how to trust it, what its failures mean, and how long to wait before the next try."""

import random
import ssl
from dataclasses import dataclass
from pathlib import Path

from lampyre.errors import UplinkDown

KEEPALIVE_S = 30  # a silent network is noticed within 1.5 of these; 20 to 30 s suits fixed lines
WAIT_FIRST_S = 1.0
WAIT_MOST_S = 60.0  # a broker that is back is found within a minute
STABLE_S = 60.0  # a session that lived so long was a good one: the next break is a new one

# what the system, TLS or the broker says → what to do about it; the first that fits
CURES = (
    ("refused", "is the broker running, and is this its port?"),
    ("mismatch", "does the broker's certificate bear the name by which this node calls it?"),
    ("certificate verify failed", "does ca_file belong to this broker, and is the node's clock right?"),
    ("not known", "is the broker's name right, and does name resolution work?"),
    ("name resolution", "is the broker's name right, and does name resolution work?"),
    ("ot authorized", "does the broker know this node's certificate, and does its ACL allow its topics?"),
    ("ad user name", "does the broker know this node's certificate?"),
    ("taken over", "does a second node use the same client id?"),
    ("quota", "the broker is full; give it room or ask its operator"),
    ("unreachable", "is the network up?"),
    ("timed out", "is the network up, and does a firewall drop the port?"),
)


@dataclass(frozen=True, slots=True)
class Broker:
    """How to reach the broker; whether plain MQTT may leave the machine is for the settings to judge."""

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


class _ClosedOnFailure(ssl.SSLSocket):
    """paho forgets a socket whose handshake failed; one would stay open for each try until memory is swept."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def down(broker: Broker, reason: str) -> UplinkDown:
    """Say in one line which broker, why, and what to do."""
    cure = next((cure for word, cure in CURES if word in reason.lower()), "")
    return UplinkDown(f"{broker.address}: {reason}" + (f"; {cure}" if cure else ""))


def tls_context(broker: Broker) -> ssl.SSLContext | None:
    """Read the certificates (blocking, at each connect, so that renewed ones count); None without TLS.

    Raises UplinkDown that names the file.
    """
    if not broker.tls:
        return None
    file = broker.ca_file
    try:
        context = ssl.create_default_context(cafile=file)  # checks the chain and the host name
        context.sslsocket_class = _ClosedOnFailure
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if broker.cert_file is not None:
            file = broker.cert_file
            context.load_cert_chain(broker.cert_file, broker.key_file)
    except (OSError, ssl.SSLError) as error:
        said = error.strerror or error.args[-1]
        raise UplinkDown(f"{broker.address}: {file}: {said}; give a PEM file that the node may read") from error
    return context


class Backoff:
    """How long to wait before the next try: decorrelated jitter, so that a city's nodes do not come at once."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance or random.Random()
        self._last_s = WAIT_FIRST_S

    def wait_s(self, lived_s: float) -> float:
        """Return the next wait, after a session of `lived_s` (0: it never came about)."""
        if lived_s >= STABLE_S:
            self._last_s = WAIT_FIRST_S
        self._last_s = min(WAIT_MOST_S, self._chance.uniform(WAIT_FIRST_S, self._last_s * 3))
        return self._last_s
