from __future__ import annotations

import pytest

from analysis.claims.claims import CLAIMS
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
