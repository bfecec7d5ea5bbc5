"""Complaints: what the agent logs and libraries write while the terminal belongs to the view."""

import logging
import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEPT = 50
LINE_LIMIT = 300  # characters


class Complaints(logging.Handler):
    """Keeps the last warnings, one line each, and counts them all."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: deque[str] = deque(maxlen=KEPT)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        error = record.exc_info[1] if record.exc_info else None
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        why = f": {type(error).__name__}: {error}" if error is not None else ""
        text = f"{record.levelname} {record.name}: {record.getMessage()}{why}"
        self.count += 1
        self.lines.append(" ".join(text.split())[:LINE_LIMIT])


@contextmanager
def stderr_into(path: Path) -> Iterator[None]:
    """Let everything that goes to standard error, from C code too, go into a file."""
    sys.stderr.flush()
    before = os.dup(2)
    try:
        with path.open("wb") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(before, 2)
        os.close(before)
