"""Studies: created whole, found again, refused where they differ, cancelled, counted."""

import json
import threading

import pytest

from search_spaces.errors import SpecificationError
from study.errors import StoreBrokenError, StudyMismatchError, StudyNotFoundError, UsageError
from study.hosts import Process
from study.store import Store
from study.store.schema import metadata
from study.store.studies import Size
from study.trials import Counts
from tests.contract.helpers import (
    CODE,
    HASH_0_1_0,
    TASK,
    age,
    claim,
    claim_one,
    completion,
    divergence,
    every_outcome,
    everything,
    expire_leases,
    failure,
    make,
    make_tpe,
    now,
    progress,
    rows,
    run_sql,
    specification,
    states,
    tell,
)


def test_creating_a_study_inserts_one_slot_for_each_configuration_and_seed(store):
    make(store)
    slots = [(row["number"], row["lr"], row["seed"]) for row in rows(store)]
    assert slots == [(0, 0.01, 0), (1, 0.01, 1), (2, 0.1, 0), (3, 0.1, 1), (4, 1.0, 0), (5, 1.0, 1)]


def test_every_slot_carries_all_hyperparameters_in_force(store):
    make(store, optimizer={"name": "padam", "betas": [0.8, 0.95], "weight_decay": 5e-4})
    columns = ("optimizer", "p", "beta1", "beta2", "eps", "weight_decay", "momentum", "epochs", "generation")
    found = {tuple(row[name] for name in columns) for row in rows(store)}
    assert found == {("padam", 0.125, 0.8, 0.95, 1e-8, 5e-4, None, 3, 0)}


def test_a_new_slot_is_waiting_and_untouched(store):
    make(store)
    untouched = {"state": "waiting", "attempt": 0, "errors": 0, "expiries": 0, "epochs_done": 0, "driver_id": None}
    assert [{name: row[name] for name in untouched} for row in rows(store)] == [untouched] * 6


def test_configurations_are_numbered_and_known_by_their_values(store):
    make(store)
    assert [json.loads(row["hyperparameters"]) for row in rows(store, "configuration")] == [
        {"lr": 0.01},
        {"lr": 0.1},
        {"lr": 1.0},
    ]
    assert [row["key"] for row in rows(store, "configuration")][1] == '{"lr":0.1}'


@pytest.mark.parametrize("name", ["random", "sobol"])
def test_a_drawn_design_fills_every_slot_at_creation(store, name):
    space = {"lr": {"low": 1e-3, "high": 1.0, "log": True}, "p": {"low": 0.0, "high": 0.5}}
    make(store, space=space, design={"name": name, "configurations": 7})
    assert len(rows(store)) == 14
    assert all(row["filled"] and row["lr"] is not None and row["p"] is not None for row in rows(store))


def test_a_proposed_design_makes_its_slots_empty(store):
    make_tpe(store)
    assert [(row["number"], row["seed"]) for row in rows(store)] == [(0, 0), (1, 1), (2, 0), (3, 1), (4, 0), (5, 1)]
    assert not any(row["filled"] or row["lr"] is not None for row in rows(store))


def test_a_large_study_gets_all_its_slots_in_order(store):
    space = {"lr": {"low": 1e-3, "high": 1.0, "points": 101}, "p": {"low": 0.0, "high": 0.5, "points": 55}}
    make(store, space=space, seeds=1)
    pairs = run_sql(
        store,
        "SELECT t.number AS trial, c.number AS configuration FROM trial t "
        "JOIN configuration c ON c.id = t.configuration_id ORDER BY t.number",
    )
    assert [(row["trial"], row["configuration"]) for row in pairs] == [(n, n) for n in range(5555)]


def test_creating_a_study_again_returns_the_same(store):
    wanted = specification()
    first, made = store.studies.create(wanted, CODE)
    before = everything(store)
    second, made_again = store.studies.create(wanted, "another version")
    assert (made, made_again, second) == (True, False, first)
    assert everything(store) == before


def test_drivers_that_create_one_study_at_once_make_it_once(location):
    wanted, found, start = specification(), [], threading.Barrier(6)
    Store(location, create=True).close()

    def create():
        with Store(location, check_schema=False) as mine:
            start.wait()
            try:
                found.append(mine.studies.create(wanted, CODE)[1])
            except Exception as error:  # noqa: BLE001 - a thread's error must reach the test
                found.append(error)

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=repr) == [False] * 5 + [True]
    with Store(location) as store:
        assert len(rows(store)) == 6


