from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.maps import Measure, panels, sensitivity_map
from tests.unit.analysis.common import MEASURE, mapped, table

STATES = ("diverged", "failed", "cancelled", "running", "waiting")


@pytest.mark.parametrize(
    ("statistic", "split", "column"),
    [
        ("final", "test", "test_error_final"),
        ("mean_last5", "test", "test_error_mean_last5"),
        ("min", "validation", "validation_error_min"),
    ],
)
def test_a_measure_names_its_column(statistic, split, column):
    assert Measure(statistic=statistic, split=split, chance=90.0).column == column


@pytest.mark.parametrize(
    ("statistic", "label"),
    [
        ("final", "final test error (%)"),
        ("mean_last5", "mean of the last 5 epochs of test error (%)"),
        ("min", "minimum over epochs of test error (%)"),
    ],
)
def test_a_measure_says_in_words_what_it_is(statistic, label):
    assert Measure(statistic=statistic, split="test", chance=90.0).label == label


@pytest.mark.parametrize(
    ("errors", "median"),
    [([10.0], 10.0), ([10.0, 30.0], 20.0), ([30.0, 10.0, 11.0], 11.0), ([1.0, 2.0, 4.0, 50.0], 3.0)],
)
def test_a_cell_shows_the_median_over_its_seeds(errors, median):
    assert mapped({(0.1, 0.0): errors}).median[0, 0] == median


def test_a_cell_keeps_the_mean_over_its_seeds():
    assert mapped({(0.1, 0.0): [1.0, 2.0, 6.0]}).mean[0, 0] == pytest.approx(3.0)


def test_a_diverged_seed_counts_at_chance():
    assert mapped({(0.1, 0.0): [10.0, "diverged"]}).median[0, 0] == 50.0


def test_a_diverged_seed_is_one_of_n():
    result = mapped({(0.1, 0.0): [10.0, "diverged"]})
    assert (result.n[0, 0], result.diverged[0, 0]) == (2, 1)


def test_a_cell_where_all_diverged_lies_at_chance():
    assert mapped({(0.1, 0.0): ["diverged", "diverged"]}).median[0, 0] == 90.0


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_trial_without_result_is_left_out_of_the_median(state):
    assert mapped({(0.1, 0.0): [10.0, 12.0, state]}).median[0, 0] == 11.0


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_trial_without_result_is_counted_as_excluded(state):
    result = mapped({(0.1, 0.0): [10.0, 12.0, state]})
    assert (result.n[0, 0], result.excluded[0, 0]) == (2, 1)


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_an_open_trial_is_neither_counted_nor_excluded(state):
    result = mapped({(0.1, 0.0): [10.0, state]})
    assert (result.n[0, 0], result.excluded[0, 0]) == (1, 0)


def test_a_running_trial_with_numbers_of_its_own_is_left_out():
    rows = table({(0.1, 0.0): [10.0, "running"]})
    rows.loc[1, "test_error_final"] = 1.0
    assert sensitivity_map(rows, "lr", "p", MEASURE).median[0, 0] == 10.0


def test_a_cell_that_nobody_trained_is_nan():
    result = mapped({(0.1, 0.0): [10.0], (1.0, 0.5): [20.0]})
    assert np.isnan(result.median[0, 1])
    assert np.isnan(result.mean[1, 0])
    assert result.n[0, 1] == 0


def test_a_slot_without_values_is_left_out():
    rows = table({(0.1, 0.0): [10.0], (None, None): ["waiting"]})
    assert sensitivity_map(rows, "lr", "p", MEASURE).xs.tolist() == [0.1]


def test_values_ascend_whatever_the_order_of_the_rows():
    result = mapped({(1.0, 0.5): [4.0], (0.1, 0.0): [1.0], (0.1, 0.5): [3.0], (1.0, 0.0): [2.0]})
    assert result.xs.tolist() == [0.1, 1.0]
    assert result.ys.tolist() == [0.0, 0.5]
    assert result.median.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_values_that_lie_close_are_not_binned():
    assert mapped({(0.1, 0.0): [1.0], (0.1000001, 0.0): [2.0]}).median.tolist() == [[1.0, 2.0]]


