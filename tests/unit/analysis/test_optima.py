from __future__ import annotations

import pytest

from analysis.grid import grid_of_trials
from analysis.optima import optima
from tests.unit.analysis.common import compared, gridded, line, scored, scores

SCALE = compared(100)
LRS = (0.01, 0.1, 1.0, 10.0)
LOW, NEAR, WORSE, FAR = [4.0, 7.0, 5.0], [5.0, 6.0, 6.0], [20.0, 25.0, 24.0], [60.0, 61.0, 66.0]
ROWS = {
    **{(lr, 0.0): errors for lr, errors in zip(LRS, (WORSE, LOW, NEAR, FAR), strict=True)},
    **{(lr, 0.5): errors for lr, errors in zip(LRS, (FAR, [50.0, 58.0, 55.0], WORSE, LOW), strict=True)},
}


def found(cells):
    return optima(gridded(cells), SCALE)


def test_each_row_has_its_lowest_mean():
    first, second = found(ROWS)
    assert (first.y, first.x, first.mean, first.n) == (0.0, 0.1, pytest.approx(16.0 / 3), 3)
    assert (second.y, second.x, second.mean, second.n) == (0.5, 10.0, pytest.approx(16.0 / 3), 3)
    assert ((first.row, first.column), (second.row, second.column)) == ((0, 1), (1, 3))


def test_the_candidates_of_a_row_reach_from_the_lowest_to_the_highest():
    first, second = found(ROWS)
    assert (first.low, first.high) == (0.1, 1.0)
    assert (second.low, second.high) == (10.0, 10.0)


def test_how_trainings_vary_is_told_by_all_rows():
    """One row that hardly varies would leave its best alone; beside one that does, no value of it is told apart."""
    calm = {(lr, 0.0): [errors] * 3 for lr, errors in zip(LRS, (5.0, 6.0, 7.0, 60.0), strict=True)}
    wild = {(lr, 0.5): errors for lr, errors in zip(LRS, ([5, 9, 7], [9, 5, 7], [7, 6, 10], FAR), strict=True)}
    assert [(row.low, row.high) for row in found(calm)] == [(0.01, 0.01)]
    assert (found(calm | wild)[0].low, found(calm | wild)[0].high) == (0.01, 1.0)


def test_every_seed_has_its_own_best():
    first, second = found(ROWS)
    assert first.by_seed == (0.1, 1.0, 0.1)
    assert second.by_seed == (10.0, 10.0, 10.0)


@pytest.mark.parametrize(
    ("errors", "edge"),
    [
        ([1.0, 2.0, 3.0], "lowest"),
        ([2.0, 1.0, 3.0], None),
        ([3.0, 2.0, 1.0], "highest"),
        ([1.0], None),
        (["failed", 1.0, 2.0], "lowest"),  # nothing below it has an outcome
        ([2.0, 1.0, "diverged"], None),
        ([3.0, 1.0, "waiting"], "highest"),
    ],
)
def test_a_best_at_the_end_of_its_row_is_at_the_edge(errors, edge):
    (only,) = found({(10.0**x, 0.0): [error] for x, error in enumerate(errors)})
    assert only.edge == edge


def test_below_three_seeds_a_row_has_no_interval():
    (only,) = found({(0.1, 0.0): [10.0, 12.0], (1.0, 0.0): [20.0, 22.0]})
    assert (only.low, only.high, only.by_seed) == (None, None, (0.1, 0.1))


def test_a_row_without_a_best_has_no_optimum():
    cells = {(0.1, 0.0): [10.0], (0.1, 0.25): ["failed"], (0.1, 0.5): ["diverged"], (0.1, 0.125): [1.0, "waiting"]}
    assert [optimum.y for optimum in found(cells)] == [0.0]


def test_a_seed_that_lacks_a_cell_has_no_best_of_its_own():
    (only,) = found({(0.1, 0.0): [10.0, 30.0], (1.0, 0.0): [20.0, "failed"]})
    assert only.by_seed == (0.1,)


def test_a_seed_whose_every_training_diverged_has_no_best_of_its_own():
    (only,) = found({(0.1, 0.0): [10.0, "diverged"], (1.0, 0.0): [20.0, "diverged"]})
    assert only.by_seed == (0.1,)


def test_a_diverged_training_is_never_the_best_of_its_seed():
    """Worse than guessing is possible; diverged is worse still."""
    (only,) = found({(0.1, 0.0): [10.0, "diverged"], (1.0, 0.0): [20.0, 95.0]})
    assert only.by_seed == (0.1, 1.0)


def test_a_grid_of_one_row_has_one_optimum_without_y():
    (only,) = optima(line({0.01: [20.0, 25.0, 24.0], 0.1: [4.0, 7.0, 5.0], 1.0: [60.0, 61.0, 66.0]}), SCALE)
    assert (only.y, only.x, only.low, only.high, only.edge) == (None, 0.1, 0.1, 0.1, None)


def test_of_what_is_to_be_maximised_each_row_has_its_highest_mean():
    cells = {at: [100.0 - error for error in errors] for at, errors in ROWS.items()}
    shown = scored()
    first, second = optima(grid_of_trials(scores(cells), "lr", "p", shown), shown.compared)
    assert (first.x, first.mean, first.low, first.high, first.by_seed) == (
        0.1, pytest.approx(100.0 - 16.0 / 3), 0.1, 1.0, (0.1, 1.0, 0.1),
    )  # fmt: skip
    assert (second.x, second.edge) == (10.0, "highest")


def test_a_diverged_training_is_never_the_best_of_its_seed_where_the_highest_is():
    shown = scored(0.0)
    cells = {(0.1, 0.0): [10.0, "diverged"], (1.0, 0.0): [5.0, -3.0]}
    (only,) = optima(grid_of_trials(scores(cells), "lr", "p", shown), shown.compared)
    assert only.by_seed == (0.1, 1.0)
