"""python -m training {activity|fill} --data DIR [--out DIR]."""

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Train one model and write its folder."""
    parser = argparse.ArgumentParser(prog="training", description=__doc__)
    parser.add_argument("model", choices=("activity", "fill"))
    parser.add_argument("--data", type=Path, required=True, help="folder with one folder for each data set")
    parser.add_argument("--out", type=Path, default=HERE.parent / "lampyre_models", help="where the bundle goes")
    given = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.path.insert(0, str(HERE.parent.parent / "agent"))
    if given.model == "activity":
        from training.activity import train
    else:
        from training.fill import train
    train(given.data, given.out)


main()
