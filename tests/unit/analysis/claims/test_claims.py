from __future__ import annotations

import itertools
import math

import pytest

from analysis.claims.claims import CLAIMS
from analysis.replicates import Cell, Replicate, Replicates
from analysis.settings import settings_of
from search_spaces.presets import preset_names
from search_spaces.validation import load
from tests.unit.analysis.compare.tables import study


def test_there_are_thirteen_in_order():
    assert [claim.name for claim in CLAIMS] == [f"H{number}" for number in range(1, 14)]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_says_what_where_and_by_what_it_is_tested(claim):
    assert claim.text
    assert not claim.text.endswith(".")
    assert claim.source
    assert claim.experiments
    presets = [experiment.preset for experiment in claim.experiments]
    assert len(set(presets)) == len(presets)
    for experiment in claim.experiments:
        assert experiment.tests
        assert all(test.says for test in experiment.tests)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_study_without_its_trainings_has_nothing_to_say(claim):
    """Of an empty study, and of one of something else, each statistic is empty and raises nothing."""
    other = study({"optimizer": "lion", "task.network": "a", "values": [1.0, 2.0]})
    for experiment in claim.experiments:
        for test in experiment.tests:
            assert not test.statistic(study())
            assert not test.statistic(other)


def test_claims_of_errors_are_tested_by_errors():
    """Lower is better in every statistic: a preset whose objective is to be maximised would turn verdicts round."""
    bundled = {it.preset for claim in CLAIMS for it in claim.experiments} & set(preset_names())
    assert bundled
    for name in bundled:
        assert {arm.metric.direction for arm in load(name).arms.values()} == {"minimize"}


BUNDLED = [
    (claim.name, experiment)
    for claim in CLAIMS
    for experiment in claim.experiments
    if experiment.preset in preset_names()
]


def trained(preset, seeds=2):
    """Return a bundled study as if it had been trained: with some value or other at each of its configurations."""
    study, cells, curves = load(preset), [], {}
    for name, arm in study.arms.items():
        for point in itertools.product(*(domain.grid() for domain in arm.space.values())):
            settings = settings_of(arm, dict(zip(arm.space, point, strict=True)))
            made = []
            for seed in range(seeds):
                number = len(curves)
                value = 10.0 + (37 * number) % 11 + seed
                made.append(Replicate(number=number, seed=seed, value=value))
                curves[number] = {"test_error": [value] * arm.epochs, "log10_v": [-value] * arm.epochs}
            cells.append(Cell(arm=name, settings=settings, replicates=tuple(made)))
    return Replicates(study=preset, measure="", cells=tuple(cells), load=lambda some: {n: curves[n] for n in some})


@pytest.mark.parametrize(("name", "experiment"), BUNDLED, ids=lambda it: getattr(it, "preset", it))
def test_every_statistic_finds_its_trainings_in_the_bundled_study(name, experiment):
    """A statistic that looks for a setting under another name than the study has would say `not run` for ever."""
    table = trained(experiment.preset)
    for test in experiment.tests:
        sample = test.statistic(table)
        assert len(sample) == 2, test.says
        assert all(math.isfinite(value) for value in sample)
