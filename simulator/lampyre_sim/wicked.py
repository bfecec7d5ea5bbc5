"""Links as the field has them: whole, byte by byte, lossy, late, cut, noisy; same seed, same damage."""

import random
from collections.abc import Callable, Iterator

Spoil = Callable[[bytes], Iterator[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    """Everything arrives at once."""
    yield data


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    """Every byte alone."""
    for byte in data:
        yield bytes([byte])


class Lossy:
    """One byte in fifty is lost."""

    def __init__(self) -> None:
        self._chance = random.Random(11)

    def __call__(self, data: bytes) -> Iterator[bytes]:
        """Yield what comes of `data`."""
        yield bytes(byte for byte in data if self._chance.random() > 0.02)


class Flipped:
    """One byte in fifty has a bit turned over."""

    def __init__(self) -> None:
        self._chance = random.Random(12)

    def __call__(self, data: bytes) -> Iterator[bytes]:
        """Yield what comes of `data`."""
        yield bytes(byte ^ (1 << self._chance.randrange(8)) if self._chance.random() < 0.02 else byte for byte in data)


class Cut:
    """One message in five ends in the middle."""

    def __init__(self) -> None:
        self._chance = random.Random(13)

    def __call__(self, data: bytes) -> Iterator[bytes]:
        """Yield what comes of `data`."""
        yield data[: self._chance.randrange(len(data))] if self._chance.random() < 0.2 else data


class Noisy:
    """Noise stands between the messages."""

    def __init__(self) -> None:
        self._chance = random.Random(14)

    def __call__(self, data: bytes) -> Iterator[bytes]:
        """Yield what comes of `data`."""
        yield self._chance.randbytes(self._chance.randrange(40))
        yield data


class Late:
    """Bytes come in odd portions, some of them only with a later message."""

    def __init__(self) -> None:
        self._chance = random.Random(15)
        self._held = b""

    def __call__(self, data: bytes) -> Iterator[bytes]:
        """Yield what comes of `data`."""
        self._held += data
        out = self._chance.randrange(len(self._held) + 1)
        yield self._held[:out]
        self._held = self._held[out:]


KINDS: dict[str, Callable[[], Spoil]] = {
    "whole": lambda: whole,
    "byte by byte": lambda: byte_by_byte,
    "lossy": Lossy,
    "flipped": Flipped,
    "cut": Cut,
    "noisy": Noisy,
    "late": Late,
}
