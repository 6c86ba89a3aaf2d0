from __future__ import annotations

import copy
import pickle

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


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))], ids=["copy", "pickle"])  # noqa: S301
def test_a_copy_goes_on_as_the_original_and_takes_groups(name, copied):
    params = parameters()
    optimizer = decayed(kind(name))(params, weight_decay=0.1, decay="normalised", cycle_steps=9, **RULES[name])
    run(optimizer, params, 3)
    others, other = copied((params, optimizer))
    assert_same(run(optimizer, params, 3, first=3), run(other, others, 3, first=3))
    other.add_param_group({"params": parameters(seed=2)})
    assert {group["decay"] for group in other.param_groups} == {"normalised"}


@pytest.mark.parametrize("name", RULES)
def test_the_state_of_torch_s_own_is_taken_with_its_decay(name):
    ours, theirs = parameters(), parameters()
    original = kind(name)(theirs, weight_decay=0.1, **RULES[name])
    run(original, theirs, 5)
    optimizer = decayed(kind(name))(ours, decay="decoupled-schedule", weight_decay=0.5, **RULES[name])
    optimizer.load_state_dict(copy.deepcopy(original.state_dict()))
    for w, other in zip(ours, theirs, strict=True):
        w.data.copy_(other.data)
    assert_same(run(original, theirs, 5, first=5), run(optimizer, ours, 5, first=5))


def test_torch_s_adamw_is_adam_with_decoupled_decay():
    ours, theirs = parameters(), parameters()
    original = torch.optim.AdamW(theirs, weight_decay=0.1)
    run(original, theirs, 5)
    optimizer = decayed(torch.optim.Adam)(ours)
    optimizer.load_state_dict(copy.deepcopy(original.state_dict()))
    for w, other in zip(ours, theirs, strict=True):
        w.data.copy_(other.data)
    assert_near(run(original, theirs, 5, first=5), run(optimizer, ours, 5, first=5), atol=1e-15)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("other", ["SGD", "RMSprop", "Adadelta", "Adamax", "Adagrad", "NAdam"])
def test_the_state_of_another_rule_is_refused(name, other):
    if kind(name) is kind(other):
        return
    theirs = parameters()
    original = kind(other)(theirs, **({"momentum": 0.9} if other == "SGD" else {}))
    run(original, theirs, 2)
    optimizer = decayed(kind(name))(parameters(), **RULES[name])
    with pytest.raises(ValueError, match="must be of the same rule"):
        optimizer.load_state_dict(original.state_dict())
    assert not optimizer.state


@pytest.mark.parametrize("decay", ["l2", "decoupled-lr"])
@pytest.mark.parametrize("rule", [torch.optim.Adam, torch.optim.SGD])
def test_a_step_that_a_gradient_scaler_skips_leaves_the_weights(rule, decay):
    """torch gives fused optimizers gradients that are not finite, and trusts them to do nothing."""
    w = torch.ones(4, requires_grad=True)
    optimizer = decayed(rule)([w], lr=0.1, weight_decay=0.5, decay=decay, fused=True)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    scaler.scale(torch.ones(()))
    w.grad = torch.tensor([1.0, torch.inf, 1.0, 1.0])
    scaler.step(optimizer)
    assert torch.equal(w, torch.ones(4))
    scaler.update()
    w.grad = torch.full((4,), scaler.get_scale())
    scaler.step(optimizer)
    assert float(w.detach().max()) < 1.0


def laid_out(x, how):
    """Return a tensor of four dimensions with its elements elsewhere in memory."""
    if how == "expanded":
        return x[:1].expand(x.shape)
    if how == "gaps":
        return torch.stack([x, x], dim=-1)[..., 0]
    return x.contiguous(memory_format=torch.channels_last if how == "channels last" else torch.contiguous_format)


@pytest.mark.parametrize("rule", [torch.optim.Adam, torch.optim.SGD])
@pytest.mark.parametrize("weights", ["row by row", "channels last", "gaps"])
@pytest.mark.parametrize("gradients", [["channels last"], ["row by row"], ["expanded", "channels last"], ["gaps"]])
def test_elements_meet_their_gradients_however_both_lie(rule, weights, gradients):
    draws = torch.Generator().manual_seed(0)
    start = torch.randn(3, 4, 3, 3, generator=draws, dtype=torch.float64)
    options = {"lr": 0.1, "weight_decay": 0.1} | ({"momentum": 0.9} if rule is torch.optim.SGD else {})
    w, plain = laid_out(start.clone(), weights).requires_grad_(), start.clone().requires_grad_()
    optimizer, other = decayed(rule)([w], fused=True, **options), rule([plain], **options)
    for step in range(4):
        gradient = laid_out(
            torch.randn(start.shape, generator=draws, dtype=torch.float64), gradients[step % len(gradients)]
        )
        w.grad, plain.grad = gradient, gradient.contiguous()
        optimizer.step()
        other.step()
        assert optimizer.param_groups[0]["fused"] is True
    assert_near([w], [plain], atol=1e-14)
