from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from analysis.searched import Searched, best_of, shares
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import PLANE, base, findings

VALUES = np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.6])


def searched(cells, **options):
    options = {"design": {"name": "random", "configurations": len(cells)}, "space": PLANE} | options
    return Searched.of(base(findings(trials(cells), **options)))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_expected_best_is_that_of_all_subsets(sign):
    budgets = range(1, len(VALUES) + 1)
    mean, low, high = best_of(VALUES, budgets, sign)
    for k, found, least, most in zip(budgets, mean, low, high, strict=True):
        bests = np.sort([min(sign * np.array(some)) for some in combinations(VALUES, k)])
        assert found == pytest.approx(sign * bests.mean())
        assert (bests <= sign * least).mean() >= 0.05
        assert (bests < sign * least).mean() < 0.05
        assert (bests <= sign * most).mean() >= 0.95
        assert (bests < sign * most).mean() < 0.95


def test_the_best_of_one_is_the_mean_and_the_best_of_all_is_the_best():
    mean, low, high = best_of(VALUES, [1, 6])
    assert mean.tolist() == pytest.approx([VALUES.mean(), 1.0])
    assert (low[1], high[1]) == (1.0, 1.0)


def test_the_expected_best_has_no_bias():
    """Of uniform values the best of k is 1 / (k + 1) in the mean; 2,000 samples of 8."""
    generator = np.random.default_rng(1)
    found = np.mean([best_of(generator.uniform(size=8), [1, 3, 5])[0] for _ in range(2_000)], axis=0)
    np.testing.assert_allclose(found, [1 / 2, 1 / 4, 1 / 6], atol=0.01)


def test_shares_rise_to_one():
    values, share = shares(np.array([3.0, 1.0, 2.0, 2.0]))
    assert values.tolist() == [1.0, 2.0, 2.0, 3.0]
    assert share.tolist() == [0.25, 0.5, 0.75, 1.0]


def test_configurations_stand_in_the_order_in_which_they_were_numbered():
    found = searched({(0.1, 0.5): [30.0, 30.0], (0.2, 0.1): [10.0, 12.0], (0.3, 0.2): [20.0, "diverged"]})
    assert found.means.tolist() == [30.0, 11.0, 55.0]
    assert found.best_so_far.tolist() == [30.0, 11.0, 11.0]


def test_what_is_unfinished_or_lost_every_seed_is_never_the_best_so_far():
    found = searched({(0.1, 0.5): ["diverged"] * 2, (0.2, 0.1): [1.0, "waiting"], (0.3, 0.2): [20.0, 22.0]})
    assert found.means.tolist() == [90.0, 1.0, 21.0]
    np.testing.assert_array_equal(found.best_so_far, [np.nan, np.nan, 21.0])


@pytest.mark.parametrize(("design", "independent"), [("random", True), ("sobol", True), ("tpe", False)])
def test_what_a_sampler_chose_is_not_independent(design, independent):
    found = searched({(0.1, 0.5): [30.0]}, design={"name": design, "configurations": 1})
    assert found.independent is independent
