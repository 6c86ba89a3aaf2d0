"""Proposals: one proposer at a time, every seed of a configuration at once, no configuration twice."""

import dataclasses
import json
import subprocess
import sys

import pytest

from study.hosts import Process
from study.proposer import Proposer
from study.store.proposals import Outcome
from study.trials import Counts
from tests.contract.helpers import (
    claim,
    completion,
    divergence,
    everything,
    failure,
    make,
    make_tpe,
    rows,
    run_sql,
    tell,
)

CHANCE = 90.0  # of guessing one of 10 digits


@pytest.fixture
def study(store):
    return make_tpe(store)


@pytest.fixture
def term(store, study):
    return store.proposals.acquire(study.id, "ann")


def configurations(store):
    return [row["hyperparameters"] and json.loads(row["hyperparameters"]) for row in rows(store, "configuration")]


# --- the right to propose ---


def test_the_right_to_propose_is_one_drivers(store, study):
    assert store.proposals.acquire(study.id, "ann") is not None
    assert store.proposals.acquire(study.id, "ben") is None


def test_the_right_to_propose_can_be_kept_and_renewed(store, study, term):
    run_sql(store, "UPDATE study SET proposer_until = proposer_until - 50")
    assert store.proposals.acquire(study.id, "ann") >= term
    (found,) = rows(store, "study")
    assert found["proposer"] == "ann"
    assert found["proposer_until"] - found["created_at"] > 59


def test_the_right_to_propose_is_of_one_study(store, study, term):
    assert store.proposals.acquire(make_tpe(store, name="other").id, "ben") is not None


def test_a_resigned_right_is_free(store, study, term):
    store.proposals.resign(study.id, "ann")
    assert store.proposals.acquire(study.id, "ben") > term


def test_only_its_holder_can_resign(store, study, term):
    store.proposals.resign(study.id, "ben")
    assert store.proposals.acquire(study.id, "ben") is None


def test_a_right_that_ran_out_goes_to_another_and_its_term_fences(store, study, term):
    run_sql(store, "UPDATE study SET proposer_until = proposer_until - 1000")
    later = store.proposals.acquire(study.id, "ben")
    assert later > term
    assert not store.proposals.fill(study, term, "base", 0, {"lr": 0.1})
    assert configurations(store) == [None] * 3
    assert store.proposals.fill(study, later, "base", 0, {"lr": 0.2})
    assert configurations(store)[0] == {"lr": 0.2}


