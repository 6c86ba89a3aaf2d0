"""The regret of tuning one axis after the other."""

import numpy as np
import pytest

from analysis.measures.regret import coordinate_tuning_regret
from tests.unit.analysis.measures.surfaces import bowl, published, surface

RIDGE = [[1.0, 3.0, 9.0], [3.0, 0.5, 3.0], [9.0, 3.0, 0.0]]
"""Every step along an axis is worse, and the best cell lies on the diagonal."""


def test_on_a_ridge_every_start_stays_where_it_begins():
    found = coordinate_tuning_regret(surface(RIDGE, x=[0, 1, 2], y=[0, 1, 2]))
    assert [it["regret"] for it in found.details["starts"]] == [1.0, 0.5, 0.0]
    assert found.value == pytest.approx(0.5)


def test_one_start_is_that_row_s():
    assert coordinate_tuning_regret(surface(RIDGE, x=[0, 1, 2], y=[0, 1, 2]), start=0).value == 1.0


def test_a_separable_surface_costs_nothing():
    assert coordinate_tuning_regret(surface(bowl())).value == 0.0


def test_the_published_grid_costs_what_its_steps_cost():
    """From p = 1/4: lr 0.001, then p = 1/4 again: 17.82; from 1/8 and 1/16: 15.07, the best."""
    assert coordinate_tuning_regret(published("final")).value == pytest.approx((17.82 - 15.07) / 3.0)


def test_where_every_choice_is_clear_the_interval_is_that_of_a_difference():
    """Of the mean of three ends and the best: weights 1/3, 1/3 and 1/3 - 1."""
    found = surface(np.multiply(RIDGE, 100.0), seeds=4, noise=1.0, x=[0, 1, 2], y=[0, 1, 2])
    number, noise = coordinate_tuning_regret(found), found.noise_near
    half = noise.t * noise.error * np.sqrt(1 / 9 + 1 / 9 + 4 / 9)
    assert (number.low, number.high) == pytest.approx((number.value - half, number.value + half))


def test_a_tie_widens_the_interval_and_it_stays_above_0():
    tied = np.array(RIDGE)
    tied[0, 2] = 1.0  # from the first row tuning may end at the best
    number = coordinate_tuning_regret(surface(tied * 100.0, seeds=4, noise=1.0, x=[0, 1, 2], y=[0, 1, 2]))
    assert number.low <= 50.0 / 3.0 < 50.0 <= number.high + 1.0
    assert coordinate_tuning_regret(surface(bowl(), seeds=3, noise=1.0)).low == 0.0


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(seeds):
    mean = np.multiply(RIDGE, 100.0)
    found = [
        coordinate_tuning_regret(surface(mean, seeds=seeds, noise=2.0, x=[0, 1, 2], y=[0, 1, 2], number=it))
        for it in range(500)
    ]
    assert 0.915 <= np.mean([it.low <= 50.0 <= it.high for it in found]) <= 0.98
