from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.grid import grid_of_table, grid_of_trials
from tests.unit.analysis.common import MEASURE, STATES, gridded, line, measure, scored, scores, table

NAN = float("nan")


@pytest.mark.parametrize(
    ("errors", "mean"), [([10.0], 10.0), ([10.0, 30.0], 20.0), ([30.0, 10.0, 11.0], 17.0), ([1.0, 2.0, 6.0], 3.0)]
)
def test_a_cell_has_the_mean_over_its_seeds(errors, mean):
    assert gridded({(0.1, 0.0): errors}).mean[0, 0] == pytest.approx(mean)


def test_every_replicate_is_kept_under_its_seed():
    grid = gridded({(0.1, 0.0): [10.0, 12.0], (1.0, 0.0): [20.0, "failed"]})
    assert grid.seeds.tolist() == [0, 1]
    np.testing.assert_array_equal(grid.replicates, [[[10.0, 12.0], [20.0, NAN]]])


def test_a_diverged_seed_counts_at_guessing_and_is_one_of_n():
    grid = gridded({(0.1, 0.0): [10.0, "diverged"]})
    assert (grid.mean[0, 0], grid.n[0, 0]) == (50.0, 2)
    assert grid.diverged.tolist() == [[[False, True]]]


def test_a_cell_where_all_diverged_lies_at_guessing():
    assert gridded({(0.1, 0.0): ["diverged", "diverged"]}).mean[0, 0] == 90.0


def test_a_seed_that_learned_nothing_counts_with_its_error():
    grid = gridded({(0.1, 0.0): [10.0, 89.4]})
    assert grid.mean[0, 0] == pytest.approx(49.7)
    assert grid.learned_nothing.tolist() == [[[False, True]]]
    assert not grid.diverged.any()


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_trial_without_result_is_left_out_and_counted_as_excluded(state):
    grid = gridded({(0.1, 0.0): [10.0, 12.0, state]})
    assert (grid.mean[0, 0], grid.n[0, 0], grid.excluded[0, 0], grid.pending[0, 0]) == (11.0, 2, 1, 0)


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_an_open_trial_is_pending(state):
    grid = gridded({(0.1, 0.0): [10.0, state]})
    assert (grid.n[0, 0], grid.excluded[0, 0], grid.pending[0, 0]) == (1, 0, 1)


def test_a_running_trial_with_numbers_of_its_own_is_left_out():
    rows = table({(0.1, 0.0): [10.0, "running"]})
    rows.loc[1, "test_error_final"] = 1.0
    assert grid_of_trials(rows, "lr", "p", MEASURE).mean[0, 0] == 10.0


def test_a_cell_that_nobody_trained_is_nan():
    grid = gridded({(0.1, 0.0): [10.0], (1.0, 0.5): [20.0]})
    np.testing.assert_array_equal(grid.mean, [[10.0, NAN], [NAN, 20.0]])
    assert grid.n.tolist() == [[1, 0], [0, 1]]


def test_a_slot_without_values_is_left_out():
    assert gridded({(0.1, 0.0): [10.0], (None, None): ["waiting"]}).xs.tolist() == [0.1]


def test_slots_without_any_values_are_an_empty_grid():
    grid = gridded({(None, None): ["waiting", "waiting"]})
    assert (grid.mean.shape, grid.best) == ((0, 0), None)


def test_values_ascend_whatever_the_order_of_the_rows():
    grid = gridded({(1.0, 0.5): [4.0], (0.1, 0.0): [1.0], (0.1, 0.5): [3.0], (1.0, 0.0): [2.0]})
    assert (grid.xs.tolist(), grid.ys.tolist()) == ([0.1, 1.0], [0.0, 0.5])
    assert grid.mean.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_values_that_lie_close_are_not_binned():
    assert gridded({(0.1, 0.0): [1.0], (0.1000001, 0.0): [2.0]}).mean.tolist() == [[1.0, 2.0]]


def test_one_hyperparameter_is_a_grid_of_one_row():
    grid = line({0.1: [1.0, 3.0], 1.0: [4.0]})
    assert (grid.y, grid.ys.tolist(), grid.mean.tolist()) == (None, [0.0], [[2.0, 4.0]])
    assert grid.best == (0, 0)


def test_values_of_a_panel_are_kept_for_the_record():
    grid = grid_of_trials(table({(0.1, 0.0): [1.0]}), "lr", "p", MEASURE, {"beta2": 0.99})
    assert grid.fixed == {"beta2": 0.99}


@pytest.mark.parametrize(
    ("statistic", "split", "mean"),
    [("final", "test", 10.0), ("mean_last5", "test", 11.0), ("min", "test", 5.0), ("final", "validation", 15.0)],
)
def test_statistic_and_split_choose_the_column(statistic, split, mean):
    assert gridded({(0.1, 0.0): [10.0]}, measure(statistic, split)).mean[0, 0] == mean


def test_trials_that_no_column_tells_apart_are_refused():
    with pytest.raises(ValueError, match="one row a seed"):
        grid_of_trials(
            table({(0.1, 0.0, 0.9): [1.0], (0.1, 0.0, 0.99): [2.0]}, ("lr", "p", "beta2")), "lr", "p", MEASURE
        )


