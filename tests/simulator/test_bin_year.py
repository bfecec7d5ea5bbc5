"""Every fault of a bin, at a known time, is named for what it is; nothing is cried over nothing."""

from random import Random

import pytest

from lampyre_sim.__main__ import main
from lampyre_sim.ordeal.faults import KINDS, plan
from lampyre_sim.ordeal.year import year

SHORT = tuple(kind for kind in KINDS if kind.lasts_s <= 3 * 86400 and kind.after_s <= 2 * 86400)
LONG = tuple(kind for kind in KINDS if kind not in SHORT)


@pytest.mark.parametrize(("number", "fixed"), [(0, False), (3, True)])
def test_ten_weeks_with_every_short_fault(number: int, fixed: bool) -> None:
    faults = plan(Random(f"short {number}"), 70, fixed=fixed, kinds=SHORT)
    told = year(number, 1, faults, 70, fixed=fixed, step_s=300.0)
    assert not told.missed
    assert not told.unended
    assert len(told.false) == 0, told.false
    assert told.found >= told.emptied - 1
    assert told.dreamt <= 1
    assert told.named["fire, flaming"] < 120.0


def test_fifteen_weeks_with_the_long_ones() -> None:
    faults = plan(Random("long"), 105, fixed=False, kinds=LONG)
    told = year(1, 1, faults, 105, fixed=False, step_s=300.0)
    assert not told.missed
    assert not told.unended
    assert not told.false, told.false


def test_too_few_days_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        plan(Random(1), 30, fixed=False)


def test_the_word_wants_days_enough(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["bin-year", "--days", "10"])
    assert "--days" in capsys.readouterr().err
