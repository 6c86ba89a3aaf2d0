from __future__ import annotations

import math

from analysis.best import ELIGIBLE, UNFINISHED
from analysis.ranking import best_of_ranking, ranking
from tests.unit.analysis.common import MEASURE, scored, scores, table

CELLS = {
    (0.1, 0.0): [10.0, 12.0, 20.0],
    (1.0, 0.0): [9.0, "diverged", "failed"],
    (0.1, 0.5): [11.0],
    (1.0, 0.5): ["waiting", "cancelled", "running"],
    (10.0, 0.5): [89.0, "waiting"],
}


def ranked(cells=CELLS, names=("lr", "p")):
    return ranking(table(cells), list(names), MEASURE)


def test_the_best_comes_first_and_unfinished_ones_last():
    found = ranked()
    assert found[["lr", "p"]].to_numpy().tolist() == [[0.1, 0.5], [0.1, 0.0], [1.0, 0.0], [10.0, 0.5]]
    assert found["standing"].tolist() == [ELIGIBLE] * 3 + [UNFINISHED]


def test_a_diverged_seed_counts_at_guessing():
    row = ranked().iloc[2]
    assert (row["mean"], row["n"], row["diverged"], row["learned_nothing"]) == (49.5, 2, 1, 0)


def test_what_learned_nothing_and_what_is_pending_is_counted():
    row = ranked().iloc[3]
    assert (row["learned_nothing"], row["pending"], row["diverged"]) == (1, 1, 0)
    assert ranked()["pending"].tolist() == [0, 0, 0, 1]


def test_the_standard_error_is_that_of_the_mean():
    assert math.isclose(ranked().iloc[1]["standard_error"], math.sqrt(28.0 / 3.0))


def test_one_seed_has_no_standard_error():
    assert math.isnan(ranked().iloc[0]["standard_error"])


def test_ties_go_to_what_a_report_reads_first():
    cells = {(1.0, 0.5): [5.0], (0.1, 0.5): [5.0], (10.0, 0.0): [5.0, 5.0], (1.0, 0.0): [6.0]}
    assert ranked(cells)[["lr", "p"]].to_numpy().tolist() == [[10.0, 0.0], [0.1, 0.5], [1.0, 0.5], [1.0, 0.0]]


def test_ties_are_told_in_panels_first():
    cells = {(0.1, 0.0, 0.99): [5.0], (1.0, 0.5, 0.9): [5.0]}
    names = ["lr", "p", "beta2"]
    assert best_of_ranking(ranking(table(cells, names), names, MEASURE))["beta2"] == 0.9


def test_hyperparameters_left_out_are_pooled():
    assert ranked(names=("lr",))["n"].tolist() == [4, 2, 1]


def test_a_ranking_has_its_columns():
    assert list(ranked().columns) == [
        "lr", "p", "mean", "standard_error", "n", "diverged", "learned_nothing", "pending", "standing",
    ]  # fmt: skip


def test_no_outcome_is_an_empty_ranking():
    found = ranked({(0.1, 0.0): ["waiting"], (1.0, 0.0): ["failed"]})
    assert found.empty
    assert best_of_ranking(found) is None


def test_configurations_that_nobody_proposed_are_no_rows():
    assert len(ranked({(0.1, 0.0): [1.0], (None, None): ["waiting", "waiting"]})) == 1


def test_of_what_is_to_be_maximised_the_highest_comes_first():
    cells = {(0.1, 0.0): [10.0, 12.0], (1.0, 0.0): [90.0, "diverged"], (0.1, 0.5): [30.0, 31.0]}
    found = ranking(scores(cells), ["lr", "p"], scored(-50.0))
    assert found["mean"].tolist() == [30.5, 20.0, 11.0]
    assert best_of_ranking(found)[["lr", "p"]].tolist() == [0.1, 0.5]


def test_of_what_is_to_be_maximised_equal_means_leave_the_best_to_the_first_in_reading_order():
    cells = {(1.0, 0.0): [5.0], (0.1, 0.0): [5.0 - 1e-12], (0.1, 0.5): [5.0]}
    assert best_of_ranking(ranking(scores(cells), ["lr", "p"], scored()))[["lr", "p"]].tolist() == [0.1, 0.0]