def test_the_best_cell_has_the_lowest_median():
    assert mapped({(0.1, 0.0): [10.0], (1.0, 0.0): [20.0], (0.1, 0.5): [5.0], (1.0, 0.5): [30.0]}).best == (1, 0)


def test_equal_medians_are_told_apart_by_the_mean():
    assert mapped({(0.1, 0.0): [10.0, 10.0, 40.0], (1.0, 0.0): [9.0, 10.0, 11.0]}).best == (0, 1)


def test_of_equal_cells_the_first_is_best():
    assert mapped({(0.1, 0.0): [10.0], (1.0, 0.0): [10.0]}).best == (0, 0)


def test_without_outcomes_there_is_no_best():
    result = mapped({(0.1, 0.0): ["waiting"], (1.0, 0.0): ["failed"]})
    assert result.best is None
    assert not result.within.any()


def test_one_seed_has_no_standard_error():
    assert mapped({(0.1, 0.0): [10.0]}).standard_error is None


@pytest.mark.parametrize(
    ("errors", "standard_error"),
    [([10.0, 12.0], 1.0), ([10.0, 12.0, 14.0], 2.0 / 3.0**0.5), ([10.0, 10.0, 10.0], 0.0)],
)
def test_the_standard_error_is_that_of_the_mean_of_the_best_cell(errors, standard_error):
    result = mapped({(0.1, 0.0): errors, (1.0, 0.0): [50.0, 80.0]})
    assert result.standard_error == pytest.approx(standard_error)


def test_a_best_cell_where_a_seed_diverged_has_no_standard_error():
    """It would be 27 points, the distance to chance, and every cell of the map would lie within it."""
    found = mapped({(0.1, 0.0): [10.0, 10.0, "diverged"], (1.0, 0.0): [30.0, 30.0, 30.0]})
    assert (found.best, found.standard_error) == ((0, 0), None)
    assert not found.within.any()


def test_a_cell_where_all_seeds_diverged_is_never_the_best():
    found = mapped({(0.1, 0.0): ["diverged", "diverged"], (1.0, 0.0): [90.8, 91.0]})
    assert found.best == (0, 1)
    assert list(found.best_of_rows()) == [(0, 1)]


def test_where_every_trial_diverged_there_is_no_best():
    found = mapped({(0.1, 0.0): ["diverged"], (1.0, 0.0): ["diverged"]})
    assert (found.best, list(found.best_of_rows())) == (None, [])


def test_ties_of_a_row_go_the_way_they_go_on_the_map():
    found = mapped({(0.1, 0.0): [10.0, 10.0, 40.0], (1.0, 0.0): [9.0, 10.0, 11.0]})
    assert list(found.best_of_rows()) == [found.best] == [(0, 1)]


def test_cells_within_one_standard_error_are_marked():
    # The best cell: median 11, standard error 1.
    cells = {(0.01, 0.0): [10.0, 12.0], (0.1, 0.0): [12.0, 12.0], (1.0, 0.0): [12.1, 12.1], (10.0, 0.0): ["failed"]}
    assert mapped(cells).within.tolist() == [[True, True, False, False]]


def test_without_a_standard_error_no_cell_is_marked():
    assert not mapped({(0.1, 0.0): [10.0], (1.0, 0.0): [10.0], (10.0, 0.0): [11.0]}).within.any()


def test_every_combination_of_further_values_is_a_panel():
    cells = {(0.1, 0.0, 0.9): [1.0], (0.1, 0.0, 0.99): [2.0], (1.0, 0.0, 0.9): [3.0], (1.0, 0.0, 0.99): [4.0]}
    found = panels(table(cells, ("lr", "p", "beta2")), "lr", "p", ["beta2"], MEASURE)
    assert [result.fixed for result in found] == [{"beta2": 0.9}, {"beta2": 0.99}]
    assert [result.median.tolist() for result in found] == [[[1.0, 3.0]], [[2.0, 4.0]]]


