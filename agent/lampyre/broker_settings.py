"""The broker part of a node's TOML: where summaries go, and how the node shows who it is."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, model_validator

from lampyre.strict import Strict


class BrokerSettings(Strict):
    """Where summaries go: mqtts:// with certificates; mqtt:// only on this machine or if said so."""

    url: str = "mqtt://127.0.0.1:1883"
    plain_text_over_the_network: Literal["i-know"] | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    keepalive_s: Annotated[int, Field(ge=5, le=300)] = 30

    @property
    def tls(self) -> bool:
        """Whether the session is encrypted."""
        return self.url.startswith("mqtts:")

    @property
    def host(self) -> str:
        """The broker's name or address."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The broker's port: 8883 with TLS, 1883 without, unless the URL names one."""
        return urlsplit(self.url).port or (8883 if self.tls else 1883)

    @model_validator(mode="after")
    def _nobody_listens(self) -> Self:
        parts = urlsplit(self.url)
        more = parts.path or parts.query or parts.fragment
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname or more or not _a_port(parts):
            raise ValueError("url: give mqtts://host[:port], or mqtt://127.0.0.1[:port] for a broker on this machine")
        if parts.username or parts.password:
            raise ValueError("url: no password in here; nodes show a certificate (cert_file, key_file)")
        if self.tls and not (self.ca_file and self.cert_file and self.key_file):
            raise ValueError("mqtts needs ca_file, cert_file and key_file")
        if not self.tls and not _loopback(self.host) and self.plain_text_over_the_network != "i-know":
            raise ValueError(
                "plain mqtt to another machine shows every message to anybody on the way; use mqtts, "
                'or write plain_text_over_the_network = "i-know"'
            )
        return self


def _a_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:  # no number, or above 65535
        return False


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
