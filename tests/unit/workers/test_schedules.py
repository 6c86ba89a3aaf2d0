from __future__ import annotations

import itertools

import pytest
import torch

from workers.schedules import SCHEDULES, course


def values(schedule, steps_per_epoch, epochs):
    factor = course(schedule, steps_per_epoch, epochs).multiplier
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
    assert course({"name": "cosine"}, 10, 4).multiplier(40) == pytest.approx(0.0, abs=1e-16)


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


OPTIONS = {
    "multistep": {"milestones": (2,), "gamma": 0.1},
    "step": {"every": 2, "gamma": 0.1},
    "warm-restarts": {"first": 2, "factor": 2.0, "lowest": 0.25},
    "compensated": {"scale": 0.01},
}


def at(schedule, step, steps=5, epochs=4, *others):
    return course(schedule | OPTIONS.get(schedule["name"], {}), steps, epochs).multiplier(step, *others)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_starts_at_the_value_as_given(name):
    assert at({"name": name}, 0, 5, 4, *((1.0, 0.25) if name == "compensated" else ())) == 1.0


# -- drops


def test_a_step_every_few_epochs_is_that_of_torch():
    ours = values({"name": "step", "every": 3, "gamma": 0.5}, 1, 11)
    assert ours == pytest.approx(torch_factors(torch.optim.lr_scheduler.StepLR, 11, step_size=3, gamma=0.5))


def test_the_report_s_drops():
    """0.1 at epochs 50, 100 and 150 of 200, 391 steps each (arXiv:1901.09517)."""
    factor = course({"name": "multistep", "milestones": [50, 100, 150], "gamma": 0.1}, 391, 200).multiplier
    found = [factor(step) for step in (0, 50 * 391 - 1, 50 * 391, 100 * 391, 150 * 391, 200 * 391 - 1)]
    assert found == pytest.approx([1.0, 1.0, 0.1, 0.01, 0.001, 0.001])


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"name": "multistep", "milestones": [1, 3], "gamma": 0.1, "discard": True}, {7, 21}),
        ({"name": "multistep", "milestones": [1, 3], "gamma": 0.1, "discard": False}, set()),
        ({"name": "step", "every": 2, "gamma": 0.1, "discard": True}, {14, 28}),
        ({"name": "step", "every": 5, "gamma": 0.1, "discard": True}, set()),
    ],
    ids=str,
)
def test_the_state_is_discarded_before_the_first_step_at_the_new_value(schedule, expected):
    assert course(schedule, 7, 5).discards == expected


# -- warm restarts

SGDR = {"name": "warm-restarts", "first": 100, "factor": 2.0, "lowest": 0.0}


def test_cycles_end_where_the_authors_do():
    """T = 100 and T_mult = 2: at epochs 100, 300, 700 and 1500."""
    factor = course(SGDR, 2, 1600).multiplier
    starts = [step // 2 for step in range(3200) if factor(step) == 1.0]
    assert starts == [0, 100, 300, 700, 1500]


def test_each_cycle_is_a_cosine_of_its_own_length():
    factor = course(SGDR, 2, 1600).multiplier
    assert [factor(2 * epoch) for epoch in (50, 200, 500, 1100)] == pytest.approx([0.5] * 4, abs=1e-12)
    assert [factor(2 * epoch - 1) for epoch in (100, 300, 700, 1500)] == pytest.approx([0.0] * 4, abs=1e-3)


def test_steps_of_the_cycle_are_told():
    cycle = course(SGDR, 391, 400).cycle
    assert [cycle(epoch * 391) for epoch in (0, 99, 100, 299, 300)] == [39_100, 39_100, 78_200, 78_200, 156_400]


@pytest.mark.parametrize("factor", [1, 2])
def test_warm_restarts_are_those_of_torch(factor):
    ours = values({"name": "warm-restarts", "first": 5, "factor": float(factor), "lowest": 0.1}, 1, 40)
    kind = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts
    assert ours == pytest.approx(torch_factors(kind, 40, T_0=5, T_mult=factor, eta_min=0.1), abs=1e-12)


def test_many_short_cycles_take_no_time():
    cycle = course({"name": "warm-restarts", "first": 1, "factor": 1.0, "lowest": 0.0}, 1, 100_000)
    assert cycle.multiplier(99_999) == 1.0


def test_one_cycle_as_long_as_the_training_is_the_cosine():
    assert values({"name": "warm-restarts", "first": 6, "factor": 2.0, "lowest": 0.0}, 5, 6) == values(
        {"name": "cosine"}, 5, 6
    )


# -- inverse square root, warm-up


def test_inverse_sqrt_counts_steps_from_one():
    assert values({"name": "inverse-sqrt"}, 5, 2)[:4] == pytest.approx([1.0, 2**-0.5, 3**-0.5, 0.5])


def test_warm_up_rises_step_by_step_and_ends_at_the_value():
    assert values({"name": "constant", "warmup": 2.0}, 2, 4) == [0.25, 0.5, 0.75, *[1.0] * 5]


def test_warm_up_may_begin_higher_and_last_for_a_part_of_an_epoch():
    assert values({"name": "constant", "warmup": 0.5, "warmup_from": 0.2}, 4, 1) == pytest.approx(
        [0.6, 1.0, 1.0, 1.0]
    )


@pytest.mark.parametrize("warm", [100, 200, 500, 1000])
def test_warm_up_of_a_number_of_steps(warm):
    """As L. Liu et al. warm Adam up on CIFAR-10: lr t / warm at the t-th step."""
    factor = course({"name": "constant", "warmup": warm / 391}, 391, 164).multiplier
    assert [factor(t - 1) for t in (1, warm // 2, warm, warm + 1)] == pytest.approx([1 / warm, 0.5, 1.0, 1.0])


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "compensated"])
def test_warm_up_multiplies_what_the_schedule_says(name):
    schedule = {"name": name} | OPTIONS.get(name, {})
    plain, warmed = values(schedule, 5, 4), values(schedule | {"warmup": 2.0, "warmup_from": 0.1}, 5, 4)
    ramp = [min(1.0, 0.1 + 0.9 * (step + 1) / 10) for step in range(20)]
    assert warmed == pytest.approx([a * b for a, b in zip(plain, ramp, strict=True)])


# -- compensation


def test_the_compensated_rate_leaves_the_length_of_a_step_alone():
    """lr G^(1 - 2p) stays as p is halved twice, from 1/4."""
    factor = course({"name": "compensated", "scale": 0.01, "milestones": [], "gamma": 0.1}, 1, 150).multiplier
    for share in (1.0, 0.5, 0.25):
        assert factor(7, share, 0.25) * 0.01 ** (1 - 2 * 0.25 * share) == pytest.approx(0.01**0.5)


def test_halving_p_from_a_quarter_is_worth_the_fourth_root_of_the_scale():
    factor = course({"name": "compensated", "scale": 1e-3}, 1, 100).multiplier
    assert factor(60, 0.5, 0.25) == pytest.approx(1e-3**-0.25)


def test_a_compensated_rate_has_drops_of_its_own():
    schedule = {"name": "compensated", "scale": 1e-3, "milestones": [3], "gamma": 0.1}
    factor = course(schedule, 2, 5).multiplier
    assert [factor(step, 1.0, 0.25) for step in (5, 6)] == pytest.approx([1.0, 0.1])
