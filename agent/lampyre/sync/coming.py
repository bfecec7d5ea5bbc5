"""Somebody comes: what one node says to the next, the same over the broker and in a datagram. It names no person.

It lives for seconds: nobody keeps it, and whoever hears it late does not believe it (docs/moving.md).
"""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field, ValidationError, model_validator

from lampyre.strict import Id, Strict
from lampyre.sync.topics import ROW_ROOT, checked

BODY_LIMIT = 400  # bytes; the longest we make has 290
HOPS_MOST = 8  # lamps from him to the last that is told; no node may be set to more
PACE_STEP_S = 0.5  # finer tells more of him and lights nothing sooner

Far = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}/[a-z0-9-]{1,32}$")]  # node/lamp


class Coming(Strict):
    """Somebody passes `lamp` of the sender's node and may come to `ahead`, a lamp of the receiver's."""

    model_config = ConfigDict(strict=True)

    v: Literal[1] = 1
    site: Id
    lamp: Far
    ahead: Far
    pace_s: Annotated[float, Field(ge=0.5, le=60.0)] | None = Field(
        description="seconds from lamp to lamp, in halves; null: nobody knows"
    )
    hop: Annotated[int, Field(ge=1, le=HOPS_MOST)] = Field(description="lamps from him to `ahead`")
    left: Annotated[int, Field(ge=0, lt=HOPS_MOST)] = Field(description="lamps beyond `ahead` that may still be told")
    time: AwareDatetime | None = Field(description="null: the sender's clock is not trusted")

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.hop + self.left > HOPS_MOST or (self.pace_s is None and (self.hop, self.left) != (1, 0)):
            raise ValueError("more lamps than anybody may be told")
        return self

    @property
    def sender(self) -> str:
        """The node that says it."""
        return self.lamp.split("/")[0]

    @property
    def receiver(self) -> tuple[str, str]:
        """The node and the lamp that it is for."""
        node, lamp = self.ahead.split("/")
        return node, lamp

    def body(self) -> bytes:
        """Return it as it travels."""
        return self.model_dump_json().encode()


def read(body: bytes) -> Coming | None:
    """Return what somebody sent, None where it is none of ours or too long; raises nothing."""
    if len(body) > BODY_LIMIT:
        return None
    try:
        return Coming.model_validate_json(body)
    except ValidationError:
        return None


def coarse(pace_s: float | None) -> float | None:
    """Return the pace as it is told: in halves of a second, a half at least."""
    return None if pace_s is None else max(PACE_STEP_S, round(pace_s / PACE_STEP_S) * PACE_STEP_S)


def row_topic(site: str, sender: str, receiver: str) -> str:
    """Return the topic of what one node says to one other; it lies outside of what a city reads, lampyre/#."""
    return f"{ROW_ROOT}/{checked(site)}/{checked(sender)}/{checked(receiver)}"


def row_filter(site: str, receiver: str) -> str:
    """Return the filter of what is said to one node."""
    return f"{ROW_ROOT}/{checked(site)}/+/{checked(receiver)}"
