"""Results: epochs and endings, written once, fenced, and never changed again."""

import itertools
import json
import random

import pytest

from study.hosts import Process
from study.store import results as results_module
from study.trials import Counts, Ending, Finish, Report
from tests.contract.helpers import (
    MADE,
    claim,
    claim_one,
    completion,
    divergence,
    epoch,
    epochs,
    every_outcome,
    everything,
    expire_leases,
    expire_progress,
    failure,
    make,
    make_tpe,
    now,
    progress,
    row,
    rows,
    run_sql,
    statements,
    tell,
)


@pytest.fixture
def study(store):
    return make(store)


@pytest.fixture
def lease(store, study):
    return claim_one(store, study)


ENDINGS = [completion, divergence, failure]
SAYINGS = [*ENDINGS, lambda lease: progress(lease, 50.0, 40.0)]
RESULTS = [f"{split}_error_{name}" for split in ("test", "validation") for name in ("final", "mean_last5", "min")]


def results(store, lease):
    return [row(store, lease)[name] for name in RESULTS]


# --- epochs ---


def test_an_epoch_is_kept_with_everything_it_measured(store, lease):
    measured = epoch(1, 42.0, validation_error=43.0, validation_error5=9.0, p=0.25, log10_v=-3.5)
    assert tell(store, Report(trial=lease.trial, attempt=1, epochs=[measured])) == set()
    assert rows(store, "epoch") == [{"trial_id": lease.trial, "attempt": 1, "metrics": None} | measured]


def test_epochs_count_towards_the_budget_as_they_come(store, lease):
    for done in (1, 2):
        tell(store, Report(trial=lease.trial, attempt=1, epochs=[epoch(done)]))
        assert row(store, lease)["epochs_done"] == done
    assert row(store, lease)["state"] == "running"


def test_epochs_that_overtake_each_other_are_all_kept(store, lease):
    for number in (2, 1):
        tell(store, Report(trial=lease.trial, attempt=1, epochs=[epoch(number)]))
    assert [row["epoch"] for row in rows(store, "epoch")] == [1, 2]
    assert row(store, lease)["epochs_done"] == 2


def test_the_epochs_of_every_attempt_stay_apart(store, study, lease):
    tell(store, progress(lease, 50.0, 40.0))
    expire_leases(store)
    again = claim_one(store, study, "ben")
    tell(store, progress(again, 60.0), driver="ben")
    found = [(row["attempt"], row["epoch"], row["test_error"]) for row in rows(store, "epoch")]
    assert found == [(1, 1, 50.0), (1, 2, 40.0), (2, 1, 60.0)]


def test_the_first_record_of_an_epoch_stands(store, lease):
    tell(store, progress(lease, 50.0))
    assert tell(store, progress(lease, 10.0)) == set()
    assert [row["test_error"] for row in rows(store, "epoch")] == [50.0]


# --- endings ---


def test_a_complete_trial_has_every_statistic_of_its_curve(store):
    lease = claim_one(store, make(store, epochs=7))
    assert tell(store, completion(lease, 90.0, 80.0, 30.0, 20.0, 10.0, 25.0, 40.0)) == set()
    found = row(store, lease)
    assert (found["state"], found["epochs_done"], found["train_loss_final"]) == ("complete", 7, 1 / 7)
    assert results(store, lease) == [40.0, 25.0, 10.0, None, None, None]
    assert (found["seconds"], found["images_per_second"]) == (2.0, 1e3)
    assert abs(found["finished_at"] - now(store)) < 1
    assert (found["driver_id"], found["lease_until"], found["progress_until"]) == (None, None, None)


def test_a_curve_shorter_than_five_epochs_is_averaged_whole(store, lease):
    tell(store, completion(lease, 60.0, 20.0, 40.0))
    assert results(store, lease)[:3] == [40.0, 40.0, 20.0]


def test_validation_errors_get_statistics_of_their_own(store, lease):
    curve = [epoch(n, 50.0, validation_error=v, validation_error5=1.0) for n, v in enumerate((30.0, 10.0, 20.0), 1)]
    finish = Finish(ending=Ending.COMPLETE)
    tell(store, Report(trial=lease.trial, attempt=1, epochs=curve, finish=finish))
    assert results(store, lease) == [50.0, 50.0, 50.0, 20.0, 20.0, 10.0]


