"""The table [commands] of a node.toml: whose commands this node obeys."""

import base64
import binascii
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from lampyre.strict import Id, Strict

KEY_BYTES = 32  # of every Ed25519 public key (RFC 8032, 5.1.5)


def _a_key(text: str) -> str:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise ValueError("give a public Ed25519 key, 44 characters of base64; `lampyre sign --new` makes one")
    return text


PublicKey = Annotated[str, AfterValidator(_a_key)]


class CommandSettings(Strict):
    """With keys, commands must be signed by one of them; without, the broker's word is enough."""

    keys: Annotated[dict[Id, PublicKey], Field(max_length=16)] = Field(
        default_factory=dict
    )  # several while one changes
    signed: Literal["required", "optional"] | None = None  # None: required where there are keys
    unsigned: Annotated[tuple[Id, ...], Field(max_length=16)] = ()  # kinds that may come unsigned all the same

    @model_validator(mode="after")
    def _somebody_may_command(self) -> Self:
        if self.signed == "required" and not self.keys:
            raise ValueError('signed = "required" needs keys; `lampyre sign --new` makes one')
        return self

    def required(self, kind: str) -> bool:
        """Whether a command of this kind must be signed."""
        wanted = self.signed == "required" or (self.signed is None and bool(self.keys))
        return wanted and kind not in self.unsigned
