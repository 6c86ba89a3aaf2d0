"""Drives of whole studies over a real store, with workers that invent their results."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import pytest

from search_spaces.configurations import identity
from study.driver import MAX_PACK, Driver, recipe_of
from study.errors import StoreUnreachableError, TicketsError
from study.hosts import Process
from study.store import Store
from study.trials import State
from tests.unit.study.common import CODE, MADE, create, epoch, fill, lease, specification, sql, tpe
from workers.provenance import code_version
from workers.recipe import Recipe

AWAY = StoreUnreachableError("the store is away")
SECONDS = 30.0


class Watcher:
    """Keeps what a driver says."""

    def __init__(self):
        self.counts, self.notes = [], []

    def progressed(self, counts, _eta_seconds):
        self.counts.append(counts)

    def noted(self, text):
        self.notes.append(text)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr("study.driver.IDLE_SECONDS", 0.0)


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
def drive(store, watcher):
    """Return a function that drives a study with a stand-in for Ray and returns its status."""

    def drive(study, run_tickets, on=store):
        return Driver(on, study, workers=2, data=None, observer=watcher).run(run_tickets)

    return drive


# --- workers that invent ---


def told(trial, *, epochs=(), ending=None, **changes):
    """Return what a worker says of one trial of a ticket."""
    end = {"ending": ending, "seconds": 2.0, "images_per_second": 1e3, "provenance": asdict(MADE)} | changes
    return {"key": trial["key"], "epochs": list(epochs), "finish": end if ending else None}


def complete(trial, **changes):
    lr, epochs = trial["recipe"]["hyperparameters"]["lr"], trial["recipe"]["epochs"]
    curve = [epoch(number, 50.0 / (1 + lr) / number) for number in range(1, epochs + 1)]
    return [*(told(trial, epochs=[record]) for record in curve), told(trial, ending="complete", **changes)]


def broken(trial):
    return [told(trial, ending="error", reason="ValueError: no")]


def diverging(trial):
    return [told(trial, ending="diverged", diverged_epoch=1, last_finite_loss=7.5)]


def tickets_of(supply):
    """Yield tickets until the supply ends, as Ray's loop does; a supply that never ends is a failure."""
    deadline = time.monotonic() + SECONDS
    for number in itertools.count():
        if supply.finished or supply.stopping:
            return
        assert time.monotonic() < deadline, "the drive does not end"
        ticket = supply.next_ticket(f"ticket-{number}")
        if ticket is not None:
            yield f"ticket-{number}", ticket


def inline(train=complete):
    """Return a `run_tickets` that trains in place: ``train`` gives the reports of one trial."""

    def run_tickets(supply):
        for name, ticket in tickets_of(supply):
            for trial in ticket["trials"]:
                supply.received(name, train(trial))
            supply.ended(name, None)

    return run_tickets


def dying(supply):
    """Let every worker process die before it says a word."""
    for number, (name, _) in enumerate(tickets_of(supply)):
        assert number < 200, "the drive does not end"
        supply.ended(name, "the worker process died")


def attempts(store, study):
    return list(store.queries.attempts(study.id))


def endings(store, study):
    return Counter(row["ending"] for row in attempts(store, study))


def trials(store, study):
    return list(store.queries.trials(study.id))


# --- whole drives ---


def test_a_grid_ends_complete(store, drive):
    status = drive(create(store), inline())
    assert (status.state, status.counts.complete) == ("complete", 6)


def test_a_grid_has_exactly_n_trials_of_one_attempt(store, drive):
    study = create(store)
    drive(study, inline())
    assert len(trials(store, study)) == 6
    assert endings(store, study) == {"complete": 6}


def test_results_of_workers_are_kept(store, drive):
    study = create(store, space={"lr": {"values": [1.0]}}, seeds=1)
    drive(study, inline())
    (row,) = trials(store, study)
    assert (row["test_error_final"], row["test_error_min"], row["seconds"]) == (12.5, 12.5, 2.0)


