"""The examiner: a process of its own that looks at what came from outside, so that none of it can hurt the agent.

`python -m lampyre.examine config HAND` reads a configuration from its standard input, as the city has sent it;
`... model DUTY FOLDER` loads a model bundle. Either prints one JSON object.
"""

import json
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lampyre.check import explain
from lampyre.clock import SystemClock
from lampyre.configured import TEXT_LIMIT, look
from lampyre.confine import confined
from lampyre.errors import CommandRefused, LampyreError
from lampyre.guides import CONTRACTS, Duty, load_bundle
from lampyre.lint import explain_light
from lampyre.settings import Settings, read, table_of

DATA_MOST = 160 << 20  # bytes of its own memory: TFLite, NumPy and a whole node take 60 MB
CPU_MOST_S = 60  # a Pi Zero 2 W needs 5 s for both
WARNINGS_MOST = 8
LIVE = ("board", "lamp", "bin", "programme", "calendar", "night", "models", "broker")  # see Node.take
SENT = Path("revision")  # what the city has sent is called so in messages: it is no file yet


def changes(old: Settings, new: Settings) -> list[str]:
    """Return the parts of the file in which they differ: a table's name, or that of a list and the id in it."""
    found = []
    for table in Settings.model_fields:
        before, after = getattr(old, table), getattr(new, table)
        if before == after:
            continue
        if not isinstance(before, tuple):
            found.append(table)
            continue
        was, is_ = ({one.id: one for one in side} for side in (before, after))
        ids = [name for name in {**was, **is_} if was.get(name) != is_.get(name)]
        found += [f"{table} {name}" for name in ids] or [table]  # only their order
    return found


def _config(hand: Path) -> dict[str, Any]:
    raw = sys.stdin.buffer.read(TEXT_LIMIT + 1)
    if len(raw) > TEXT_LIMIT:
        raise CommandRefused(f"more than {TEXT_LIMIT} bytes; a configuration from afar has at most so many")
    new = confined(table_of(read(hand), hand), table_of(raw, SENT), hand, SENT)
    old = look(hand).settings
    before = set(_warnings(old))
    warnings = [line for line in _warnings(new) if line not in before][:WARNINGS_MOST]
    parts = changes(old, new)
    return {"changes": parts, "way": _way(old, new), "warnings": warnings}


def _way(old: Settings, new: Settings) -> str:
    """Say how much of the agent must begin anew: what differs, while all others go on (live), or the whole of it."""
    quiet = {*LIVE, "evidence"}  # no part of the agent holds the last: what reads it reads the file
    if any(getattr(old, table) != getattr(new, table) for table in Settings.model_fields if table not in quiet):
        return "whole"
    if [(lamp.id, lamp.neighbours) for lamp in old.lamp] != [(lamp.id, lamp.neighbours) for lamp in new.lamp] and any(
        lamp.neighbours for side in (old, new) for lamp in side.lamp
    ):
        return "whole"  # who comes is passed on along the row, also between nodes
    pace = {"first_connect_spread_s", "drain_per_s"}  # the uplink is made with these
    if old.broker.model_dump(include=pace) != new.broker.model_dump(include=pace):
        return "whole"
    spoken = ("broker", "lamp", "bin", "board")
    if old.dialects.wanted(old.node.state_dir) and any(getattr(old, one) != getattr(new, one) for one in spoken):
        return "whole"  # dialects have connections of their own, and have told what stands here
    return "live"


def _warnings(settings: Settings) -> Iterator[str]:
    for line in (*explain(settings), *explain_light(settings, SystemClock().now())):
        if line.startswith("!"):
            yield line


def _model(duty: Duty, folder: Path) -> dict[str, Any]:
    return {"source": load_bundle(duty, folder).source}


def main(words: Sequence[str]) -> int:
    """Do what the words ask; whatever is wrong is said in the answer."""
    resource.setrlimit(resource.RLIMIT_DATA, (DATA_MOST, DATA_MOST))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_MOST_S, CPU_MOST_S))
    try:
        what, name, *rest = words
        if what == "config":
            said = _config(Path(name))
        else:
            said = _model(next(duty for duty in CONTRACTS if duty == name), Path(rest[0]))
    except LampyreError as error:
        said = {"ok": False, "error": str(error)}
    sys.stdout.write(json.dumps({"ok": True} | said))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
