from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from workers.moves import Moves
from workers.optimizers import OPTIMIZERS, Padam
from workers.optimizers.adam import Adam

COSINE = {"lr": {"name": "cosine"}}


def over(groups):
    """Return what moves see of an optimizer with these groups."""
    return SimpleNamespace(param_groups=groups, state={})


def test_a_schedule_moves_each_group_from_its_own_value():
    groups = [{"lr": 0.1}, {"lr": 0.01}]
    moves = Moves(COSINE, over(groups), 1, 2)
    for step, factor in ((0, 1.0), (1, 0.5)):
        moves.apply(step)
        assert [group["lr"] for group in groups] == pytest.approx([0.1 * factor, 0.01 * factor])


def test_what_stays_constant_is_left_to_the_optimizer():
    groups = [{"lr": 0.1}, {"lr": 0.01}]
    moves = Moves({"lr": {"name": "constant"}}, over(groups), 1, 2)
    groups[0]["lr"] = 0.3  # as an optimizer does that adapts it
    moves.apply(1)
    assert groups == [{"lr": 0.3}, {"lr": 0.01}]
    Moves({"lr": {"name": "constant"}}, over([{"step": 0.1}]), 1, 2)


def test_a_constant_with_a_warm_up_moves():
    groups = [{"lr": 0.1}]
    Moves({"lr": {"name": "constant", "warmup": 1.0}}, over(groups), 4, 2).apply(0)
    assert groups == [{"lr": pytest.approx(0.025)}]


def test_a_schedule_of_what_no_group_has_is_refused():
    with pytest.raises(ValueError, match=r"must have lr in each of its parameter groups, .*; got step, mu"):
        Moves(COSINE, over([{"params": [], "step": 0.1, "mu": 0.9}]), 1, 2)


@pytest.mark.parametrize(("name", "at"), [("beta1", 0), ("beta2", 1)])
def test_half_of_a_pair_moves_alone(name, at):
    groups = [{"betas": (0.8, 0.6)}]
    Moves({name: {"name": "cosine"}}, over(groups), 1, 2).apply(1)
    assert groups[0]["betas"][at] == pytest.approx((0.4, 0.3)[at])
    assert groups[0]["betas"][1 - at] == (0.8, 0.6)[1 - at]
    assert isinstance(groups[0]["betas"], tuple)


def test_both_halves_of_a_pair_move_together():
    groups = [{"betas": (0.8, 0.6)}]
    Moves({"beta1": {"name": "cosine"}, "beta2": {"name": "inverse-sqrt"}}, over(groups), 1, 4).apply(2)
    assert groups[0]["betas"] == pytest.approx((0.4, 0.6 / 3**0.5))


def test_a_compensated_rate_follows_p_of_its_group():
    groups = [{"lr": 1.0, "p": 0.25}, {"lr": 2.0, "p": 0.125}]
    halved = {"name": "multistep", "milestones": [1], "gamma": 0.5}
    schedules = {"lr": {"name": "compensated", "scale": 0.01}, "p": halved}
    moves = Moves(schedules, over(groups), 1, 2)
    moves.apply(0)
    assert [group["lr"] for group in groups] == [1.0, 2.0]
    moves.apply(1)
    assert [group["lr"] for group in groups] == pytest.approx([0.01**-0.25, 2.0 * 0.01**-0.125])


def test_a_compensated_rate_without_a_schedule_of_p_is_refused():
    with pytest.raises(ValueError, match="a schedule of p must be there for lr to follow"):
        Moves({"lr": {"name": "compensated", "scale": 0.01}}, over([{"lr": 1.0, "p": 0.25}]), 1, 2)


def test_the_steps_of_a_cycle_reach_groups_that_count_them():
    groups = [{"lr": 1.0, "cycle_steps": 70}, {"lr": 1.0}]
    restarts = {"name": "warm-restarts", "first": 2, "factor": 2.0, "lowest": 0.0}
    moves = Moves({"lr": restarts}, over(groups), 5, 14)
    found = []
    for step in (0, 9, 10, 29, 30):
        moves.apply(step)
        found.append(groups[0]["cycle_steps"])
    assert found == [10, 10, 20, 20, 40]
    assert "cycle_steps" not in groups[1]


def trained(kind, schedules, steps, first=0):
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    optimizer = kind([w], lr=0.1)
    moves = Moves(schedules, optimizer, 5, 4)
    for step in range(first, first + steps):
        moves.apply(step)
        w.grad = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64) * (1 + step)
        optimizer.step()
    return w, optimizer


DROP = {"name": "multistep", "milestones": [2], "gamma": 0.5}


@pytest.mark.parametrize("kind", [Padam, Adam, torch.optim.Adam, torch.optim.SGD], ids=lambda it: it.__module__)
def test_a_discarded_state_begins_anew(kind):
    w, optimizer = trained(kind, {"lr": DROP | {"discard": True}}, 12)
    fresh = torch.ones(3, dtype=torch.float64, requires_grad=True)
    other = kind([fresh], lr=0.05)
    for step in (10, 11):
        fresh.grad = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64) * (1 + step)
        other.step()
    moved, _ = trained(kind, {"lr": DROP | {"discard": True}}, 10)
    torch.testing.assert_close((w - moved).detach(), (fresh - 1.0).detach(), rtol=1e-12, atol=1e-14)
    if "step" in optimizer.state[w]:
        assert float(optimizer.state[w]["step"]) == 2.0


def test_what_is_kept_stays():
    w, optimizer = trained(Padam, {"lr": DROP}, 12)
    assert float(optimizer.state[w]["step"]) == 12.0


def test_a_moving_p_leaves_the_second_moment_alone():
    states = []
    for schedules in ({}, {"p": {"name": "step", "every": 1, "gamma": 0.5}}):
        w, optimizer = trained(Padam, schedules, 15)
        states.append(optimizer.state[w])
    for name in ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"):
        assert torch.equal(states[0][name], states[1][name])


def test_under_restarts_the_normalised_decay_knows_its_cycle():
    """Decay a step is lambda lr / (base lr sqrt(T)), T the steps of the cycle."""
    w = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w], lr=0.1, weight_decay=0.5, decay="normalised", cycle_steps=70)
    restarts = {"name": "warm-restarts", "first": 2, "factor": 2.0, "lowest": 0.0}
    moves = Moves({"lr": restarts}, optimizer, 5, 14)
    for step, cycle in ((0, 10), (10, 20), (30, 40)):
        moves.apply(step)
        before = float(w.detach())
        w.grad = torch.zeros_like(w)
        optimizer.step()
        assert 1.0 - float(w.detach()) / before == pytest.approx(0.5 / cycle**0.5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_number_of_every_optimizer_can_be_moved(name):
    from search_spaces.declarations import OPTIMIZERS as DECLARED
    from tests.unit.workers.recipes import recipe
    from workers.optimizers import build_optimizer

    network = torch.nn.Linear(3, 2)
    optimizer = build_optimizer(network, recipe(name), 10)
    schedules = {it: {"name": "inverse-sqrt"} for it in DECLARED[name].numbers}
    moves = Moves(schedules, optimizer, 5, 2)
    for step in range(4):
        moves.apply(step)
        for w in network.parameters():
            w.grad = torch.ones_like(w)
        optimizer.step()
    assert all(bool(w.isfinite().all()) for w in network.parameters())