def test_provenance_of_workers_is_kept(store, drive):
    study = create(store, seeds=1)
    drive(study, inline())
    assert {(row["host"], row["device"], row["code_version"]) for row in attempts(store, study)} == {
        ("node1", "cpu", CODE)
    }


def test_a_divergence_is_an_outcome(store, drive):
    status = drive(create(store), inline(diverging))
    assert (status.state, status.counts.diverged) == ("complete", 6)


def test_an_adaptive_study_fills_every_configuration(store, drive):
    study = create(store, **tpe(5))
    status = drive(study, inline())
    assert (status.state, status.counts.complete) == ("complete", 10)
    points = Counter(identity({"lr": row["lr"], "p": row["p"]}) for row in trials(store, study))
    assert list(points.values()) == [2] * 5


def test_an_adaptive_drive_gives_the_word_back(store, drive):
    study = create(store, **tpe(2))
    drive(study, inline())
    store.leases.register("another", Process.current())
    assert store.proposals.acquire(study.id, "another") is not None


def test_an_adaptive_study_learns_of_divergence(store, drive):
    status = drive(create(store, **tpe(4)), inline(diverging))
    assert status.counts.diverged == 8


def test_a_finished_study_trains_nothing(store, drive):
    study = create(store)
    drive(study, inline())

    def never(_supply):
        raise AssertionError

    assert drive(study, never).state == "complete"


def test_the_observer_sees_the_end(store, drive, watcher):
    drive(create(store), inline())
    assert watcher.counts[-1].complete == 6


def test_a_drive_continues_where_another_ended(store, drive):
    study = create(store)
    fill(store, study, [10.0, "diverged"])
    drive(study, inline())
    assert endings(store, study) == {"complete": 5, "diverged": 1}


def test_trials_of_a_dead_driver_are_taken_back_at_once(store, drive, watcher):
    study = create(store)
    here = Process.current()
    store.leases.register("dead", Process(host=here.host, pid=here.pid, started=here.started - 100.0))
    assert len(store.leases.claim(study.id, "dead", 2)) == 2
    assert drive(study, inline()).counts.complete == 6
    assert any("taken back from a driver that died on this host: 2" in note for note in watcher.notes)


def test_a_driver_waits_for_what_others_train(store):
    study = create(store, seeds=1)
    lease(store, study, "other", 3)
    watcher = Watcher()
    driver = Driver(store, study, workers=1, data=None, observer=watcher)
    watcher.noted = lambda text: (watcher.notes.append(text), driver.stop())
    assert driver.run(inline()).counts.running == 3
    assert "3 trials are leased to other drivers" in watcher.notes[0]


# --- tickets ---


def test_a_ticket_is_plain_values(store, drive):
    found = []

    def run_tickets(supply):
        found.append(supply.next_ticket("first"))
        supply.stop()

    drive(create(store), run_tickets)
    assert json.loads(json.dumps(found[0])) == found[0]


def test_a_ticket_names_the_code_and_the_threads(store, drive):
    found = []

    def run_tickets(supply):
        found.append(supply.next_ticket("first"))
        supply.stop()

    drive(create(store, resources={"cpus": 3}), run_tickets)
    assert (found[0]["code"], found[0]["threads"], found[0]["data"]) == (code_version(), 3, None)


def test_a_ticket_holds_the_recipe_of_its_lease(store):
    study = create(store, seeds=1)
    (one,) = lease(store, study)
    recipe = recipe_of(study.specification, one)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert (recipe.dataset, recipe.network, recipe.epochs, recipe.seed) == ("digits", "mlp", 2, 0)
    assert recipe.hyperparameters["lr"] == 0.01


def test_a_recipe_fixes_what_is_not_varied(store):
    study = create(store, optimizer={"name": "adam", "beta2": 0.98})
    (one,) = lease(store, study)
    recipe = recipe_of(study.specification, one)
    assert recipe.hyperparameters == {"lr": 0.01, "beta1": 0.9, "beta2": 0.98, "eps": 1e-8, "weight_decay": 0.0}
    assert recipe.variant is None


