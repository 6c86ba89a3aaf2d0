"""Choices, switches and whole numbers in analysis: computed as numbers, told as they are written."""

from __future__ import annotations

import math

import pytest

from analysis.axes import NUMBER, Axis, axis_of
from analysis.figures import FIGURES, heatmap, points
from analysis.figures import optima as ridge
from analysis.material import Material
from analysis.numbers import plain, point
from search_spaces.domains import Choices, Range, Values, WholeRange, WholeValues
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import base, findings, source, written

DECAYS = ("normalised", "l2", "decoupled-lr")
NAMES = ("task.batch_size", "decay")
SPACE = {"task.batch_size": {"values": [16, 64]}, "decay": {"values": list(DECAYS)}}
CELLS = {
    (16, "normalised"): [30.0, 32.0, 31.0],
    (64, "normalised"): [60.0, 61.0, "diverged"],
    (16, "l2"): [10.0, 12.0, 11.0],
    (64, "l2"): [14.0, 15.0, 16.0],
    (16, "decoupled-lr"): [20.0, 22.0, 21.0],
    (64, "decoupled-lr"): [19.0, 18.0, 17.0],
}


def rows(cells=None, names=NAMES):
    return trials(CELLS if cells is None else cells, names)


@pytest.fixture(scope="module")
def found():
    return findings(rows(), space=SPACE, seeds=3)


@pytest.mark.parametrize(
    ("domain", "axis"),
    [
        (Values(values=(0.1, 1.0)), NUMBER),
        (Range(low=0.1, high=1.0), NUMBER),
        (WholeValues(values=(1, 2)), Axis(whole=True)),
        (WholeRange(low=1, high=2), Axis(whole=True)),
        (Choices(values=("b", "a")), Axis(choices=("b", "a"))),
    ],
    ids=lambda it: type(it).__name__,
)
def test_an_axis_is_that_of_its_domain(domain, axis):
    assert axis_of(domain) == axis


def test_a_choice_is_its_place_until_it_is_told():
    axis = Axis(choices=(True, False))
    assert [axis.coded(value) for value in (True, False)] == [0.0, 1.0]
    assert [axis.value(code) for code in (0.0, 1.0)] == [True, False]
    assert axis.texts([0.0, 1.0]) == {0.0: "true", 1.0: "false"}
    assert math.isnan(axis.coded("else"))
    assert math.isnan(axis.coded(None))


def test_a_whole_number_is_told_whole():
    value = Axis(whole=True).value(64.0)
    assert (value, type(value)) == (64, int)
    assert Axis(whole=True).texts([16.0, 64.0], plain) == {16.0: "16", 64.0: "64"}


def test_the_table_holds_numbers_alone():
    table = Material.of(source(rows(), space=SPACE, seeds=3)).trials["base"]
    assert table["decay"].tolist() == [0.0] * 6 + [1.0] * 6 + [2.0] * 6
    assert table["task.batch_size"].dtype == "float64"


def test_the_map_goes_in_written_order(found):
    (one,) = base(found).maps[0]
    assert one.grid.mean.shape == (3, 2)
    assert one.grid.mean[:, 0].tolist() == [31.0, 11.0, 21.0]
    assert one.to_dict()["y"] == {"name": "decay", "values": list(DECAYS)}
    assert one.to_dict()["x"] == {"name": "task.batch_size", "values": [16, 64]}


def test_the_best_is_told_as_it_is_written(found):
    arm = base(found)
    assert arm.named(arm.best) == {"task.batch_size": 16, "decay": "l2"}
    assert point(arm.named(arm.best)) == "task.batch_size = 16, decay = l2"
    (one,) = arm.maps[0]
    assert {key: one.to_dict()["best"][key] for key in NAMES} == {"task.batch_size": 16, "decay": "l2"}
    assert [row["decay"] for row in one.to_dict()["best_by_y"]] == list(DECAYS)


def test_a_choice_on_x_has_no_edge():
    space = {"decay": {"values": list(DECAYS)}}
    cells = {(name,): [error, error + 1.0, error] for name, error in zip(DECAYS, (10.0, 20.0, 30.0), strict=True)}
    (one,) = base(findings(rows(cells, ("decay",)), space=space, seeds=3)).maps[0]
    (optimum,) = one.optima
    assert (optimum.edge, optimum.low, optimum.high) == (None, None, None)
    assert one.to_dict()["best_by_y"][0]["candidates"] == [DECAYS[int(code)] for code in optimum.likely] != []
    assert one.to_dict()["best_by_y"][0]["decay"] == "normalised"


