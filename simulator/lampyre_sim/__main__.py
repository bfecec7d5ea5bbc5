"""The words of `lampyre-sim`: street, score, evaluate."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from lampyre.errors import LampyreError
from lampyre_sim.devices import words as device
from lampyre_sim.labels import words as emptyings
from lampyre_sim.light import words as light
from lampyre_sim.ordeal import words as ordeal
from lampyre_sim.ranges import Number, Whole
from lampyre_sim.score.words import add_words
from lampyre_sim.waste import words as waste

CANNOT = 2  # exit code: not like this
SPEED_MOST = 240.0  # above it a turn of the firmware's loop lasts nearly 3 s of the street
MINUTES_MOST = 366 * 1440.0


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the words ask; every error is one line and exit code 2."""
    asked = _parser().parse_args(argv)
    try:
        return int(asked.do(asked))
    except LampyreError as error:
        print(f"lampyre-sim: {error}", file=sys.stderr)
        return CANNOT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lampyre-sim", description="A street for those who have no lamp.")
    words = parser.add_subparsers(required=True, metavar="WORD")
    street = words.add_parser(
        "street",
        help="run a street with the real agent and the real firmware, and watch it",
        description="A street in this terminal: sun, people and rubbish are simulated; the agent, the firmware of the "
        "boards and the broker are real. q or Ctrl-C ends it.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    street.add_argument("--lamps", type=Whole(1, 64), default=6, metavar="N", help="lamps, each with its board")
    street.add_argument("--bins", type=Whole(0, 32), default=2, metavar="N", help="waste bins")
    street.add_argument("--speed", type=Number(0.1, SPEED_MOST), default=60.0, metavar="X",
                        help="how much faster than real time")  # fmt: skip
    street.add_argument("--replay", type=Path, metavar="FILE", help="recorded passages: .csv or .csv.gz with the "
                        "columns time_local, speed_km_h, direction")  # fmt: skip
    street.add_argument("--minutes", type=Number(0.1, MINUTES_MOST), metavar="N",
                        help="end after so many minutes of the street")  # fmt: skip
    street.add_argument("--broker", metavar="URL", help="mqtt://HOST:PORT, instead of a broker of its own")
    street.add_argument("--start", type=_moment, metavar="ISO", help="local date and time; default: a winter dusk, or "
                        "the recording's first dusk")  # fmt: skip
    street.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, another evening")
    street.add_argument("--firmware", choices=["micropython", "cpython"], default="micropython",
                        help="what runs the boards")  # fmt: skip
    street.add_argument("--svg", type=Path, metavar="FILE", help="write the last view as a picture")
    street.add_argument("--plain", action="store_true", help="a line each quarter of an hour instead of the view")
    street.set_defaults(do=_street)
    score = words.add_parser(
        "score",
        help="what the models would have foreseen on recorded counts or fill levels, and how well",
        description="Plays recorded counts or fill levels in order of time, as a node would have lived them, and "
        "holds every forecast against what came, beside the naive ones on the same rows.",
    )
    add_words(score)
    score.set_defaults(do=_score)
    found = words.add_parser(
        "emptyings",
        help="how many emptyings in recorded fill levels the node finds",
        description="Plays recorded fill levels through what the node makes of them, and holds every emptying "
        "against those that were judged by eye.",
    )
    emptyings.add_words(found)
    found.set_defaults(do=_emptyings)
    bin_year = words.add_parser(
        "bin-year",
        help="a year of bins with every fault at known times: what the node names, and what it cries for nothing",
        description="Plays the production bin in virtual time. Exit code 1 where a fault was missed or never ended.",
    )
    ordeal.add_words(bin_year)
    bin_year.set_defaults(do=_bin_year)
    twin = words.add_parser("device", help="the twin of a sensor from a shop, on a tty; Ctrl-C pulls it out")
    device.add_words(twin)
    twin.set_defaults(do=_device)
    evaluate = words.add_parser("evaluate", help="what each way to light or to collect would have come to on records")
    of = evaluate.add_subparsers(required=True, metavar="OF")
    of_light = of.add_parser(
        "light",
        help="energy, switchings, and who met too little light",
        description="Replays recorded counts or passages through the production lamp in virtual time, once for each "
        "policy and seed. Energy: beside full light all night. Under-lit: the share of road users who met less "
        "light than is asked for: by the class, or by the traffic of those ten minutes, in steps or on a curve.",
    )
    light.add_words(of_light)
    of_light.set_defaults(do=light.run)
    of_bins = of.add_parser(
        "bins",
        help="collections, hours overflowing, how full bins were found; or the plan for tomorrow morning",
        description="Rebuilds from recorded fill levels what was thrown in, and lets every collection policy live "
        "through it: fixed days, the town's own, from a level on, and the node's forecast, which sees only what its "
        "sensor would show. Each with its whole curve, beside one that knows what will come.",
    )
    waste.add_words(of_bins)
    of_bins.set_defaults(do=waste.run)
    return parser


def _emptyings(asked: argparse.Namespace) -> int:
    from lampyre_sim.labels.answer import run

    return run(asked)


def _device(asked: argparse.Namespace) -> int:
    return device.run(asked, partial(print, flush=True))


def _bin_year(asked: argparse.Namespace) -> int:
    from lampyre_sim.ordeal.answer import run

    return run(asked)


def _score(asked: argparse.Namespace) -> int:
    from lampyre_sim.score.answer import run

    return run(asked)


def _street(asked: argparse.Namespace) -> int:
    from lampyre_sim.asked import Asked
    from lampyre_sim.street import run

    return run(
        Asked(
            lamps=asked.lamps,
            bins=asked.bins,
            speed=asked.speed,
            replay=asked.replay,
            minutes=asked.minutes,
            broker=asked.broker,
            start=asked.start,
            seed=asked.seed,
            firmware=asked.firmware,
            svg=asked.svg,
            plain=asked.plain or not sys.stdout.isatty(),
        )
    )


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: give a date and time such as 2026-12-24T16:30") from None


if __name__ == "__main__":
    sys.exit(main())