def sizes(seconds):
    """Return a `run_tickets` and the list of the sizes of its tickets, of trials that last so long."""
    found = []

    def run_tickets(supply):
        for name, ticket in tickets_of(supply):
            found.append(len(ticket["trials"]))
            supply.received(name, [r for trial in ticket["trials"] for r in complete(trial, seconds=seconds)])
            supply.ended(name, None)

    return run_tickets, found


def test_short_trials_are_packed(store, drive):
    run_tickets, found = sizes(0.09)
    drive(create(store, seeds=5), run_tickets)
    assert found == [1, 5, 5, 4]


def test_a_ticket_holds_at_most_so_many(store, drive):
    run_tickets, found = sizes(1e-6)
    drive(create(store, seeds=7), run_tickets)
    assert found == [1, MAX_PACK, 20 - MAX_PACK]


def test_long_trials_go_alone(store, drive):
    run_tickets, found = sizes(0.5)
    drive(create(store), run_tickets)
    assert found == [1] * 6


# --- errors of workers ---


def failing(times):
    """Return a training that ends in an error so often for each trial, and completes then."""
    seen = Counter()

    def train(trial):
        seen[trial["key"][0]] += 1
        return broken(trial) if seen[trial["key"][0]] <= times else complete(trial)

    return train


@pytest.mark.parametrize("times", [1, 2])
def test_a_trial_that_raised_is_tried_again(store, drive, times):
    study = create(store, seeds=1)
    assert drive(study, inline(failing(times))).counts.complete == 3
    assert endings(store, study) == {"error": 3 * times, "complete": 3}


def test_the_third_error_fails_a_trial(store, drive):
    study = create(store, seeds=1)
    status = drive(study, inline(failing(3)))
    assert (status.state, status.counts.failed) == ("complete", 3)
    assert {(row["attempt"], row["reason"]) for row in trials(store, study)} == {(3, "ValueError: no")}


def test_a_trial_that_fails_leaves_the_others_alone(store, drive):
    def train(trial):
        return broken(trial) if trial["recipe"]["hyperparameters"]["lr"] == 0.1 else complete(trial)

    counts = drive(create(store), inline(train)).counts
    assert (counts.complete, counts.failed) == (4, 2)


def test_a_process_that_died_in_a_trial_is_an_error_of_it(store, drive):
    study = create(store, seeds=1)

    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        supply.received(name, complete(ticket["trials"][0])[:1])
        supply.ended(name, "the worker process died")
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 3
    assert endings(store, study) == {"error": 1, "complete": 3}


def test_a_process_that_died_leaves_the_rest_of_its_ticket_unblamed(store, drive):
    study = create(store, seeds=4)

    def run_tickets(supply):
        tickets = tickets_of(supply)
        name, ticket = next(tickets)
        supply.received(name, complete(ticket["trials"][0], seconds=0.1))
        supply.ended(name, None)
        name, ticket = next(tickets)
        assert len(ticket["trials"]) == 5
        supply.received(name, complete(ticket["trials"][0])[:1])
        supply.ended(name, "the worker process died")
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 12
    assert endings(store, study) == {"complete": 12, "error": 1, "released": 4}


def test_tickets_that_die_unheard_end_the_drive(store, drive):
    with pytest.raises(TicketsError):
        drive(create(store), dying)


def test_tickets_that_die_unheard_blame_no_trial(store, drive):
    study = create(store)
    with pytest.raises(TicketsError):
        drive(study, dying)
    assert {(row["state"], row["errors"]) for row in trials(store, study)} == {("waiting", 0)}


def test_a_ticket_that_ended_without_finishing_is_given_back(store, drive):
    study = create(store, seeds=1)

    def run_tickets(supply):
        name, _ = next(tickets_of(supply))
        supply.ended(name, None)
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 3
    assert endings(store, study) == {"released": 1, "complete": 3}