def test_two_further_hyperparameters_make_a_panel_a_pair():
    names = ("lr", "p", "beta2", "weight_decay")
    cells = {(0.1, 0.0, beta2, decay): [1.0] for beta2 in (0.9, 0.99) for decay in (0.0, 0.1)}
    found = panels(table(cells, names), "lr", "p", ["beta2", "weight_decay"], MEASURE)
    assert [tuple(result.fixed.values()) for result in found] == [(0.9, 0.0), (0.9, 0.1), (0.99, 0.0), (0.99, 0.1)]


def test_without_further_hyperparameters_there_is_one_map():
    (found,) = panels(table({(0.1, 0.0): [1.0]}), "lr", "p", [], MEASURE)
    assert found.fixed == {}


def test_a_map_as_json_holds_no_nan():
    result = mapped({(0.1, 0.0): [10.0, 12.0], (1.0, 0.5): ["failed"]})
    document = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert document["median"] == [[11.0, None], [None, None]]


def test_a_map_as_json_says_what_its_axes_are():
    document = mapped({(0.1, 0.0): [10.0], (1.0, 0.5): [20.0]}).to_dict()
    assert document["x"] == {"name": "lr", "values": [0.1, 1.0]}
    assert document["y"] == {"name": "p", "values": [0.0, 0.5]}


def test_a_map_as_json_counts_every_cell():
    document = mapped({(0.1, 0.0): [10.0, "diverged", "failed"]}).to_dict()
    assert (document["n"], document["diverged"], document["excluded"]) == ([[2]], [[1]], [[1]])


def test_a_map_as_json_describes_the_best_cell():
    document = mapped({(0.1, 0.5): [10.0, 12.0], (1.0, 0.5): [20.0, 20.0]}).to_dict()
    assert document["best"] == {"lr": 0.1, "p": 0.5, "median": 11.0, "mean": 11.0, "n": 2, "standard_error": 1.0}


def test_a_map_without_outcomes_is_json_too():
    document = json.loads(json.dumps(mapped({(0.1, 0.0): ["waiting"]}).to_dict(), allow_nan=False))
    assert document["best"] is None
    assert document["best_by_y"] == []


def test_the_best_of_each_row_is_its_lowest_median():
    cells = {(0.1, 0.0): [10.0, 10.0], (1.0, 0.0): [5.0, 7.0], (0.1, 0.5): [3.0], (1.0, 0.5): ["diverged"]}
    assert list(mapped(cells).best_of_rows()) == [(0, 1), (1, 0)]


def test_a_row_without_outcomes_has_no_best():
    cells = {(0.1, 0.0): [10.0], (0.1, 0.5): ["failed"]}
    assert list(mapped(cells).best_of_rows()) == [(0, 0)]


@pytest.mark.parametrize(
    ("statistic", "split", "median"),
    [("final", "test", 10.0), ("mean_last5", "test", 11.0), ("min", "test", 5.0), ("final", "validation", 15.0)],
)
def test_statistic_and_split_choose_the_column(statistic, split, median):
    measure = Measure(statistic=statistic, split=split, chance=90.0)
    assert mapped({(0.1, 0.0): [10.0]}, measure).median[0, 0] == median


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from([0.01, 0.1, 1.0]), st.sampled_from([0.0, 0.25, 0.5])),
        st.lists(st.floats(min_value=0.0, max_value=100.0) | st.sampled_from(STATES), min_size=1, max_size=4),
        min_size=1,
    )
)
def test_every_trial_of_any_table_is_counted_once(cells):
    result = mapped(cells)
    states = Counter(r if isinstance(r, str) else "complete" for results in cells.values() for r in results)
    assert result.n.sum() == states["complete"] + states["diverged"]
    assert result.diverged.sum() == states["diverged"]
    assert result.excluded.sum() == states["failed"] + states["cancelled"]
    assert np.isfinite(result.median).sum() == (result.n > 0).sum()
    if result.best is None:
        assert not states["complete"]
    else:
        assert result.median[result.best] == np.nanmin(np.where(result.n > result.diverged, result.median, np.nan))
        assert bool(result.within[result.best]) == (result.standard_error is not None)
