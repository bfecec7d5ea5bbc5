"""The broker part of a node's TOML: where summaries go, and how the node shows who it is."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, model_validator

from lampyre.strict import Strict


class Reach(Strict):
    """One broker: where it is, and whom it lets in."""

    url: str = "mqtt://127.0.0.1:1883"
    plain_text_over_the_network: Literal["i-know"] | None = None
    ca_file: Path | None = None  # these three: None with mqtts:// means what `lampyre enrol` has installed
    cert_file: Path | None = None
    key_file: Path | None = None  # "credential:NAME": what systemd hands over by LoadCredential=NAME:...

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

    @property
    def here(self) -> bool:
        """Whether it is on this machine."""
        return _loopback(self.host)

    @model_validator(mode="after")
    def _nobody_listens(self) -> Self:
        parts = urlsplit(self.url)
        more = parts.path or parts.query or parts.fragment
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname or more or not _a_port(parts):
            raise ValueError("url: give mqtts://host[:port], or mqtt://127.0.0.1[:port] for a broker on this machine")
        if parts.username or parts.password:
            raise ValueError("url: no password in here; nodes show a certificate (cert_file, key_file)")
        if not self.tls and not self.here and self.plain_text_over_the_network != "i-know":
            raise ValueError(
                "plain mqtt to another machine shows every message to anybody on the way; use mqtts, "
                'or write plain_text_over_the_network = "i-know"'
            )
        return self


class FallbackSettings(Reach):
    """[broker.fallback]: another broker of the same city, while the first one fails."""

    url: str  # certificates that are not given here are those of [broker]


class BrokerSettings(Reach):
    """Where summaries go: mqtts:// with certificates; mqtt:// only on this machine or if said so."""

    keepalive_s: Annotated[int, Field(ge=5, le=300)] = 30
    # the first try after power-up or a break comes anywhere within; None: 5, and 0 for a broker on this machine
    first_connect_spread_s: Annotated[float, Field(ge=0.0, le=600.0)] | None = None
    drain_per_s: Annotated[float, Field(ge=1.0, le=1000.0)] = 50.0  # summaries a second, of those that had to wait
    fallback: FallbackSettings | None = None

    @model_validator(mode="after")
    def _shows_who_it_is(self) -> Self:
        for where, one in (("", self), ("fallback: ", self.fallback)):
            given = () if one is None or not one.tls else self.papers(one).values()
            if any(given) and not all(given):
                raise ValueError(f"{where}mqtts needs ca_file, cert_file and key_file, or none and `lampyre enrol`")
        if self.fallback is not None and (self.fallback.host, self.fallback.port) == (self.host, self.port):
            raise ValueError("fallback: that is the first broker; give another one")
        if self.tls and self.fallback is not None and not self.fallback.tls and not self.fallback.here:
            raise ValueError("fallback: who cuts the line to the first broker must not get plain text; use mqtts")
        return self

    def papers(self, one: Reach) -> dict[str, Path | None]:
        """Return what this broker or the fallback is shown, and known by."""
        own = {"ca_file": one.ca_file, "cert_file": one.cert_file, "key_file": one.key_file}
        first = {"ca_file": self.ca_file, "cert_file": self.cert_file, "key_file": self.key_file}
        if own["cert_file"] or own["key_file"]:  # the two belong together
            first |= {"cert_file": None, "key_file": None}
        return {name: path or first[name] for name, path in own.items()}


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