def test_a_training_may_be_reported_epoch_by_epoch(store, lease):
    for record in epochs(50.0, 40.0, 30.0):
        tell(store, Report(trial=lease.trial, attempt=1, epochs=[record]))
    tell(store, Report(trial=lease.trial, attempt=1, finish=Finish(ending=Ending.COMPLETE)))
    assert row(store, lease)["state"] == "complete"
    assert results(store, lease)[:3] == [30.0, 40.0, 30.0]


def test_a_diverged_trial_has_the_epoch_and_the_last_loss_and_no_numbers(store, lease):
    assert tell(store, divergence(lease, at=3)) == set()
    found = row(store, lease)
    assert (found["state"], found["diverged_epoch"], found["last_finite_loss"]) == ("diverged", 3, 7.5)
    assert [*results(store, lease), found["train_loss_final"]] == [None] * 7
    assert found["finished_at"] is not None
    assert len(rows(store, "epoch")) == 2


def test_divergence_in_the_first_batch_needs_no_finite_loss(store, lease):
    finish = Finish(ending=Ending.DIVERGED, diverged_epoch=1)
    assert tell(store, Report(trial=lease.trial, attempt=1, finish=finish)) == set()
    assert (row(store, lease)["state"], row(store, lease)["last_finite_loss"]) == ("diverged", None)


def test_an_error_puts_the_trial_back_and_says_why(store, study, lease):
    assert tell(store, failure(lease, "no space left")) == set()
    found = row(store, lease)
    assert (found["state"], found["errors"], found["reason"]) == ("waiting", 1, "no space left")
    assert (found["driver_id"], found["finished_at"]) == (None, None)
    assert claim_one(store, study, "ben").key == (lease.trial, 2)


def test_the_third_error_fails_the_trial_with_its_reason(store, study):
    for attempt in (1, 2, 3):
        tell(store, failure(claim_one(store, study), f"reason {attempt}"))
    found = rows(store)[0]
    assert (found["state"], found["errors"], found["reason"]) == ("failed", 3, "reason 3")
    assert found["finished_at"] is not None
    assert [row["reason"] for row in rows(store, "attempt")] == ["reason 1", "reason 2", "reason 3"]
    assert [row["ending"] for row in rows(store, "attempt")] == ["error"] * 3
    assert store.studies.counts(study.id) == Counts(waiting=5, failed=1)


def test_progress_does_not_forgive_errors(store, study):
    for _ in range(3):
        lease = claim_one(store, study)
        tell(store, progress(lease, 50.0), failure(lease))
    assert rows(store)[0]["state"] == "failed"


def test_expiries_and_releases_are_no_errors(store, study):
    tell(store, failure(claim_one(store, study)))
    for _ in range(2):
        claim_one(store, study)
        store.leases.release_all("ann")
        claim_one(store, study)
        expire_leases(store)
    assert rows(store)[0]["errors"] == 1


def test_a_trial_can_succeed_after_errors(store, study):
    for _ in range(2):
        tell(store, failure(claim_one(store, study)))
    tell(store, completion(claim_one(store, study)))
    found = rows(store)[0]
    assert (found["state"], found["attempt"], found["test_error_final"]) == ("complete", 3, 30.0)


def test_any_text_can_be_a_reason(store, study):
    reasons = ["x" * 100_000, "naïve ☃ \U0001f600", "", None]
    leases = claim(store, study, limit=len(reasons))
    assert tell(store, *map(failure, leases, reasons)) == set()
    kept = [row(store, lease)["reason"] for lease in leases]
    assert kept[1:] == ["naïve ☃ \U0001f600", "unknown error", "unknown error"]
    assert kept[0].startswith("x" * 1_900)
    assert len(kept[0]) <= 2_000


@pytest.mark.parametrize("character", ["\x00", "\ud800"], ids=["NUL", "surrogate"])
def test_a_reason_with_a_character_no_database_takes_spoils_no_batch(store, study, character):
    good, bad = claim(store, study, limit=2)
    assert tell(store, completion(good), failure(bad, f"cannot read {character}.pt")) == set()
    assert [row["state"] for row in rows(store)][:2] == ["complete", "waiting"]
    assert row(store, bad)["reason"].startswith("cannot read ")


