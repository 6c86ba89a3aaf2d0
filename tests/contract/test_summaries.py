"""Summaries: the best configuration and what learned nothing, worked out by the database as analysis does it."""

import random

import pytest

from analysis.axes import reading_order
from analysis.material import Material
from analysis.measure import counted
from analysis.ranking import best_of_ranking, ranking
from study.source import StudySource
from study.trials import Ending, Finish, Report
from tests.contract.helpers import claim, completion, divergence, epochs, failure, make, tell

GRID = {"lr": {"values": [0.01, 0.1, 1.0]}, "p": {"values": [0.0, 0.125, 0.5]}}


def told(store, study, results):
    """Let the trials of a study end in turn: at an error, diverged, failed; None leaves one running."""
    leases = claim(store, study, limit=len(results))
    for lease, result in zip(leases, results, strict=True):
        if isinstance(result, float):
            tell(store, completion(lease, 90.0, 80.0, result))
        elif result == "diverged":
            tell(store, divergence(lease))
        elif result == "failed":
            tell(store, failure(lease))
            for _ in range(2):
                (again,) = claim(store, study)
                tell(store, failure(again))


def at_loss(lease, error, loss):
    """Return the report of a whole training that ends at an error and a train loss."""
    curve = [record | {"train_loss": loss} for record in epochs(*[error] * lease.epochs)]
    return Report(trial=lease.trial, attempt=lease.attempt, epochs=curve, finish=Finish(ending=Ending.COMPLETE))


def analysed(store, study, arm="base"):
    """Return what analysis makes of an arm: the best configuration, and how many trials learned nothing."""
    trials, measure = material_of(store, study, arm)
    names = list(study.specification.arms[arm].space)
    row = best_of_ranking(ranking(trials, names, measure))
    best = None if row is None else {name: float(row[name]) for name in names}
    return best, int(counted(trials, measure)["learned_nothing"].sum())


def material_of(store, study, arm="base"):
    """Return the trials in force of an arm, and its objective."""
    material = Material.of(StudySource(store, study))
    trials = material.trials[arm]
    return trials[~trials["superseded"]], material.measures(arm)[0]


def test_of_two_choices_that_tie_the_first_written_is_the_best(store):
    space = {"decay": {"values": ["l2", "decoupled-lr"]}, "lr": {"values": [0.1]}}
    study = make(store, space=space, seeds=1)
    for lease in claim(store, study, limit=2):
        tell(store, at_loss(lease, 5.0, 0.1))
    best = store.summaries.best(study).configuration
    trials, measure = material_of(store, study)
    row = best_of_ranking(ranking(trials, list(study.specification.base.space), measure))
    assert best == {"decay": "l2", "lr": 0.1}
    assert row["decay"] == 0.0


def test_the_best_has_the_lowest_mean_over_seeds(store):
    study = make(store)
    told(store, study, [10.0, 30.0, 15.0, 17.0, 1.0, "diverged"])
    best = store.summaries.best(study)
    assert (best.configuration, best.seeds, best.diverged) == ({"lr": 0.1}, 2, 0)
    assert best.mean == pytest.approx(16.0)


def test_a_diverged_seed_of_the_best_counts_as_guessing(store):
    study = make(store, space={"lr": {"values": [0.01]}})
    told(store, study, [10.0, "diverged"])
    best = store.summaries.best(study)
    assert (best.mean, best.seeds, best.diverged) == (pytest.approx(50.0), 2, 1)


def test_a_configuration_that_lost_every_seed_is_never_the_best(store):
    study = make(store)
    told(store, study, ["diverged", "diverged"])
    assert store.summaries.best(study) is None


def test_a_configuration_with_seeds_to_come_is_not_the_best(store):
    study = make(store)
    told(store, study, [50.0, 50.0, 1.0, None])
    assert store.summaries.best(study).configuration == {"lr": 0.01}


def test_failed_seeds_are_left_out(store):
    study = make(store)
    told(store, study, ["failed", 20.0, 30.0, 30.0])
    best = store.summaries.best(study)
    assert (best.configuration, best.seeds) == ({"lr": 0.01}, 1)


def test_of_equal_means_the_one_read_first_is_the_best(store):
    study = make(store, space={"p": {"values": [0.0, 0.5]}, "lr": {"values": [0.01, 0.1]}}, seeds=1)
    told(store, study, [30.0, 20.0, 20.0, 20.0])
    assert store.summaries.best(study).configuration == {"p": 0.0, "lr": 0.1}


@pytest.mark.parametrize(
    ("error", "loss", "lost"),
    [(89.4, 1.0, True), (88.1, 1.0, True), (87.5, 1.0, False), (85.0, 2.31, True), (80.7, 9.0, False)],
)
def test_a_trial_no_better_than_guessing_learned_nothing(store, error, loss, lost):
    study = make(store)
    (lease,) = claim(store, study)
    tell(store, at_loss(lease, error, loss))
    assert store.summaries.learned_nothing(study) == int(lost)
    assert analysed(store, study)[1] == int(lost)


