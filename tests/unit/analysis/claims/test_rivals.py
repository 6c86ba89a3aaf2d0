"""Statistics of one optimizer against another, on tables whose answer is known."""

from __future__ import annotations

import pytest

from analysis.claims import rivals
from tests.unit.analysis.compare.tables import study


def of(name, *values, network="a", **more):
    return {"optimizer": name, "task.network": network, "values": list(values)} | more


def curve(name, *curves, network="a", first=2):
    """Return the cell of an optimizer of four epochs, whose learning rate drops after the second."""
    return {
        "optimizer": name, "task.network": network, "epochs": 4, "schedule.milestones": [first, 3], "curves": curves
    }  # fmt: skip


def test_padam_against_momentum_in_the_end():
    table = study(of("padam", 6.0, 7.0), of("sgd", 5.5, 8.0), of("adam", 1.0, 1.0))
    assert rivals.padam_minus_momentum(table) == [0.5, -1.0]


def test_speed_is_the_mean_error_before_the_first_drop():
    table = study(
        curve("sgd", [60.0, 50.0, 9.0, 9.0], [70.0, 50.0, 9.0, 9.0]),
        curve("padam", [50.0, 40.0, 9.0, 9.0], [50.0, 30.0, 9.0, 9.0]),
        curve("adam", [40.0, 20.0, 9.0, 9.0], [30.0, 10.0, 9.0, 9.0]),
        curve("amsgrad", [40.0, 40.0, 9.0, 9.0], [30.0, 30.0, 9.0, 9.0]),
    )
    assert rivals.momentum_minus_padam_early(table) == [10.0, 20.0]
    assert rivals.padam_minus_adaptive_early(table) == [45.0 - 35.0, 40.0 - 25.0]


def test_a_constant_rate_has_its_whole_budget_before_the_first_drop():
    cells = [curve("sgd", [60.0, 50.0, 40.0, 30.0]), curve("padam", [50.0, 40.0, 30.0, 20.0])]
    for cell in cells:
        del cell["schedule.milestones"]
    assert rivals.momentum_minus_padam_early(study(*cells)) == [10.0]


def test_a_seed_that_diverged_early_stands_at_guessing_from_there():
    table = study(
        curve("sgd", [60.0], [60.0, 60.0, 9.0, 9.0]),
        curve("padam", [50.0, 50.0, 9.0, 9.0], [50.0, 50.0, 9.0, 9.0]),
    )
    assert rivals.momentum_minus_padam_early(table) == [(60.0 + 90.0) / 2 - 50.0, 10.0]


def test_networks_are_averaged():
    table = study(
        of("amsgrad", 5.0, 6.0), of("adam", 4.0, 6.0),
        of("amsgrad", 8.0, 8.0, network="b"), of("adam", 9.0, 9.0, network="b"),
    )  # fmt: skip
    assert rivals.amsgrad_minus_adam(table) == [0.0, -0.5]


def test_each_stands_at_its_own_best():
    table = study(of("adam", 9.0, 9.0), of("adam", 6.0, 7.0), of("sgd", 5.0, 5.0), of("sgd", 7.0, 7.0))
    assert rivals.adam_minus_momentum(table) == [1.0, 2.0]


@pytest.mark.parametrize("name", ["swats", "nd-adam", "adamw"])
def test_adam_against_what_narrows_the_gap(name):
    assert rivals.adam_minus(name)(study(of("adam", 6.0, 7.0), of(name, 5.0, 5.0))) == [1.0, 2.0]
    assert rivals.adam_minus(name)(study(of("adam", 6.0, 7.0))) == ()


def test_rectified_against_the_best_warm_up():
    table = study(of("radam", 6.0, 6.0), of("adam", 8.0, 8.0), of("adam", 5.0, 6.5))
    assert rivals.rectified_minus_warmed(table) == [1.0, -0.5]


def test_eps():
    cells = [of("adam", *values, **{"optimizer.eps": eps}) for eps, values in
             ((1e-8, (5.0, 6.0)), (0.1, (4.0, 6.5)), (1.0, (9.0, 9.0)), (1e-4, (0.0, 0.0)))]  # fmt: skip
    assert rivals.small_minus_large_eps(study(*cells)) == [1.0, -0.5]


def test_accumulators():
    cells = [of("adagrad", *values, **{"optimizer.accumulator": name}) for name, values in
             (("squared", (5.0, 6.0)), ("absolute", (7.0, 7.0)), ("counter", (5.0, 5.5)))]  # fmt: skip
    assert rivals.accumulator_minus_squares("absolute")(study(*cells)) == [2.0, 1.0]
    assert rivals.accumulator_minus_squares("counter")(study(*cells)) == [0.0, -0.5]
