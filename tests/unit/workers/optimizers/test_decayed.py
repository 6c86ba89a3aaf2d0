from __future__ import annotations

import copy

import pytest
import torch

from tests.unit.workers.optimizers.common import assert_near, assert_same, parameters, run
from workers.optimizers.decayed import decayed

RULES = {
    "SGD": {"lr": 0.05, "momentum": 0.9},
    "Nesterov": {"lr": 0.05, "momentum": 0.9, "nesterov": True},
    "Adam": {},
    "Adadelta": {},
    "RMSprop": {"momentum": 0.5, "centered": True},
    "Adamax": {},
    "RAdam": {},
}


def kind(name):
    return getattr(torch.optim, {"Nesterov": "SGD"}.get(name, name))


@pytest.mark.parametrize("name", RULES)
def test_with_l2_it_is_torch_s_own(name):
    ours, theirs = parameters(), parameters()
    run(decayed(kind(name))(ours, weight_decay=0.1, **RULES[name]), ours, 30)
    run(kind(name)(theirs, weight_decay=0.1, **RULES[name]), theirs, 30)
    assert_same(ours, theirs)


@pytest.mark.parametrize("fused", [None, True])
def test_adam_with_decoupled_decay_is_torch_s_adamw(fused):
    ours, theirs = parameters(), parameters()
    run(decayed(torch.optim.Adam)(ours, weight_decay=0.1, decay="decoupled-lr", fused=fused), ours, 60)
    run(torch.optim.AdamW(theirs, weight_decay=0.1, fused=fused), theirs, 60)
    assert_near(ours, theirs, atol=2e-16, rtol=2e-16)


@pytest.mark.parametrize("name", RULES)
def test_decoupled_decay_shrinks_what_torch_then_steps(name):
    """The gradients do not depend on the weights here, so that what is kept of the start can be told apart."""
    plain, decayed_ones = parameters(), parameters()
    run(kind(name)(plain, **RULES[name]), plain, 1)
    optimizer = decayed(kind(name))(decayed_ones, weight_decay=0.25, decay="decoupled-schedule", **RULES[name])
    run(optimizer, decayed_ones, 1)
    for w, shrunk, start in zip(plain, decayed_ones, parameters(), strict=True):
        torch.testing.assert_close((w - shrunk).detach(), 0.25 * start.detach(), rtol=0.0, atol=1e-14)


@pytest.mark.parametrize("name", RULES)
def test_the_three_forms_agree_where_they_should(name):
    lr = RULES[name].get("lr", 1e-3)
    forms = (
        {"decay": "decoupled-schedule", "weight_decay": 0.01},
        {"decay": "decoupled-lr", "weight_decay": 0.01 / lr},
        {"decay": "normalised", "weight_decay": 0.01 * 30**0.5, "cycle_steps": 30},
    )
    ends = []
    for form in forms:
        params = parameters()
        optimizer = decayed(kind(name))(params, **(RULES[name] | {"lr": lr} | form))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 30)
        for step in range(30):
            run(optimizer, params, 1, first=step)
            schedule.step()
        ends.append(params)
    assert_near(ends[0], ends[1], atol=1e-13)
    assert_near(ends[0], ends[2], atol=1e-13)


def test_for_plain_sgd_l2_is_decoupled_decay():
    """w - lr (g + d w) = (1 - lr d) w - lr g: the one rule where the two are the same."""
    ours, theirs = parameters(), parameters()
    run(decayed(torch.optim.SGD)(ours, lr=0.05, weight_decay=0.3, decay="decoupled-lr"), ours, 100)
    run(torch.optim.SGD(theirs, lr=0.05, weight_decay=0.3), theirs, 100)
    assert_near(ours, theirs, atol=1e-13)


def test_with_momentum_they_differ():
    ours, theirs = parameters(), parameters()
    options = {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.3}
    run(decayed(torch.optim.SGD)(ours, decay="decoupled-lr", **options), ours, 100)
    run(torch.optim.SGD(theirs, **options), theirs, 100)
    assert all(float((a - b).detach().abs().max()) > 1e-3 for a, b in zip(ours, theirs, strict=True))


def test_a_parameter_without_a_gradient_is_not_decayed():
    w = torch.ones(2, requires_grad=True)
    decayed(torch.optim.SGD)([w], lr=0.1, weight_decay=0.5, decay="decoupled-schedule").step()
    assert torch.equal(w, torch.ones(2))


def test_the_option_is_what_it_was_after_a_step_even_one_that_fails():
    w = torch.ones(4, 2, requires_grad=True)
    optimizer = decayed(torch.optim.Adam)([w], weight_decay=0.5, decay="decoupled-lr")
    w.grad = torch.eye(4, 2).to_sparse()
    with pytest.raises(RuntimeError, match="sparse"):
        optimizer.step()
    assert optimizer.param_groups[0]["weight_decay"] == 0.5


def test_a_hook_of_a_step_is_called_once():
    plain = torch.ones(2, requires_grad=True)
    torch.optim.Adam([plain]).step()  # from here on torch's own step has hooks
    w, calls = torch.ones(2, requires_grad=True), []
    w.grad = torch.ones(2)
    optimizer = decayed(torch.optim.Adam)([w])
    optimizer.register_step_pre_hook(lambda *_: calls.append("before"))
    optimizer.register_step_post_hook(lambda *_: calls.append("after"))
    optimizer.step()
    assert calls == ["before", "after"]


def test_a_closure_is_evaluated_where_the_weights_are():
    w = torch.tensor([2.0], requires_grad=True)
    optimizer, seen = decayed(torch.optim.SGD)([w], lr=0.1, weight_decay=0.5, decay="decoupled-schedule"), []

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        seen.append(float(w.detach()))
        return float(loss.detach())

    assert optimizer.step(closure) == 4.0
    assert seen == [2.0]


@pytest.mark.parametrize("decay", ["l2", "decoupled-schedule", "normalised"])
def test_a_run_continued_from_its_state_is_the_same(decay):
    build = decayed(torch.optim.RMSprop)
    whole = parameters()
    optimizer = build(whole, weight_decay=0.1, decay=decay, cycle_steps=9)
    run(optimizer, whole, 10)
    part = [w.detach().clone().requires_grad_() for w in whole]
    continued = build(part, lr=3.0)
    continued.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    run(optimizer, whole, 10, first=10)
    run(continued, part, 10, first=10)
    assert_same(whole, part)


@pytest.mark.parametrize("options", [{"decay": "adamw"}, {"decay": "normalised"}, {"cycle_steps": 0}], ids=str)
def test_a_decay_out_of_its_range_is_refused(options):
    with pytest.raises((TypeError, ValueError), match=r"decay|cycle_steps"):
        decayed(torch.optim.SGD)(parameters(), **options)
