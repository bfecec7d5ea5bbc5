"""python -m training {activity|fill} --data DIR [--out DIR] [--fold K], or same CARD CARD."""

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Train one model and write its folder, or compare two cards."""
    parser = argparse.ArgumentParser(prog="training", description=__doc__)
    words = parser.add_subparsers(dest="word", required=True)
    for name in ("activity", "fill"):
        word = words.add_parser(name, help=f"train, judge and write {name}_v1")
        word.add_argument("--data", type=Path, required=True, help="folder with one folder for each data set")
        word.add_argument("--out", type=Path, default=HERE.parent / "lampyre_models", help="where the bundle goes")
        word.add_argument("--fold", type=int, choices=range(5), default=0, help="the fifth of the sensors kept out")
    same = words.add_parser("same", help="say how far the figures of two cards are apart; exit code 1 beyond 1 %%")
    same.add_argument("cards", type=Path, nargs=2, metavar="CARD")
    given = parser.parse_args()
    sys.path.insert(0, str(HERE.parent.parent / "agent"))
    if given.word == "same":
        from training.compare import CardsDifferError, compare_cards

        try:
            return compare_cards(*given.cards)
        except (CardsDifferError, OSError) as error:
            sys.exit(str(error))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if given.word == "activity":
        from training.activity import train
    else:
        from training.fill import train
    train(given.data, given.out, given.fold)
    return 0


sys.exit(main())