@pytest.fixture
def dead():
    """Return a process of this host that has ended."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = Process.of(child.pid)
    child.communicate()
    return process


def test_nobody_waits_for_a_holder_that_died_on_this_host(store, study, dead):
    store.leases.register("gone", dead)
    term = store.proposals.acquire(study.id, "gone", dead)
    assert store.proposals.acquire(study.id, "ben") is None
    later = store.proposals.acquire(study.id, "ben", Process.current())
    assert later > term
    assert not store.proposals.fill(study, term, "base", 0, {"lr": 0.1})
    assert store.proposals.acquire(study.id, "ann", Process.current()) is None


@pytest.mark.parametrize("host", [None, "elsewhere 1234 pid:[1]"], ids=["alive", "elsewhere"])
def test_a_holder_that_may_live_keeps_the_right_to_propose(store, study, dead, host):
    here = Process.current()
    store.leases.register("holder", here if host is None else dataclasses.replace(dead, host=host))
    store.proposals.acquire(study.id, "holder", here)
    assert store.proposals.acquire(study.id, "ben", here) is None


def test_no_right_to_propose_for_a_study_that_is_not_there(store):
    assert store.proposals.acquire(10**6, "ann") is None
    assert store.proposals.acquire(10**6, "ann", Process.current()) is None


# --- filling ---


def test_a_proposal_fills_every_seed_of_its_configuration_and_adds_none(store, study, term):
    assert store.proposals.fill(study, term, "base", 1, {"lr": 0.1})
    assert [(row["number"], bool(row["filled"]), row["lr"]) for row in rows(store)] == [
        (0, False, None),
        (1, False, None),
        (2, True, 0.1),
        (3, True, 0.1),
        (4, False, None),
        (5, False, None),
    ]
    assert {(row["p"], row["beta2"]) for row in rows(store) if row["filled"]} == {(0.125, 0.999)}
    assert configurations(store) == [None, {"lr": 0.1}, None]


def test_a_proposal_repeated_changes_nothing(store, study, term):
    store.proposals.fill(study, term, "base", 1, {"lr": 0.1})
    before = everything(store), rows(store, "configuration")
    assert store.proposals.fill(study, term, "base", 1, {"lr": 0.1})
    assert (everything(store), rows(store, "configuration")) == before


def test_a_filled_configuration_cannot_be_filled_with_another(store, study, term):
    store.proposals.fill(study, term, "base", 1, {"lr": 0.1})
    before = everything(store), rows(store, "configuration")
    assert not store.proposals.fill(study, term, "base", 1, {"lr": 0.2})
    assert (everything(store), rows(store, "configuration")) == before


@pytest.mark.parametrize("twin", [0.1, 0.1 + 1e-15])
def test_no_study_trains_a_configuration_twice(store, study, term, twin):
    store.proposals.fill(study, term, "base", 0, {"lr": 0.1})
    before = everything(store), rows(store, "configuration")
    with pytest.raises(ValueError, match=r"configuration 0 of study study is .*0\.1.* already"):
        store.proposals.fill(study, term, "base", 1, {"lr": twin})
    assert (everything(store), rows(store, "configuration")) == before


def test_a_configuration_that_is_not_there_cannot_be_filled(store, study, term):
    assert not store.proposals.fill(study, term, "base", 3, {"lr": 0.1})
    assert len(rows(store, "configuration")) == 3


def test_values_are_kept_at_twelve_significant_digits(store, study, term):
    store.proposals.fill(study, term, "base", 0, {"lr": 0.123456789012345})
    assert {row["lr"] for row in rows(store)} == {0.123456789012, None}
    assert claim(store, study)[0].configuration == {"lr": 0.123456789012}


def test_a_cancelled_slot_is_not_filled(store, study, term):
    store.studies.cancel(study)
    before = everything(store)
    store.proposals.fill(study, term, "base", 0, {"lr": 0.1})
    assert everything(store) == before


def test_a_study_tells_whether_slots_wait_for_a_proposal(store, study, term):
    for number in range(3):
        assert store.proposals.next_unfilled(study.id) == ("base", number)
        store.proposals.fill(study, term, "base", number, {"lr": 0.1 * (number + 1)})
    assert store.proposals.next_unfilled(study.id) is None
    assert store.proposals.next_unfilled(make(store, name="grid").id) is None


def test_the_number_of_slots_stays_that_of_the_specification(store, study, term):
    for number in range(5):
        store.proposals.fill(study, term, "base", number, {"lr": 0.1 * (number + 1)})
    assert store.studies.counts(study.id) == Counts(waiting=6)


# --- outcomes ---


def test_an_unfilled_configuration_is_pending(store, study):
    outcome = store.proposals.outcomes(study)[2]
    assert outcome == Outcome(arm="base", number=2, configuration=None, values=(), pending=2, failed=0, diverged=0)
    assert outcome.mean is None


def test_the_seeds_of_a_configuration_are_averaged_when_all_are_in(store):
    study = make(store)
    first, second = claim(store, study, limit=2)
    tell(store, completion(first, 60.0, 50.0, 10.0))
    assert store.proposals.outcomes(study)[0].mean is None
    tell(store, completion(second, 40.0, 30.0, 20.0))
    outcome = store.proposals.outcomes(study)[0]
    assert outcome.values == (10.0, 20.0)
    assert (outcome.configuration, outcome.pending, outcome.mean) == ({"lr": 0.01}, 0, 15.0)


@pytest.mark.parametrize(
    ("statistic", "split", "expected"),
    [("final", "test", 40.0), ("mean_last5", "test", 30.0), ("min", "test", 20.0), ("min", "validation", 15.0)],
)
def test_the_objective_is_the_studys(store, statistic, split, expected):
    task = {"dataset": "digits", "network": "mlp", "validation": 100}
    study = make(store, objective={"statistic": statistic, "split": split}, task=task, seeds=1)
    (lease,) = claim(store, study)
    report = completion(lease, 30.0, 20.0, 40.0)
    for record in report.epochs:
        record["validation_error"] = record["test_error"] - 5.0
    tell(store, report)
    assert store.proposals.outcomes(study)[0].mean == expected


def test_a_diverged_seed_counts_at_chance_level(store):
    study = make(store)
    first, second = claim(store, study, limit=2)
    tell(store, divergence(first), completion(second, 10.0, 10.0, 10.0))
    outcome = store.proposals.outcomes(study)[0]
    assert (outcome.values, outcome.diverged, outcome.failed) == ((CHANCE, 10.0), 1, 0)
    assert outcome.mean == 50.0


def test_a_failed_seed_is_left_out(store):
    study = make(store)
    for _ in range(3):
        tell(store, failure(claim(store, study)[0]))
    tell(store, completion(claim(store, study)[0], 10.0, 10.0, 10.0))
    outcome = store.proposals.outcomes(study)[0]
    assert (outcome.values, outcome.failed, outcome.pending, outcome.mean) == ((10.0,), 1, 0, 10.0)


def test_a_configuration_whose_seeds_all_failed_has_no_mean(store):
    study = make(store, seeds=1)
    for _ in range(3):
        tell(store, failure(claim(store, study)[0]))
    outcome = store.proposals.outcomes(study)[0]
    assert (outcome.values, outcome.failed, outcome.pending, outcome.mean) == ((), 1, 0, None)


def test_a_running_seed_is_pending(store):
    study = make(store)
    claim(store, study)
    assert store.proposals.outcomes(study)[0].pending == 2


def test_cancelled_seeds_are_neither_pending_nor_averaged(store):
    study = make(store)
    tell(store, completion(claim(store, study)[0], 10.0, 10.0, 10.0))
    store.studies.cancel(study)
    outcome = store.proposals.outcomes(study)[0]
    assert (outcome.values, outcome.failed, outcome.pending) == ((10.0,), 1, 0)


def test_a_superseded_trial_has_no_part_in_an_outcome(store):
    study = make(store)
    for lease in claim(store, study, limit=2):
        tell(store, completion(lease, *[10.0 * (1 + lease.seed)] * 3))
    run_sql(store, "UPDATE trial SET superseded = true WHERE number = 0")
    assert store.proposals.outcomes(study)[0].values == (20.0,)


def test_outcomes_come_in_the_order_of_configurations(store):
    assert [outcome.number for outcome in store.proposals.outcomes(make(store))] == [0, 1, 2]


# --- arms ---

ARMS = {"padam": {}, "adamw": {"optimizer": {"name": "adamw"}}}


def proposed(store, study, term):
    """Fill the next configuration with what its arm's sampler proposes, and return arm, number and that."""
    arm, number = store.proposals.next_unfilled(study.id)
    point = Proposer(study.specification.arms[arm]).propose(store.proposals.outcomes(study, arm), number)
    assert store.proposals.fill(study, term, arm, number, point)
    return arm, number, point