def test_what_nobody_leased_is_ignored(store, drive):
    study = create(store, seeds=1)

    def run_tickets(supply):
        supply.received("unknown", [told({"key": [1, 1]}, ending="complete")])
        supply.ended("unknown", "the worker process died")
        assert not supply.is_lost("unknown")
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 3
    assert endings(store, study) == {"complete": 3}


# --- lost leases ---


def stolen(store, study):
    """Let another driver take the running trial, as after a lease that ran out."""
    sql(store, "UPDATE trial SET lease_until = lease_until - 1e6 WHERE state = 'running'")
    (one,) = lease(store, study, "thief")
    return one


def robbed(store, study, then):
    """Return a `run_tickets` whose one ticket is taken by another driver before ``then`` is called."""

    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        (trial,) = ticket["trials"]
        assert not supply.is_lost(name)
        assert stolen(store, study).trial == trial["key"][0]
        then(supply, name, trial)
        supply.stop()

    return run_tickets


def test_a_refused_report_shows_that_a_lease_is_lost(store, drive, watcher):
    study = create(store, seeds=1)

    def then(supply, name, trial):
        supply.received(name, complete(trial)[:1])
        assert supply.is_lost(name)

    drive(study, robbed(store, study, then))
    assert "leases lost: 1; somebody else trains those trials" in watcher.notes


def test_a_renewal_shows_that_a_lease_is_lost(store, drive):
    study = create(store, seeds=1)

    def then(supply, name, _trial):
        supply._renew(1.0)
        assert supply.is_lost(name)

    drive(study, robbed(store, study, then))


def test_a_late_report_changes_nothing(store, drive):
    study = create(store, seeds=1)

    def then(supply, name, trial):
        before = sql(store, "SELECT * FROM trial"), sql(store, "SELECT * FROM epoch")
        for report in complete(trial):
            supply.received(name, [report])
        supply.ended(name, "the worker process died")
        assert (sql(store, "SELECT * FROM trial"), sql(store, "SELECT * FROM epoch")) == before

    drive(study, robbed(store, study, then))


def test_a_lease_that_is_lost_stays_with_its_new_driver(store, drive):
    study = create(store, seeds=1)
    drive(study, robbed(store, study, lambda supply, name, _trial: supply.ended(name, None)))
    (row,) = sql(store, "SELECT driver_id, attempt FROM trial WHERE state = 'running'")
    assert row == {"driver_id": "thief", "attempt": 2}


def test_a_driver_that_cannot_renew_in_time_gives_its_tickets_up(store, drive):
    def run_tickets(supply):
        name, _ = next(tickets_of(supply))
        assert not supply.is_lost(name)
        supply._trusted_until = time.monotonic() - 1.0
        assert supply.is_lost(name)
        supply.stop()

    drive(create(store), run_tickets)


def test_a_lease_whose_claim_was_never_answered_is_given_back(store, drive):
    study = create(store, seeds=1)

    def run_tickets(supply):
        store.leases.claim(study.id, supply._id, 1)
        supply._renew(1.0)
        assert store.studies.counts(study.id).running == 0
        supply.stop()

    drive(study, run_tickets)


# --- the end of a drive ---


def test_a_drive_that_is_stopped_gives_every_lease_back(store, drive):
    study = create(store)

    def run_tickets(supply):
        tickets = tickets_of(supply)
        name, ticket = next(tickets)
        supply.received(name, complete(ticket["trials"][0]))
        supply.ended(name, None)
        next(tickets)
        next(tickets)
        supply.stop()

    counts = drive(study, run_tickets).counts
    assert (counts.complete, counts.running, counts.waiting) == (1, 0, 5)
    assert endings(store, study) == {"complete": 1, "released": 2}


def test_a_supply_that_is_stopped_hands_nothing_out(store, drive):
    def run_tickets(supply):
        supply.stop()
        assert supply.next_ticket("late") is None
        assert supply.stopping

    assert drive(create(store), run_tickets).counts.waiting == 6


