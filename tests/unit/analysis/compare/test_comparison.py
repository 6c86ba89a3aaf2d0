from __future__ import annotations

import pytest
from scipy import stats

from analysis.compare.comparison import Verdict, compare, prediction, summarised
from analysis.compare.reference import Grade, Published, PublishedCell, Reference
from tests.unit.analysis.compare.tables import study

SETTINGS = {"optimizer": "sgd", "optimizer.lr": 0.1, "optimizer.weight_decay": 5e-4}


def reference(*numbers, metric="test_error", where=None, settings=None, precision=0.005, n=1):
    cell = PublishedCell(
        label="SGD",
        metric=metric,
        where=where or {"optimizer": "sgd"},
        settings=settings or {},
        grade=Grade.PRINTED,
        precision=precision,
        note="",
        numbers=tuple(Published(statistic=s, epoch=e, value=v) for s, e, v in numbers),
    )
    return Reference(name="made-up", title="a", source="b", cited="c", preset=None, n=n, notes=(), cells=(cell,))


def judged(published, *values, metric="test_error", **more):
    """Return the row of a number at epoch 2 beside replicates of two epochs."""
    table = study(SETTINGS | {"epochs": 2, "curves": [[50.0, value] for value in values]})
    (row,) = compare(reference(("at", 2, published), metric=metric, **more), table).rows
    return row


class TestPrediction:
    def test_two_values(self):
        """10 and 12: mean 11, s = sqrt(2), t of one degree of freedom 12.7062: 11 -+ 12.7062 sqrt(2) sqrt(3/2)."""
        assert prediction([10.0, 12.0]) == pytest.approx((11 - 22.00779, 11 + 22.00779), abs=1e-4)

    def test_three_values(self):
        """10, 11, 12: s = 1, t of two 4.302653, sqrt(4/3)."""
        assert prediction([10.0, 11.0, 12.0]) == pytest.approx((11 - 4.968276, 11 + 4.968276), abs=1e-5)

    def test_of_a_mean_of_further_runs(self):
        """Of 4 further runs: sqrt(1/4 + 1/3)."""
        assert prediction([10.0, 11.0, 12.0], runs=4)[1] == pytest.approx(11 + 4.302653 * (7 / 12) ** 0.5, abs=1e-5)

    def test_one_value_has_none(self):
        assert prediction([10.0]) is None

    def test_values_that_agree_leave_a_point(self):
        assert prediction([10.0, 10.0]) == (10.0, 10.0)

    def test_it_holds_a_further_run_in_95_of_100(self):
        draws = stats.norm.rvs(size=(20_000, 4), random_state=0)
        held = 0
        for *known, further in draws:
            low, high = prediction(known)
            held += low <= further <= high
        assert 0.945 < held / len(draws) < 0.955


class TestVerdicts:
    def test_a_number_in_the_interval_is_within_noise(self):
        row = judged(13.0, 10.0, 11.0, 12.0)
        assert (row.verdict, row.n, row.measured, row.difference) == (Verdict.WITHIN, 3, 11.0, -2.0)
        assert (row.low, row.high) == pytest.approx((6.031724, 15.968276), abs=1e-5)

    def test_a_lower_error_is_better(self):
        assert judged(20.0, 10.0, 11.0, 12.0).verdict is Verdict.BETTER

    def test_a_higher_error_is_worse(self):
        assert judged(5.0, 10.0, 11.0, 12.0).verdict is Verdict.WORSE

    def test_an_accuracy_is_100_minus_the_error_and_the_other_way_round(self):
        """Errors of 10, 11, 12 are accuracies of 90, 89, 88."""
        row = judged(80.0, 10.0, 11.0, 12.0, metric="test_accuracy")
        assert (row.measured, row.difference, row.verdict) == (89.0, 9.0, Verdict.BETTER)
        assert (row.low, row.high) == pytest.approx((89 - 4.968276, 89 + 4.968276), abs=1e-5)
        assert judged(99.0, 10.0, 11.0, 12.0, metric="test_accuracy").verdict is Verdict.WORSE
        assert judged(92.0, 10.0, 11.0, 12.0, metric="test_accuracy").verdict is Verdict.WITHIN

    def test_an_interval_ends_where_the_metric_does(self):
        row = judged(1.0, 1.0, 3.0)
        assert row.low == 0.0
        assert row.high == pytest.approx(2 + 22.00779, abs=1e-4)
        assert judged(99.0, 1.0, 3.0, metric="test_accuracy").high == 100.0

    def test_one_replicate_is_too_few(self):
        row = judged(20.0, 10.0)
        assert (row.verdict, row.n, row.measured, row.difference) == (Verdict.TOO_FEW, 1, 10.0, -10.0)
        assert (row.low, row.high) == (None, None)

    def test_nothing_that_matches_was_not_run(self):
        row = judged(20.0, 10.0, 11.0, where={"optimizer": "adam"})
        assert (row.verdict, row.n, row.measured, row.arm) == (Verdict.NOT_RUN, 0, None, None)

    def test_a_training_that_is_too_short_was_not_run(self):
        table = study(SETTINGS | {"epochs": 2, "curves": [[50.0, 40.0]] * 3})
        (row,) = compare(reference(("at", 3, 20.0)), table).rows
        assert (row.verdict, row.n) == (Verdict.NOT_RUN, 0)

    def test_what_basin_does_not_measure_says_so(self):
        assert judged(1.0, 10.0, 11.0, metric="train_loss_with_penalty").verdict is Verdict.NOT_MEASURED

    def test_how_well_a_number_is_known_counts(self):
        """Replicates that agree leave a point: within the precision of the number there is no difference."""
        assert judged(10.04, 10.0, 10.0, precision=0.1).verdict is Verdict.WITHIN
        assert judged(10.04, 10.0, 10.0, precision=0.01).verdict is Verdict.BETTER

    def test_more_published_runs_narrow_the_interval(self):
        assert judged(14.5, 10.0, 11.0, 12.0, n=1).verdict is Verdict.WITHIN
        assert judged(15.5, 10.0, 11.0, 12.0, n=1).verdict is Verdict.WITHIN
        assert judged(15.5, 10.0, 11.0, 12.0, n=4).verdict is Verdict.BETTER


