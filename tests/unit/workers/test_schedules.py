from __future__ import annotations

import itertools

import pytest
import torch

from workers.schedules import SCHEDULES, Moves, multiplier


def values(schedule, steps_per_epoch, epochs):
    factor = multiplier(schedule, steps_per_epoch, epochs)
    return [factor(step) for step in range(steps_per_epoch * epochs)]


def test_constant_is_one_all_the_way():
    assert values({"name": "constant"}, 3, 4) == [1.0] * 12


def test_multistep_falls_after_each_milestone():
    schedule = {"name": "multistep", "milestones": [1, 3], "gamma": 0.5}
    assert values(schedule, 2, 5) == [1.0] * 2 + [0.5] * 4 + [0.25] * 4


def test_multistep_is_that_of_torch():
    ours = values({"name": "multistep", "milestones": (2, 3, 7), "gamma": 0.1}, 1, 10)
    assert ours == pytest.approx(torch_factors(torch.optim.lr_scheduler.MultiStepLR, 10, milestones=[2, 3, 7]))


def test_cosine_starts_at_one_and_passes_one_half_in_the_middle():
    factors = values({"name": "cosine"}, 10, 4)
    assert factors[0] == 1.0
    assert factors[20] == pytest.approx(0.5, abs=1e-15)
    assert factors[10] == pytest.approx(0.5 + 0.125**0.5, abs=1e-15)


def test_cosine_would_reach_zero_after_the_last_step():
    assert multiplier({"name": "cosine"}, 10, 4)(40) == pytest.approx(0.0, abs=1e-16)


def test_cosine_falls_at_every_step():
    factors = values({"name": "cosine"}, 10, 4)
    assert all(a > b for a, b in itertools.pairwise(factors))


def test_cosine_is_that_of_torch():
    ours = values({"name": "cosine"}, 5, 6)
    assert ours == pytest.approx(torch_factors(torch.optim.lr_scheduler.CosineAnnealingLR, 30, T_max=30), abs=1e-12)


def torch_factors(kind, steps, **options):
    w = torch.zeros(1, requires_grad=True)
    w.grad = torch.zeros_like(w)
    optimizer = torch.optim.SGD([w], lr=1.0)
    schedule = kind(optimizer, **options)
    factors = []
    for _ in range(steps):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return factors


OPTIONS = {"multistep": {"milestones": (2,), "gamma": 0.1}}


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_starts_at_the_value_as_given(name):
    assert multiplier({"name": name} | OPTIONS.get(name, {}), 5, 4)(0) == 1.0


COSINE = {"lr": {"name": "cosine"}}


def test_a_schedule_moves_each_group_from_its_own_value():
    groups = [{"lr": 0.1}, {"lr": 0.01}]
    moves = Moves(COSINE, groups, 1, 2)
    for step, factor in ((0, 1.0), (1, 0.5)):
        moves.apply(groups, step)
        assert [group["lr"] for group in groups] == pytest.approx([0.1 * factor, 0.01 * factor])


def test_what_stays_constant_is_left_to_the_optimizer():
    groups = [{"lr": 0.1}, {"lr": 0.01}]
    moves = Moves({"lr": {"name": "constant"}}, groups, 1, 2)
    groups[0]["lr"] = 0.3  # as an optimizer does that adapts it
    moves.apply(groups, 1)
    assert groups == [{"lr": 0.3}, {"lr": 0.01}]
    Moves({"lr": {"name": "constant"}}, [{"step": 0.1}], 1, 2)


def test_a_schedule_of_what_no_group_has_is_refused():
    with pytest.raises(ValueError, match=r"must have lr in each of its parameter groups, .*; got step, mu"):
        Moves(COSINE, [{"params": [], "step": 0.1, "mu": 0.9}], 1, 2)
