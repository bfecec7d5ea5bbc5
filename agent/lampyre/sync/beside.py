"""Beside: the same once more in other words, and what a message carries on its cover. Without dialects, neither."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lampyre.sync.exchange import Labels


@dataclass(frozen=True, slots=True)
class Said:
    """What is published beside a message of ours."""

    topic: str
    body: bytes
    retain: bool = False


class Beside(Protocol):
    """Who knows other words for what leaves. It asks nobody, waits for nothing and raises nothing."""

    dropped: int

    def say(self, topic: str, body: bytes) -> Sequence[Said]:
        """Return what is to be published beside this message, in the same session."""

    def labels(self, topic: str, body: bytes) -> Labels:
        """Return what this message itself carries beside its body."""
