"""Frames that begin with fixed bytes and tell or have their length: found in any portions, after any noise."""

from collections.abc import Callable

from lampyre.driver import Counts


class Frames:
    """Finds frames; what is none is skipped by one byte at a time, so that a frame behind it is not lost.

    `size` gives the whole length out of the first `head` bytes, 0 where no frame begins so; `sound` is the checksum.
    It keeps less than one frame.
    """

    def __init__(
        self,
        header: bytes,
        head: int,
        size: Callable[[bytes], int],
        sound: Callable[[bytes], bool],
        counts: Counts,
    ) -> None:
        self._header, self._head, self._size, self._sound = header, head, size, sound
        self._counts = counts
        self._tail = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the sound frames that `data` completes."""
        found, at = [], 0
        data = self._tail + data
        while True:
            start = data.find(self._header, at)
            if start < 0:
                start = len(data) - self._begun(data[at:])
            self._counts.ignored += start - at
            at = start
            if len(data) - at < self._head:
                break
            size = self._size(data[at : at + self._head])
            if size > len(data) - at:
                break
            frame = data[at : at + size]
            if size and self._sound(frame):
                self._counts.frames += 1
                found.append(frame)
                at += size
            else:
                self._counts.broken += 1
                self._counts.ignored += 1
                at += 1
        self._tail = data[at:]
        return found

    def _begun(self, data: bytes) -> int:
        """Return how many of the last bytes may be the beginning of a header."""
        for length in range(len(self._header) - 1, 0, -1):
            if data.endswith(self._header[:length]):
                return length
        return 0
