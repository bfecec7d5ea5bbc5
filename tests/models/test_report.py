"""A report's figures come from the forecasts alone, and say so where nothing is known."""

from dataclasses import replace

import numpy as np
import pytest

from training.judged import Part, below, by_hour, by_site, known_horizons, ranked, scores, shown
from training.report import figure, report_text

DAYS = 21
NAN = float("nan")


def part(error: float = 1.0, spread: float = 2.0) -> Part:
    """Three sites, hourly, three weeks: 10, 20 and 30 an hour; the model says `error` more; no truth at 15 min."""
    site = np.repeat(["a", "b", "c"], DAYS * 24)
    hours = np.arange(DAYS * 24) * np.timedelta64(1, "h")
    when = np.tile(np.datetime64("2026-03-02T00") + hours, 3)
    truth = np.column_stack([np.full(len(site), NAN), np.repeat([10.0, 20.0, 30.0], DAYS * 24)])
    quantiles = np.stack([truth + error - spread, truth + error, truth + error + spread], axis=2)
    others = {
        "persistence": truth + 3,
        "four-week mean": truth - 2,
        "tree": np.column_stack([truth[:, 0], truth[:, 1]]),
    }
    real = quantiles - [0.0, error / 2, 0.0]
    return Part("street", True, site, when, ("15 min", "1 h"), truth, quantiles, real, others)


def test_the_scores_of_a_part_are_those_of_its_rows() -> None:
    (score,) = scores(part())
    assert (score.horizon, score.n) == ("1 h", 3 * DAYS * 24)
    assert (score.mae, score.mae_night, score.mae_float) == (1.0, 1.0, 0.5)
    assert score.loss == 1.0
    assert score.coverage == 1.0
    assert score.others == {"persistence": 3.0, "four-week mean": 2.0, "tree": 0.0}
    assert score.pinball == pytest.approx((0.1 * 1 + 0.5 * 1 + 0.1 * 3) / 3)


def test_the_night_is_scored_by_itself() -> None:
    street = part()
    late = (street.hour(0) >= 22) | (street.hour(0) < 6)
    quantiles = street.quantiles + np.where(late, 4.0, 0.0)[:, None, None]
    (score,) = scores(replace(street, quantiles=quantiles))
    assert score.mae_night == 5.0
    assert score.mae == pytest.approx(1 + 4 * 8 / 24)


def test_a_range_beside_the_truth_covers_nothing() -> None:
    assert scores(part(error=3.0))[0].coverage == 0.0


def test_calibration_counts_truths_below_each_quantile_and_half_of_those_that_equal_it() -> None:
    assert below(part()).tolist() == [0.0, 1.0, 1.0]
    assert below(part(error=0.0)).tolist() == [0.0, 0.5, 1.0]
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(20_000, 1))
    quantiles = np.broadcast_to([-1.2816, 0.0, 1.2816], (20_000, 1, 3))
    street = replace(part(), truth=truth, quantiles=quantiles, horizons=("1 h",))
    assert below(street) == pytest.approx([0.1, 0.5, 0.9], abs=0.01)


def test_errors_are_told_by_hour_and_by_site() -> None:
    street = part()
    guess = street.truth[:, 1] + street.hour(0)
    assert by_hour(street, 1, guess).tolist() == list(range(24))
    guess = street.truth[:, 1] + np.repeat([1.0, 2.0, 3.0], DAYS * 24)
    assert by_site(street, 1, guess).tolist() == [1.0, 2.0, 3.0]


def test_an_hour_without_moments_has_no_error() -> None:
    street = part()
    day = street.hour(0) >= 6
    street = replace(street, site=street.site[day], when=street.when[day], truth=street.truth[day])
    assert np.isnan(by_hour(street, 1, street.truth[:, 1])[:6]).all()


def test_the_best_naive_forecast_is_not_the_tree() -> None:
    assert ranked(part(), 1) == ["tree", "four-week mean", "persistence"]
    assert ranked(part(), 1, naive=True) == ["four-week mean", "persistence"]
    assert ranked(part(), 0) == []


def test_a_baseline_without_an_answer_for_every_truth_has_no_error() -> None:
    street = part()
    street.others["persistence"][0] = NAN
    assert np.isnan(scores(street)[0].others["persistence"])
    assert ranked(street, 1) == ["tree", "four-week mean"]


def test_the_picture_shows_a_week_of_the_middling_site() -> None:
    street = part()
    rows = shown(street, known_horizons(street)[0])
    assert set(street.site[rows]) == {"b"}
    assert rows.sum() <= 7 * 24
    assert np.ptp(street.when[rows]) < np.timedelta64(7, "D")


def test_the_text_says_every_figure_with_three_digits_and_a_dash_for_what_is_unknown() -> None:
    street = part()
    street = replace(street, others={**street.others, "slot mean": np.full_like(street.truth, NAN)})
    text = report_text(
        "Streets", "counts", [street], {"What": "A test.", "Held out": ["sites", "times"], "Again": "make"}
    )
    assert "| set | sites | horizon | rows | model | persistence | four-week mean | tree | slot mean |" in text
    assert "| model, night | four-week mean, night | tree, night | pinball | coverage | on site |" in text
    figures = "1.00 | 3.00 | 2.00 | 0.00 | – | 1.00 | 2.00 | 0.00 | 0.300 | 100.0 % | –"
    assert f"| street | new | 1 h | 1512 | {figures} |" in text
    assert "| street | new | 1 h | 0.500 | 1.00 | 100.0 % |" in text
    assert "15 min" not in text
    assert text.startswith("# Streets\n\nA test.\n")
    assert "![" in text
    assert text.index("](report.svg)") < text.index("## Held out\n\n- sites\n- times\n\n## Again\n\nmake\n")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (0.0, "0.00"),
        (0.01234, "0.0123"),
        (1.005, "1.00"),
        (12.34, "12.3"),
        (123.4, "123"),
        (4321.0, "4321"),
        (NAN, "–"),
    ],
)
def test_figures_have_three_digits(value: float, says: str) -> None:
    assert figure(value) == says
