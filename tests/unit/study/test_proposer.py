from __future__ import annotations

import pytest
from optuna.trial import TrialState

from search_spaces.configurations import identity
from study.proposer import Proposer
from study.store import Outcome
from tests.unit.study.common import RANGE, create, fill, lease, specification, tpe

CHOSEN = {"lr": {"values": [0.01, 0.1, 1.0]}, "p": {"values": [0.0, 0.5]}}
HALF_CHOSEN = {"lr": {"low": 0.01, "high": 1.0, "log": True}, "p": {"values": [0.0, 0.5]}}


def outcome(number=0, configuration=None, values=(), pending=0, failed=0, diverged=0):
    point = {"lr": 0.1, "p": 0.25} if configuration is None else configuration
    return Outcome(
        arm="base",
        number=number,
        configuration=point,
        values=values,
        pending=pending,
        failed=failed,
        diverged=diverged,
    )


def proposer(**changes):
    return Proposer(specification(**tpe(50, **changes)).base)


def finished(count):
    """Return outcomes of configurations whose error falls towards lr = 10."""
    return [
        outcome(n, {"lr": 10.0 ** (1 - 4 * n / count), "p": 0.5 * n / count}, values=(5.0 + n,)) for n in range(count)
    ]


def only(study):
    (trial,) = study.trials
    return trial


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (outcome(values=(10.0, 20.0)), TrialState.COMPLETE),
        (outcome(values=(90.0, 90.0), diverged=2), TrialState.COMPLETE),
        (outcome(values=(10.0,), failed=1), TrialState.COMPLETE),
        (outcome(failed=2), TrialState.FAIL),
        (outcome(pending=2), TrialState.RUNNING),
        (outcome(values=(10.0,), pending=1), TrialState.RUNNING),
        (outcome(failed=1, pending=1), TrialState.RUNNING),
    ],
    ids=["complete", "diverged", "partly failed", "failed", "pending", "partly in", "failed and pending"],
)
def test_an_outcome_is_recorded_in_its_state(known, state):
    assert only(proposer().recorded([known])).state is state


def test_a_complete_configuration_is_told_its_mean_over_seeds():
    assert only(proposer().recorded([outcome(values=(10.0, 20.0, 60.0))])).value == pytest.approx(30.0)


def test_a_configuration_in_training_has_no_value():
    assert only(proposer().recorded([outcome(values=(10.0,), pending=1)])).value is None


def test_a_configuration_not_yet_proposed_is_not_recorded():
    unfilled = Outcome(arm="base", number=0, configuration=None, values=(), pending=2, failed=0, diverged=0)
    assert proposer().recorded([unfilled]).trials == []


def test_values_are_recorded_as_they_are():
    assert only(proposer().recorded([outcome(values=(1.0,))])).params == {"lr": 0.1, "p": 0.25}


def test_chosen_values_are_recorded_by_their_rank():
    known = outcome(configuration={"lr": 1.0, "p": 0.0}, values=(1.0,))
    assert only(proposer(space=CHOSEN, design={"name": "tpe", "configurations": 6}).recorded([known])).params == {
        "lr": 2,
        "p": 0,
    }


def test_a_diverged_seed_of_a_store_is_told_at_chance(store):
    study = create(store, seeds=2)
    fill(store, study, [10.0, "diverged"])
    trials = Proposer(study.specification.base).recorded(store.proposals.outcomes(study)).trials
    assert trials[0].value == pytest.approx(50.0)


def test_a_store_is_recorded_whole(store):
    study = create(store, seeds=1, space={"lr": {"values": [0.01, 0.1, 1.0, 10.0]}})
    fill(store, study, [10.0, "diverged", "failed"])
    lease(store, study)
    trials = Proposer(study.specification.base).recorded(store.proposals.outcomes(study)).trials
    assert [(trial.state.name, trial.value) for trial in trials] == [
        ("COMPLETE", 10.0),
        ("COMPLETE", 90.0),
        ("FAIL", None),
        ("RUNNING", None),
    ]


@pytest.mark.parametrize("count", [0, 15], ids=["first", "informed"])
def test_the_same_store_gives_the_same_proposal(count):
    assert proposer().propose(finished(count), 20) == proposer().propose(finished(count), 20)


@pytest.mark.parametrize("count", [0, 15], ids=["first", "informed"])
def test_another_slot_gives_another_proposal(count):
    points = {identity(proposer().propose(finished(count), number)) for number in range(20, 25)}
    assert len(points) == 5


def test_another_seed_of_the_design_gives_another_proposal():
    other = proposer(design={"name": "tpe", "configurations": 50, "seed": 1})
    assert proposer().propose([], 0) != other.propose([], 0)


def test_results_move_a_proposal():
    turned = [outcome(o.number, o.configuration, values=(100.0 - o.values[0],)) for o in finished(15)]
    assert proposer().propose(finished(15), 20) != proposer().propose(turned, 20)


@pytest.mark.parametrize("space", [CHOSEN, HALF_CHOSEN], ids=["chosen", "half chosen"])
@pytest.mark.parametrize("count", [0, 5])
def test_a_proposal_lies_in_its_domains(space, count):
    it = Proposer(specification(**tpe(6, space=space)).base)
    lr, p = it._arm.space.values()
    known = [outcome(n, {"lr": lr.at(n / 5), "p": p.at(n / 5)}, values=(5.0 + n,)) for n in range(count)]
    for number in range(count, 6):
        point = it.propose(known, number)
        assert point.keys() == {"lr", "p"}
        assert lr.low <= point["lr"] <= lr.high
        assert point["p"] in p.values


