"""Extensions and retries: the two ways in which N changes."""

import re
import threading

import pytest

from study.errors import StudyMismatchError
from study.store import Store
from study.trials import Counts
from tests.contract.helpers import (
    TASK,
    age,
    claim,
    claim_one,
    completion,
    divergence,
    every_outcome,
    everything,
    failure,
    make,
    make_tpe,
    rows,
    run_sql,
    specification,
    tell,
)

VALUES = {"lr": {"values": [0.01, 0.1, 1.0]}}
MORE = {"lr": {"values": [0.01, 0.1, 0.5, 1.0]}}
RANGE = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}


def cells(store):
    return {(row["lr"], row["seed"]) for row in rows(store)}


def extend(store, study, **changes):
    return store.growth.extend(study, specification(**changes))


def test_more_values_add_only_their_cells(store):
    study = make(store, space=VALUES)
    before = everything(store)
    added = extend(store, study, space=MORE)
    assert (added.configurations, added.trials) == (1, 2)
    assert cells(store) == {(lr, seed) for lr in (0.01, 0.1, 0.5, 1.0) for seed in (0, 1)}
    assert rows(store)[:6] == before["trial"]
    assert [row["number"] for row in rows(store)] == list(range(8))


def test_more_seeds_add_a_replicate_to_every_cell(store):
    study = make(store, space=VALUES)
    assert extend(store, study, space=VALUES, seeds=4).trials == 6
    assert cells(store) == {(lr, seed) for lr in (0.01, 0.1, 1.0) for seed in range(4)}


def test_values_and_seeds_at_once_leave_no_hole(store):
    study = make(store, space=VALUES)
    extend(store, study, space=MORE, seeds=3)
    assert cells(store) == {(lr, seed) for lr in (0.01, 0.1, 0.5, 1.0) for seed in range(3)}
    assert store.studies.counts(study.id).total == 12


def test_extending_twice_adds_nothing_the_second_time(store):
    study = make(store, space=VALUES)
    extended = extend(store, study, space=MORE).study
    assert extend(store, extended, space=MORE).trials == 0


def test_an_extended_study_is_the_one_its_wider_specification_names(store):
    study = make(store, space=VALUES)
    extend(store, study, space=MORE)
    assert make(store, space=MORE).id == study.id
    with pytest.raises(StudyMismatchError):
        make(store, space=VALUES)


def test_a_study_of_release_0_1_0_grows_by_the_rules_it_began_with(store):
    make(store, space=VALUES)
    extended = extend(store, age(store), space=MORE).study
    assert (extended.specification.base.task.remainder, extended.specification.objective.statistic) == (
        "keep",
        "mean_last5",
    )
    # The hash that release 0.1.0 gave the wider specification.
    assert extended.hash == "45d1cf9be0c78470db1873236c710f75c6538bc3bffd64aad254c04d85a20e37"
    assert run_sql(store, "SELECT declarations FROM study") == [{"declarations": None}]
    assert make(store, space=MORE).id == extended.id
    assert store.findings() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task": TASK | {"remainder": "join"}}, 'task.remainder: stored "keep", given "join"'),
        ({"objective": {"statistic": "final"}}, 'objective.statistic: stored "mean_last5", given "final"'),
    ],
    ids=["remainder", "statistic"],
)
def test_a_study_of_release_0_1_0_is_not_extended_by_other_rules(store, changes, said):
    make(store, space=VALUES)
    before = age(store)
    with pytest.raises(StudyMismatchError, match=re.escape(said)):
        extend(store, before, space=MORE, **changes)
    assert store.studies.get("study") == before


def test_outcomes_stay_as_they_are(store):
    study = make(store)
    every_outcome(store, study)
    before = rows(store)
    extend(store, study, seeds=3)
    assert rows(store)[: len(before)] == before


def test_a_random_design_keeps_its_configurations_and_draws_more(store):
    space = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
    study = make(store, space=space, design={"name": "random", "configurations": 4})
    before = cells(store)
    added = extend(store, study, space=space, design={"name": "random", "configurations": 7})
    assert added.configurations == 3
    assert before < cells(store)
    assert len({lr for lr, _ in cells(store)}) == 7


def test_a_wider_range_keeps_what_was_drawn(store):
    narrow = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
    wide = {"lr": {"low": 1e-4, "high": 10.0, "log": True}}
    study = make(store, space=narrow, design={"name": "sobol", "configurations": 4})
    before = cells(store)
    extend(store, study, space=wide, design={"name": "sobol", "configurations": 8})
    assert before < cells(store)
    assert len(cells(store)) == 16


def test_a_tpe_design_gets_empty_slots(store):
    study = make_tpe(store)
    total = study.specification.configurations
    added = extend(store, study, space=RANGE, design={"name": "tpe", "configurations": total + 2})
    assert added.configurations == 2
    assert not any(row["filled"] for row in rows(store))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epochs": 4}, "epochs: stored 3, given 4"),
        ({"seeds": 1}, "seeds must be at least 2"),
        ({"space": {"lr": {"values": [0.01, 0.1, 2.0]}}}, "must keep every value"),
        ({"space": {"lr": {"values": [0.01, 0.1]}}}, "configurations must be at least 3"),
        ({"space": VALUES | {"p": {"values": [0.1]}}}, "space must vary lr, got lr, p"),
        ({"task": {"dataset": "digits", "network": "resnet8"}}, "task.network"),
    ],
)
def test_what_does_not_extend_is_refused_with_the_reason_and_changes_nothing(store, changes, said):
    study = make(store, space=VALUES)
    before = everything(store)
    with pytest.raises(StudyMismatchError) as caught:
        extend(store, study, **({"space": VALUES} | changes))
    assert said in str(caught.value)
    assert everything(store) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"space": VALUES}, {"space": MORE, "seeds": 3}),
        ({"space": VALUES}, {"space": VALUES}),
        (
            {"space": RANGE, "design": {"name": "sobol", "configurations": 4}},
            {"space": RANGE, "design": {"name": "sobol", "configurations": 8}, "seeds": 4},
        ),
        (
            {"space": RANGE, "design": {"name": "tpe", "configurations": 3}},
            {"space": RANGE, "design": {"name": "tpe", "configurations": 5}},
        ),
    ],
    ids=["grid", "nothing more", "sobol", "tpe"],
)
def test_a_dry_run_says_what_an_extension_adds_and_writes_nothing(store, before, after):
    study = make(store, **before)
    was = everything(store), rows(store, "study"), rows(store, "configuration")
    told = store.growth.extend(study, specification(**after), dry_run=True)
    assert (everything(store), rows(store, "study"), rows(store, "configuration")) == was
    assert told.study == study
    done = store.growth.extend(study, specification(**after))
    assert (told.configurations, told.trials) == (done.configurations, done.trials)