def test_another_specification_of_the_same_name_is_refused_with_every_difference(store):
    make(store)
    before = everything(store)
    with pytest.raises(StudyMismatchError) as refused:
        make(store, epochs=5, seeds=4, optimizer={"name": "padam", "beta2": 0.99})
    text = str(refused.value)
    assert "epochs: stored 3, given 5" in text
    assert "seeds: stored 2, given 4" in text
    assert "optimizer.beta2: stored 0.999, given 0.99" in text
    assert text.count("stored") == 3
    assert "basin extend study" in text
    assert refused.value.exit_code == 2
    assert everything(store) == before


@pytest.mark.parametrize("change", [{"resources": {"cpus": 4, "gpus": 0.5}}, {"summary": "other words"}])
def test_resources_and_summary_may_differ(store, change):
    assert make(store, **change).id == make(store).id
    assert len(rows(store)) == 6


def test_a_study_is_read_back_as_it_was_written(store):
    wanted = specification(optimizer={"name": "sgd", "momentum": 0.8}, space={"lr": {"values": [0.1]}})
    store.studies.create(wanted, CODE)
    found = store.studies.get("study")
    assert (found.specification, found.hash, found.code_version) == (wanted, wanted.hash(), CODE)
    assert abs(found.created_at - now(store)) < 60
    assert found.cancelled_at is None


def test_a_study_of_release_0_1_0_keeps_its_small_batches_and_its_hash(store):
    make(store)
    old = age(store)
    assert old.specification.base.task.remainder == "keep"
    assert old.hash == old.specification.hash() == HASH_0_1_0


def test_the_same_document_goes_on_with_a_study_of_release_0_1_0(store):
    make(store)
    old, before = age(store), rows(store, "study")
    assert make(store) == old
    assert (old.specification.base.task.remainder, old.specification.objective.statistic) == ("keep", "mean_last5")
    assert rows(store, "study") == before


def test_a_study_of_release_0_1_0_with_fewer_images_than_a_batch_goes_on_under_its_name(store):
    make(store, task=TASK | {"subset": 100, "remainder": "keep"})
    old = age(store)
    assert (old.specification.base.task.batch_size, old.specification.base.task.subset) == (128, 100)
    assert make(store, task=TASK | {"subset": 100, "remainder": "keep"}) == old
    with pytest.raises(SpecificationError, match="training images, 100, got 128; `remainder: keep`"):
        specification(task=TASK | {"subset": 100})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task": TASK | {"remainder": "join"}}, 'task.remainder: stored "keep", given "join"'),
        ({"objective": {"statistic": "final"}}, 'objective.statistic: stored "mean_last5", given "final"'),
    ],
    ids=["remainder", "statistic"],
)
def test_a_default_of_today_that_is_written_out_is_another_study_than_that_of_release_0_1_0(store, changes, said):
    make(store)
    age(store)
    with pytest.raises(StudyMismatchError) as refused:
        make(store, **changes)
    assert said in str(refused.value)
    assert str(refused.value).count("stored") == 1


def test_studies_are_listed_oldest_first(store):
    for name in ("zeta", "alpha", "mid"):
        make(store, name=name)
    assert [study.name for study in store.studies.all()] == ["zeta", "alpha", "mid"]


def test_a_study_that_is_not_there_is_named(store):
    with pytest.raises(StudyNotFoundError, match="no study 'nothing'") as refused:
        store.studies.get("nothing")
    assert refused.value.exit_code == 3


def test_counts_hold_every_state(store):
    study = make(store, seeds=3)
    leases = claim(store, study, limit=4)
    tell(store, completion(leases[0]), divergence(leases[1]), failure(leases[2]))
    assert store.studies.counts(study.id) == Counts(waiting=6, running=1, complete=1, diverged=1)
    assert store.studies.counts(study.id).total == 9


def test_superseded_trials_are_counted_apart(store):
    study = make(store)
    run_sql(store, "UPDATE trial SET superseded = true WHERE number < 2")
    assert store.studies.counts(study.id) == Counts(waiting=4, superseded=2)