class TestDivergence:
    def test_a_seed_that_diverged_before_the_epoch_counts_at_guessing(self):
        table = study(SETTINGS | {"epochs": 2, "curves": [[50.0, 10.0], [50.0]]})
        first, second = compare(reference(("at", 1, 50.0), ("at", 2, 10.0)), table).rows
        assert (first.measured, first.diverged) == (50.0, 0)
        assert (second.measured, second.n, second.diverged) == (50.0, 2, 1)

    def test_its_accuracy_is_that_of_guessing(self):
        table = study(SETTINGS | {"epochs": 2, "curves": [[50.0, 20.0], [50.0]]})
        (row,) = compare(reference(("at", 2, 80.0), metric="test_accuracy"), table).rows
        assert row.measured == (80.0 + 10.0) / 2

    def test_of_a_metric_without_a_worst_value_it_counts_as_nothing(self):
        table = study(SETTINGS | {"epochs": 2, "metric": "train_loss", "curves": [[2.0, 1.0], [2.0]]})
        (row,) = compare(reference(("at", 2, 1.0), metric="train_loss"), table).rows
        assert (row.n, row.diverged, row.measured) == (1, 1, 1.0)


class TestStatistics:
    CURVE = (9.0, 1.0, 5.0, 6.0, 7.0, 8.0, 2.0)

    @pytest.mark.parametrize(
        ("statistic", "epoch", "value"),
        [
            ("at", 1, 9.0), ("at", 7, 2.0), ("mean_last5", 6, 5.4), ("mean_last5", 2, 5.0), ("min", 7, 1.0),
            ("min", 1, 9.0), ("max", 7, 9.0), ("at", 8, None),
        ],
    )  # fmt: skip
    def test_of_a_curve(self, statistic, epoch, value):
        assert summarised(self.CURVE, statistic, epoch) == value

    def test_another_one_is_refused(self):
        with pytest.raises(ValueError, match="median"):
            summarised(self.CURVE, "median", 3)

    def test_the_highest_accuracy_is_of_the_lowest_error(self):
        table = study(SETTINGS | {"epochs": 3, "curves": [[30.0, 10.0, 20.0]] * 2})
        (row,) = compare(reference(("max", 3, 90.0), metric="test_accuracy"), table).rows
        assert (row.measured, row.verdict) == (90.0, Verdict.WITHIN)


CURVES = {"epochs": 1, "curves": [[10.0], [11.0]]}


class TestMatching:
    def test_of_several_those_with_the_fewest_differences_count(self):
        one = SETTINGS | CURVES | {"arm": "a", "optimizer.weight_decay": 1e-4}
        other = SETTINGS | CURVES | {"arm": "b"}
        rows = compare(
            reference(("at", 1, 10.0), settings={"optimizer.weight_decay": {"any": [5e-4, 1e-3]}}), study(one, other)
        ).rows
        assert [(row.arm, dict(row.unlike)) for row in rows] == [("b", {})]

    def test_what_is_otherwise_is_named(self):
        settings = {"optimizer.weight_decay": 1e-3, "schedule": "multistep"}
        (row,) = compare(reference(("at", 1, 10.0), settings=settings), study(SETTINGS | CURVES)).rows
        assert dict(row.unlike) == {"optimizer.weight_decay": (1e-3, 5e-4), "schedule": ("multistep", None)}

    def test_of_several_alike_each_has_a_row(self):
        cells = [SETTINGS | CURVES | {"arm": arm} for arm in "ab"]
        assert [row.arm for row in compare(reference(("at", 1, 10.0)), study(*cells)).rows] == ["a", "b"]


def test_how_many_are_outside_by_chance():
    found = compare(reference(*[("at", 1, 10.0)] * 40), study(SETTINGS | {"epochs": 1, "curves": [[10.0], [11.0]]}))
    assert found.by_chance == pytest.approx(2.0)
    assert found.verdicts["within noise"] == 40
    assert sum(found.verdicts.values()) == 40
