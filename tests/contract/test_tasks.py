"""Tasks: what each measures is kept, judged and shown by its own names; nothing but classification has errors."""

import json
import math
import random

import pytest

from analysis.material import Material
from analysis.ranking import best_of_ranking, ranking
from search_spaces.declarations import TASKS, Metric, Task
from search_spaces.errors import SpecificationError
from search_spaces.options import Number
from search_spaces.sections import model_of
from study.errors import UsageError
from study.proposer import Proposer
from study.source import StudySource
from tests.contract.helpers import (
    claim,
    completion,
    divergence,
    make,
    make_tpe,
    measured,
    row,
    rows,
    specification,
    tell,
)

BEALE = {"name": "beale"}
GAME = {"name": "game"}
CURVE = ({"excess": 3.0, "distance": 2.0}, {"excess": 1.0, "distance": 1.0}, {"excess": 2.0, "distance": 1.5})
ERRORS = [f"{split}_error_{it}" for split in ("test", "validation") for it in ("final", "mean_last5", "min")]
RESULTS = {
    "excess_final": 2.0, "excess_mean_last5": 2.0, "excess_min": 1.0,
    "distance_final": 1.5, "distance_mean_last5": 1.5, "distance_min": 1.0,
}  # fmt: skip


@pytest.fixture
def study(store):
    return make(store, task=BEALE)


@pytest.fixture
def game(monkeypatch):
    """Declare a task whose metric is to be maximised, and has no worst value."""
    metrics = (Metric(name="score", summary="score", direction="maximize"), Metric(name="moves", summary="moves"))
    size = Number(summary="size of the board", default=8, low=2, high=64, integer=True)
    made = Task(name="game", summary="a game", implementation="a:b", metrics=metrics, options={"size": size})
    monkeypatch.setitem(TASKS, "game", made)
    yield
    monkeypatch.undo()
    model_of.cache_clear()


def metrics_of(found):
    """Return the objects of a row."""
    return json.loads(found["metrics"]) if isinstance(found["metrics"], str) else found["metrics"]


def values(found):
    return [found[f"value_{statistic}"] for statistic in ("final", "mean_last5", "min")]


def scored(store, lease, score):
    """Let a training of the game end at a score, having been better before; None for one that diverged."""
    report = divergence(lease) if score is None else measured(lease, *[{"score": it} for it in (score + 9, 0, score)])
    assert tell(store, report) == set()


# --- results ---


def test_the_results_of_a_task_are_values_and_objects_and_no_errors(store, study):
    (lease,) = claim(store, study)
    assert tell(store, measured(lease, *CURVE)) == set()
    found = row(store, lease)
    assert (found["state"], found["epochs_done"]) == ("complete", 3)
    assert values(found) == [2.0, 2.0, 1.0]
    assert metrics_of(found) == RESULTS
    assert {found[name] for name in (*ERRORS, "train_loss_final", "images_per_second")} == {None}
    assert [metrics_of(it) for it in rows(store, "epoch")] == list(CURVE)
    assert {it[name] for it in rows(store, "epoch") for name in ("train_loss", "test_error", "test_error5")} == {None}
    assert store.findings() == []


def test_the_objective_may_be_any_metric_of_the_task(store):
    study = make(store, task=BEALE, objective={"metric": "distance", "statistic": "min"}, seeds=1)
    (lease,) = claim(store, study)
    tell(store, measured(lease, *CURVE))
    assert values(row(store, lease)) == [1.5, 1.5, 1.0]
    assert metrics_of(row(store, lease)) == RESULTS
    assert store.proposals.outcomes(study)[0].values == (1.0,)
    assert store.summaries.best(study).mean == 1.0
    assert [cell.mean for cell in store.queries.cells(study.id, "min")] == [1.0, None, None]


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_training_without_its_objective_in_every_epoch_is_not_complete(store, study, missing):
    (lease,) = claim(store, study)
    curve = [it if n != missing else {"distance": 1.0} for n, it in enumerate(CURVE)]
    assert tell(store, measured(lease, *curve)) == set()
    found = row(store, lease)
    assert (found["state"], found["errors"], found["metrics"], values(found)) == ("waiting", 1, None, [None] * 3)
    assert found["reason"] == "said to be complete without the metric of its study's objective in every epoch"
    (attempt,) = rows(store, "attempt")
    assert attempt["ending"] == "error"


def test_a_training_that_measured_nothing_of_its_task_is_not_complete(store, study):
    first, second = claim(store, study, limit=2)
    assert tell(store, completion(first), measured(second, None, None, None)) == set()
    assert [(it["state"], it["errors"]) for it in rows(store)[:2]] == [("waiting", 1)] * 2


def test_a_metric_that_is_not_the_objective_may_be_missing_and_then_has_no_results(store, study):
    (lease,) = claim(store, study)
    tell(store, measured(lease, CURVE[0], {"excess": 1.0}, CURVE[2]))
    found = metrics_of(row(store, lease))
    assert row(store, lease)["state"] == "complete"
    assert found == RESULTS | {name: None for name in RESULTS if name.startswith("distance")}
    assert store.findings() == []