def test_a_training_without_its_whole_budget_is_not_complete(store, study):
    curves = [[], [1, 2], [2, 3], [1, 3], [1, 2, 3, 4]]
    for lease, numbers in zip(claim(store, study, limit=5), curves, strict=True):
        curve = [epoch(number) for number in numbers]
        tell(store, Report(trial=lease.trial, attempt=1, epochs=curve, finish=Finish(ending=Ending.COMPLETE)))
        found = row(store, lease)
        assert (found["state"], found["errors"], found["test_error_final"]) == ("waiting", 1, None)
        assert f"epochs {numbers} of 3" in found["reason"]


HELD_OUT = {"dataset": "digits", "network": "mlp", "validation": 100}


@pytest.mark.parametrize(("split", "expected"), [("test", (40.0, 30.0, 20.0)), ("validation", (35.0, 25.0, 15.0))])
def test_the_values_of_a_trial_are_those_of_its_objective(store, split, expected):
    study = make(store, objective={"split": split}, task=HELD_OUT)
    (lease,) = claim(store, study)
    report = completion(lease, 30.0, 20.0, 40.0)
    for record in report.epochs:
        record["validation_error"] = record["test_error"] - 5.0
    assert tell(store, report) == set()
    found = row(store, lease)
    assert (found["value_final"], found["value_mean_last5"], found["value_min"]) == expected
    assert (found["test_error_final"], found["validation_error_final"]) == (40.0, 35.0)


def test_a_training_whose_objective_was_not_measured_is_not_complete(store):
    study = make(store, objective={"split": "validation"}, task=HELD_OUT)
    (lease,) = claim(store, study)
    assert tell(store, completion(lease)) == set()
    found = row(store, lease)
    assert (found["state"], found["errors"], found["test_error_final"]) == ("waiting", 1, None)
    assert "without the metric of its study's objective" in found["reason"]


def test_a_study_whose_specification_is_damaged_keeps_the_results_of_what_is_in_training(store, study, lease):
    run_sql(store, "UPDATE study SET document = 'x'")
    assert tell(store, completion(lease, 30.0, 20.0, 40.0)) == set()
    assert (row(store, lease)["state"], row(store, lease)["value_final"]) == ("complete", 40.0)


def test_an_attempt_that_was_not_complete_is_not_written_as_complete(store, lease):
    tell(store, completion(lease, 50.0, 40.0))
    (attempt,) = rows(store, "attempt")
    assert attempt["ending"] == "error"
    assert "of 3" in attempt["reason"]


def test_the_epochs_of_an_earlier_attempt_do_not_fill_a_budget(store, study, lease):
    tell(store, progress(lease, 50.0, 40.0))
    expire_leases(store)
    again = claim_one(store, study, "ben")
    last = Report(trial=again.trial, attempt=2, epochs=[epoch(3)], finish=Finish(ending=Ending.COMPLETE))
    tell(store, last, driver="ben")
    assert row(store, again)["state"] == "waiting"


def test_an_ending_closes_its_attempt_with_where_and_with_what_it_ran(store, lease):
    tell(store, completion(lease, provenance=MADE))
    (attempt,) = rows(store, "attempt")
    assert (attempt["ending"], attempt["host"], attempt["device"]) == ("complete", "node1", "H200")
    assert (attempt["code_version"], json.loads(attempt["libraries"])) == (MADE.code_version, {"torch": "2.14.1"})
    assert (attempt["seconds"], attempt["images_per_second"], attempt["reason"]) == (2.0, 1e3, None)
    assert abs(attempt["ended_at"] - now(store)) < 1


def test_an_ending_without_provenance_leaves_it_empty(store, lease):
    tell(store, divergence(lease))
    (attempt,) = rows(store, "attempt")
    assert (attempt["ending"], attempt["host"], attempt["libraries"]) == ("diverged", None, None)


# --- delivered twice, late, or by another ---


