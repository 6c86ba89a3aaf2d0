"""The one rule for the best, and that grid, ranking and optima keep it alike."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.best import ELIGIBLE, LOST, UNFINISHED, order, standing
from analysis.optima import optima
from analysis.ranking import best_of_ranking, ranking
from tests.unit.analysis.common import MEASURE, STATES, gridded, table


@pytest.mark.parametrize(
    ("n", "diverged", "pending", "expected"),
    [
        (3, 0, 0, ELIGIBLE),
        (3, 2, 0, ELIGIBLE),
        (3, 3, 0, LOST),
        (1, 1, 0, LOST),
        (2, 0, 1, UNFINISHED),
        (2, 2, 1, UNFINISHED),
        (0, 0, 0, UNFINISHED),
        (0, 0, 3, UNFINISHED),
    ],
)
def test_a_configuration_stands_by_its_seeds(n, diverged, pending, expected):
    assert standing(n=n, diverged=diverged, pending=pending) == expected


def test_the_lowest_mean_comes_first_and_what_may_not_be_best_behind():
    keys = [order(5.0, LOST, (0, 0)), order(90.0, ELIGIBLE, (0, 0)), order(1.0, UNFINISHED, (0, 0))]
    assert sorted(keys) == [keys[1], keys[2], keys[0]]


def test_means_equal_to_ten_digits_go_to_the_place():
    assert order(1.0 + 4e-10, ELIGIBLE, (0, 0)) < order(1.0, ELIGIBLE, (0, 1))
    assert order(1.0 + 1e-8, ELIGIBLE, (0, 0)) > order(1.0, ELIGIBLE, (0, 1))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_tiny_means_are_told_apart_by_their_digits(sign):
    """A descent ends at 1e-29: to nine decimals it would be no better than one that ends at 1e-11."""
    assert sorted([1e-11, 0.0, 1e-29, 2e-29, 0.5], key=lambda it: order(it, ELIGIBLE, ())) == [
        0.0,
        1e-29,
        2e-29,
        1e-11,
        0.5,
    ]
    assert order(sign * 1e-29 * (1 + 1e-12), ELIGIBLE, (0, 0)) < order(sign * 1e-29, ELIGIBLE, (0, 1))
    assert order(0.1 + 4e-12, ELIGIBLE, (0, 0)) < order(0.1, ELIGIBLE, (0, 1))


CASES = {
    "lowest mean": ({(0.1, 0.0): [10.0], (1.0, 0.0): [20.0], (0.1, 0.5): [5.0], (1.0, 0.5): [30.0]}, (0.1, 0.5)),
    "mean and not median": ({(0.1, 0.0): [10.0, 10.0, 40.0], (1.0, 0.0): [11.0, 11.0, 11.0]}, (1.0, 0.0)),
    "diverged at guessing": ({(0.1, 0.0): [1.0, "diverged"], (1.0, 0.0): [45.0, 45.9]}, (1.0, 0.0)),
    "a diverged seed alone excludes nothing": ({(0.1, 0.0): [1.0, "diverged"], (1.0, 0.0): [46.0, 46.0]}, (0.1, 0.0)),
    "all diverged is never best": ({(0.1, 0.0): ["diverged"] * 2, (1.0, 0.0): [90.8, 91.0]}, (1.0, 0.0)),
    "failed seeds are left out": ({(0.1, 0.0): [10.0, "failed"], (1.0, 0.0): [11.0, "cancelled"]}, (0.1, 0.0)),
    "unfinished is never best": ({(0.1, 0.0): [1.0, "waiting"], (1.0, 0.0): [50.0, 50.0]}, (1.0, 0.0)),
    "running is unfinished": ({(0.1, 0.0): [1.0, "running"], (1.0, 0.0): [50.0, 50.0]}, (1.0, 0.0)),
    "ties go to the first row": ({(0.1, 0.5): [10.0], (1.0, 0.0): [10.0]}, (1.0, 0.0)),
    "ties go to the first column": ({(1.0, 0.0): [10.0], (0.1, 0.0): [10.0]}, (0.1, 0.0)),
    "sums in another order are ties": ({(0.1, 0.0): [0.3, 0.2, 0.1], (1.0, 0.0): [0.1, 0.2, 0.3]}, (0.1, 0.0)),
    "nobody finished": ({(0.1, 0.0): [1.0, "waiting"]}, None),
    "everything diverged": ({(0.1, 0.0): ["diverged"], (1.0, 0.0): ["diverged"]}, None),
    "nothing but failures": ({(0.1, 0.0): ["failed"]}, None),
}


def best_of_grid(cells):
    grid = gridded(cells)
    return None if grid.best is None else (float(grid.xs[grid.best[1]]), float(grid.ys[grid.best[0]]))


def best_of_table(cells):
    row = best_of_ranking(ranking(table(cells), ["lr", "p"], MEASURE))
    return None if row is None else (row["lr"], row["p"])


@pytest.mark.parametrize(("cells", "best"), CASES.values(), ids=CASES.keys())
def test_grid_and_ranking_keep_the_rule(cells, best):
    assert best_of_grid(cells) == best
    assert best_of_table(cells) == best


def test_what_lost_every_seed_comes_last_even_behind_worse_errors():
    cells = {(0.1, 0.0): ["diverged"], (1.0, 0.0): [95.0], (0.1, 0.5): [99.0, "waiting"]}
    assert ranking(table(cells), ["lr", "p"], MEASURE)["standing"].tolist() == [ELIGIBLE, UNFINISHED, LOST]


results = st.lists(
    st.integers(0, 6).map(lambda n: n * 15.3) | st.floats(0.0, 100.0) | st.sampled_from(STATES),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from([0.01, 0.1, 1.0]), st.sampled_from([0.0, 0.25, 0.5])), results, min_size=1
    )
)
def test_grid_ranking_and_optima_agree_on_any_table(cells):
    best = best_of_grid(cells)
    assert best_of_table(cells) == best
    found = optima(gridded(cells), MEASURE.compared)
    ranks = ranking(table(cells), ["lr", "p"], MEASURE)
    for optimum in found:
        first = best_of_ranking(ranks[ranks["p"] == optimum.y])
        assert (first["lr"], first["mean"]) == (optimum.x, pytest.approx(optimum.mean))
    lowest = min(found, key=lambda one: order(one.mean, ELIGIBLE, [one.row]), default=None)
    assert best == (None if lowest is None else (lowest.x, lowest.y))
