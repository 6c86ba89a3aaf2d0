"""Whole drives, and the tickets they hand out."""

from __future__ import annotations

import json
import time
from collections import Counter

import pytest
import torch

from search_spaces.configurations import identity
from study.drive.pace import GROWTH
from study.drive.tickets import recipe_of
from study.errors import UsageError
from study.hosts import Process
from tests.unit.study.common import CODE, DOCUMENT, create, fill, lease, specification, tpe
from tests.unit.study.drives import (
    Watcher,
    attempts,
    complete,
    diverging,
    driver_of,
    endings,
    inline,
    tickets_of,
    trials,
)
from workers.data.moons import load_moons
from workers.provenance import code_version
from workers.recipe import Recipe
from workers.tasks import begin

pytestmark = pytest.mark.usefixtures("no_pauses")


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


def test_counting_the_trials_takes_a_small_share_of_a_drive(store, drive, monkeypatch):
    """A count of a million trials takes two seconds: after each batch of reports a drive would do nothing else."""
    looks, real = [], store.studies.status

    def slow(study):
        looks.append(time.monotonic())
        time.sleep(0.1)
        return real(study)

    monkeypatch.setattr(store.studies, "status", slow)
    begun = time.monotonic()
    status = drive(create(store, seeds=20), inline())
    elapsed = time.monotonic() - begun
    assert status.counts.complete == status.counts.total >= 20
    assert len(looks) <= 2 + elapsed / (0.1 / 0.05)  # the first, the last, and one each two seconds


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
    watcher.noted = lambda text: (watcher.notes.append(text), driver.stop())
    driver = driver_of(store, study, inline(), watcher)
    assert driver.run().counts.running == 3
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
    recipe = recipe_of(study.specification.base, one)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert (recipe.task, recipe.setting["dataset"], recipe.epochs, recipe.seed) == ("classification", "digits", 2, 0)
    assert recipe.setting["network"] == {"name": "mlp", "width": 64}
    assert recipe.options["lr"] == 0.01


def test_a_recipe_has_the_options_of_its_data_set(store):
    task = {"dataset": {"name": "moons", "noise": 0.5}, "network": "softmax", "batch_size": 100}
    study = create(store, task=task, seeds=1)
    (one,) = lease(store, study)
    recipe = recipe_of(study.specification.base, one)
    assert (recipe.setting["dataset"], recipe.setting["dataset_options"]) == ("moons", {"noise": 0.5})
    session = begin(recipe, None, torch.device("cpu"))
    noisy, plain = load_moons(noise=0.5).train_images, load_moons().train_images
    assert torch.equal(session.pixels, noisy)
    assert not torch.equal(session.pixels, plain)
    assert 0.0 < session.advance().test_error < 50.0


@pytest.mark.parametrize("remainder", ["join", "keep"])
def test_a_recipe_has_its_study_s_rule_for_the_last_batch(store, remainder):
    study = create(store, task=DOCUMENT["task"] | {"remainder": remainder})
    (one,) = lease(store, study)
    assert recipe_of(study.specification.base, one).setting["remainder"] == remainder


def test_a_recipe_fixes_what_is_not_varied(store):
    study = create(store, optimizer={"name": "adam", "beta2": 0.98})
    (one,) = lease(store, study)
    recipe = recipe_of(study.specification.base, one)
    forms = {"decay": "l2", "decay_on": "all", "variant": "torch"}
    numbers = {"lr": 0.01, "beta1": 0.9, "beta2": 0.98, "eps": 1e-8, "weight_decay": 0.0}
    assert recipe.options == numbers | forms


def test_a_recipe_has_every_option_that_its_study_varies(store):
    space = {
        "task.batch_size": {"values": [32]},
        "decay": {"values": ["decoupled-lr"]},
        "schedules.p.gamma": {"values": [0.5]},
        "lr": {"values": [0.25]},
    }
    schedules = {"p": {"name": "multistep", "milestones": [1]}}
    study = create(store, space=space, schedules=schedules, seeds=1)
    (one,) = lease(store, study)
    recipe = recipe_of(study.specification.base, one)
    assert (recipe.setting["batch_size"], recipe.options["decay"], recipe.options["lr"]) == (32, "decoupled-lr", 0.25)
    cold = {"warmup": 0.0, "warmup_from": 0.0}
    assert recipe.schedules == {
        "lr": {"name": "constant"} | cold,
        "p": {"name": "multistep", "milestones": [1], "gamma": 0.5, "discard": False} | cold,
    }