@pytest.mark.parametrize("say", SAYINGS)
def test_a_repeated_delivery_is_accepted_and_written_once(store, lease, say):
    assert tell(store, say(lease)) == set()
    before = without_deadlines(store)
    assert tell(store, say(lease), say(lease)) == set()
    assert without_deadlines(store) == before


def without_deadlines(store):
    """Return everything but the deadlines for progress, which every sign of life may move."""
    kept = everything(store)
    return kept | {"trial": [row | {"progress_until": None} for row in kept["trial"]]}


def test_epochs_delivered_again_after_the_ending_are_accepted(store, study):
    for lease, say in zip(claim(store, study, limit=3), ENDINGS, strict=True):
        tell(store, progress(lease, 50.0), say(lease))
        before = everything(store)
        assert tell(store, progress(lease, 50.0)) == set()
        assert everything(store) == before


def test_an_error_delivered_again_counts_once_even_when_the_trial_moved_on(store, study, lease):
    tell(store, failure(lease))
    again = claim_one(store, study, "ben")
    before = everything(store)
    assert tell(store, failure(lease)) == set()
    assert everything(store) == before
    assert tell(store, completion(again), driver="ben") == set()


def test_epochs_after_the_ending_are_refused(store, lease):
    tell(store, divergence(lease, at=2))
    before = everything(store)
    assert tell(store, Report(trial=lease.trial, attempt=1, epochs=[epoch(2)])) == {lease.key}
    assert everything(store) == before


@pytest.mark.parametrize("first", ENDINGS)
def test_a_second_ending_of_another_kind_is_refused(store, lease, first):
    tell(store, first(lease))
    before = everything(store)
    for second in ENDINGS:
        assert tell(store, second(lease)) == (set() if first is second else {lease.key})
    assert everything(store) == before


def test_another_driver_cannot_report_a_trial_it_does_not_hold(store, lease):
    before = everything(store)
    for say in SAYINGS:
        assert tell(store, say(lease), driver="ben") == {lease.key}
    assert everything(store) == before


@pytest.mark.parametrize("say", ENDINGS)
def test_another_driver_cannot_repeat_what_the_holder_said(store, lease, say):
    tell(store, progress(lease, 50.0), say(lease))
    before = everything(store)
    assert tell(store, say(lease), driver="ben") == {lease.key}
    assert tell(store, progress(lease, 50.0), driver="ben") == {lease.key}
    assert everything(store) == before


def test_a_released_trial_takes_no_report(store, lease):
    store.leases.release_all("ann")
    before = everything(store)
    for say in SAYINGS:
        assert tell(store, say(lease)) == {lease.key}
    assert everything(store) == before


def test_a_report_of_no_such_attempt_is_refused(store, lease):
    keys = {(10**6, 1), (lease.trial, 2), (lease.trial, 0)}
    before = everything(store)
    reports = [Report(trial=trial, attempt=attempt, epochs=epochs(50.0)) for trial, attempt in keys]
    assert tell(store, *reports) == keys
    assert everything(store) == before


def test_a_report_within_an_expired_lease_that_nobody_took_counts(store, lease):
    expire_leases(store)
    assert tell(store, completion(lease)) == set()
    assert row(store, lease)["state"] == "complete"


def test_one_refused_report_does_not_spoil_the_others(store, study):
    first, lost, third = claim(store, study, limit=3)
    store.leases.release("ann", [lost.key])
    reports = [progress(lost, 50.0), completion(first), completion(lost), divergence(third)]
    assert tell(store, *reports) == {lost.key}
    assert [row["state"] for row in rows(store)][:3] == ["complete", "waiting", "diverged"]
    assert {row["trial_id"] for row in rows(store, "epoch")} == {first.trial, third.trial}


def test_no_report_is_a_report_too(store):
    assert tell(store) == set()


# --- many at once ---


def test_a_batch_takes_no_more_statements_than_one_report(store, study):
    taken = []
    one, *others = claim(store, study, limit=6)
    with statements(store) as said:
        tell(store, progress(one, 50.0), completion(one))
        taken.append(len(said))
        said.clear()
        tell(store, *(progress(lease, 50.0) for lease in others), *map(completion, others))
        taken.append(len(said))
    assert taken[0] == taken[1]
    assert store.studies.counts(study.id) == Counts(complete=6)


