"""Ridges: the best x of rows and its slope, known answers, ends of the grid, and noise."""

import numpy as np
import pytest

from analysis.measures.ridge import ridge_slope, ridge_slope_yx
from analysis.measures.vertex import vertices
from tests.unit.analysis.measures.surfaces import LRS, PS, X, Y, bowl, published, surface


@pytest.mark.parametrize(
    ("statistic", "slope", "best"),
    [("final", -4.0, [-1.74, -2.23, -2.54]), ("mean_last5", -4.4, [-1.71, -1.96, -2.53])],
)
def test_the_published_grids_have_the_ridges_that_were_worked_out_apart(statistic, slope, best):
    found = ridge_slope(published(statistic))
    assert found.value == pytest.approx(slope, abs=0.05)
    assert [it["best"] for it in found.details["best"]] == pytest.approx(best, abs=5e-3)


@pytest.mark.parametrize("shear", [-3.0, 0.0, 1.0])
def test_the_vertices_of_a_sheared_bowl_lie_on_its_ridge(shear):
    found = surface(bowl(shear))
    assert [it.x for it in vertices(found)] == pytest.approx(list(-2.45 - shear * (Y - 0.25)))
    assert ridge_slope(found).value == pytest.approx(-shear)


def test_steps_of_any_length_have_the_same_vertex():
    x = np.array([-4.0, -3.1, -2.9, -2.2, -1.0])
    assert [it.x for it in vertices(surface(bowl(1.0, x=x), x=x))] == pytest.approx(list(-2.45 - (Y - 0.25)))


def test_decay_as_torch_means_it_has_the_slopes_that_follow():
    x, w = np.linspace(-4.0, -1.0, 7), np.linspace(-2.5, 0.5, 7)
    lr, decay = np.meshgrid(x, w)
    found = surface((lr + 2.5) ** 2 + 0.5 * (lr + decay + 3.5) ** 2, x=x, y=w)
    assert ridge_slope_yx(found).value == pytest.approx(-1.0)
    assert ridge_slope(found).value == pytest.approx(-1.0 / 3.0)


def test_a_row_that_falls_to_its_end_is_censored_and_counted():
    mean = bowl(0.0)
    mean[0] = 30.0 + X  # lowest at the first value, and no bowl
    found = ridge_slope(surface(mean))
    assert found.details["censored"] == 1
    assert found.details["best"][0] | {"at": 0.0} == {
        "at": 0.0,
        "best": None,
        "low": None,
        "high": None,
        "edge": True,
    }
    assert found.value == pytest.approx(0.0)


def test_where_all_rows_are_censored_there_is_no_slope_and_it_says_why():
    found = ridge_slope(surface(np.tile(X, (5, 1))))
    assert found.value is None
    assert "0 of 5 have" in found.reason


def test_choices_have_no_slope():
    found = ridge_slope(surface(bowl(), y_ordered=False))
    assert found.value is None
    assert "choices" in found.reason


def test_two_values_make_no_parabola():
    found = ridge_slope(surface(published("final").mean[:, :2], x=LRS[:2], y=PS))
    assert (found.value, found.reason) == (None, "a parabola needs three values")


def test_noise_that_may_decide_where_a_row_is_lowest_widens_its_interval():
    mean = bowl(0.0)
    mean[2] = 10.0
    mean[2, [1, 5]] = 9.0  # two lowest cells, far from one another
    row = vertices(surface(mean, seeds=3, noise=0.05))[2]
    assert row.low < X[1] + 0.1
    assert row.high > X[5] - 0.1


def test_a_row_that_noise_leaves_anywhere_spans_the_axis():
    mean = bowl(0.0)
    mean[2] = 10.0
    row = vertices(surface(mean, seeds=3, noise=1.0))[2]
    assert (row.low, row.high, row.bounded) == (X[0], X[-1], True)


def test_a_lowest_point_near_an_end_may_lie_beyond_it():
    """Its row is in some studies and not in others; the interval bears both."""
    mean = bowl(0.0)
    mean[0] = 10.0 + 4.0 * (X - X[-1]) ** 2  # lowest at the last value, to the letter
    found = [vertices(surface(mean, seeds=3, noise=0.1, number=it))[0] for it in range(20)]
    assert all(it.doubtful for it in found)
    assert {it.x is None for it in found} == {True, False}


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("measure", [ridge_slope, ridge_slope_yx])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(seeds, measure):
    truth = measure(surface(bowl(2.0))).value
    found = [measure(surface(bowl(2.0), seeds=seeds, noise=0.05, number=it)) for it in range(400)]
    assert np.mean([it.low <= truth <= it.high for it in found]) >= 0.91
    assert np.median([it.high - it.low for it in found]) < 0.2