def test_a_diverged_trial_did_not_learn_nothing_but_diverged(store):
    study = make(store)
    told(store, study, ["diverged"])
    assert store.summaries.learned_nothing(study) == 0


def test_a_superseded_trial_counts_for_nothing(store):
    study = make(store)
    told(store, study, [89.9, 89.9])
    store.growth.retry(study, where="number = 0")
    assert store.summaries.learned_nothing(study) == 1
    assert store.summaries.best(study) is None


@pytest.mark.parametrize("seed", range(12))
def test_database_and_analysis_agree(store, seed):
    chance = random.Random(seed)  # noqa: S311 - results, not secrets
    study = make(store, space=GRID)
    results = [chance.choice([10.0, 12.0, 14.0, 89.9, "diverged", "failed"]) for _ in range(chance.randint(0, 18))]
    told(store, study, results)
    best = store.summaries.best(study)
    expected, lost = analysed(store, study)
    assert (None if best is None else best.configuration) == expected
    assert store.summaries.learned_nothing(study) == lost


def test_the_order_of_reading_is_that_of_the_maps():
    assert reading_order(["lr", "beta2", "p"]) == ["beta2", "p", "lr"]


# --- arms ---

ARMS = {"padam": {}, "adamw": {"optimizer": {"name": "adamw"}}}
CIFAR10 = {"task": {"dataset": "cifar10"}}


def bests(store, study):
    return {name: (best.arm, best.configuration, best.mean) for name, best in store.summaries.bests(study).items()}


def test_every_arm_has_a_best_and_the_study_the_best_of_them(store):
    study = make(store, arms=ARMS, seeds=1)
    told(store, study, [30.0, 20.0, 40.0, 12.0, 15.0, "diverged"])
    assert bests(store, study) == {"padam": ("padam", {"lr": 0.1}, 20.0), "adamw": ("adamw", {"lr": 0.01}, 12.0)}
    best = store.summaries.best(study)
    assert (best.arm, best.configuration, best.mean, best.seeds, best.diverged) == ("adamw", {"lr": 0.01}, 12.0, 1, 0)


def test_an_arm_without_a_best_is_left_out(store):
    study = make(store, arms=ARMS, seeds=1)
    assert (bests(store, study), store.summaries.best(study)) == ({}, None)
    told(store, study, ["diverged", "diverged", "failed", 80.0, None])
    assert bests(store, study) == {"adamw": ("adamw", {"lr": 0.01}, 80.0)}
    assert store.summaries.best(study).arm == "adamw"


def test_of_arms_that_tie_the_first_written_is_the_best(store):
    study = make(store, arms=dict(reversed(ARMS.items())), seeds=1)
    told(store, study, [30.0, 20.0, 40.0, 20.0, 20.0, 20.0])
    assert store.summaries.best(study).arm == "adamw"
    assert store.summaries.best(study).configuration == {"lr": 0.1}


def test_nothing_is_ranked_across_data_sets(store):
    study = make(store, arms={"digits": {}, "cifar10": CIFAR10}, seeds=1)
    told(store, study, [30.0, 20.0, 40.0, 12.0, 15.0, 13.0])
    assert store.summaries.best(study) is None
    assert bests(store, study) == {
        "digits": ("digits", {"lr": 0.1}, 20.0),
        "cifar10": ("cifar10", {"lr": 0.01}, 12.0),
    }


def test_whether_a_trial_learned_nothing_is_judged_by_its_arm(store):
    study = make(store, arms={"digits": {}, "cifar10": CIFAR10}, seeds=1)
    leases = claim(store, study, limit=6)
    for lease in leases:
        tell(store, at_loss(lease, 88.5, 1.0))
    assert store.summaries.learned_nothing(study) == 3
    assert [analysed(store, study, arm)[1] for arm in ("digits", "cifar10")] == [3, 0]


@pytest.mark.parametrize("seed", range(8))
def test_database_and_analysis_agree_on_every_arm(store, seed):
    chance = random.Random(100 + seed)  # noqa: S311 - results, not secrets
    study = make(store, arms=ARMS | {"cifar10": CIFAR10 | {"space": GRID}})
    results = [chance.choice([10.0, 12.0, 14.0, 89.9, "diverged", "failed"]) for _ in range(chance.randint(12, 30))]
    told(store, study, results)
    found = store.summaries.bests(study)
    expected = {name: analysed(store, study, name) for name in study.specification.arms}
    assert {name: best.configuration for name, best in found.items()} == {
        name: best for name, (best, _) in expected.items() if best is not None
    }
    assert store.summaries.learned_nothing(study) == sum(lost for _, lost in expected.values())