def test_the_best_of_some_cells_is_the_best_among_them():
    grid = gridded({(0.1, 0.0): [5.0], (1.0, 0.0): [6.0], (0.1, 0.5): [8.0], (1.0, 0.5): [7.0]})
    assert (grid.best, grid.best_of([(1, 0), (1, 1)]), grid.best_of([])) == ((0, 0), (1, 1), None)


TABLE = pd.DataFrame(
    {
        "rate": [1.0, 1.0, 2.0, 2.0],
        "width": [8, 8, 8, 8],
        "loss": [3.0, 5.0, 1.0, 2.0],
        "run": [7, 9, 9, 7],
    }
)


def test_any_table_makes_a_grid():
    grid = grid_of_table(TABLE, "rate", "width", "loss")
    assert (grid.x, grid.y, grid.xs.tolist(), grid.ys.tolist()) == ("rate", "width", [1.0, 2.0], [8.0])
    assert grid.mean.tolist() == [[4.0, 1.5]]
    assert grid.best == (0, 1)


def test_without_a_column_of_seeds_rows_are_replicates_in_their_order():
    grid = grid_of_table(TABLE, "rate", "width", "loss")
    assert (grid.seeds.tolist(), grid.replicates.tolist()) == ([0, 1], [[[3.0, 5.0], [1.0, 2.0]]])


def test_a_column_of_seeds_pairs_the_rows():
    grid = grid_of_table(TABLE, "rate", "width", "loss", seed="run")
    assert (grid.seeds.tolist(), grid.replicates.tolist()) == ([7, 9], [[[3.0, 5.0], [2.0, 1.0]]])


def test_without_y_a_table_makes_one_row():
    grid = grid_of_table(TABLE, "rate", None, "loss")
    assert (grid.y, grid.ys.tolist(), grid.mean.tolist()) == (None, [0.0], [[4.0, 1.5]])


@pytest.mark.parametrize("lost", [NAN, float("inf"), -float("inf"), None], ids=str)
def test_a_value_that_is_not_finite_is_a_diverged_training_at_the_worst(lost):
    rows = TABLE.assign(loss=[3.0, lost, 1.0, 2.0])
    grid = grid_of_table(rows, "rate", "width", "loss", worst=10.0)
    assert grid.replicates.tolist() == [[[3.0, 10.0], [1.0, 2.0]]]
    assert grid.diverged.tolist() == [[[False, True], [False, False]]]


def test_the_worst_is_the_largest_finite_value_where_none_is_given():
    rows = TABLE.assign(loss=[3.0, NAN, float("inf"), 2.0])
    assert grid_of_table(rows, "rate", "width", "loss").replicates.tolist() == [[[3.0, 3.0], [3.0, 2.0]]]


def test_where_nothing_is_finite_the_worst_must_be_given():
    rows = TABLE.assign(loss=NAN)
    with pytest.raises(ValueError, match="'loss' must hold a finite number, or the worst value must be given"):
        grid_of_table(rows, "rate", "width", "loss")
    assert grid_of_table(rows, "rate", "width", "loss", worst=9.0).best is None


def test_two_rows_of_one_seed_are_refused():
    with pytest.raises(ValueError, match="each cell must have one row a seed"):
        grid_of_table(TABLE.assign(run=7), "rate", "width", "loss", seed="run")


@pytest.mark.parametrize("seed", [0.5, "first", None, float("inf")], ids=str)
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    rows = TABLE.assign(run=pd.Series([seed, 9, 9, 7], dtype=object))
    with pytest.raises(ValueError, match="column 'run' must hold whole numbers"):
        grid_of_table(rows, "rate", "width", "loss", seed="run")


def test_rows_without_a_place_are_left_out():
    assert grid_of_table(TABLE.assign(rate=[1.0, 1.0, NAN, 2.0]), "rate", "width", "loss").n.tolist() == [[2, 1]]


def test_an_index_that_repeats_itself_does_no_harm():
    rows = pd.concat([TABLE.iloc[:2], TABLE.iloc[2:].reset_index(drop=True)])
    assert grid_of_table(rows, "rate", "width", "loss", seed="run").mean.tolist() == [[4.0, 1.5]]


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from([0.01, 0.1, 1.0]), st.sampled_from([0.0, 0.25, 0.5])),
        st.lists(st.floats(min_value=0.0, max_value=100.0) | st.sampled_from(STATES), min_size=1, max_size=4),
        min_size=1,
    )
)
def test_every_trial_of_any_table_is_counted_once(cells):
    grid = gridded(cells)
    states = Counter(r if isinstance(r, str) else "complete" for results in cells.values() for r in results)
    assert grid.n.sum() == states["complete"] + states["diverged"]
    assert grid.diverged.sum() == states["diverged"]
    assert grid.excluded.sum() == states["failed"] + states["cancelled"]
    assert grid.pending.sum() == states["waiting"] + states["running"]
    assert np.isfinite(grid.mean).sum() == (grid.n > 0).sum()


def test_of_what_is_to_be_maximised_the_best_cell_is_the_highest():
    cells = {(0.1, 0.0): [10.0, 12.0], (1.0, 0.0): [90.0, "diverged"], (0.1, 0.5): [99.0, "waiting"]}
    grid = grid_of_trials(scores(cells), "lr", "p", scored(-80.0))
    assert (grid.sign, grid.best) == (-1.0, (0, 0))
    assert grid.replicates[0, 1].tolist() == [90.0, -80.0]
    assert grid_of_trials(scores(cells), "lr", "p", scored(0.0)).best == (0, 1)
