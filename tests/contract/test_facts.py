"""Facts: by which rule an attempt stepped, as it is kept, and as readers of trials see it."""

import json
import re
from dataclasses import replace

import pytest
from sqlalchemy.exc import DatabaseError

from study.store.columns import FACTS, TRIAL_NAMES
from study.trials import Ending, Finish, Report
from tests.contract.helpers import (
    MADE,
    claim,
    claim_one,
    completion,
    divergence,
    failure,
    make,
    run_sql,
    statements,
    tell,
)
from tests.contract.test_plans import plans
from workers.records import Facts

NAMES = ["rule", "decay_per_step", "weight_decay_norm", "eps_at", "total_steps"]


def made(**changes):
    """Return a provenance with facts."""
    values = {"rule": "adamw", "steps_per_epoch": 5, "total_steps": 15, "cycle_steps": 15, "decay": "decoupled-lr"}
    values |= {"schedules": {"lr": {"name": "multistep", "milestones": [2], "gamma": 0.1}}}
    return replace(MADE, rule=Facts(**(values | changes)))


@pytest.fixture
def study(store):
    """Return a study: 0 complete, 1 diverged, 2 complete without facts, 3 with an error, 4 and 5 open."""
    found = make(store)
    first, second, third, fourth = claim(store, found, limit=4)
    norm = {"decay": "normalised", "weight_decay_norm": 0.025, "decay_per_step": 1 / 3e3}
    tell(
        store,
        completion(first, provenance=made(decay_per_step=2e-5, eps_at="inside the root")),
        divergence(second, provenance=made(rule="padam torch amsgrad", **norm)),
        completion(third, provenance=MADE),
        failure(fourth),
    )
    return found


def numbers(store, study, **asked):
    return [row["number"] for row in store.queries.trials(study.id, columns=["number"], **asked)]


def test_the_facts_of_a_trial_are_columns(store, study):
    found = [tuple(row.values()) for row in store.queries.trials(study.id, columns=NAMES)]
    assert found == [
        ("adamw", 2e-5, None, "inside the root", 15),
        ("padam torch amsgrad", 1 / 3e3, 0.025, None, 15),
        *[(None, None, None, None, None)] * 4,
    ]
    assert set(NAMES) == FACTS


def test_they_are_filtered_and_sorted_by(store, study):
    assert numbers(store, study, where="rule = 'adamw'") == [0]
    assert numbers(store, study, where="decay_per_step >= 2e-5 and weight_decay_norm is null") == [0]
    assert numbers(store, study, where="total_steps / 5 = 3 and eps_at != 'outside the root'") == [0]
    assert numbers(store, study, where="rule is null and state != 'waiting'") == [2]
    assert numbers(store, study, sort="-decay_per_step")[:2] == [1, 0]
    assert numbers(store, study, sort="rule", limit=1) == [0]


def test_curves_have_them_of_their_trial(store, study):
    found = store.queries.curves(study.id, columns=["number", "epoch", "decay_per_step"], where="rule = 'adamw'")
    assert [tuple(row.values()) for row in found] == [(0, epoch, 2e-5) for epoch in (1, 2, 3)]


def test_trials_are_picked_by_them_for_another_chance(store, study):
    store.studies.cancel(study)
    assert store.growth.retry(study, where="weight_decay_norm = 0.025") == 1
    (new,) = store.queries.trials(study.id, columns=["generation", *NAMES], where="generation = 1")
    assert tuple(new.values()) == (1, None, None, None, None, None)