def test_a_heatmap_labels_choices_at_equal_steps(found):
    (result,) = heatmap.compute(found)
    axes = heatmap.draw(result).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(DECAYS)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["16", "64"]
    assert "Star: best cell, task.batch_size = 16, decay = l2" in result.caption
    assert axes.get_xlabel() == "batch size (log scale)"


def test_no_line_runs_between_choices(found):
    (result,) = ridge.compute(found)
    axes = ridge.draw(result).axes[0]
    assert max(len(line.get_xdata()) for line in axes.get_lines()) <= 2
    space = {NAMES[0]: SPACE[NAMES[0]], "p": {"values": [0.0, 0.25, 0.5]}}
    cells = {(x, y): [1.0 + x, 2.0 + x] for x in (16, 64) for y in space["p"]["values"]}
    numbers = findings(rows(cells, tuple(space)), space=space)
    (result,) = ridge.compute(numbers)
    assert max(len(line.get_xdata()) for line in ridge.draw(result).axes[0].get_lines()) == 3


def test_candidates_among_choices_are_told_one_by_one(tmp_path):
    """Of three choices the first and the last may be the best: an interval would claim the one between."""
    errors = dict(zip(DECAYS, ([10.0, 11.0, 12.0], [50.0, 51.0, 52.0], [10.5, 10.8, 12.1]), strict=True))
    cells = {(name, on): errors[name] for name in DECAYS for on in (True, False)}
    space = {"decay": {"values": list(DECAYS)}, "amsgrad": {"values": [True, False]}}
    report = written(tmp_path, rows(cells, ("decay", "amsgrad")), space=space, seeds=3)
    first = report.summary["maps"][0]["best_by_y"][0]
    assert (first["low"], first["high"], first["candidates"]) == (None, None, ["normalised", "decoupled-lr"])
    assert "normalised, decoupled-lr" in report.html
    made = findings(rows(cells, ("decay", "amsgrad")), space=space, seeds=3)
    axes = ridge.draw(ridge.compute(made)[0]).axes[0]
    assert max(line.get_linewidth() for line in axes.get_lines()) <= 1.5


def test_points_name_choices_on_their_axis():
    made = findings(rows(), space=SPACE, seeds=3, design={"name": "random", "configurations": 6})
    (result,) = points.compute(made)
    axes = points.draw(result).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(DECAYS)


def test_the_caption_says_nothing_fixed_of_what_varies(found):
    text = heatmap.compute(found)[0].caption
    assert "batch 128" not in text
    assert "decay l2" not in text
    fixed = heatmap.compute(findings(rows({(lr, p): [1.0] for lr in (0.1, 1.0) for p in (0.0, 0.5)}, ("lr", "p"))))[0]
    assert "decay l2; mlp on digits (899 training and 898 test images), batch 128, 2 epochs" in fixed.caption


def test_a_varied_gamma_is_no_number_in_the_caption():
    schedules = {"p": {"name": "multistep", "milestones": [1]}}
    space = {"lr": {"values": [0.1, 1.0]}, "schedules.p.gamma": {"values": [0.5, 1.0]}}
    cells = {(lr, gamma): [lr + gamma] for lr in (0.1, 1.0) for gamma in (0.5, 1.0)}
    made = findings(rows(cells, ("lr", "schedules.p.gamma")), space=space, schedules=schedules)
    assert "p times gamma after epoch 1" in heatmap.compute(made)[0].caption


def test_a_whole_report_of_choices_is_written(tmp_path):
    report = written(tmp_path, rows(), space=SPACE, seeds=3)
    assert report.summary["best"]["configuration"] == {"task.batch_size": 16, "decay": "l2"}
    assert "task.batch_size = 16, decay = l2" in report.html
    assert {"figures/heatmap.png", "figures/optima.png", "figures/curves.png"} <= report.files.keys()


def test_panels_of_choices_are_named():
    space = {"lr": {"values": [0.1, 1.0]}, "p": {"values": [0.0, 0.5]}, "amsgrad": {"values": [True, False]}}
    cells = {(lr, p, on): [10.0 + lr + p + on] for lr in (0.1, 1.0) for p in (0.0, 0.5) for on in (True, False)}
    made = findings(rows(cells, ("lr", "p", "amsgrad")), space=space)
    assert heatmap.compute(made)[0].panels == ("amsgrad = true", "amsgrad = false")
    assert sum(len(kind.compute(made)) for kind in FIGURES) == 6