def test_the_train_loss_may_be_the_objective_of_classification(store):
    study = make(store, objective={"metric": "train_loss"}, seeds=1)
    first, second, _ = claim(store, study, limit=3)
    tell(store, completion(first, 10.0, 20.0, 30.0), divergence(second))
    found = row(store, first)
    assert values(found) == [1 / 3, pytest.approx((1 + 1 / 2 + 1 / 3) / 3), 1 / 3]
    assert (found["train_loss_final"], found["test_error_final"], found["metrics"]) == (1 / 3, 30.0, None)
    assert [it.values for it in store.proposals.outcomes(study)] == [(1 / 3,), (math.log(10),), ()]
    assert store.summaries.best(study).mean == pytest.approx(1 / 3)
    shown = store.queries.trials(study.id, columns=["train_loss_final", "train_loss_min"], limit=1)
    assert [tuple(it.values()) for it in shown] == [(1 / 3, 1 / 3)]
    assert [it["number"] for it in store.queries.trials(study.id, where="train_loss_mean_last5 < 1")] == [0]
    assert store.findings() == []


# --- columns ---


def test_the_columns_of_a_task_are_those_of_what_it_measures(store, study):
    columns = store.queries.columns(study.id)
    results = (*RESULTS, "x_final", "y_final")  # of where a descent stands, the end alone
    assert columns.results == results
    assert columns.printed[-len(results) :] == results
    assert not {*ERRORS, "train_loss_final", "images_per_second"} & set(columns.applying)
    assert {*ERRORS, "train_loss_final"} <= set(columns.printed)


def test_trials_are_asked_for_by_what_they_measured(store, study):
    leases = claim(store, study, limit=4)
    for lease, excess in zip(leases, (4.0, 1.0, 3.0), strict=False):
        tell(store, measured(lease, *[{"excess": excess, "distance": 10.0 - excess}] * 3))
    tell(store, divergence(leases[3]))

    def numbers(**options):
        return [it["number"] for it in store.queries.trials(study.id, columns=["number"], **options)]

    assert numbers(where="excess_final < 3.5") == [1, 2]
    assert numbers(where="distance_min <= 6") == [0]
    assert numbers(where="excess_final is null and state = 'diverged'") == [3]
    assert numbers(sort="excess_min", limit=3) == [1, 2, 0]
    assert numbers(sort="distance_mean_last5", limit=3) == [0, 2, 1]
    assert store.trials("study")["distance_final"].tolist()[:3] == [6.0, 9.0, 7.0]


def test_curves_have_a_column_for_every_metric_and_none_for_errors(store, study):
    first, second = claim(store, study, limit=2)
    lost = measured(second, CURVE[0])
    tell(store, measured(first, *CURVE), divergence(second, at=1), lost)
    found = list(store.queries.curves(study.id))
    assert [(it["number"], it["epoch"], it["excess"], it["distance"]) for it in found] == [
        (0, n, it["excess"], it["distance"]) for n, it in enumerate(CURVE, start=1)
    ]
    assert list(found[0]) == [
        "number",
        "seed",
        "state",
        "epoch",
        "lr",
        "p",
        "log10_v",
        "seconds",
        "excess",
        "distance",
        "x",
        "y",
    ]
    assert store.curves("study")["excess"].dtype == "float64"


def test_where_a_descent_stands_is_kept_with_every_epoch_and_told_of_its_end(store, study):
    (lease,) = claim(store, study)
    curve = [it | {"x": 1.0 + at, "y": 1.0 - at} for at, it in enumerate(CURVE)]
    tell(store, measured(lease, *curve))
    assert [(it["x"], it["y"]) for it in store.queries.curves(study.id)] == [(1.0, 1.0), (2.0, 0.0), (3.0, -1.0)]
    found = next(store.queries.trials(study.id, columns=["x_final", "y_final"], where="x_final = 3"))
    assert tuple(found.values()) == (3.0, -1.0)
    with pytest.raises(UsageError, match="no column 'x_min'"):
        list(store.queries.trials(study.id, columns=["x_min"]))
    assert store.findings() == []


def test_where_a_descent_stands_is_no_objective():
    with pytest.raises(SpecificationError, match="beale keeps, and does not judge, 'x'; known: excess, distance"):
        specification(task=BEALE, objective={"metric": "x"})


def test_what_a_task_lets_vary_is_its_options(store):
    study = make(store, task=BEALE | {"noise": 0.5}, space={"lr": {"values": [0.1]}, "steps": {"values": [10, 20]}})
    found = store.queries.trials(study.id, columns=["task.steps", "lr"], where="steps > 10 and seed = 0")
    assert [tuple(it.values()) for it in found] == [(20, 0.1)]


# --- what a diverged training counts at ---


