"""What the words `evaluate bins` take on the command line, and what they answer."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from lampyre_sim.ranges import Number, Whole, a_day
from lampyre_sim.share import JOBS_MOST

INTERRUPTED = 130  # exit code: as a shell has it for Ctrl-C


def add_words(parser: argparse.ArgumentParser) -> None:
    """Say what `evaluate bins` takes."""
    parser.add_argument("--levels", type=Path, required=True, metavar="PATH", help="recorded fill levels: a folder "
                        "with sets, one set's folder, or one file, as for `score fill`")  # fmt: skip
    parser.add_argument("--stream", nargs="+", default=[], metavar="NAME", help="only these: paper glass plastic")
    parser.add_argument("--container", nargs="+", default=[], metavar="NAME", help="only these containers")
    parser.add_argument("--from", type=a_day, dest="since", metavar="DATE",
                        help="the first day that is judged; default: after four weeks that only teach")  # fmt: skip
    parser.add_argument("--until", type=a_day, metavar="DATE", help="what was recorded from then on is not read")
    parser.add_argument("--seeds", type=Whole(1, 1000), default=3, metavar="N",
                        help="so many draws of what nobody saw, and of the sensor's noise; default: 3")  # fmt: skip
    parser.add_argument("--risk", nargs="+", type=Number(0, 24), metavar="HOURS",
                        help="ours with these risks: its curve; for --plan, one")  # fmt: skip
    parser.add_argument("--truck", type=Whole(0, 23), default=6, metavar="HOUR",
                        help="when the truck comes each day, UTC; default: 6")  # fmt: skip
    parser.add_argument("--lead", type=Whole(0, 23), default=0, metavar="HOURS",
                        help="so long before it the plan is made; default: 0")  # fmt: skip
    parser.add_argument("--hidden", type=Number(0, 10), default=1.0, metavar="TIMES",
                        help="what a full container hid, in times of the estimate; default: 1")  # fmt: skip
    parser.add_argument("--straight", action="store_true",
                        help="each deposit raises any level alike; default: by the container's curve")  # fmt: skip
    parser.add_argument("--zone", metavar="NAME", help="time zone of the place: Europe/Paris")
    parser.add_argument("--jobs", type=Whole(1, JOBS_MOST), metavar="N", help="processes; default: one a core")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="the curves of the last table")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="write the plan for the morning after the last "
                        "reading (.csv or .json) and evaluate nothing")  # fmt: skip
    parser.add_argument("--places", type=Path, metavar="FILE.csv", help="columns place, latitude, longitude, one of "
                        "them `depot`: kilometres of the rounds, and the plan in the shortest order")  # fmt: skip


def run(asked: argparse.Namespace) -> int:
    """Do what the words ask; LampyreError goes to whoever called."""
    from lampyre.errors import ConfigError  # noqa: PLC0415 - numpy and the model only where they are wanted
    from lampyre_sim.score.place import zone_named  # noqa: PLC0415
    from lampyre_sim.waste.evaluate import RISKS, Wanted, evaluate  # noqa: PLC0415
    from lampyre_sim.waste.plan import write_plan  # noqa: PLC0415
    from lampyre_sim.waste.table import lines, picture  # noqa: PLC0415

    wanted = Wanted(
        levels=asked.levels,
        zone=None if asked.zone is None else zone_named(asked.zone),
        streams=tuple(asked.stream),
        containers=tuple(asked.container),
        since=asked.since,
        until=asked.until,
        seeds=asked.seeds,
        risks=tuple(sorted(asked.risk)) if asked.risk else RISKS,
        truck_h=asked.truck,
        lead_h=asked.lead,
        hidden_times=asked.hidden,
        straight=asked.straight,
        jobs=asked.jobs or os.cpu_count() or 1,
        places=asked.places,
    )
    if asked.plan is not None:
        if len(wanted.risks) > 1 and asked.risk:
            raise ConfigError("--plan is made for one --risk; give one number of hours")
        print(write_plan(wanted, asked.plan, *(asked.risk or ())))  # noqa: T201 - the answer
        return 0
    began_s = time.monotonic()
    found = []
    try:
        for judged in evaluate(wanted, _told):
            found.append(judged)
            if not asked.json:
                print("\n".join(lines(judged)), end="\n\n", flush=True)  # noqa: T201
    except KeyboardInterrupt:
        sys.stderr.write("lampyre-sim: ended before all was judged\n")
        return INTERRUPTED
    took_s = time.monotonic() - began_s
    if asked.json:
        answer = {"streams": [one.to_json() for one in found], "seconds": round(took_s, 1)}
        print(json.dumps(answer, indent=1, allow_nan=False))  # noqa: T201
    else:
        print(f"{took_s:.0f} s")  # noqa: T201
    if asked.plot is not None:
        try:
            asked.plot.write_text(picture(found[-1]), encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"--plot {asked.plot}: {error.strerror}; give a file that can be written") from error
    return 0


def _told(done: int, of: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {of} containers " if done < of else "\r\x1b[K")
        sys.stderr.flush()
