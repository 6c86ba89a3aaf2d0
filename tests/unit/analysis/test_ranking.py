from __future__ import annotations

import math

from analysis.maps import counted
from analysis.ranking import ranking
from tests.unit.analysis.common import MEASURE, table

CELLS = {
    (0.1, 0.0): [10.0, 12.0, 20.0],
    (1.0, 0.0): [9.0, "diverged", "failed"],
    (0.1, 0.5): [11.0],
    (1.0, 0.5): ["waiting", "cancelled", "running"],
}


def ranked(cells=CELLS, names=("lr", "p")):
    return ranking(table(cells), list(names), MEASURE)


def test_the_best_comes_first():
    assert ranked()[["lr", "p"]].to_numpy().tolist() == [[0.1, 0.5], [0.1, 0.0], [1.0, 0.0]]


def test_a_diverged_seed_counts_at_chance():
    last = ranked().iloc[-1]
    assert (last["median"], last["mean"], last["n"], last["diverged"]) == (49.5, 49.5, 2, 1)


def test_only_trials_with_an_outcome_count():
    assert counted(table(CELLS), MEASURE)["state"].tolist() == ["complete"] * 4 + ["diverged", "complete"]


def test_the_standard_error_is_that_of_the_mean():
    row = ranked().iloc[1]
    assert math.isclose(row["standard_error"], math.sqrt(28.0 / 3.0))


def test_one_seed_has_no_standard_error():
    assert math.isnan(ranked().iloc[0]["standard_error"])


def test_ties_go_to_the_lower_mean_and_then_the_way_they_go_on_a_map():
    cells = {(1.0, 0.5): [5.0], (0.1, 0.5): [5.0], (1.0, 0.0): [5.0, 5.0, 8.0]}
    assert ranked(cells)[["lr", "p"]].to_numpy().tolist() == [[0.1, 0.5], [1.0, 0.5], [1.0, 0.0]]


def test_hyperparameters_left_out_are_pooled():
    assert ranked(names=("lr",))["n"].tolist() == [4, 2]


def test_no_outcome_is_an_empty_ranking():
    assert ranked({(0.1, 0.0): ["waiting"]}).empty
