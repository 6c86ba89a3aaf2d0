from __future__ import annotations

import json

import pytest

from analysis.findings import Findings
from analysis.material import Material
from analysis.summary import summary
from tests.unit.analysis.common import trial, trials
from tests.unit.analysis.reports import (
    CELLS,
    CHOSEN_ON_VALIDATION,
    CUBE,
    GONE,
    LINE,
    PLANE,
    UNFINISHED,
    attempt,
    crossed_rows,
    cube_rows,
    findings,
    findings_of,
    source,
    specification,
)


@pytest.fixture(scope="module")
def found():
    return summary(findings([*trials(CELLS), trial(8, 1.0, superseded=True)]))


def test_the_summary_has_its_keys(found):
    assert found.keys() == {
        "name", "hash", "specification", "warnings", "statistic", "metric", "split", "chance_error", "worst", "seeds",
        "trials", "learned_nothing_rule", "best", "contenders", "arms", "maps", "decoupling", "other_split",
        "plugins", "imported_from", "provenance",
    }  # fmt: skip


def test_the_summary_counts_every_outcome(found):
    assert found["trials"] == {
        "total": 8,
        "complete": 4,
        "diverged": 1,
        "failed": 1,
        "cancelled": 0,
        "running": 1,
        "waiting": 1,
        "superseded": 1,
        "learned_nothing": 0,
    }


def test_the_summary_counts_what_learned_nothing_and_says_by_which_rule():
    found = summary(findings(trials({(0.1, 0.0): [10.0, 89.0], (1.0, 0.0): [90.0, "diverged"]})))
    assert found["trials"]["learned_nothing"] == 2
    assert found["learned_nothing_rule"].startswith("final test error at least 88.0 %, or at least 81 %")
    assert found["maps"][0]["learned_nothing"] == [[1, 1]]


def test_the_summary_has_the_best_configuration(found):
    assert found["best"] == {
        "arm": "base",
        "configuration": {"lr": 0.1, "p": 0.0},
        "mean": 11.0,
        "standard_error": pytest.approx(1.0),
        "n": 2,
        "diverged": 0,
    }


def test_a_superseded_trial_is_in_no_map(found):
    (one,) = found["maps"]
    assert one["mean"] == [[11.0, 55.0], [30.0, None]]
    assert one["n"] == [[2, 2], [1, 0]]


def test_a_map_has_candidates_and_the_best_of_every_row():
    cells = {(lr, p): [10.0 * lr + p + s for s in (0.0, 1.0, 0.5)] for lr in (0.1, 1.0) for p in (0.0, 0.5)}
    (one,) = summary(findings_of(cells, seeds=3))["maps"]
    assert one["candidates"]["cells"] == [[True, False], [True, False]]
    assert one["best_by_y"][0] == {
        "p": 0.0,
        "lr": 0.1,
        "low": 0.1,
        "high": 0.1,
        "candidates": [0.1],
        "by_seed": [0.1, 0.1, 0.1],
        "edge": "lowest",
        "mean": 1.5,
        "n": 3,
    }


def test_one_hyperparameter_has_its_map_too():
    (one,) = summary(findings(trials({(0.1,): [1.0, 2.0], (1.0,): [3.0, 4.0]}, ("lr",)), space=LINE))["maps"]
    assert (one["y"], one["best"]["lr"]) == (None, 0.1)


def test_every_panel_has_its_map():
    found = summary(findings(cube_rows(), space=CUBE))
    assert [one["fixed"] for one in found["maps"]] == [{"beta2": 0.9}, {"beta2": 0.99}]


def test_a_design_without_a_grid_has_no_map():
    found = summary(findings(trials(CELLS), space=PLANE, design={"name": "random", "configurations": 4}))
    assert found["maps"] == []
    assert found["best"]["configuration"] == {"lr": 0.1, "p": 0.0}


def test_the_summary_says_what_it_measures(found):
    assert (found["statistic"], found["split"], found["chance_error"], found["seeds"]) == ("final", "test", 90.0, 2)