@pytest.mark.parametrize("count", [0, 15])
def test_a_proposal_lies_in_its_ranges(count):
    for number in range(20, 30):
        point = proposer().propose(finished(count), number)
        assert 1e-3 <= point["lr"] <= 10.0
        assert 0.0 <= point["p"] <= 0.5


def test_a_small_space_is_exhausted_without_repetition():
    it, known = Proposer(specification(**tpe(6, space=CHOSEN)).base), []
    for number in range(6):
        known.append(outcome(number, it.propose(known, number), values=(10.0 + number,)))
    assert {(o.configuration["lr"], o.configuration["p"]) for o in known} == {
        (lr, p) for lr in (0.01, 0.1, 1.0) for p in (0.0, 0.5)
    }


def test_a_configuration_in_training_is_not_repeated():
    it, known = Proposer(specification(**tpe(6, space=CHOSEN)).base), []
    for number in range(6):
        known.append(outcome(number, it.propose(known, number), pending=2))
    assert len({identity(o.configuration) for o in known}) == 6


# -- choices and whole numbers

MIXED = {
    "lr": {"low": 0.01, "high": 1.0, "log": True},
    "batch_size": {"low": 16, "high": 256, "log": True},
    "decay": {"values": ["l2", "decoupled-lr", "normalised"]},
    "amsgrad": {"values": [True, False]},
}
KINDS = {"lr": float, "task.batch_size": int, "decay": str, "amsgrad": bool}


def test_a_proposal_has_the_kinds_of_its_options():
    chooser = Proposer(specification(**tpe(50, space=MIXED)).base)
    known = []
    for number in range(15):
        point = chooser.propose(known, number)
        assert {name: type(value) for name, value in point.items()} == KINDS
        assert point["decay"] in MIXED["decay"]["values"]
        assert 16 <= point["task.batch_size"] <= 256
        known.append(outcome(number, point, values=(10.0 if point["decay"] == "l2" else 80.0,)))
    recorded = chooser.recorded(known)
    assert [dict(trial.params) for trial in recorded.trials] == [known[n].configuration for n in range(15)]


def test_the_sampler_learns_a_choice():
    """Half of all proposals would be of one of two choices that mean nothing."""
    chooser = Proposer(specification(**tpe(50, space=MIXED | {"decay": {"values": ["l2", "normalised"]}})).base)
    known = []
    for number in range(40):
        point = chooser.propose(known, number)
        known.append(outcome(number, point, values=(10.0 if point["decay"] == "normalised" else 80.0,)))
    assert sum(one.configuration["decay"] == "normalised" for one in known[20:]) >= 15


def test_whole_numbers_run_out_like_values():
    chooser = Proposer(specification(**tpe(3, space={"batch_size": {"low": 14, "high": 16}})).base)
    known = []
    for number in range(3):
        known.append(outcome(number, chooser.propose(known, number), values=(10.0,)))
    assert sorted(one.configuration["task.batch_size"] for one in known) == [14, 15, 16]


def test_choices_run_out_like_values():
    chooser = Proposer(specification(**tpe(4, space={"decay": MIXED["decay"], "amsgrad": MIXED["amsgrad"]})).base)
    known = []
    for number in range(6):
        known.append(outcome(number, chooser.propose(known, number), values=(10.0,)))
    assert len({identity(one.configuration) for one in known}) == 6


def test_the_order_in_which_a_space_is_written_proposes_nothing_else():
    turned = {name: RANGE[name] for name in reversed(RANGE)}
    points = [
        Proposer(specification(**tpe(5, space=space)).base).propose(finished(5), 5) for space in (RANGE, turned)
    ]
    assert points[0] == points[1]
    assert [list(point) for point in points] == [list(RANGE), list(turned)]


# -- gp

GP = {"name": "gp", "configurations": 50}


def test_gp_learns_from_as_many_as_it_starts_with():
    chooser = proposer(design=GP)
    known = finished(14)  # whose error falls towards lr = 10
    first, second = (chooser.propose(known, 20) for _ in range(2))
    assert first == second
    assert first["lr"] > 1.0
    assert chooser.propose(finished(9), 20)["lr"] != first["lr"]


@pytest.mark.parametrize(
    "one",
    [{"values": (10.0,)}, {"values": (90.0,), "diverged": 1}, {"failed": 1}, {"pending": 1}],
    ids=["constant", "diverged", "failed", "pending"],
)
def test_gp_bears_outcomes_that_say_nothing(one):
    chooser = proposer(design=GP, space={"lr": RANGE["lr"], "decay": MIXED["decay"]})
    known = [outcome(n, {"lr": 10.0 ** (n / 6 - 1), "decay": "l2"}, **one) for n in range(11)]
    point = chooser.propose(known, 20)
    assert 1e-3 <= point["lr"] <= 10.0
    assert point["decay"] in MIXED["decay"]["values"]


def test_gp_runs_through_a_small_space():
    chooser, known = proposer(space=CHOSEN, design=GP | {"configurations": 6}), []
    for number in range(6):
        known.append(outcome(number, chooser.propose(known, number), values=(10.0 + number,)))
    assert len({identity(o.configuration) for o in known}) == 6
