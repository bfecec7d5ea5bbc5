"""Signed commands: an envelope is opened only where a key of this node's file has signed what is in it.

    {"payload": "<the command, JSON as a string>", "key": "<name in [commands] keys>", "signature": "<base64>"}

Ed25519 over PREFIX, the topic, a line feed and the payload's bytes. So a signature holds for one node and one kind:
sent to another, or as another kind, it is none. `id` and `expires_at` in the payload keep it from being done twice.
"""

import base64
from typing import Annotated

from pydantic import Field, ValidationError

from lampyre.command_settings import CommandSettings
from lampyre.errors import CommandRefused
from lampyre.sync.parts import Id, Strict

PREFIX = b"lampyre command 1\n"  # so that nothing else that this key may sign is ever taken for a command
ENVELOPE_BYTES = 512  # of an envelope without its payload: key 32, signature 88, the rest is room for blanks


class Envelope(Strict):
    """What a signed command comes in."""

    payload: Annotated[str, Field(min_length=2)] = Field(description="the command, JSON as a string")
    key: Id = Field(description="the name that [commands] keys gives to the signer's key")
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")] = Field(
        description="base64 of the Ed25519 signature over `lampyre command 1`, line feed, topic, line feed, payload"
    )


def message(topic: str, payload: str) -> bytes:
    """Return the bytes that are signed."""
    return PREFIX + topic.encode() + b"\n" + payload.encode()


class Signed:
    """Opens envelopes with the keys of one node."""

    def __init__(self, settings: CommandSettings | None = None) -> None:
        """Without settings every command is taken as it comes."""
        self._settings = settings = settings or CommandSettings()
        if settings.keys:
            from lampyre import keys  # noqa: PLC0415 - nodes without keys do not pay for it

            self._is_signed = keys.is_signed

    def opened(self, topic: str, kind: str, body: bytes, most: int) -> tuple[bytes, str | None]:
        """Return the command's bytes and the name of the key that signed it, None for an unsigned one that may be.

        `most`: bytes that a command of this kind may have. Raises CommandRefused; of a payload whose signature does
        not hold nothing is read.
        """
        if not self._settings.keys:
            return body, None
        if len(body) > 2 * most + ENVELOPE_BYTES:  # each quote of the payload takes two bytes in a string
            raise CommandRefused(f"{len(body)} bytes are too many for a signed command of at most {most}")
        try:
            envelope = Envelope.model_validate_json(body)
        except (ValidationError, ValueError) as error:
            if self._settings.required(kind):
                raise CommandRefused(
                    f"not signed; here {kind} must be, by {' or '.join(self._settings.keys)} (`lampyre sign`)"
                ) from error
            return body, None
        return self._payload(topic, envelope), envelope.key

    def _payload(self, topic: str, envelope: Envelope) -> bytes:
        public = self._settings.keys.get(envelope.key)
        if public is None:
            raise CommandRefused(f"signed by {envelope.key!r}; this node knows {', '.join(self._settings.keys)}")
        try:
            exact = message(topic, envelope.payload)
        except UnicodeEncodeError as error:  # half a surrogate pair is no text
            raise CommandRefused("the payload is no text") from error
        if not self._is_signed(public, base64.b64decode(envelope.signature), exact):
            raise CommandRefused(
                f"the signature is not {envelope.key}'s for this command on {topic}; sign it for this node and kind"
            )
        return envelope.payload.encode()

    def required(self, kind: str) -> bool:
        """Whether a command of this kind must be signed."""
        return self._settings.required(kind)
