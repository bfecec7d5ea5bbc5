"""The word `score` done: what was asked for becomes tables or JSON."""

import argparse
import json
import os
import sys
from pathlib import Path

import lampyre_models
from lampyre.decide.card import read_card
from lampyre_sim.score.crew import Progress
from lampyre_sim.score.place import country_named, zone_named
from lampyre_sim.score.run import Wanted, score
from lampyre_sim.score.table import lines
from lampyre_sim.share import JOBS_MOST

INTERRUPTED = 130  # exit code: as a shell has it for Ctrl-C


def run(asked: argparse.Namespace) -> int:
    """Do what the words ask; LampyreError goes to whoever called."""
    model: Path = asked.model or Path(lampyre_models.__file__).parent / f"{asked.of}_v1"
    card = read_card(model / "card.toml")
    wanted = Wanted(
        of=asked.of,
        data=asked.data,
        model=model,
        since=asked.since,
        sets=tuple(asked.set),
        sensors=tuple(asked.sensor),
        held_out=asked.held_out,
        each=asked.each,
        jobs=min(asked.jobs or len(os.sched_getaffinity(0)), JOBS_MOST),
        zone=None if asked.zone is None else zone_named(asked.zone),
        latitude=asked.latitude,
        country=None if asked.country is None else country_named(asked.country),
        day_first=asked.day_first,
    )
    progress = Progress()
    try:
        found = score(wanted, f"{card.name} {card.version}", progress)
    except KeyboardInterrupt:
        sys.stderr.write("\nlampyre-sim: ended before all was judged\n")
        return INTERRUPTED
    finally:
        progress.end()
    text = json.dumps(found.to_json(), indent=1, allow_nan=False) if asked.json else "\n".join(lines(found))
    sys.stdout.write(text + "\n")
    return 0
