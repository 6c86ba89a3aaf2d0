from __future__ import annotations

import copy

import pytest
import torch

from tests.unit.workers.optimizers.common import assert_near, assert_same, give_gradients, parameters, run
from workers.optimizers.adam import Adam
from workers.optimizers.swats import Swats

# Worked out at 50 digits: w0 = (1, -1), lr = 0.1, betas = (0.9, 0.99), eps = 0.01, tolerance 0.2: the rate is 0.0597
# from the second step on.
GRADIENTS = ((1.0, 2.0), (-2.0, 1.0), (0.5, 1.0), (1.0, 1.0))
KNOWN = (
    (0.90909090909090909, -1.0952380952380952),
    (0.94408512420770991, -1.1845716982287828),
    (0.94110106326262361, -1.1905398201189554),
    (0.93244728652187335, -1.2018792517102833),
)


def after(optimizer, weights, gradients=GRADIENTS):
    found = []
    for given in gradients:
        for w, gradient in zip(weights, given, strict=True):
            w.grad = torch.full_like(w, gradient)
        optimizer.step()
        found.append(tuple(float(w.detach()) for w in weights))
    return found


def two():
    return [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (1.0, -1.0)]


def test_four_steps_over_the_switch_have_the_known_answers():
    weights = two()
    optimizer = Swats(weights, lr=0.1, betas=(0.9, 0.99), eps=0.01, tolerance=0.2)
    for found, known in zip(after(optimizer, weights), KNOWN, strict=True):
        assert found == pytest.approx(known, abs=2e-15)
    assert optimizer.param_groups[0]["rate"] == pytest.approx(0.059681218901725973, abs=1e-16)


def test_without_a_switch_it_is_adam_with_eps_hat():
    ours, theirs = parameters(), parameters()
    run(Swats(ours, tolerance=0.0, weight_decay=0.1), ours, 100)
    run(Adam(theirs, eps=1e-9, variant="eps-hat", weight_decay=0.1), theirs, 100)
    assert_near(ours, theirs, atol=1e-14)


def test_after_the_switch_it_is_sgd_from_rest():
    ours = parameters()
    optimizer = Swats(ours, tolerance=1e9)
    run(optimizer, ours, 2)
    rate = optimizer.param_groups[0]["rate"]
    theirs = [w.detach().clone().requires_grad_() for w in ours]
    sgd = torch.optim.SGD(theirs, lr=rate * 0.1, momentum=0.9)
    run(optimizer, ours, 50, first=2)
    run(sgd, theirs, 50, first=2)
    assert_near(ours, theirs, atol=1e-14)


def test_never_at_the_first_step():
    ours = parameters()
    optimizer = Swats(ours, tolerance=1e9)
    run(optimizer, ours, 1)
    assert optimizer.param_groups[0]["rate"] is None


def test_a_schedule_goes_on_moving_the_rate():
    weights, others = two(), two()
    one, other = (Swats(it, lr=0.1, tolerance=1e9) for it in (weights, others))
    after(one, weights, GRADIENTS[:2])
    after(other, others, GRADIENTS[:2])
    before = [float(w.detach()) for w in weights]
    one.param_groups[0]["lr"] = 0.05
    after(one, weights, GRADIENTS[2:3])
    after(other, others, GRADIENTS[2:3])
    halves = [float(w.detach()) - b for w, b in zip(weights, before, strict=True)]
    wholes = [float(w.detach()) - b for w, b in zip(others, before, strict=True)]
    assert halves == pytest.approx([0.5 * it for it in wholes], rel=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_a_run_continued_from_its_state_is_the_same(steps):
    whole = parameters()
    optimizer = Swats(whole, tolerance=1e9)
    run(optimizer, whole, steps)
    part = [w.detach().clone().requires_grad_() for w in whole]
    continued = Swats(part)
    continued.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    run(optimizer, whole, 5, first=steps)
    run(continued, part, 5, first=steps)
    assert_same(whole, part)


def test_a_discarded_state_is_a_new_beginning():
    ours, fresh = parameters(), parameters()
    optimizer = Swats(ours, tolerance=1e9)
    run(optimizer, ours, 5)
    optimizer.state.clear()
    with torch.no_grad():
        for w, it in zip(ours, fresh, strict=True):
            w.copy_(it)
    run(optimizer, ours, 4)
    run(Swats(fresh, tolerance=1e9), fresh, 4)
    assert_same(ours, fresh)


@pytest.mark.parametrize("options", [{"tolerance": -1.0}, {"eps": None}, {"betas": (0.9,)}, {"lr": "x"}], ids=str)
def test_an_option_out_of_its_range_is_refused(options):
    with pytest.raises((TypeError, ValueError), match=next(iter(options))):
        Swats(parameters(), **options)


def test_parameters_that_join_later_do_not_undo_the_switch():
    first, late = parameters(seed=1), parameters(seed=2)
    optimizer = Swats([*first, *late], tolerance=1e9)
    run(optimizer, first, 3)
    rate = optimizer.param_groups[0]["rate"]
    assert rate is not None
    for w in first:
        w.grad = None
    run(optimizer, late, 1, first=3)
    assert optimizer.param_groups[0]["rate"] == rate


def test_a_parameter_without_a_gradient_at_the_switch_begins_sgd_with_nothing_too():
    params = parameters()
    optimizer = Swats(params, tolerance=0.0)
    run(optimizer, params, 2)
    optimizer.param_groups[0]["tolerance"] = 1e9
    give_gradients(params, 2)
    params[0].grad = None
    optimizer.step()
    assert optimizer.param_groups[0]["rate"] is not None
    assert not any(bool(entry["exp_avg"].any()) for entry in optimizer.state.values())
