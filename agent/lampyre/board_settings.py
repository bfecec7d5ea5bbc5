"""One device of a node.toml: what it is, where it is plugged in, and what its driver may be told."""

from os.path import normpath
from typing import Annotated

from pydantic import Field, field_validator

from lampyre.drivers import is_known, unknown
from lampyre.errors import ConfigError
from lampyre.link import parse_address
from lampyre.strict import Id, Strict

OUR_BOARDS = ("lamp_bin_pico", "lamp_bin_esp32")  # boards with our firmware; every other kind is a driver's

Value = Annotated[float, Field(allow_inf_nan=False)]


class BoardSettings(Strict):
    """A device on a line of its own: our board, or a sensor from a shop."""

    id: Id
    kind: Annotated[str, Field(max_length=64)]  # one of OUR_BOARDS, or of the drivers (docs/drivers.md)
    link: str
    options: Annotated[dict[str, Value], Field(max_length=16)] = Field(default_factory=dict)  # see the driver

    @property
    def device(self) -> str:
        """Where the link leads, however its URL is written: two boards never share one.

        Two may share a bus: there kind and options, such as an address, tell them apart (lampyre.shared knows more).
        """
        address = parse_address(self.link)
        if address.bus:
            return f"{normpath(address.path)} as {self.kind} with options {dict(sorted(self.options.items()))}"
        return normpath(address.path) if address.path else f"{address.host}:{address.port}"

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, kind: str) -> str:
        if kind not in OUR_BOARDS and not is_known(kind):
            raise ValueError(unknown(kind, OUR_BOARDS))
        return kind

    @field_validator("link")
    @classmethod
    def _known_link(cls, url: str) -> str:
        try:
            parse_address(url)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return url