def test_slots_are_filled_arm_by_arm(store):
    study = make_tpe(store, arms=ARMS)
    term = store.proposals.acquire(study.id, "ann")
    found = [proposed(store, study, term)[:2] for _ in range(6)]
    assert found == [(arm, number) for arm in ARMS for number in range(3)]
    assert store.proposals.next_unfilled(study.id) is None
    assert store.studies.counts(study.id) == Counts(waiting=12)
    assert {row["p"] for row in rows(store) if row["arm"] == "adamw"} == {None}
    assert store.findings() == []


def test_a_slot_that_was_cancelled_or_retried_is_proposed_for_in_its_turn(store):
    study = make_tpe(store, arms=ARMS)
    store.studies.cancel(study)
    assert store.proposals.next_unfilled(study.id) is None
    store.growth.retry(study, where="arm = 'adamw' and number >= 8")
    assert store.proposals.next_unfilled(study.id) == ("adamw", 1)


def test_the_sampler_of_an_arm_sees_its_own_outcomes_alone(store):
    study = make_tpe(store, arms=ARMS, seeds=1)
    term = store.proposals.acquire(study.id, "ann")
    first = [proposed(store, study, term) for _ in range(3)]
    tell(store, *(completion(lease, *[10.0 * (1 + lease.number)] * 3) for lease in claim(store, study, limit=3)))
    second = [proposed(store, study, term) for _ in range(3)]
    tell(store, *map(divergence, claim(store, study, limit=3)))
    outcomes = {arm: store.proposals.outcomes(study, arm) for arm in ARMS}
    assert [it.values for it in outcomes["padam"]] == [(10.0,), (20.0,), (30.0,)]
    assert [it.values for it in outcomes["adamw"]] == [(CHANCE,)] * 3
    for arm, points in (("padam", first), ("adamw", second)):
        assert [(it.arm, it.number, it.configuration) for it in outcomes[arm]] == points
        recorded = Proposer(study.specification.arms[arm]).recorded(outcomes[arm])
        assert [trial.value for trial in recorded.trials] == [it.mean for it in outcomes[arm]]
    assert store.proposals.outcomes(study) == [*outcomes["padam"], *outcomes["adamw"]]


def test_an_arm_is_proposed_for_as_if_it_were_alone(store):
    study = make_tpe(store, arms=ARMS, seeds=1)
    term = store.proposals.acquire(study.id, "ann")
    together = [proposed(store, study, term)[2] for _ in range(6)]
    alone = make_tpe(store, name="alone", optimizer={"name": "adamw"}, seeds=1)
    term = store.proposals.acquire(alone.id, "ann")
    assert [proposed(store, alone, term)[2] for _ in range(3)] == together[3:]


def test_a_configuration_may_stand_in_two_arms_and_in_each_once(store):
    study = make_tpe(store, arms=ARMS)
    term = store.proposals.acquire(study.id, "ann")
    assert store.proposals.fill(study, term, "padam", 0, {"lr": 0.1})
    assert store.proposals.fill(study, term, "adamw", 0, {"lr": 0.1})
    before = everything(store), rows(store, "configuration")
    with pytest.raises(ValueError, match=r"configuration 0 of arm adamw of study study is .*0\.1.* already"):
        store.proposals.fill(study, term, "adamw", 1, {"lr": 0.1})
    assert (everything(store), rows(store, "configuration")) == before
    assert [bool(row["filled"]) for row in rows(store)] == ([True] * 2 + [False] * 4) * 2


def test_the_right_to_propose_is_one_for_all_arms(store):
    study = make_tpe(store, arms=ARMS)
    term = store.proposals.acquire(study.id, "ann")
    assert store.proposals.acquire(study.id, "ben") is None
    run_sql(store, "UPDATE study SET proposer_until = proposer_until - 1000")
    store.proposals.acquire(study.id, "ben")
    assert not any(store.proposals.fill(study, term, arm, 0, {"lr": 0.1}) for arm in ARMS)