@pytest.mark.parametrize("most", [1, 3, 500])
@pytest.mark.parametrize("seed", range(6))
def test_a_batch_says_what_its_reports_say_one_by_one(store, monkeypatch, seed, most):
    monkeypatch.setattr(results_module, "MOST", most)
    drawn = random.Random(seed)  # noqa: S311
    once, apart = make(store, name="once"), make(store, name="apart")
    sides = [claim(store, once, limit=5), claim(store, apart, limit=5)]
    for leases in sides:  # of the first the lease is lost, the second has come to its end already
        store.leases.release("ann", [leases[0].key])
        tell(store, progress(leases[1], 70.0), completion(leases[1], 70.0, 60.0, 50.0))
    sayings = [*SAYINGS, lambda lease: progress(lease, 50.0), lambda lease: completion(lease, 20.0)]
    script = [(drawn.randrange(5), drawn.choice(sayings)) for _ in range(40)]
    refused = tell(store, *(say(sides[0][number]) for number, say in script))
    singly = set()
    for number, say in script:
        singly |= tell(store, say(sides[1][number]))
    assert [lease.key in refused for lease in sides[0]] == [lease.key in singly for lease in sides[1]]
    assert refused | singly <= {lease.key for leases in sides for lease in leases}
    assert of_study(store, once) == of_study(store, apart)


def of_study(store, study):
    """Return all that is kept of a study's trials but for keys and times."""
    aside = {"id", "study_id", "configuration_id", "trial_id"}
    trials = {row["id"]: row for row in rows(store) if row["study_id"] == study.id}
    kept = []
    for number, one in trials.items():
        beside = [row for table in ("attempt", "epoch") for row in rows(store, table) if row["trial_id"] == number]
        kept.append([{k: v for k, v in it.items() if k not in aside | TIMES} for it in (one, *beside)])
    return kept


TIMES = {"created_at", "started_at", "finished_at", "ended_at", "lease_until", "progress_until"}


# --- terminal rows ---


def test_an_outcome_never_changes(store, study):
    decided = every_outcome(store, study)
    before = everything(store)
    assert {outcome: row(store, lease)["state"] for outcome, lease in decided.items()} == {s: s for s in decided}
    expire_leases(store)
    expire_progress(store)
    endings = (Ending.COMPLETE, Ending.DIVERGED, Ending.ERROR)
    finishes = [Finish(ending=e, reason="other", diverged_epoch=1, seconds=99.0, provenance=MADE) for e in endings]
    for driver, lease, later in itertools.product(("ann", "ben"), decided.values(), (0, 1)):
        key = {"trial": lease.trial, "attempt": lease.attempt + later}
        tell(store, *(Report(**key, epochs=[epoch(n, 1.0)]) for n in (1, 2, 3)), driver=driver)
        for finish in finishes:
            tell(store, Report(**key, epochs=epochs(1.0, 1.0, 1.0), finish=finish), driver=driver)
            tell(store, Report(**key, finish=finish), driver=driver)
        store.leases.release(driver, [(lease.trial, lease.attempt + later)])
        store.leases.release_all(driver)
        store.leases.renew(driver)
        assert claim(store, study, driver, limit=99) == []
    assert store.leases.reap() == 0
    assert store.leases.take_back(study.id, "eve", Process.current()) == 0
    assert store.studies.cancel(study) == 0
    make(store)
    assert everything(store) == before


def test_the_outcome_of_a_proposed_configuration_never_changes(store):
    study = make_tpe(store, seeds=1)
    term = store.proposals.acquire(study.id, "ann")
    store.proposals.fill(study, term, "base", 0, {"lr": 0.1})
    tell(store, completion(claim_one(store, study)))
    store.studies.cancel(study)
    before = everything(store)
    assert not store.proposals.fill(study, term, "base", 0, {"lr": 0.2})
    for number in (1, 2):
        store.proposals.fill(study, term, "base", number, {"lr": 0.1 * (number + 1)})
    assert everything(store) == before


def test_every_outcome_is_counted(store, study):
    every_outcome(store, study)
    assert store.studies.counts(study.id) == Counts(complete=1, diverged=1, failed=1, cancelled=3)