def test_a_dry_run_refuses_what_an_extension_refuses(store):
    study = make(store, space=MORE)
    with pytest.raises(StudyMismatchError):
        store.growth.extend(study, specification(space=VALUES), dry_run=True)


def test_extending_at_once_from_many_sides_adds_each_slot_once(store, location):
    study = make(store, space=VALUES)
    errors = []

    def run():
        try:
            with Store(location) as mine:
                mine.growth.extend(study, specification(space=MORE, seeds=3))
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert store.studies.counts(study.id).total == 12
    assert len(cells(store)) == 12


def test_a_retry_makes_a_new_generation_and_supersedes_the_old(store):
    study = make(store)
    dead = claim_one(store, study)
    tell(store, divergence(dead))
    assert store.growth.retry(study, states=["diverged"]) == 1
    old, new = rows(store)[0], rows(store)[-1]
    assert (old["state"], old["superseded"], old["generation"]) == ("diverged", 1, 0)
    assert (new["state"], new["superseded"], new["generation"]) == ("waiting", 0, 1)
    assert (new["configuration_id"], new["seed"], new["lr"]) == (old["configuration_id"], old["seed"], old["lr"])
    counts = store.studies.counts(study.id)
    assert (counts.total, counts.superseded, counts.diverged) == (6, 1, 0)


def test_a_retried_trial_is_trained_and_can_be_retried_again(store):
    study = make(store)
    for generation in range(3):
        leases = claim(store, study, limit=100)
        newest = max(leases, key=lambda lease: lease.number)
        tell(store, divergence(newest))
        store.leases.release_all("ann")
        assert store.growth.retry(study, states=["diverged"]) == 1
        last = rows(store)[-1]
        assert (last["generation"], last["number"]) == (generation + 1, 6 + generation)
    assert store.studies.counts(study.id).total == 6


@pytest.mark.parametrize("made", [make, make_tpe], ids=["filled", "not yet filled"])
def test_cancelled_slots_are_taken_back(store, made):
    study = made(store)
    filled = [row["filled"] for row in rows(store)]
    store.studies.cancel(study)
    assert store.growth.retry(study, where="state = 'cancelled'") == 6
    assert store.studies.counts(study.id) == Counts(waiting=6, superseded=6)
    assert [row["filled"] for row in rows(store)[6:]] == filled
    assert store.studies.status(study).state == "waiting"
    assert store.findings() == []


def test_what_was_cancelled_before_it_was_filled_is_retried_as_its_configuration_is_now(store):
    """Seeds that came after a cancel let a configuration be filled; its cancelled trials have nothing to wait for."""
    study = make_tpe(store, seeds=1)
    store.studies.cancel(study)
    design = {"name": "tpe", "configurations": study.specification.configurations}
    study = extend(store, study, space=RANGE, design=design, seeds=2).study
    term = store.proposals.acquire(study.id, "ann")
    assert store.proposals.fill(study, term, *store.proposals.next_unfilled(study.id), {"lr": 0.1})
    assert store.growth.retry(study, states=["cancelled"]) == 3
    filled = [(row["configuration_id"], row["lr"]) for row in rows(store) if row["filled"]]
    assert filled == [(1, 0.1), (1, 0.1)]
    assert store.proposals.next_unfilled(study.id) == ("base", 1)
    assert [lease.seed for lease in claim(store, study, limit=9)] == [1, 0]
    assert store.findings() == []


def test_a_retry_picks_by_outcome_and_by_expression(store):
    study = make(store)
    every_outcome(store, study)
    assert store.growth.retry(study, states=["failed"], where="lr < 0") == 0
    assert store.growth.retry(study, states=["failed"]) == 1
    assert store.growth.retry(study, where="state = 'complete' and test_error_final < 99") == 1


def test_a_retry_leaves_what_is_waiting_or_running_alone(store):
    study = make(store)
    claim_one(store, study)
    before = everything(store)
    assert store.growth.retry(study, where="number >= 0") == 0
    assert everything(store) == before


def test_a_superseded_trial_is_not_retried_again(store):
    study = make(store)
    tell(store, *(failure(claim_one(store, study)) for _ in range(1)))
    for _ in range(2):
        tell(store, failure(claim_one(store, study)))
    assert store.growth.retry(study, states=["failed"]) == 1
    assert store.growth.retry(study, states=["failed"]) == 0


def test_the_analysis_sees_the_new_generation_alone(store):
    study = make(store)
    tell(store, completion(claim_one(store, study)))
    store.growth.retry(study, states=["complete"])
    outcome = store.proposals.outcomes(study)[0]
    assert outcome.values == ()
    assert outcome.pending == 2
    assert list(store.queries.curves(study.id)) == []
