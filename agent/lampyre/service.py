"""What `lampyre run` becomes: `python -P -OO -m lampyre.service FILE LEVEL`, the agent without the other words.

Docstrings are 3 MB of a small Pi's memory, and the words with all that reads them another; the process stays the same
for systemd. -P: a folder named lampyre where somebody happens to stand is none of our code.
"""

import os
import sys
from functools import partial
from pathlib import Path

from lampyre.exits import ended
from lampyre.lean import spare

# glibc asks for 16 kB more than it needs, not 128, and gives back what is free above 64 kB: 0.3 MB less (November 2026)
# Python keeps no columns of each line for tracebacks: another 0.3 MB
SPARING = {"MALLOC_TOP_PAD_": "16384", "MALLOC_TRIM_THRESHOLD_": "65536", "PYTHONNODEBUGRANGES": "1"}


def become(config: Path, level: str) -> None:
    """Go on as the agent alone; does not return."""
    words = [sys.executable, "-P", "-OO", "-m", "lampyre.service", str(config), level]
    os.execve(sys.executable, words, {**SPARING, **os.environ})  # noqa: S606 - no shell


if __name__ == "__main__":
    spare()
    from lampyre.serve import run

    sys.exit(ended(partial(run, Path(sys.argv[1])), sys.argv[2]))
