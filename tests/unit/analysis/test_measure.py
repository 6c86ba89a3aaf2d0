from __future__ import annotations

import math

import pytest

from analysis.measure import Measure, counted
from tests.unit.analysis.common import MEASURE, measure, table
from tests.unit.analysis.reports import CHOSEN_ON_VALIDATION, specification

CELLS = {
    (0.1, 0.0): [10.0, 12.0, 20.0],
    (1.0, 0.0): [9.0, "diverged", "failed"],
    (0.1, 0.5): [11.0],
    (1.0, 0.5): ["waiting", "cancelled", "running"],
}


@pytest.mark.parametrize(
    ("statistic", "split", "column"),
    [
        ("final", "test", "test_error_final"),
        ("mean_last5", "test", "test_error_mean_last5"),
        ("min", "validation", "validation_error_min"),
    ],
)
def test_a_measure_names_its_column(statistic, split, column):
    assert measure(statistic, split).column == column


@pytest.mark.parametrize(
    ("statistic", "epochs", "label"),
    [
        ("final", 30, "final test error (%)"),
        ("min", 30, "minimum over epochs of test error (%)"),
        ("mean_last5", 30, "mean of the last 5 epochs of test error (%)"),
        ("mean_last5", 5, "mean of the last 5 epochs of test error (%)"),
        ("mean_last5", 3, "mean of the last 3 epochs, all there are, of test error (%)"),
        ("mean_last5", 1, "final test error (%)"),
    ],
)
def test_a_measure_says_in_words_what_is_true_of_it(statistic, epochs, label):
    assert measure(statistic, epochs=epochs).label == label


def test_the_measure_of_a_study_is_its_objective():
    found = Measure.of(specification(**CHOSEN_ON_VALIDATION))
    assert (found.statistic, found.split, found.images, found.epochs) == ("final", "validation", 50, 2)


def test_another_statistic_and_split_of_a_study_can_be_measured():
    found = Measure.of(specification(**CHOSEN_ON_VALIDATION), statistic="min", split="test")
    assert (found.statistic, found.split, found.images) == ("min", "test", 898)
    assert (found.guessing.images, found.chance) == (898, 90.0)


def test_only_trials_with_an_outcome_count():
    assert counted(table(CELLS), MEASURE)["state"].tolist() == ["complete"] * 4 + ["diverged", "complete"]


def test_a_diverged_trial_counts_at_guessing():
    found = counted(table(CELLS), MEASURE)
    assert found.loc[found["diverged"], "error"].tolist() == [90.0]


def test_a_diverged_trial_has_numbers_of_its_own_that_do_not_count():
    rows = table({(0.1, 0.0): ["diverged"]})
    rows["test_error_final"] = 95.0
    found = counted(rows, MEASURE)
    assert (found["error"].tolist(), found["learned_nothing"].tolist()) == ([90.0], [False])


def test_a_complete_trial_without_the_measure_is_left_out():
    rows = table({(0.1, 0.0): [10.0, 11.0]})
    rows.loc[0, "test_error_final"] = None
    assert counted(rows, MEASURE)["error"].tolist() == [11.0]


def test_complete_trials_that_learned_nothing_are_marked():
    rows = table({(0.1, 0.0): [10.0, 85.0, 85.0, 89.4, "diverged"]})
    rows["train_loss_final"] = [0.1, 3.0, 1.0, 0.1, math.nan]
    assert counted(rows, MEASURE)["learned_nothing"].tolist() == [False, True, False, True, False]


def test_what_learned_nothing_is_read_off_the_final_test_error_whatever_is_shown():
    rows = table({(0.1, 0.0): [89.4]})
    rows["validation_error_min"] = 10.0
    found = counted(rows, measure("min", "validation"))
    assert (found["error"].tolist(), found["learned_nothing"].tolist()) == ([10.0], [True])


def test_the_table_given_is_left_as_it_was():
    rows = table(CELLS)
    before = rows.copy()
    counted(rows, MEASURE)
    assert rows.equals(before)