def test_the_summary_holds_the_whole_specification(found):
    assert found["specification"] == specification().document()


def test_the_summary_repeats_what_a_reader_of_the_specification_should_know():
    objective = {"statistic": "mean_last5", "split": "test"}
    made = findings(trials(CELLS), objective=objective)
    assert summary(made)["warnings"] == specification(objective=objective).warnings()
    assert len(summary(made)["warnings"]) == 1
    assert summary(findings(trials(CELLS)))["warnings"] == []


def test_the_summary_says_where_it_was_made(found):
    assert found["provenance"] == {
        "code_version_of_study": "0.1.0+aa",
        "code_versions": ["0.1.0+aa"],
        "hosts": ["node1"],
        "devices": ["cpu"],
        "libraries": [{"torch": "2.14.1"}],
        "rules": ["padam torch amsgrad; decay l2; eps outside the root, after bias correction"],
        "attempts": 5,
        "attempts_by_ending": {"complete": 4, "diverged": 1},
        "training_seconds": 10.0,
    }


def test_an_attempt_that_never_ended_is_counted_without_provenance():
    made = source(trials({(0.1, 0.0): [10.0]}))
    made.tries.append(attempt(0, None, host=None, device=None, libraries=None, code_version=None, seconds=None))
    material = Material.of(made)
    provenance = summary(Findings(material))["provenance"]
    assert (provenance["attempts"], provenance["attempts_by_ending"]) == (2, {"complete": 1})


def test_each_rule_is_told_once_with_what_is_known_of_it():
    made = source(trials({(0.1, 0.0): [10.0, 11.0, 12.0, 13.0]}))
    sgd = {"rule": "sgd", "eps_at": None}
    made.tries[:] = [attempt(n, **changes) for n, changes in enumerate([sgd, sgd, sgd | {"decay": None}])]
    made.tries.append(attempt(3, rule=None, decay=None, eps_at=None))  # before rules were kept
    assert summary(Findings(Material.of(made)))["provenance"]["rules"] == ["sgd", "sgd; decay l2"]


@pytest.mark.parametrize(
    "cells", [UNFINISHED, GONE, {cell: ["failed"] for cell in CELLS}], ids=["open", "gone", "failed"]
)
def test_without_a_best_there_is_none(cells):
    found = summary(findings(trials(cells), **CHOSEN_ON_VALIDATION))
    assert found["best"] is None
    assert (found["other_split"]["best"], found["other_split"]["at_best"]) == (None, None)


def test_one_seed_has_no_standard_error():
    assert summary(findings(trials({(0.1, 0.0): [10.0]})))["best"]["standard_error"] is None


def test_best_and_map_agree_where_configurations_tie():
    cells = {(1.0, 0.0): [10.0], (0.1, 0.5): [10.0], (0.1, 0.0): [20.0], (1.0, 0.5): [20.0]}
    found = summary(findings(trials(cells)))
    best = found["maps"][0]["best"]
    assert found["best"]["configuration"] == {"lr": best["lr"], "p": best["p"]} == {"lr": 1.0, "p": 0.0}


def test_the_other_split_is_told_for_the_best_configuration():
    other = summary(findings(crossed_rows(), **CHOSEN_ON_VALIDATION))["other_split"]
    assert other["split"] == "test"
    assert other["at_best"] == {
        "arm": "base",
        "configuration": {"lr": 1.0, "p": 0.0},
        "mean": 16.0,
        "standard_error": pytest.approx(2.0),
        "n": 2,
        "diverged": 0,
    }
    assert other["best"]["configuration"] == {"lr": 0.1, "p": 0.0}
    assert other["maps"][0]["mean"] == [[11.0, 16.0], [60.0, None]]


def test_without_held_out_images_there_is_no_other_split(found):
    assert found["other_split"] is None


def test_the_summary_is_plain_json(found):
    assert json.loads(json.dumps(found, allow_nan=False)) == found