def test_workers_that_die_of_a_stop_are_not_blamed(store, drive):
    study = create(store, seeds=1)

    def run_tickets(supply):
        name, _ = next(tickets_of(supply))
        supply.stop()
        supply.ended(name, "the worker process died")

    drive(study, run_tickets)
    assert endings(store, study) == {"released": 1}


def test_a_stop_before_the_drive_trains_nothing(store, watcher):
    study = create(store)
    driver = Driver(store, study, workers=1, data=None, observer=watcher)
    driver.stop()
    assert driver.run(inline()).counts.waiting == 6


def test_a_study_that_is_cancelled_ends_its_drive(store, drive):
    study = create(store)

    def train(trial):
        store.studies.cancel(study)
        return complete(trial)

    status = drive(study, inline(train))
    assert (status.state, status.counts.cancelled) == ("cancelled", 6)


def test_a_ticket_of_a_cancelled_study_is_lost(store, drive):
    study = create(store)

    def run_tickets(supply):
        name, _ = next(tickets_of(supply))
        store.studies.cancel(study)
        supply._renew(1.0)
        assert supply.is_lost(name)
        supply.ended(name, None)
        inline()(supply)

    assert drive(study, run_tickets).state == "cancelled"


def test_an_error_of_the_executor_gives_every_lease_back(store, drive):
    study = create(store)

    def run_tickets(supply):
        next(tickets_of(supply))
        raise TicketsError("no cluster")

    with pytest.raises(TicketsError, match="no cluster"):
        drive(study, run_tickets)
    assert endings(store, study) == {"released": 1}


def test_an_error_inside_the_loop_ends_the_drive_and_is_raised(store, drive, monkeypatch):
    def claim(*_arguments):
        raise LookupError("a bug")

    monkeypatch.setattr(store.leases, "claim", claim)
    with pytest.raises(LookupError, match="a bug"):
        drive(create(store), inline())


def test_a_report_that_cannot_be_written_gives_every_lease_back(store, drive, monkeypatch):
    study = create(store)

    def report(*_arguments):
        raise LookupError("a bug")

    monkeypatch.setattr(store.results, "report", report)
    with pytest.raises(LookupError, match="a bug"):
        drive(study, inline())
    assert store.studies.counts(study.id).running == 0


# --- outages ---


@pytest.fixture
def outage(store, monkeypatch):
    """Return a function that lets the next writes of reports fail; what is written then is kept in its list."""
    left, written, real = [0], [], store.results.report

    def report(driver_id, reports, patience=None):
        if left[0]:
            left[0] -= 1
            raise AWAY
        written.extend(reports)
        return real(driver_id, reports, patience)

    def begin(times):
        left[0] = times
        return written

    monkeypatch.setattr(store.results, "report", report)
    return begin


def test_reports_of_an_outage_are_written_in_order(store, drive, outage):
    study = create(store, seeds=1)

    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        written = outage(2)
        for report in complete(ticket["trials"][0]):
            supply.received(name, [report])
        assert [[record["epoch"] for record in report.epochs] for report in written] == [[1], [2], []]
        supply.stop()

    assert drive(study, run_tickets).counts.complete == 1


def test_an_outage_is_told_once(store, drive, outage, watcher):
    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        outage(2)
        for report in complete(ticket["trials"][0]):
            supply.received(name, [report])
        supply.stop()

    drive(create(store), run_tickets)
    assert watcher.notes == ["the store is away; training goes on, results are kept until it is back"]


def test_nothing_is_leased_in_an_outage(store, drive, outage):
    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        outage(1)
        supply.received(name, complete(ticket["trials"][0])[:1])
        assert supply.next_ticket("next") is None
        supply.stop()

    drive(create(store), run_tickets)


