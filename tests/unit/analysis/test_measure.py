from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.measure import Measure, counted
from tests.unit.analysis.common import MEASURE, measure, scored, scores, table
from tests.unit.analysis.reports import CHOSEN_ON_VALIDATION, specification
from tests.unit.analysis.studies import VALLEY

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
    found = Measure.of(specification(**CHOSEN_ON_VALIDATION).base)
    assert (found.statistic, found.split, found.images, found.epochs) == ("final", "validation", 50, 2)


def test_another_statistic_and_split_of_a_study_can_be_measured():
    arm = specification(**CHOSEN_ON_VALIDATION).base
    found = Measure.of(arm, statistic="min", metric=arm.metrics[0])
    assert (found.statistic, found.split, found.images) == ("min", "test", 898)
    assert (found.guessing.images, found.worst) == (898, 90.0)


def test_only_trials_with_an_outcome_count():
    assert counted(table(CELLS), MEASURE)["state"].tolist() == ["complete"] * 4 + ["diverged", "complete"]


def test_a_diverged_trial_counts_at_guessing():
    found = counted(table(CELLS), MEASURE)
    assert found.loc[found["diverged"], "value"].tolist() == [90.0]


def test_a_diverged_trial_has_numbers_of_its_own_that_do_not_count():
    rows = table({(0.1, 0.0): ["diverged"]})
    rows["test_error_final"] = 95.0
    found = counted(rows, MEASURE)
    assert (found["value"].tolist(), found["learned_nothing"].tolist()) == ([90.0], [False])


def test_a_complete_trial_without_the_measure_is_left_out():
    rows = table({(0.1, 0.0): [10.0, 11.0]})
    rows.loc[0, "test_error_final"] = None
    assert counted(rows, MEASURE)["value"].tolist() == [11.0]


def test_complete_trials_that_learned_nothing_are_marked():
    rows = table({(0.1, 0.0): [10.0, 85.0, 85.0, 89.4, "diverged"]})
    rows["train_loss_final"] = [0.1, 3.0, 1.0, 0.1, math.nan]
    assert counted(rows, MEASURE)["learned_nothing"].tolist() == [False, True, False, True, False]


def test_what_learned_nothing_is_read_off_the_final_test_error_whatever_is_shown():
    rows = table({(0.1, 0.0): [89.4]})
    rows["validation_error_min"] = 10.0
    found = counted(rows, measure("min", "validation"))
    assert (found["value"].tolist(), found["learned_nothing"].tolist()) == ([10.0], [True])


def test_the_table_given_is_left_as_it_was():
    rows = table(CELLS)
    before = rows.copy()
    counted(rows, MEASURE)
    assert rows.equals(before)


NAN = float("nan")


def test_the_measure_of_another_task_is_the_metric_of_its_objective():
    found = Measure.of(specification(**VALLEY).base)
    assert (found.metric.name, found.column, found.title) == ("excess", "excess_final", "excess above the minimum")
    assert (found.split, found.guessing, found.images, found.declared) == (None, None, None, True)
    assert (found.kind, found.finals) == ("statistic final", ("excess_final",))


def test_a_metric_without_a_worst_value_counts_at_the_worst_that_was_seen():
    arm = specification(**VALLEY).base
    metric = scored(None).metric
    found = Measure.of(arm, metric=metric, seen=-3.0)
    assert (found.worst, found.declared) == (-3.0, False)
    assert found.counts_as == "-3 points, the worst complete value of the study"
    assert math.isnan(Measure.of(arm, metric=metric).worst)


def test_a_declared_worst_value_goes_before_what_was_seen():
    found = Measure.of(specification(**VALLEY).base, metric=scored(-1.0).metric, seen=-3.0)
    assert (found.worst, found.declared, found.counts_as) == (-1.0, True, "the worst, -1 points")


@pytest.mark.parametrize(
    ("direction", "lowest", "sign"), [("minimize", "lowest", 1.0), ("maximize", "highest", -1.0)]
)
def test_a_measure_knows_which_values_are_better(direction, lowest, sign):
    found = scored(direction=direction)
    assert (found.lowest, found.sign) == (lowest, sign)


