"""Slots that get configuration and seed on filling: as many as asked for, seeds from 0 on, whoever fills them."""

import pytest

from study.proposer import Proposer
from study.trials import Counts
from tests.contract.helpers import (
    claim,
    completion,
    divergence,
    everything,
    failure,
    make_tpe,
    rows,
    run_sql,
    specification,
    tell,
)

LEVELSET = {"name": "levelset", "configurations": 3}
RANGE = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
ONE, TWO = {"lr": 0.1}, {"lr": 0.2}


def made(store, **changes):
    """Create a study of 6 slots, for 3 configurations with 2 seeds or up to 6 with one."""
    return make_tpe(store, **({"design": LEVELSET} | changes))


@pytest.fixture
def study(store):
    return made(store)


@pytest.fixture
def term(store, study):
    return store.proposals.acquire(study.id, "ann")


def slots(store):
    """Return what is in each slot in force, by number: the learning rate and the seed, None where nothing is yet."""
    found = sorted((row for row in rows(store) if not row["superseded"]), key=lambda row: row["number"])
    return [(row["lr"], row["seed"]) if row["filled"] else None for row in found]


def filled(store, study, *points):
    """Fill the next slots with points."""
    term = store.proposals.acquire(study.id, "ann")
    for point in points:
        arm, number = store.proposals.next_unfilled(study.id)
        assert store.proposals.fill(study, term, arm, number, point)


def test_there_are_as_many_slots_as_configurations_times_seeds(store, study):
    assert store.studies.counts(study.id) == Counts(waiting=6)
    assert slots(store) == [None] * 6
    assert store.findings() == []


def test_a_slot_gets_a_configuration_or_the_next_seed_of_one(store, study):
    filled(store, study, ONE, TWO, ONE, {"lr": 0.3}, {"lr": 0.4}, TWO)
    assert slots(store) == [(0.1, 0), (0.2, 0), (0.1, 1), (0.3, 0), (0.4, 0), (0.2, 1)]
    assert store.proposals.next_unfilled(study.id) is None
    assert store.findings() == []


def test_leases_have_the_seeds(store, study):
    filled(store, study, ONE, ONE)
    assert [(it.configuration["lr"], it.seed) for it in claim(store, study, limit=6)] == [(0.1, 0), (0.1, 1)]


def test_a_configuration_has_no_more_seeds_than_the_study(store, study):
    filled(store, study, ONE, ONE)
    before = everything(store)
    with pytest.raises(ValueError, match="configuration 0 of study study has its 2 seeds already"):
        filled(store, study, ONE)
    assert everything(store) == before


def test_a_slot_is_filled_once(store, study, term):
    assert store.proposals.fill(study, term, "base", 0, ONE)
    assert store.proposals.fill(study, term, "base", 1, ONE)
    before = everything(store), rows(store, "configuration")
    assert not store.proposals.fill(study, term, "base", 1, TWO)
    assert store.proposals.fill(study, term, "base", 0, ONE), "an answer that was lost is given again"
    assert (everything(store), rows(store, "configuration")) == before


def test_who_lost_the_right_to_propose_repeats_nothing(store, study, term):
    assert store.proposals.fill(study, term, "base", 0, ONE)
    run_sql(store, "UPDATE study SET proposer_until = proposer_until - 1000")
    store.proposals.acquire(study.id, "ben")
    assert not store.proposals.fill(study, term, "base", 1, ONE)
    assert slots(store)[1] is None


def test_a_slot_that_was_cancelled_is_not_filled(store, study, term):
    assert store.proposals.fill(study, term, "base", 0, ONE)
    store.studies.cancel(study)
    before = everything(store), rows(store, "configuration")
    assert not store.proposals.fill(study, term, "base", 1, ONE)
    assert not store.proposals.fill(study, term, "base", 1, TWO)
    assert (everything(store), rows(store, "configuration")) == before


def test_a_cancelled_slot_that_is_retried_may_repeat_a_configuration(store, study):
    filled(store, study, ONE)
    store.studies.cancel(study)
    assert store.growth.retry(study) == 6
    assert store.studies.counts(study.id).waiting == 6
    filled(store, study, ONE, TWO, TWO)
    assert slots(store) == [(0.1, 0), (0.1, 1), (0.2, 0), (0.2, 1), None, None]
    assert store.findings() == []


