"""The measures against numbers worked out by hand."""

import numpy as np
import pytest

from lampyre_sim.score.measures import Book, busy_from, covered, pinball


def test_pinball_loss_is_the_mean_over_the_three_quantiles() -> None:
    truth, p10, p50, p90 = (np.array(column, float) for column in ([10, 10], [6, 12], [9, 14], [15, 16]))
    # first: 0.1 x 4, 0.5 x 1, 0.1 x 5; second: 0.9 x 2, 0.5 x 4, 0.1 x 6
    assert pinball(truth, p10, p50, p90) == pytest.approx([(0.4 + 0.5 + 0.5) / 3, (1.8 + 2.0 + 0.6) / 3])


def test_coverage_counts_the_ends_and_widens_by_the_slack() -> None:
    truth, p10, p90 = (np.array(column, float) for column in ([3, 5, 7.4, 8], [3, 4, 5, 5], [6, 5, 7, 7]))
    assert covered(truth, p10, p90).tolist() == [1, 1, 0, 0]
    assert covered(truth, p10, p90, 0.5).tolist() == [1, 1, 1, 0]


def test_the_busiest_tenth_begins_at_the_ninetieth_percentile_and_never_at_zero() -> None:
    assert busy_from(np.arange(1.0, 102.0)) == 91  # eleven of a hundred and one are at it or above
    assert busy_from(np.zeros(50)) == 1


def test_f1_of_two_sensors_is_that_of_their_hits_together() -> None:
    book, other = Book(), Book()
    book.call(("f1",), np.array([True, True, False]), np.array([True, False, True]))  # right, in vain, missed
    other.call(("f1",), np.array([True, True]), np.array([True, True]))
    book.take(other)
    assert book.f1(("f1",)) == pytest.approx(2 * 3 / (2 * 3 + 1 + 1))
    assert book.precision(("f1",)) == pytest.approx(3 / 4)
    assert book.recall(("f1",)) == pytest.approx(3 / 4)
    for none in (book.f1, book.precision, book.recall):
        assert none(("nothing",)) is None


def test_means_of_two_sensors_weigh_every_row_the_same() -> None:
    book, other = Book(), Book()
    book.add(("mae",), np.array([1.0]))
    other.add(("mae",), np.array([4.0, 7.0]))
    book.take(other)
    assert book.mean(("mae",)) == pytest.approx(4.0)
    assert book.numbers["mae",] == 3
    assert book.mean(("nothing",)) is None