def test_a_study_is_unfinished_while_any_trial_waits_or_is_in_training(store):
    study, other = make(store, seeds=1), make(store, name="other")
    asked = [store.leases.unfinished(study.id)]
    for lease in claim(store, study, limit=3):
        asked.append(store.leases.unfinished(study.id))
        tell(store, completion(lease))
    assert asked == [True] * 4
    assert not store.leases.unfinished(study.id)
    assert store.leases.unfinished(other.id)


def test_counts_are_of_one_study(store):
    study = make(store)
    claim_one(store, make(store, name="other"))
    assert store.studies.counts(study.id) == Counts(waiting=6)


def test_a_new_study_is_waiting_without_a_pace(store):
    status = store.studies.status(make(store))
    assert (status.state, status.drivers, status.eta_seconds, status.started_at) == ("waiting", 0, None, None)


def test_a_study_with_a_lease_in_force_is_running(store):
    study = make(store)
    claim_one(store, study)
    claim(store, study, "ben", limit=2)
    status = store.studies.status(study)
    assert (status.state, status.drivers, status.stalled_since) == ("running", 2, None)
    assert abs(status.started_at - now(store)) < 60


def test_a_study_is_stalled_when_every_lease_has_run_out(store):
    study = make(store)
    claim_one(store, study)
    claim_one(store, study, "ben")
    expire_leases(store, "ann")
    status = store.studies.status(study)
    assert (status.state, status.drivers) == ("running", 1)
    expire_leases(store, "ben")
    status = store.studies.status(study)
    assert (status.state, status.drivers) == ("stalled", 0)
    assert status.stalled_since == max(row["lease_until"] or 0.0 for row in rows(store))


def test_the_time_left_is_that_of_the_finished_trials_shared_by_the_running(store):
    study = make(store)
    first, second, *_ = claim(store, study, limit=4)
    tell(store, completion(first, seconds=10.0), divergence(second))
    status = store.studies.status(study)
    assert status.mean_seconds == 5.5
    assert status.eta_seconds == 4 * 5.5 / 2


def test_training_time_is_that_of_all_attempts_the_lost_ones_too(store):
    study = make(store)
    assert store.studies.training_seconds(study) == 0.0
    done, dead, lost = claim(store, study, limit=3)
    tell(store, completion(done, seconds=10.0), divergence(dead), progress(lost, 50.0, 40.0))
    store.leases.release_all("ann")
    other = make(store, name="other")
    tell(store, completion(claim_one(store, other), seconds=100.0))
    assert store.studies.training_seconds(study) == 10.0 + 1.0 + 2 * 0.5
    again = claim_one(store, study)
    assert again.trial == lost.trial
    tell(store, completion(again, seconds=20.0))
    store.growth.retry(study, states=["diverged"])
    assert store.studies.training_seconds(study) == 10.0 + 1.0 + 2 * 0.5 + 20.0


def test_a_study_whose_trials_all_have_outcomes_is_complete(store):
    study = make(store)
    tell(store, *(completion(lease) for lease in claim(store, study, limit=6)))
    status = store.studies.status(study)
    assert (status.state, status.eta_seconds, status.counts) == ("complete", 0.0, Counts(complete=6))
    assert status.finished_at == max(row["finished_at"] for row in rows(store))


def test_cancelling_takes_off_what_has_no_outcome_and_nothing_else(store):
    study = make(store)
    done, held = claim(store, study, limit=2)
    tell(store, completion(done))
    other = make(store, name="other")
    assert store.studies.cancel(study) == 5
    assert store.studies.counts(study.id) == Counts(complete=1, cancelled=5)
    assert store.studies.counts(other.id) == Counts(waiting=6)
    assert store.studies.status(study).state == "cancelled"
    assert store.studies.get("study").cancelled_at is not None
    endings = {row["trial_id"]: row["ending"] for row in rows(store, "attempt")}
    assert endings == {done.trial: "complete", held.trial: "cancelled"}


def test_a_cancelled_trial_is_lost_to_its_driver(store):
    study = make(store)
    lease = claim_one(store, study)
    store.studies.cancel(study)
    before = everything(store)
    assert store.leases.renew("ann") == set()
    assert tell(store, completion(lease)) == {lease.key}
    assert claim(store, study, limit=9) == []
    assert everything(store) == before


