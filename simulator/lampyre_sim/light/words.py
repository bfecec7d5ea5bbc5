"""What the words `evaluate light` take on the command line, and what they answer."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from lampyre_sim.ranges import Number, Whole, a_day
from lampyre_sim.share import JOBS_MOST

NAMES = ("full", "midnight", "fixed-hold", "learned-hold", "moving", "tai", "tai-ahead", "fai-ahead")
INTERRUPTED = 130  # exit code: as a shell has it for Ctrl-C


def add_words(parser: argparse.ArgumentParser) -> None:
    """Say what `evaluate light` takes."""
    parser.add_argument("--counts", type=Path, required=True, metavar="PATH", help="recorded counts (a folder with "
                        "sets, one set's folder, or one file, as for `score`), or single passages: .csv or .csv.gz "
                        "with the columns time_local, speed_km_h, direction")  # fmt: skip
    parser.add_argument("--policy", nargs="+", choices=NAMES, metavar="NAME", help=f"only these: {', '.join(NAMES)}")
    parser.add_argument("--hold", nargs="+", type=Number(1, 86400), default=[], metavar="SECONDS",
                        help="also on demand with these fixed holds: the trade-off curve")  # fmt: skip
    parser.add_argument("--sensor", nargs="+", default=[], metavar="NAME", help="only these sensors")
    parser.add_argument("--from", type=a_day, dest="since", metavar="DATE",
                        help="the first night that is judged; default: after four weeks that only teach")  # fmt: skip
    parser.add_argument("--nights", type=Whole(1, 4000), default=60, metavar="N", help="so many nights; default: 60")
    parser.add_argument("--seeds", type=Whole(1, 1000), default=5, metavar="N",
                        help="so many ways to spread counts into passages; default: 5")  # fmt: skip
    parser.add_argument("--design-flow", type=Number(1, 10000), metavar="N",
                        help="passages in the busiest hour; default: the 99th percentile of the hours")  # fmt: skip
    parser.add_argument("--speed", type=Number(1, 250), metavar="KM/H", help="of who passes; default: what is known")
    parser.add_argument("--zone", metavar="NAME", help="time zone of the place: Europe/Paris")
    parser.add_argument("--latitude", type=Number(-90, 90), metavar="DEGREES", help="north positive")
    parser.add_argument("--longitude", type=Number(-180, 180), metavar="DEGREES", help="east positive")
    parser.add_argument("--country", metavar="CODE", help="for the public holidays: FR, DE-NW")
    parser.add_argument("--jobs", type=Whole(1, JOBS_MOST), default=os.cpu_count() or 1, metavar="N",
                        help="processes; default: one a core")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE.svg", help="energy against under-lit road users, of the last table"
    )


def run(asked: argparse.Namespace) -> int:
    """Do what the words ask; LampyreError goes to whoever called."""
    from lampyre.errors import ConfigError  # noqa: PLC0415 - numpy and the models only where they are wanted
    from lampyre_sim.light.candidates import CANDIDATES, held  # noqa: PLC0415
    from lampyre_sim.light.evaluate import Wanted, evaluate  # noqa: PLC0415
    from lampyre_sim.light.sites import Where  # noqa: PLC0415
    from lampyre_sim.light.table import lines, picture  # noqa: PLC0415
    from lampyre_sim.score.place import country_named, zone_named  # noqa: PLC0415

    zone = None if asked.zone is None else zone_named(asked.zone)
    country = None if asked.country is None else country_named(asked.country)
    wanted = Wanted(
        counts=asked.counts,
        where=Where(zone, asked.latitude, asked.longitude, country, asked.speed),
        candidates=(
            *(one for one in CANDIDATES if not asked.policy or one.name in asked.policy),
            *(held(seconds) for seconds in asked.hold),
        ),
        sensors=tuple(asked.sensor),
        since=asked.since,
        nights=asked.nights,
        seeds=asked.seeds,
        design_per_h=asked.design_flow,
        jobs=asked.jobs,
    )
    began_s = time.monotonic()
    found, nights = [], 0

    def played(more: int) -> None:
        nonlocal nights
        nights += more

    try:
        for judged in evaluate(wanted, played):
            found.append(judged)
            if not asked.json:
                print("\n".join(lines(judged)), end="\n\n", flush=True)  # noqa: T201 - the answer
    except KeyboardInterrupt:
        sys.stderr.write("lampyre-sim: ended before all was judged\n")
        return INTERRUPTED
    took_s = time.monotonic() - began_s
    rate = nights / max(took_s, 0.1)
    if asked.json:
        sites = [one.to_json() for one in found]
        answer = {"sites": sites, "nights_played": nights, "seconds": round(took_s, 1)}
        print(json.dumps(answer, indent=1, allow_nan=False))  # noqa: T201
    else:
        print(f"{nights} nights of one lamp in {took_s:.0f} s, {rate:.0f} a second")  # noqa: T201
    if asked.plot is not None:
        try:
            asked.plot.write_text(picture(found[-1]), encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"--plot {asked.plot}: {error.strerror}; give a file that can be written") from error
    return 0
