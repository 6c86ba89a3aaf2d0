from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics import STATISTICS, summarised

CURVE = [90.0, 50.0, 40.0, 30.0, 20.0, 10.0, 20.0]

curves = st.lists(st.floats(min_value=0.0, max_value=100.0), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("final", 20.0), ("mean_last5", (40.0 + 30.0 + 20.0 + 10.0 + 20.0) / 5), ("min", 10.0)],
)
def test_a_curve_becomes_the_known_number(statistic, value):
    assert summarised(CURVE, statistic) == pytest.approx(value)


@pytest.mark.parametrize(("curve", "value"), [([30.0], 30.0), ([30.0, 10.0], 20.0), ([4.0, 3.0, 2.0, 1.0], 2.5)])
def test_the_mean_of_the_last_five_takes_all_where_there_are_fewer(curve, value):
    assert summarised(curve, "mean_last5") == pytest.approx(value)


def test_the_mean_of_the_last_five_leaves_the_sixth_from_the_end_out():
    assert summarised([1e6, 1.0, 1.0, 1.0, 1.0, 1.0], "mean_last5") == 1.0


@pytest.mark.parametrize("statistic", STATISTICS)
def test_a_curve_of_one_epoch_is_that_epoch(statistic):
    assert summarised([7.5], statistic) == 7.5


@pytest.mark.parametrize("statistic", STATISTICS)
def test_whole_numbers_become_floats(statistic):
    assert isinstance(summarised([3, 2, 1], statistic), float)


@pytest.mark.parametrize("statistic", ["mean", "", "FINAL", "last"])
def test_an_unknown_statistic_is_refused_with_the_known_ones(statistic):
    with pytest.raises(ValueError, match="final, mean_last5, min"):
        summarised(CURVE, statistic)


@given(curves)
def test_the_minimum_is_below_every_other_statistic(curve):
    assert summarised(curve, "min") <= min(summarised(curve, "final"), summarised(curve, "mean_last5") + 1e-9)


@given(curves)
def test_the_mean_lies_among_the_last_five(curve):
    mean = summarised(curve, "mean_last5")
    assert min(curve[-5:]) - 1e-9 <= mean <= max(curve[-5:]) + 1e-9