def test_reports_of_an_outage_are_written_at_the_end_of_the_drive(store, drive, outage):
    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        outage(1)
        supply.received(name, complete(ticket["trials"][0]))
        supply.ended(name, None)
        supply.stop()

    assert drive(create(store), run_tickets).counts.complete == 1


def test_an_outage_that_lasts_ends_the_drive(store, drive, outage, monkeypatch):
    monkeypatch.setattr("study.driver.OUTAGE_SECONDS", -1.0)

    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        outage(1)
        supply.received(name, complete(ticket["trials"][0]))
        assert supply.stopping

    with pytest.raises(StoreUnreachableError, match="the store is away"):
        drive(create(store), run_tickets)


def test_a_lease_that_could_not_be_given_back_is_given_back_later(store, drive, monkeypatch):
    study = create(store, seeds=1)
    real, calls = store.leases.release, []

    def release(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise AWAY
        return real(*arguments)

    monkeypatch.setattr(store.leases, "release", release)

    def run_tickets(supply):
        name, _ = next(tickets_of(supply))
        supply.ended(name, None)
        assert store.studies.counts(study.id).running == 1
        supply._renew(1.0)
        assert store.studies.counts(study.id).running == 0
        supply.stop()

    drive(study, run_tickets)


def test_a_claim_that_fails_in_an_outage_is_tried_again(store, drive, monkeypatch):
    real, calls = store.leases.claim, []

    def claim(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise AWAY
        return real(*arguments)

    monkeypatch.setattr(store.leases, "claim", claim)

    def run_tickets(supply):
        assert supply.next_ticket("first") is None
        supply._next_look = 0.0  # the pause is over
        inline()(supply)

    assert drive(create(store), run_tickets).counts.complete == 6


# --- the renewal thread ---


def renewing(folder):
    """Return a store whose leases are renewed many times a second."""
    return Store(str(folder / "basin.db"), lease_seconds=0.4)


@pytest.mark.parametrize("error", [RuntimeError("a bug"), AWAY], ids=["bug", "outage"])
def test_no_error_ends_the_renewals(folder, drive, monkeypatch, error):
    with renewing(folder) as store:
        calls, renewed, real = [], threading.Event(), store.leases.renew

        def renew(*arguments):
            calls.append(arguments)
            if len(calls) <= 3:
                raise error
            held = real(*arguments)
            renewed.set()
            return held

        monkeypatch.setattr(store.leases, "renew", renew)

        def run_tickets(supply):
            next(tickets_of(supply))
            assert renewed.wait(SECONDS)
            supply.stop()

        drive(create(store), run_tickets, on=store)


def test_a_renewed_lease_lasts_longer(folder, drive):
    with renewing(folder) as store:
        until = "SELECT lease_until FROM trial WHERE state = 'running'"

        def run_tickets(supply):
            next(tickets_of(supply))
            (before,) = sql(store, until)
            supply._renew(1.0)
            (after,) = sql(store, until)
            assert after["lease_until"] > before["lease_until"]
            supply.stop()

        drive(create(store), run_tickets, on=store)


def test_no_thread_outlives_its_drive(store, drive):
    drive(create(store), inline())
    assert "basin-renewal" not in {thread.name for thread in threading.enumerate()}


# --- several drivers ---


@pytest.mark.parametrize(
    "changes", [{"seeds": 5}, tpe(5), tpe(5, seeds=3)], ids=["grid", "adaptive", "adaptive with three seeds"]
)
def test_two_drivers_train_each_trial_once(store, folder, changes):
    study = create(store, **changes)
    together = threading.Barrier(2)

    def drive(_number):
        with Store(str(folder / "basin.db")) as mine:
            together.wait(SECONDS)
            return Driver(mine, study, workers=1, data=None, observer=Watcher()).run(inline())

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(drive, range(2)))
    n = specification(**changes).trials
    assert {status.counts.complete for status in found} == {n}
    assert endings(store, study) == {"complete": n}
    assert {row["state"] for row in trials(store, study)} == {State.COMPLETE.value}
    assert store.findings() == []