def test_cancelling_takes_off_unfilled_slots(store):
    study = make_tpe(store)
    assert store.studies.cancel(study) == 6
    assert store.proposals.next_unfilled(study.id) is None


def test_cancelling_twice_changes_nothing(store):
    study = make(store)
    assert store.studies.cancel(study) == 6
    before = everything(store), rows(store, "study")
    assert store.studies.cancel(study) == 0
    assert (everything(store), rows(store, "study")) == before


def test_a_finished_study_cannot_be_cancelled(store):
    study = make(store, space={"lr": {"values": [0.1]}}, seeds=1)
    tell(store, completion(claim_one(store, study)))
    assert store.studies.cancel(study) == 0
    assert store.studies.get("study").cancelled_at is None
    assert store.studies.status(study).state == "complete"
    assert states(store) == ["complete"]


def test_a_deleted_study_leaves_nothing_in_any_table(store):
    other = make(store, name="other")
    tell(store, completion(claim_one(store, other, "ben")), driver="ben")
    before = {name: rows(store, name) for name in metadata.tables}
    study = make(store)
    every_outcome(store, study)
    assert store.studies.size(study) == store.studies.delete(study) == Size(trials=6, attempts=6, epochs=4)
    assert [row["id"] for row in before["driver"]] == ["ann", "ben"]
    before["driver"] = [row for row in before["driver"] if row["id"] == "ben"]
    assert {name: rows(store, name) for name in metadata.tables} == before
    assert store.findings() == []


def test_a_study_of_open_slots_is_deleted(store):
    assert store.studies.delete(make_tpe(store)) == Size(trials=6, attempts=0, epochs=0)
    assert rows(store, "configuration") == []


def test_a_study_whose_trials_are_held_is_not_deleted_before_it_is_cancelled(store):
    study = make(store)
    claim(store, study, limit=2)
    before = everything(store)
    with pytest.raises(UsageError, match=r"got 2 trials in training; .* `basin cancel study` first") as refused:
        store.studies.delete(study)
    assert refused.value.exit_code == 2
    assert everything(store) == before
    store.studies.cancel(study)
    assert store.studies.delete(study).trials == 6


def test_a_study_whose_leases_ran_out_is_deleted(store):
    study = make(store)
    claim(store, study, limit=2)
    expire_leases(store)
    assert store.studies.delete(study).attempts == 2


def test_a_driver_of_a_deleted_study_writes_nothing_more_not_into_a_study_of_its_id_either(store):
    study = make(store)
    lease = claim_one(store, study)
    store.studies.cancel(study)
    store.studies.delete(study)
    assert store.leases.renew("ann") == set()
    assert tell(store, completion(lease)) == {lease.key}
    assert claim(store, study) == []
    with pytest.raises(StoreBrokenError, match="it was deleted"):
        store.studies.status(study)
    new = make(store, name="new")  # which gets the id of the deleted one where a database gives ids anew
    before = everything(store)
    with pytest.raises(StoreBrokenError):
        claim(store, new)
    assert tell(store, completion(lease)) == {lease.key}
    assert everything(store) == before


def test_a_claim_and_a_deletion_at_once_leave_a_whole_study_or_none(store, location):
    for number in range(5):
        study = make(store, name=f"study{number}", seeds=20)
        store.leases.register(f"driver{number}", Process.current())
        start, said = threading.Barrier(2), []

        def lease(study=study, driver=f"driver{number}", start=start, said=said):
            with Store(location) as mine:
                start.wait(20)
                said.append(len(mine.leases.claim(study.id, driver, 60)))

        def delete(study=study, start=start, said=said):
            with Store(location) as mine:
                start.wait(20)
                try:
                    mine.studies.delete(study)
                except UsageError:
                    said.append("refused")
                else:
                    said.append("deleted")

        threads = [threading.Thread(target=work) for work in (lease, delete)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(said, key=str) in ([0, "deleted"], [60, "refused"])
        assert len([row for row in rows(store) if row["study_id"] == study.id]) == (0 if 0 in said else 60)
    assert store.findings() == []
