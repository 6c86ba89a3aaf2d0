"""The design levelset: one slot a proposal, new points and old ones again, by what the store holds alone."""

from __future__ import annotations

from collections import Counter

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from search_spaces.configurations import identity
from study import levelset as module
from study.levelset import AGAIN, DIVERGED, FILLING, LevelsetSampler
from study.proposer import Proposer
from study.store import Outcome
from tests.unit.study.common import RANGE, create, fill, lease, specification

CHOSEN = {"lr": {"values": [0.01, 0.1, 1.0]}, "p": {"values": [0.0, 0.5]}}


def proposer(configurations=20, **changes):
    design = {"name": "levelset", "configurations": configurations}
    return Proposer(specification(**({"space": RANGE, "design": design} | changes)).base)


class Runs:
    """Runs of one study in memory: an error, or None for divergence, at each configuration."""

    def __init__(self, error):
        self._error, self.points, self.counts = error, [], Counter()

    def add(self, point):
        if identity(point) not in self.counts:
            self.points.append(point)
        self.counts[identity(point)] += 1

    def outcomes(self):
        found = []
        for number, point in enumerate(self.points):
            count, value = self.counts[identity(point)], self._error(point)
            values = () if value is None else tuple(value + 0.1 * seed for seed in range(count))
            lost = count - len(values)
            found.append(
                Outcome(
                    arm="base",
                    number=number,
                    configuration=point,
                    values=values + (90.0,) * lost,
                    pending=0,
                    failed=0,
                    diverged=lost,
                    complete=values,
                )
            )
        return found


def run(it, slots, error=lambda point: 5.0 + 80.0 * abs(point["lr"] - 0.1)):
    runs = Runs(error)
    for number in range(slots):
        runs.add(it.propose(runs.outcomes(), number))
    return runs


def test_the_start_fills_the_space_and_repeats_every_fourth_run():
    slots = FILLING * 2
    runs = run(proposer(), slots)
    assert len(runs.points) == slots * (AGAIN - 1) // AGAIN
    for low in (1e-3, 1e-1):  # both halves of a range, and of the other one
        assert 5 <= sum(low <= it["lr"] < 100 * low for it in runs.points) <= 10
    assert 5 <= sum(it["p"] < 0.25 for it in runs.points) <= 10


def test_what_is_repeated_first_is_the_best_so_far():
    runs = run(proposer(), AGAIN)
    (again,) = [it for it, count in runs.counts.items() if count == 2]
    assert again == identity(min(runs.points, key=lambda it: abs(it["lr"] - 0.1)))


def test_a_turn_for_a_best_that_is_known_goes_on_filling_the_space(monkeypatch):
    monkeypatch.setattr(module, "chosen", lambda *_: None)
    start, slots = FILLING * 2, FILLING * 2 + 8
    runs = run(proposer(30), slots)
    assert len(runs.points) == start * (AGAIN - 1) // AGAIN + 8
    few = run(proposer(6, space=CHOSEN, seeds=9), slots)
    assert (len(few.points), few.counts.total()) == (6, slots)


def test_a_small_space_gets_every_seed_of_every_cell():
    runs = run(proposer(6, space=CHOSEN, seeds=3), 18)
    assert set(runs.counts.values()) == {3}
    assert len(runs.points) == 6


def test_when_every_cell_has_its_seeds_nothing_is_left():
    it = proposer(6, space=CHOSEN)
    with pytest.raises(ValueError, match="all its seeds"):
        it.propose(run(it, 12).outcomes(), 12)


def test_runs_gather_where_the_edge_and_the_best_are():
    """After the start, no more of them than by chance would be where nothing is in doubt."""
    runs = run(proposer(30), 38, lambda point: 5.0 if 0.05 < point["lr"] < 0.5 else 85.0)
    late = runs.points[FILLING * 2 * (AGAIN - 1) // AGAIN :]
    doubtful = sum(0.01 < it["lr"] < 2.0 for it in late)  # 58 % of the range
    assert doubtful >= 0.75 * len(late)
    assert max(runs.counts.values()) <= 2


def test_all_that_diverged_is_no_error_and_no_end():
    runs = run(proposer(30), 24, lambda _point: None)
    assert runs.counts.total() == 24


def test_the_same_store_gives_the_same_proposal():
    outcomes = run(proposer(30), 22).outcomes()
    assert proposer(30).propose(outcomes, 22) == proposer(30).propose(outcomes, 22)


def test_a_number_is_compared_as_it_is_kept():
    """A point that is proposed again is the same at 12 digits, or it would not be known."""
    runs = run(proposer(), FILLING * 2)
    assert {identity(it) for it in runs.points} == set(runs.counts)


def test_choices_and_whole_numbers_have_their_kinds():
    space = {
        "lr": RANGE["lr"],
        "batch_size": {"low": 16, "high": 256, "log": True},
        "decay": {"values": ["l2", "normalised"]},
    }
    runs = run(proposer(30, space=space), 33)
    for point in runs.points:
        assert (type(point["task.batch_size"]), point["decay"]) in {(int, "l2"), (int, "normalised")}
        assert 16 <= point["task.batch_size"] <= 256


def test_every_run_of_a_store_is_recorded_by_itself(store):
    study = create(store, space=RANGE, design={"name": "levelset", "configurations": 3}, seeds=2)
    it, term = Proposer(study.specification.base), None
    lease(store, study)
    term = store.proposals.acquire(study.id, "ann")
    for number in range(4):
        assert store.proposals.fill(study, term, "base", number, it.propose(store.proposals.outcomes(study), number))
    fill(store, study, [10.0, "diverged", "failed"])
    trials = it.recorded(store.proposals.outcomes(study)).trials
    assert sorted((one.state.name, one.value, one.constraints.get(DIVERGED)) for one in trials if one.value) == [
        ("COMPLETE", 10.0, None),
        ("COMPLETE", 90.0, 1.0),
    ]
    assert sorted(one.state.name for one in trials if one.value is None) == ["FAIL", "RUNNING"]


# --- as a sampler of Optuna ---

SPACE = {
    "x": FloatDistribution(1e-3, 1.0, log=True),
    "n": IntDistribution(1, 9),
    "c": CategoricalDistribution(("a", "b")),
}


def sampled(direction, count=33):
    sign = 1.0 if direction == "minimize" else -1.0
    study = optuna.create_study(direction=direction)
    for draw in range(count):
        study.sampler = LevelsetSampler(SPACE, seeds=2, seed=1, draw=draw)
        params = study.ask(SPACE).params
        study = copied(study, params, sign * (params["n"] + 10.0 * (params["c"] == "a")))
    return [trial.params for trial in study.trials]


def copied(study, params, value):
    """Return the study with the outcome of its last trial told."""
    told = optuna.create_study(direction=study.direction)
    told.add_trials(study.trials[:-1])
    told.add_trial(create_trial(state=TrialState.COMPLETE, value=value, params=params, distributions=SPACE))
    return told


def test_what_is_to_be_maximised_is_sampled_the_same_turned_round():
    assert sampled("maximize") == sampled("minimize")


def test_nothing_is_sampled_for_itself():
    study = optuna.create_study(sampler=LevelsetSampler(SPACE, seeds=1, seed=0, draw=0))
    with pytest.raises(NotImplementedError):
        study.ask({"other": FloatDistribution(0.0, 1.0)})
