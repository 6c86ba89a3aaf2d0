"""What the figures of searches, arms, divergence and budgets hold before they are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.figures import (
    contest,
    contour,
    divergence,
    edf,
    expected,
    history,
    horizon,
    parallel,
    sensitivity,
    slices,
)
from analysis.findings import Findings
from tests.unit.analysis.common import trial, trials
from tests.unit.analysis.reports import CUBE, PLANE, cube_rows, findings, material
from tests.unit.analysis.studies import ARMS, armed

SOBOL = {(0.02 * 1.6**i, (7 * i % 12) / 24): [5.0 + 3 * i, 6.0 + 2 * i] for i in range(12)}
LOST = {**SOBOL, (9.0, 0.5): ["diverged", "diverged"], (8.0, 0.4): [1.0, "diverged"]}


def scattered(cells, name="random", **options):
    return findings(trials(cells), space=PLANE, design={"name": name, "configurations": len(cells)}, **options)


def gone_in(epochs):
    """Return a grid of one cell whose seeds diverged in some epochs, and one where none did."""
    rows = trials({(0.1, 0.0): ["diverged"] * len(epochs), (1.0, 0.0): [10.0] * len(epochs), (1.0, 0.5): [11.0]})
    for row, epoch in zip(rows, epochs, strict=False):
        row["diverged_epoch"] = epoch
    return findings(rows, seeds=len(epochs))


def test_the_epoch_of_divergence_is_the_median_over_seeds():
    (found,) = divergence.compute(gone_in([1, 2, 2]))
    np.testing.assert_array_equal(found.epochs, [[2, np.nan], [np.nan, np.nan]])


def test_without_divergence_there_is_no_map_of_it():
    assert divergence.compute(findings(trials({(lr, p): [10.0] for lr in (0.1, 1.0) for p in (0.0, 0.5)}))) == []


def test_a_slice_of_a_grid_goes_through_the_best_and_averages_over_seeds_alone():
    (found,) = slices.compute(findings(cube_rows(), space=CUBE))
    assert found.best[0] == {"lr": 0.1, "p": 0.0, "beta2": 0.9}
    for name in found.names:
        others = {key: value for key, value in found.best[0].items() if key != name}
        for key, value in others.items():
            assert set(found.points[name][key]) == {value}
    line = found.lines["lr"]
    assert dict(zip(line["lr"], line["value"], strict=True)) == {0.1: 0.1 + 0.0 + 0.9, 1.0: 1.0 + 0.0 + 0.9}


def test_a_grid_of_two_hyperparameters_needs_no_slices():
    assert slices.compute(findings(trials({(lr, p): [10.0] for lr in (0.1, 1.0) for p in (0.0, 0.5)}))) == []


def test_slices_without_a_grid_have_every_configuration_in_every_panel_in_its_order():
    (found,) = slices.compute(scattered(LOST))
    assert found.names == ("lr", "p")
    for name in found.names:
        assert found.points[name]["order"].tolist() == list(range(14))
        assert found.points[name]["diverged"].sum() == 2
        assert found.points[name]["value"].max() == 90.0
    assert "Crosses: seeds diverged there." in found.caption


def test_parallel_coordinates_lie_on_the_scale_of_each_hyperparameter_worst_first():
    cells = {(0.01, 0.0, 0.9): [30.0], (0.1, 0.1, 0.95): [10.0], (1.0, 0.4, 0.99): ["diverged"]}
    space = PLANE | {"beta2": {"low": 0.9, "high": 0.99}}
    design = {"name": "tpe", "configurations": 3}
    (found,) = parallel.compute(findings(trials(cells, ("lr", "p", "beta2")), space=space, design=design, seeds=1))
    np.testing.assert_allclose(found.heights, [[1, 1, 1], [0, 0, 0], [0.5, 0.25, 5 / 9]], atol=1e-9)
    np.testing.assert_array_equal(found.values, [np.nan, 30, 10])
    assert found.ends[0] == ((0.0, "0.01"), (0.5, "0.1"), (1.0, "1"))


def test_what_has_one_value_among_the_configurations_has_no_axis_and_is_said():
    cells = {(0.01, 0.0, 0.9): [30.0], (0.1, 0.1, 0.9): [10.0], (1.0, 0.4, 0.9): [20.0]}
    space = PLANE | {"beta2": {"values": [0.9]}}
    searched = findings(
        trials(cells, ("lr", "p", "beta2")), space=space, design={"name": "random", "configurations": 3}, seeds=1
    )
    (found,) = slices.compute(searched)
    assert found.names == ("lr", "p")
    assert "Every configuration has beta2 = 0.9." in found.caption
    assert parallel.compute(searched) == []


@pytest.mark.parametrize(("design", "drawn"), [("random", True), ("sobol", True), ("tpe", False)])
def test_the_expected_best_is_of_independent_configurations_alone(design, drawn):
    found = expected.compute(scattered(SOBOL, design))
    assert bool(found) is drawn
    if drawn:
        (reach,) = found[0].reaches
        assert reach.budgets.tolist() == [1, 2, 3, 4, 5, 6]
        assert reach.mean[0] == pytest.approx(np.mean([np.mean(it) for it in SOBOL.values()]))
        assert ("Sobol sequence" in found[0].caption) is (design == "sobol")


def test_a_sampler_that_looks_where_it_is_good_says_so():
    assert "not a property of the space" in edf.compute(scattered(SOBOL, "tpe"))[0].caption
    assert "not a property of the space" not in edf.compute(scattered(SOBOL))[0].caption


def test_the_history_of_a_grid_is_not_drawn():
    assert history.compute(findings(cube_rows(), space=CUBE)) == []
    assert len(history.compute(scattered(SOBOL))) == 1


def test_a_fitted_surface_says_that_it_was_not_measured_and_how_far_it_is_off():
    (found,) = contour.compute(scattered(SOBOL))
    assert "a surface fitted to them, and not measured" in found.caption
    assert "Leave-one-out error: a factor of" in found.caption
    assert found.heights.shape == (contour.FINE, contour.FINE)
    assert (found.heights > 0).all()


def test_of_three_hyperparameters_no_surface_is_fitted():
    cells = {(*point, 0.9 + i / 200): values for i, (point, values) in enumerate(SOBOL.items())}
    space = PLANE | {"beta2": {"low": 0.9, "high": 0.99}}
    design = {"name": "random", "configurations": len(cells)}
    assert contour.compute(findings(trials(cells, ("lr", "p", "beta2")), space=space, design=design)) == []


def test_the_sensitivity_of_arms_holds_each_at_its_own_best():
    rows = {
        "base": {(lr, p): [20 * p + abs(lr - 1)] for lr in (0.1, 1.0, 2.0) for p in (0.0, 0.5)},
        "decoupled": {(lr, p): [9 - 10 * p + abs(lr - 1)] for lr in (0.1, 1.0, 2.0) for p in (0.0, 0.5)},
    }
    space = {"lr": {"values": [0.1, 1.0, 2.0]}, "p": {"values": [0.0, 0.5]}}
    arms = {name: ARMS[name] for name in rows}
    (found,) = sensitivity.compute(findings(armed(rows), arms=arms, space=space, seeds=1))
    assert [line.label for line in found.lines] == ["base (p = 0)", "decoupled (p = 1/2)"]
    assert found.lines[0].seeds["value"].tolist() == [0.9, 0.0, 1.0]
    assert found.lines[1].seeds["value"].tolist() == [4.9, 4.0, 5.0]


def test_arms_stand_beside_one_another_each_at_its_best():
    (found,) = contest.compute(findings(armed(), arms=ARMS))
    assert [it.label for it in found.runners] == [
        "base (lr = 0.1, p = 0)", "decoupled (lr = 1, p = 0)", "cosine (lr = 0.1, p = 1/2)",
    ]  # fmt: skip
    assert list(found.columns) == ["train_loss", "test_error"]
    assert found.runners[0].curves["test_error"].tolist() == [[50.0, 25.0], [50.0, 25.0]]


def budgets(shift=0.0):
    """Return the rows of three budgets whose best rate falls, and of one arm apart."""
    lrs = (0.1, 1.0, 10.0)
    cells = {
        name: {(lr,): [abs(np.log10(lr) - best) + shift + seed / 100 for seed in range(3)] for lr in lrs}
        for name, best in {"a": 1, "b": 0, "c": -1, "other": 1}.items()
    }
    arms = {"a": {}, "b": {"epochs": 4}, "c": {"epochs": 9}, "other": {"optimizer": {"name": "sgd"}}}
    return armed(cells, ("lr",)), {"arms": arms, "space": {"lr": {"values": list(lrs)}}, "seeds": 3}


def test_the_best_against_the_budget_joins_arms_that_differ_in_their_epochs_alone():
    rows, options = budgets()
    (found,) = horizon.compute(findings(rows, **options))
    (course,) = found.courses
    assert course.label == "a / b / c"
    assert [(it.epochs, it.best, it.edge) for it in course.stops] == [
        (2, 10.0, True),
        (4, 1.0, False),
        (9, 0.1, True),
    ]
    assert [(it.low, it.high) for it in course.stops] == [(10.0, 10.0), (1.0, 1.0), (0.1, 0.1)]


def test_studies_that_differ_in_their_epochs_alone_are_joined_too():
    cells = {(0.1,): [10.0, 11.0], (1.0,): [20.0, 22.0]}
    space = {"lr": {"values": [0.1, 1.0]}}
    short, long = (
        material(trials(cells, ("lr",)), space=space, name=name, epochs=epochs)
        for name, epochs in (("short", 2), ("long", 4))
    )
    (found,) = horizon.compute(Findings(short, others=(long,)))
    assert [it.epochs for it in found.courses[0].stops] == [2, 4]
    assert found.courses[0].label == "short / long"


def test_one_trial_without_an_outcome_breaks_no_figure():
    rows = [trial(0, "waiting", lr=0.1, p=0.0)]
    found = findings(rows, space=PLANE, design={"name": "random", "configurations": 1}, seeds=1)
    for kind in (contest, contour, divergence, edf, expected, history, horizon, parallel, sensitivity, slices):
        assert kind.compute(found) == []