ARMS = {"base": {}, "adam": {"optimizer": {"name": "adam"}, "space": {"beta1": {"values": [0.5, 0.9]}}}}


def optimizers(ticket):
    return [trial["recipe"]["optimizer"] for trial in ticket["trials"]]


def test_a_ticket_holds_the_recipe_of_its_arm(store, drive):
    found = []

    def run_tickets(supply):
        for name, ticket in tickets_of(supply):
            found.extend(optimizers(ticket))
            supply.received(name, [r for trial in ticket["trials"] for r in complete(trial)])
            supply.ended(name, None)

    status = drive(create(store, seeds=1, arms=ARMS), run_tickets)
    assert found == ["padam"] * 3 + ["adam"] * 6
    assert (status.state, status.counts.complete) == ("complete", 9)


def test_an_arm_that_came_while_a_study_was_driven_is_trained(store, drive):
    study, found = create(store, seeds=1), []

    def run_tickets(supply):
        for name, ticket in tickets_of(supply):
            if not found:
                store.growth.extend(study, specification(seeds=1, arms=ARMS))
            found.extend(optimizers(ticket))
            supply.received(name, [r for trial in ticket["trials"] for r in complete(trial)])
            supply.ended(name, None)

    status = drive(study, run_tickets)
    assert found == ["padam"] * 3 + ["adam"] * 6
    assert (status.state, status.counts.complete) == ("complete", 9)


def test_an_arm_that_needs_what_is_not_here_ends_the_drive_and_no_trial_of_it(store):
    study = create(store, seeds=1)

    def run_tickets(supply):
        for name, ticket in tickets_of(supply):
            if store.studies.counts(study.id).total == 3:
                store.growth.extend(study, specification(seeds=1, arms=ARMS))
            supply.received(name, [r for trial in ticket["trials"] for r in complete(trial)])
            supply.ended(name, None)

    def missing(arm):
        raise UsageError(f"{arm.optimizer.name} needs its files")

    driver = driver_of(store, study, run_tickets, provide=missing)
    with pytest.raises(UsageError, match="adam needs its files"):
        driver.run()
    counts = store.studies.counts_by_arm(study.id)
    assert (counts["base"].complete, counts["adam"].waiting, counts["adam"].failed) == (3, 6, 0)


def test_every_arm_of_an_adaptive_study_is_proposed_for(store, drive):
    study = create(store, **tpe(4), arms={"base": {}, "adam": {"optimizer": {"name": "adam"}, "space": {"p": None}}})
    status = drive(study, inline())
    assert (status.state, status.counts.complete) == ("complete", 16)
    points = Counter((row["arm"], row["lr"], row["p"]) for row in trials(store, study))
    assert set(points.values()) == {2}
    assert [arm for arm, *_ in points] == ["base"] * 4 + ["adam"] * 4


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


def test_tickets_grow_with_what_is_known_of_trials(store, drive):
    run_tickets, found = sizes(1e-6)
    drive(create(store, seeds=24), run_tickets)
    assert found == [1, GROWTH, 72 - 1 - GROWTH]


def test_a_ticket_holds_trials_of_one_arm(store, drive):
    found = []

    def run_tickets(supply):
        for name, ticket in tickets_of(supply):
            found.append(optimizers(ticket))
            supply.received(name, [r for trial in ticket["trials"] for r in complete(trial, seconds=1e-6)])
            supply.ended(name, None)

    status = drive(create(store, seeds=4, arms=ARMS), run_tickets)
    assert status.counts.complete == 36
    assert [(set(names), len(names)) for names in found] == [
        ({"padam"}, 1), ({"padam"}, 8), ({"padam"}, 3), ({"adam"}, 1), ({"adam"}, 8), ({"adam"}, 15)
    ]  # fmt: skip


def test_long_trials_go_alone(store, drive):
    run_tickets, found = sizes(0.5)
    drive(create(store), run_tickets)
    assert found == [1] * 6
