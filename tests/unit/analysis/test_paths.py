"""The ways of descents: whose they are, where they go, and what is drawn of the plane."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.paths import ways
from tests.unit.analysis.common import trials
from tests.unit.analysis.descents import CELLS, SADDLE, WAY, descents
from tests.unit.analysis.reports import CELLS as ERRORS
from tests.unit.analysis.reports import findings


def numbers(found):
    return {path.arm.name: int(path.trial.iloc[0]["number"]) for path in found.paths}


def test_each_arm_has_the_path_of_its_best_configuration_with_its_lowest_seed():
    (found,) = ways(descents())
    assert found.landscape.name == "saddle"
    assert numbers(found) == {"sgd": 2, "adam": 4}


def test_a_path_begins_at_the_start_and_has_a_point_each_epoch():
    (found,) = ways(descents())
    path = found.paths[0]
    assert path.steps.tolist() == [0, 2, 4, 6]
    assert path.x.tolist() == [0.9, *(x for x, _ in WAY)]
    assert path.y.tolist() == [1e-3, *(y for _, y in WAY)]
    assert np.isnan(path.values[0])
    assert path.values[1:].tolist() == [1.0, 0.5, 1.0 / 3.0]
    assert not path.leaves
    assert not path.diverged


def test_steps_an_epoch_may_vary():
    cells = {"base": {(5,): [0.1, 0.2], (2,): [0.3, 0.4]}}
    space = {"task.steps": {"values": [2, 5]}}
    (found,) = ways(descents(cells, names=("task.steps",), space=space, arms={"base": {}}))
    assert found.paths[0].steps.tolist() == [0, 5, 10, 15]


def test_an_arm_all_of_whose_seeds_diverged_has_a_path_to_the_last_point():
    cells = CELLS | {"adam": {(0.01,): ["diverged"] * 2, (0.1,): ["diverged"] * 2}}
    (found,) = ways(descents(cells, {4: WAY[:1]}))
    path = found.paths[1]
    assert path.diverged
    assert path.x.tolist() == [0.9, 0.5]


def test_an_arm_without_an_outcome_or_without_epochs_has_no_path():
    cells = CELLS | {"adam": {(0.01,): ["waiting"] * 2, (0.1,): ["failed"] * 2}}
    (found,) = ways(descents(cells))
    assert [path.arm.name for path in found.paths] == ["sgd"]
    (found,) = ways(descents(CELLS, {2: ()}))
    assert [path.arm.name for path in found.paths] == ["adam"]


def test_what_descends_no_landscape_has_no_paths():
    assert ways(findings(trials(ERRORS))) == []


def test_arms_over_other_landscapes_are_drawn_apart():
    arms = SADDLE["arms"] | {"adam": {"task": {"name": "valley", "steps": 2}, "optimizer": {"name": "adam"}}}
    assert [one.landscape.name for one in ways(descents(arms=arms))] == ["saddle", "valley"]


def test_the_view_holds_start_minima_and_paths_and_no_more_of_the_domain_than_the_margin():
    (found,) = ways(descents())
    left, right, bottom, top = found.view
    assert left == pytest.approx(0.0 - 0.12 * 0.9)
    assert right == pytest.approx(0.9 + 0.12 * 0.9)
    assert bottom == pytest.approx(-1.0 - 0.12 * 2)
    assert top == pytest.approx(1.0 + 0.12 * 2)


def test_a_path_that_leaves_the_domain_does_not_widen_the_view_beyond_it():
    (found,) = ways(descents(ways={2: ((1.4, 0.0), (9.0, 9.0), (0.0, 1.0))}))
    assert found.paths[0].leaves
    left, right, bottom, top = found.view
    assert (right, top) == (1.5, pytest.approx(1.24))
    assert left < 0.0
    assert bottom < -1.0


def test_a_path_is_followed_until_it_is_too_far_away_to_be_drawn():
    (found,) = ways(descents(ways={2: ((1.4, 0.0), (1e9, 0.0), (0.0, 1.0))}))
    path = found.paths[0]
    assert path.x.tolist() == [0.9, 1.4]
    assert path.leaves


def test_what_is_measured_ends_twelve_powers_of_ten_below_its_highest():
    (found,) = ways(descents())
    assert found.floor == 1e-12
    found.paths[0].values[-1] = 0.0
    assert found.heights(found.paths[0])[-1] == 1e-12
