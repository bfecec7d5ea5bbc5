"""What health says of the uplink."""

from typing import Annotated, Literal

from pydantic import Field

from lampyre.sync.parts import Count, Strict, Text


class UplinkHealth(Strict):
    """How the node reaches its city. What cannot be promised is told here for as long as it is so."""

    broker: Literal["first", "fallback"]
    protocol: Literal["5", "3.1.1"] = Field(description="of MQTT")
    cannot: Annotated[list[Text], Field(max_length=8)] = Field(
        description="what this connection cannot promise, and MQTT 5 could"
    )
    subscriptions_refused: Count = Field(description="topic filters that the broker lets us not hear")
    certificate_days: int | None = Field(
        default=None, description="until the first of the certificates here ends; below 0 it has; null: none is shown"
    )