@pytest.mark.parametrize(
    ("shown", "value", "cell", "bare", "written"),
    [
        (MEASURE, 9.994, "9.99", "9.99", "9.99 %"),
        (MEASURE, 11.0, "11.0", "11.00", "11.00 %"),
        (scored(), 11.0, "11", "11", "11 points"),
        (scored(), 1.2345e-9, "1.23e-09", "1.23e-09", "1.23e-09 points"),
    ],
    ids=["small error", "error", "score", "small score"],
)
def test_a_value_is_written_as_its_place_has_room(shown, value, cell, bare, written):
    assert (shown.number(value), shown.bare(value), shown.written(value)) == (cell, bare, written)


def test_a_metric_without_unit_is_written_without():
    found = Measure.of(specification(**VALLEY).base)
    assert (found.written(0.5), found.counts_as) == ("0.5", "the worst, 181854")
    assert found.rule == "final excess above the minimum no better than 181854"


def test_a_diverged_trial_counts_at_the_worst_value():
    found = counted(scores(CELLS), scored(-2.0))
    assert found.loc[found["diverged"], "value"].tolist() == [-2.0]


def test_complete_trials_no_better_than_the_worst_have_learned_nothing():
    cells = {(0.1, 0.0): [5.0, 0.0, -1.0, "diverged"]}
    assert counted(scores(cells), scored(0.0))["learned_nothing"].tolist() == [False, True, True, False]
    low = scored(5.0, "minimize")
    assert counted(scores(cells), low)["learned_nothing"].tolist() == [True, False, False, False]


def test_the_worst_of_a_study_is_no_rule_of_what_learned_nothing():
    seen = scored(-1.0, declared=False)
    assert not counted(scores({(0.1, 0.0): [5.0, -1.0, "diverged"]}), seen)["learned_nothing"].any()
    assert seen.rule == ""


def test_what_learned_nothing_is_read_off_the_final_value_whatever_is_shown():
    rows = scores({(0.1, 0.0): [0.0]}).assign(score_min=7.0)
    found = counted(rows, scored(0.0, statistic="min"))
    assert (found["value"].tolist(), found["learned_nothing"].tolist()) == ([7.0], [True])


def test_where_the_worst_is_not_known_diverged_trials_do_not_count():
    found = counted(scores({(0.1, 0.0): ["diverged", "diverged"]}), scored(None, declared=False))
    assert len(found) == 0


def test_errors_are_compared_as_odds():
    found = measure(images=100).compared(np.array([0.0, 50.0, 100.0]))
    assert found == pytest.approx([math.log(0.5 / 100.5), 0.0, math.log(100.5 / 0.5)])
    assert measure(images=100).scale(np.array([0.0])) == "logit"


def test_what_spans_magnitudes_is_compared_by_its_logarithm_and_zero_as_half_of_the_lowest():
    shown = scored(1e5, "minimize", log=True)
    values = np.array([[1.0, 1e-8], [0.0, NAN]])
    assert shown.compared(values)[0].tolist() == pytest.approx([0.0, math.log(1e-8)])
    assert shown.compared(values)[1, 0] == pytest.approx(math.log(0.5e-8))
    assert math.isnan(shown.compared(values)[1, 1])
    assert shown.scale(values) == "log"


@pytest.mark.parametrize(
    ("log", "values"),
    [(False, [1.0, 2.0]), (True, [1.0, -2.0]), (True, [0.0, 0.0]), (True, [NAN])],
    ids=["linear", "negative", "zero", "nothing"],
)
def test_what_has_no_logarithm_is_compared_as_it_is(log, values):
    shown = scored(9.0, "minimize", log=log)
    assert shown.scale(np.array(values)) == "linear"
    np.testing.assert_array_equal(shown.compared(np.array(values)), values)


@pytest.mark.parametrize("log", [True, False])
def test_of_what_is_to_be_maximised_lower_is_better_where_it_is_compared(log):
    compared = scored(log=log).compared(np.array([1.0, 5.0, 3.0]))
    assert np.argsort(compared).tolist() == [1, 2, 0]