def test_a_diverged_training_counts_at_the_worst_that_its_metric_declares(store, study):
    worst = TASKS["beale"].metrics[0].worst
    first, second = claim(store, study, limit=2)
    tell(store, measured(first, *CURVE), divergence(second))
    outcome = store.proposals.outcomes(study)[0]
    assert (outcome.values, outcome.diverged, outcome.mean) == ((2.0, worst), 1, (2.0 + worst) / 2)
    best = store.summaries.best(study)
    assert (best.mean, best.seeds, best.diverged) == (pytest.approx((2.0 + worst) / 2), 2, 1)


def test_a_training_that_ends_no_better_than_the_worst_learned_nothing(store, study):
    worst = TASKS["beale"].metrics[0].worst
    first, second, third = claim(store, study, limit=3)
    for lease, excess in ((first, worst), (second, math.nextafter(worst, 0.0))):
        tell(store, measured(lease, *[{"excess": excess, "distance": 9.0}] * 3))
    tell(store, divergence(third))
    assert store.summaries.learned_nothing(study) == 1


# --- a metric to maximise, without a worst value ---


@pytest.mark.parametrize("by", [0.0, -10.0], ids=["positive", "negative"])
def test_of_a_metric_to_maximise_the_highest_mean_is_the_best(store, game, by):
    study = make(store, task=GAME)
    for lease, score in zip(claim(store, study, limit=6), (1.0, 3.0, 5.0, 7.0, 4.0, 2.0), strict=True):
        scored(store, lease, score + by)
    best = store.summaries.best(study)
    assert (best.configuration, best.mean) == ({"lr": 0.1}, 6.0 + by)
    assert store.summaries.learned_nothing(study) == 0
    assert store.findings() == []


def test_without_a_declared_worst_a_diverged_seed_counts_at_the_worst_complete_value(store, game):
    study = make(store, task=GAME)
    leases = claim(store, study, limit=6)
    scored(store, leases[0], None)
    assert store.proposals.outcomes(study)[0].values == ()
    assert store.summaries.best(study) is None
    for lease, score in zip(leases[1:], (8.0, 5.0, -2.0, 3.0, None), strict=True):
        scored(store, lease, score)
    assert [it.values for it in store.proposals.outcomes(study)] == [(-2.0, 8.0), (5.0, -2.0), (3.0, -2.0)]
    best = store.summaries.best(study)
    assert (best.configuration, best.mean, best.diverged) == ({"lr": 0.01}, 3.0, 1)
    # A superseded trial is no part of the study any more.
    store.growth.retry(study, where="number = 3")
    assert store.proposals.outcomes(study)[0].values == (3.0, 8.0)


def test_what_an_arm_completed_is_the_worst_of_all_arms(store, game):
    study = make(store, task=GAME, seeds=1, arms={"padam": {}, "sgd": {"optimizer": {"name": "sgd"}}})
    for lease, score in zip(claim(store, study, limit=6), (None, 5.0, 4.0, 2.0, 6.0, 7.0), strict=True):
        scored(store, lease, score)
    assert store.proposals.outcomes(study, "padam")[0].values == (2.0,)
    assert {name: it.mean for name, it in store.summaries.bests(study).items()} == {"padam": 5.0, "sgd": 7.0}
    assert store.summaries.best(study).arm == "sgd"


def test_a_sampler_is_told_the_direction_and_the_worst(store, game):
    study = make_tpe(store, task=GAME, seeds=1)
    term = store.proposals.acquire(study.id, "ann")
    for number in range(3):
        store.proposals.fill(study, term, "base", number, {"lr": 0.1 * (1 + number)})
    for lease, score in zip(claim(store, study, limit=3), (4.0, None, 9.0), strict=True):
        scored(store, lease, score)
    recorded = Proposer(study.specification.base).recorded(store.proposals.outcomes(study, "base"))
    assert recorded.direction.name == "MAXIMIZE"
    assert [trial.value for trial in recorded.trials] == [4.0, 4.0, 9.0]
    assert recorded.best_value == 9.0


def test_the_minimum_of_what_is_to_be_maximised_is_no_objective(game):
    with pytest.raises(SpecificationError, match="score is to be maximised"):
        specification(task=GAME, objective={"statistic": "min"})


@pytest.mark.parametrize("seed", range(8))
def test_database_and_analysis_agree_on_what_is_maximised(store, game, seed):
    chance = random.Random(seed)  # noqa: S311 - results, not secrets
    study = make(store, task=GAME)
    for lease in claim(store, study, limit=chance.randint(1, 6)):
        scored(store, lease, chance.choice([None, -1.0, 0.0, 2.0, 5.0]))
    store.leases.release_all("ann")
    material = Material.of(StudySource(store, study))
    best, expected = store.summaries.best(study), None
    if len(material.trials["base"].dropna(subset="score_final")):
        expected = best_of_ranking(ranking(material.trials["base"], ["lr"], material.measures("base")[0]))
    assert (None if best is None else (best.configuration["lr"], best.mean)) == (
        None if expected is None else (expected["lr"], pytest.approx(expected["mean"]))
    )
