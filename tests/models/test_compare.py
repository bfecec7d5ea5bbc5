"""A rebuilt model is the same model if its figures are: what is compared, and what is refused."""

from pathlib import Path

import pytest

from lampyre_models import folder
from training.compare import LEAST, TOLERANCE, CardsDifferError, compare_cards, differences

CARD = """
sha256 = "{sha256}"
[[metrics]]
set = "bicycles"
horizon = "15 min"
n = 1000
mae = {mae}
coverage_p10_p90 = {coverage}
[[metrics]]
set = "bicycles"
horizon = "24 h"
n = 1000
mae = 7.5
coverage_p10_p90 = 0.8
"""


def card(path: Path, mae: float = 5.0, coverage: float = 0.8, sha256: str = "aa") -> Path:
    path.write_text(CARD.format(mae=mae, coverage=coverage, sha256=sha256))
    return path


def row(horizon: str = "1 h", **figures: float) -> dict[str, object]:
    return {"set": "bicycles", "horizon": horizon, **figures}


def test_a_card_equals_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = card(tmp_path / "one.toml")
    assert compare_cards(one, one) == 0
    said = capsys.readouterr().out
    assert "byte for byte" in said
    assert "6 figures" in said
    assert "largest difference 0.00%" in said


def test_a_difference_within_the_tolerance_passes_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare_cards(card(tmp_path / "one.toml"), card(tmp_path / "two.toml", 5.04, sha256="bb")) == 0
    said = capsys.readouterr().out
    assert "other bytes" in said
    assert "0.79%: mae 5 and 5.04 (15 min, bicycles)" in said


def test_a_difference_beyond_the_tolerance_fails_and_the_largest_comes_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare_cards(card(tmp_path / "one.toml"), card(tmp_path / "two.toml", 5.1, 0.9)) == 1
    said = capsys.readouterr().out
    assert "largest difference 11.11%: coverage_p10_p90 0.8 and 0.9" in said
    assert "2 beyond the tolerance of 1%" in said
    assert "  1.96%: mae 5 and 5.1 (15 min, bicycles)" in said


def test_a_folder_stands_for_the_card_in_it(tmp_path: Path) -> None:
    card(tmp_path / "card.toml")
    assert compare_cards(tmp_path, tmp_path / "card.toml") == 0


@pytest.mark.parametrize("name", ["activity_v1", "fill_v1"])
def test_the_shipped_cards_can_be_compared(name: str) -> None:
    assert compare_cards(folder(name), folder(name)) == 0


def test_rows_are_matched_by_their_labels_not_by_their_order() -> None:
    rows = [row("1 h", mae=5.0), row("24 h", mae=7.0)]
    assert {one.share for one in differences(rows, rows[::-1])} == {0.0}


def test_a_tiny_figure_is_not_blown_up() -> None:
    (found,) = differences([row(mae=0.0)], [row(mae=LEAST * TOLERANCE / 2)])
    assert found.share == pytest.approx(TOLERANCE / 2)


def test_counts_of_rows_are_compared_too() -> None:
    (found,) = differences([row(n=900)], [row(n=1000)])
    assert found.figure == "n"
    assert found.share == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ([], [], "no metrics"),
        ([row("1 h", mae=5.0)], [row("24 h", mae=5.0)], "metrics of 1 h, bicycles stand in one card only"),
        ([row(mae=5.0)], [row(mae=5.0, mae_tree=6.0)], "mae_tree of 1 h, bicycles stands in one card only"),
        ([row(mae=5.0), row(mae=6.0)], [row(mae=5.0)], "two rows of metrics for 1 h, bicycles"),
        ([row(mae=float("nan"))], [row(mae=5.0)], "mae of 1 h, bicycles is not a number"),
    ],
)
def test_cards_that_cannot_be_compared_are_refused(
    first: list[dict[str, object]], second: list[dict[str, object]], says: str
) -> None:
    with pytest.raises(CardsDifferError, match=says):
        differences(first, second)