def test_they_are_those_of_the_attempt_that_decided(store):
    """An earlier attempt may have run with other code, which names its rule otherwise."""
    study = make(store)
    lease = claim_one(store, study)
    error = Finish(ending=Ending.ERROR, reason="out of memory", provenance=made(rule="earlier"))
    tell(store, Report(trial=lease.trial, attempt=lease.attempt, finish=error))
    rule = {"columns": ["rule", "attempt"], "limit": 1}
    assert [tuple(row.values()) for row in store.queries.trials(study.id, **rule)] == [("earlier", 1)]
    again = claim_one(store, study)
    assert again.trial == lease.trial
    assert [tuple(row.values()) for row in store.queries.trials(study.id, **rule)] == [(None, 2)]
    tell(store, completion(again, provenance=made(rule="later")))
    assert [tuple(row.values()) for row in store.queries.trials(study.id, **rule)] == [("later", 2)]
    found = [(row["attempt"], row["rule"]) for row in store.queries.attempts(study.id) if row["number"] == 0]
    assert found == [(1, "earlier"), (2, "later")]


def test_all_of_them_are_kept_to_the_last_digit(store):
    study, facts = make(store), made(decay_per_step=0.1 + 2**-56, lr=5e-324)
    tell(store, completion(claim_one(store, study), provenance=facts))
    (row,) = run_sql(store, "SELECT facts, decay_per_step, total_steps FROM basin_trials WHERE number = 0")
    kept = json.loads(row["facts"]) if isinstance(row["facts"], str) else row["facts"]
    assert Facts(**kept) == facts.rule
    assert (row["decay_per_step"], row["total_steps"]) == (0.1 + 2**-56, 15)


def test_the_view_has_them(store, study):
    found = run_sql(store, f"SELECT {', '.join(NAMES)} FROM basin_trials ORDER BY number")
    assert [tuple(row.values()) for row in found] == [
        tuple(row.values()) for row in store.queries.trials(study.id, columns=NAMES)
    ]


def test_an_end_that_is_told_twice_writes_them_once(store):
    lease = claim_one(store, make(store))
    assert tell(store, completion(lease, provenance=made(rule="first"))) == set()
    assert tell(store, completion(lease, provenance=made(rule="second"))) == set()
    assert [row["rule"] for row in run_sql(store, "SELECT rule FROM basin_trials WHERE number = 0")] == ["first"]


@pytest.mark.parametrize("value", ["[]", "0.1", "x", '"adamw"', ""])
def test_what_is_no_object_is_refused(store, study, value):
    with pytest.raises(DatabaseError):
        run_sql(store, "UPDATE attempt SET rule = :value", value=value)
    assert numbers(store, study, where="rule = 'adamw'") == [0]


def test_facts_of_another_kind_hide_no_row(store, study):
    rule = {"rule": 3, "decay_per_step": "x", "eps_at": [1], "total_steps": 2.5}
    run_sql(store, "UPDATE attempt SET rule = :value WHERE trial_id = 1", value=json.dumps(rule))
    found = [tuple(row.values()) for row in store.queries.trials(study.id, columns=["number", *NAMES[:4]])]
    assert found[0] == (0, None, None, None, None)
    assert len(found) == 6


def test_a_listing_looks_at_attempts_only_where_it_is_asked_to(store, study):
    others = [name for name in TRIAL_NAMES if name not in FACTS]
    with statements(store) as said:
        list(store.queries.trials(study.id, columns=others, where="lr < 1", sort="seed"))
        list(store.queries.curves(study.id, where="lr < 1"))
        store.queries.cells(study.id)
    assert len(said) >= 3
    assert not [it for it, _ in said if re.search(r"\battempt\.|(FROM|JOIN) attempt\b", it)]


def test_where_it_is_asked_to_each_is_found_by_its_key(store, study):
    with statements(store) as said:
        list(store.queries.trials(study.id, columns=NAMES, where="rule = 'adamw'"))
        run_sql(store, "SELECT number, rule FROM basin_trials")
    found = [plan for plan in plans(store, said).values() if re.search(r"(SEARCH|SCAN|on) attempt\b", plan)]
    assert len(found) == 2
    for plan in found:
        assert re.search(r"SEARCH attempt USING INDEX|Index Scan using pk_attempt on attempt", plan), plan
        assert not re.search(r"(SCAN|Seq Scan on) attempt\b", plan), plan