def test_a_failed_seed_is_retried_as_the_seed_it_was(store, study):
    filled(store, study, ONE, ONE)
    for _ in range(3):
        tell(store, failure(claim(store, study, limit=1)[0]))
    store.growth.retry(study, states=["failed"])
    assert sorted(it for it in slots(store) if it) == [(0.1, 0), (0.1, 1)]
    assert store.findings() == []


@pytest.mark.parametrize(
    ("changes", "added"),
    [({"design": LEVELSET | {"configurations": 5}}, (2, 4)), ({"seeds": 3}, (0, 3))],
    ids=["configurations", "seeds"],
)
def test_an_extension_adds_slots_and_fills_none(store, study, changes, added):
    filled(store, study, ONE, ONE, TWO)
    wider = specification(**({"space": RANGE, "design": LEVELSET} | changes))
    assert [store.growth.extend(study, wider, dry_run=dry).trials for dry in (True, False)] == [added[1]] * 2
    found = slots(store)
    assert found == [(0.1, 0), (0.1, 1), (0.2, 0)] + [None] * (3 + added[1])
    assert store.findings() == []
    grown = store.studies.get("study")
    assert grown.specification.configurations == 3 + added[0]
    filled(store, grown, *[{"lr": 0.3 + 0.01 * n} for n in range(3 + added[1])])
    assert store.findings() == []


def test_with_more_seeds_a_configuration_gets_one_more(store, study):
    filled(store, study, ONE, ONE)
    store.growth.extend(study, specification(space=RANGE, design=LEVELSET, seeds=3))
    filled(store, store.studies.get("study"), ONE)
    assert slots(store)[:3] == [(0.1, 0), (0.1, 1), (0.1, 2)]


def test_an_outcome_tells_the_runs_of_a_configuration(store, study):
    filled(store, study, ONE, ONE, TWO, TWO)
    first, second, third, _ = claim(store, study, limit=4)
    tell(store, completion(first, *[10.0] * 3), divergence(second), completion(third, *[20.0] * 3))
    one, two, *rest = store.proposals.outcomes(study)
    assert (one.configuration, one.complete, one.values, one.diverged) == (ONE, (10.0,), (10.0, 90.0), 1)
    assert (two.configuration, two.complete, two.pending) == (TWO, (20.0,), 1)
    assert [(it.configuration, it.pending) for it in rest] == [(None, 1)] * 2


def test_arms_are_filled_each_for_itself(store):
    study = made(store, arms={"one": {}, "two": {"optimizer": {"name": "adamw"}}})
    filled(store, study, ONE, ONE, TWO, *[{"lr": 0.3 + 0.01 * n} for n in range(3)], ONE, ONE)
    assert slots(store)[6:] == [(0.1, 0), (0.1, 1)] + [None] * 4
    assert {row["arm"] for row in rows(store) if row["number"] >= 6} == {"two"}
    assert store.findings() == []


def test_seeds_that_leave_one_out_are_a_finding(store, study):
    filled(store, study, ONE, ONE)
    run_sql(store, "UPDATE trial SET seed = 4 WHERE seed = 1")
    (found,) = store.findings()
    assert found == "study study: configuration 0 must have seeds 0 to 1, but its highest is 4"


def test_a_study_is_proposed_for_to_its_end_by_two_drivers_in_turn(store):
    """As often as the right to propose changes hands, slots are filled from what is stored alone."""
    space = {"lr": {"values": [0.01, 0.1, 1.0]}}
    study = made(store, space=space)
    for turn in range(6):
        driver = ("ann", "ben")[turn % 2]
        term = store.proposals.acquire(study.id, driver)
        arm, number = store.proposals.next_unfilled(study.id)
        point = Proposer(study.specification.base).propose(store.proposals.outcomes(study, arm), number)
        assert store.proposals.fill(study, term, arm, number, point)
        store.proposals.resign(study.id, driver)
        (lease,) = claim(store, study, driver)
        outcome = divergence(lease) if point["lr"] == 1.0 else completion(lease, *[100 * point["lr"]] * 3)
        assert tell(store, outcome, driver=driver) == set()
    assert sorted(slots(store)) == [(lr, seed) for lr in (0.01, 0.1, 1.0) for seed in (0, 1)]
    assert store.proposals.next_unfilled(study.id) is None
    assert store.findings() == []
