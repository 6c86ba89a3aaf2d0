from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.maps import panels, sensitivity_map
from tests.unit.analysis.common import MEASURE, line, mapped, table
from tests.unit.analysis.common import measure as shown

CELLS = {(lr, p): [10.0 * lr + p + s for s in (0.0, 1.0, 0.5)] for lr in (0.1, 1.0) for p in (0.0, 0.5)}


def as_json(result):
    return json.loads(json.dumps(result.to_dict(), allow_nan=False))


def test_a_map_has_the_candidates_of_its_grid_and_the_optimum_of_each_row():
    found = mapped(CELLS)
    assert found.candidates.cells[found.grid.best]
    assert [(optimum.y, optimum.x) for optimum in found.optima] == [(0.0, 0.1), (0.5, 0.1)]


def test_an_error_is_counted_among_the_images_of_its_split():
    """Of ten images a point in a hundred is nothing; the same errors of 10,000 images are less even."""
    cells = {(0.1, 0.0): [0.0, 0.1, 0.0], (1.0, 0.0): [0.2, 0.1, 0.3], (10.0, 0.0): [50.0, 51.0, 52.0]}
    deviations = [mapped(cells, shown(images=images)).candidates.deviation for images in (10, 10_000)]
    assert deviations[0] < deviations[1] / 5


def test_every_combination_of_further_values_is_a_panel():
    cells = {(0.1, 0.0, 0.9): [1.0], (0.1, 0.0, 0.99): [2.0], (1.0, 0.0, 0.9): [3.0], (1.0, 0.0, 0.99): [4.0]}
    found = panels(table(cells, ("lr", "p", "beta2")), "lr", "p", ["beta2"], MEASURE)
    assert [result.grid.fixed for result in found] == [{"beta2": 0.9}, {"beta2": 0.99}]
    assert [result.grid.mean.tolist() for result in found] == [[[1.0, 3.0]], [[2.0, 4.0]]]


def test_two_further_hyperparameters_make_a_panel_a_pair():
    names = ("lr", "p", "beta2", "weight_decay")
    cells = {(0.1, 0.0, beta2, decay): [1.0] for beta2 in (0.9, 0.99) for decay in (0.0, 0.1)}
    found = panels(table(cells, names), "lr", "p", ["beta2", "weight_decay"], MEASURE)
    assert [tuple(result.grid.fixed.values()) for result in found] == [
        (0.9, 0.0),
        (0.9, 0.1),
        (0.99, 0.0),
        (0.99, 0.1),
    ]


def test_without_further_hyperparameters_there_is_one_map():
    (found,) = panels(table({(0.1, 0.0): [1.0]}), "lr", "p", [], MEASURE)
    assert found.grid.fixed == {}


def test_a_map_as_json_holds_no_nan():
    document = as_json(mapped({(0.1, 0.0): [10.0, 12.0], (1.0, 0.5): ["failed", 3.0]}))
    assert document["mean"] == [[11.0, None], [None, 3.0]]
    assert document["values"] == [[[10.0, 12.0], [None, None]], [[None, None], [None, 3.0]]]


def test_a_map_as_json_says_what_its_axes_are():
    document = as_json(mapped({(0.1, 0.0): [10.0], (1.0, 0.5): [20.0]}))
    assert document["x"] == {"name": "lr", "values": [0.1, 1.0]}
    assert document["y"] == {"name": "p", "values": [0.0, 0.5]}
    assert document["seeds"] == [0]


def test_a_map_as_json_counts_every_cell():
    document = as_json(mapped({(0.1, 0.0): [10.0, 89.0, "diverged", "failed", "waiting"]}))
    assert (document["n"], document["diverged"], document["learned_nothing"]) == ([[3]], [[1]], [[1]])
    assert (document["excluded"], document["pending"]) == ([[1]], [[1]])


def test_a_map_as_json_describes_the_best_cell():
    document = as_json(mapped({(0.1, 0.5): [10.0, 12.0], (1.0, 0.5): [20.0, "diverged"]}))
    assert document["best"] == {"lr": 0.1, "p": 0.5, "mean": 11.0, "n": 2, "diverged": 0}


def test_a_map_as_json_has_its_candidates_and_how_they_were_found():
    document = as_json(mapped(CELLS))["candidates"]
    assert document["cells"] == [[True, False], [True, False]]
    assert document["judged"] == [[True, True], [True, True]]
    assert (document["level"], document["seeds"], document["degrees_of_freedom"]) == (0.95, 3, 4)
    assert document["residual_deviation"] > 0


def test_a_map_as_json_has_the_best_of_every_row():
    cells = {(0.1, 0.0): [10.0, 12.0], (1.0, 0.0): [11.0, 9.0], (0.1, 0.5): [3.0], (1.0, 0.5): ["diverged"]}
    none = {"low": None, "high": None, "candidates": []}
    assert as_json(mapped(cells))["best_by_y"] == [
        none | {"p": 0.0, "lr": 1.0, "by_seed": [0.1, 1.0], "edge": "highest", "mean": 10.0, "n": 2},
        none | {"p": 0.5, "lr": 0.1, "by_seed": [0.1], "edge": "lowest", "mean": 3.0, "n": 1},
    ]


def test_the_interval_of_a_row_is_that_of_its_candidates():
    (first, _) = as_json(mapped(CELLS))["best_by_y"]
    assert (first["low"], first["high"], first["by_seed"]) == (0.1, 0.1, [0.1, 0.1, 0.1])


def test_a_map_of_one_hyperparameter_has_no_y():
    document = as_json(sensitivity_map(line({0.1: [10.0], 1.0: [20.0]}), MEASURE))
    assert document["y"] is None
    assert document["best"] == {"lr": 0.1, "mean": 10.0, "n": 1, "diverged": 0}
    assert document["best_by_y"][0].keys() == {"lr", "low", "high", "candidates", "by_seed", "edge", "mean", "n"}


@pytest.mark.parametrize("state", ["waiting", "failed", "diverged"])
def test_a_map_without_a_best_is_json_too(state):
    document = as_json(mapped({(0.1, 0.0): [state] * 3}))
    assert (document["best"], document["candidates"], document["best_by_y"]) == (None, None, [])


def test_masks_are_plain_truth_values():
    cells = mapped(CELLS).to_dict()["candidates"]["cells"]
    assert not any(isinstance(value, np.bool_) for row in cells for value in row)
