from __future__ import annotations

import copy
import io
import math
import pickle

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.unit.workers.optimizers.common import assert_near, assert_same, give_gradients, parameters, run
from workers.optimizers import Padam, elementwise

AMSGRAD = {"lr": 1e-3, "eps": 1e-8, "amsgrad": True}


def padam_as_amsgrad(params, **options):
    return Padam(params, p=0.5, variant="torch", **AMSGRAD, **options)


def saved_and_loaded(state):
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


# -- weight decay


def test_decoupled_lr_at_one_half_is_adamw_with_amsgrad():
    ours, theirs = parameters(), parameters()
    run(padam_as_amsgrad(ours, weight_decay=0.1, decay="decoupled-lr"), ours, 300)
    run(torch.optim.AdamW(theirs, weight_decay=0.1, **AMSGRAD), theirs, 300)
    assert_near(ours, theirs, atol=2e-15)


def run_on_cosine(optimizer, params, steps=200):
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(steps):
        run(optimizer, params, 1, step)
        schedule.step()
    return params


@pytest.mark.parametrize("p", [0.0, 1 / 8, 1 / 2])
def test_decoupled_lr_is_decoupled_schedule_with_the_decay_times_the_first_lr(p):
    ours, theirs = parameters(), parameters()
    run_on_cosine(Padam(ours, lr=0.05, p=p, weight_decay=0.2, decay="decoupled-lr"), ours)
    run_on_cosine(Padam(theirs, lr=0.05, p=p, weight_decay=0.2 * 0.05, decay="decoupled-schedule"), theirs)
    assert_near(ours, theirs, atol=1e-13)


def test_decoupled_schedule_does_not_depend_on_the_base_lr():
    moved = []
    for lr in (1e-3, 10.0):
        w = torch.ones(1, dtype=torch.float64, requires_grad=True)
        optimizer = Padam([w], lr=lr, weight_decay=0.1, decay="decoupled-schedule")
        for multiplier in (1.0, 0.5, 0.25):
            optimizer.param_groups[0]["lr"] = lr * multiplier
            w.grad = torch.zeros_like(w)
            optimizer.step()
        moved.append(w.item())
    assert moved == pytest.approx([0.9 * 0.95 * 0.975] * 2, rel=1e-14)


@pytest.mark.parametrize("cycle_steps", [1, 100, 12_345])
def test_normalised_is_decoupled_schedule_with_the_decay_over_the_root_of_the_cycle(cycle_steps):
    ours, theirs = parameters(), parameters()
    strength = 0.2 / math.sqrt(cycle_steps)
    run_on_cosine(Padam(ours, weight_decay=0.2, decay="normalised", cycle_steps=cycle_steps), ours)
    run_on_cosine(Padam(theirs, weight_decay=strength, decay="decoupled-schedule"), theirs)
    assert_near(ours, theirs, atol=1e-13)


def test_l2_is_the_decay_times_the_parameter_in_the_gradient():
    ours, theirs = parameters(), parameters()
    decayed, plain = Padam(ours, weight_decay=0.3), Padam(theirs)
    for step in range(50):
        give_gradients(ours, step)
        give_gradients(theirs, step)
        for w in theirs:
            w.grad.add_(0.3 * w.detach())
        decayed.step()
        plain.step()
    assert_near(ours, theirs, atol=1e-13)


@pytest.mark.parametrize("decay", ["l2", "decoupled-lr", "decoupled-schedule", "normalised"])
def test_no_decay_is_the_same_in_every_form(decay):
    ours, plain = parameters(), parameters()
    run(Padam(ours, decay=decay, cycle_steps=10), ours, 20)
    run(Padam(plain), plain, 20)
    assert_same(ours, plain)


@pytest.mark.parametrize("decay", ["l2", "decoupled-lr", "decoupled-schedule", "normalised"])
def test_a_parameter_without_a_gradient_is_not_decayed(decay):
    ours = parameters()
    before = ours[1].detach().clone()
    optimizer = Padam(ours, weight_decay=0.1, decay=decay, cycle_steps=10)
    give_gradients(ours, 0)
    ours[1].grad = None
    optimizer.step()
    assert torch.equal(ours[1].detach(), before)


def test_the_gradient_handed_in_is_left_as_it_was():
    params = parameters()
    optimizer = Padam(params, weight_decay=0.1, maximize=True)
    give_gradients(params, 0)
    before = [w.grad.clone() for w in params]
    optimizer.step()
    assert all(torch.equal(w.grad, g) for w, g in zip(params, before, strict=True))


# -- state


@pytest.mark.parametrize("amsgrad", [True, False])
@pytest.mark.parametrize("through", [lambda s: s, copy.deepcopy, saved_and_loaded], ids=["dict", "copy", "file"])
def test_a_run_continued_from_its_state_is_the_same_bit_for_bit(through, amsgrad):
    whole = parameters()
    optimizer = Padam(whole, weight_decay=0.01, amsgrad=amsgrad)
    run(optimizer, whole, 60)
    part = [w.detach().clone().requires_grad_() for w in whole]
    continued = Padam(part, lr=7.0, p=0.0, amsgrad=amsgrad)
    continued.load_state_dict(through(copy.deepcopy(optimizer.state_dict())))
    run(optimizer, whole, 60, first=60)
    run(continued, part, 60, first=60)
    assert_same(whole, part)


def test_a_loaded_state_is_not_shared_with_the_one_it_came_from():
    whole = parameters()
    optimizer = Padam(whole)
    run(optimizer, whole, 10)
    other = [w.detach().clone().requires_grad_() for w in whole]
    copied = Padam(other)
    copied.load_state_dict(optimizer.state_dict())
    before = optimizer.state[whole[0]]["exp_avg"].clone()
    run(copied, other, 5, first=10)
    assert torch.equal(optimizer.state[whole[0]]["exp_avg"], before)


def test_a_state_loaded_over_a_running_optimizer_replaces_its_own():
    whole, other = parameters(), parameters()
    optimizer, running = Padam(whole), Padam(other)
    run(optimizer, whole, 10)
    run(running, other, 33, first=500)
    running.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    with torch.no_grad():
        for w, source in zip(other, whole, strict=True):
            w.copy_(source)
    run(optimizer, whole, 20, first=10)
    run(running, other, 20, first=10)
    assert_same(whole, other)


def pickled(optimizer):
    return pickle.loads(pickle.dumps(optimizer))  # noqa: S301


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_copied_optimizer_continues_on_its_own(copied):
    params = parameters()
    optimizer = Padam(params)
    run(optimizer, params, 20)
    twin = copied(optimizer)
    twins = twin.param_groups[0]["params"]
    run(twin, twins, 20, first=20)
    assert not torch.equal(twins[0], params[0])
    run(optimizer, params, 20, first=20)
    assert_same(params, twins)


def test_a_state_dict_before_the_first_step_can_be_loaded():
    ours, theirs = parameters(), parameters()
    first, second = Padam(ours), Padam(theirs)
    second.load_state_dict(first.state_dict())
    run(first, ours, 5)
    run(second, theirs, 5)
    assert_same(ours, theirs)


def test_state_has_the_names_and_shapes_of_torch_adam():
    ours, theirs = parameters(), parameters()
    padam, adam = Padam(ours), torch.optim.Adam(theirs, amsgrad=True)
    run(padam, ours, 3)
    run(adam, theirs, 3)
    shapes = [{name: tensor.shape for name, tensor in padam.state[w].items()} for w in ours]
    assert shapes == [{name: tensor.shape for name, tensor in adam.state[w].items()} for w in theirs]


def test_state_moves_with_the_steps():
    params = parameters()
    optimizer = Padam(params)
    run(optimizer, params, 1)
    kept = optimizer.state[params[0]]
    run(optimizer, params, 4, first=1)
    assert float(kept["step"]) == 5.0
    assert kept["exp_avg"] is optimizer.state[params[0]]["exp_avg"]


def after_amsgrad(steps=40):
    params = parameters()
    adam = torch.optim.Adam(params, **AMSGRAD)
    run(adam, params, steps)
    return adam, params, [w.detach().clone().requires_grad_() for w in params]


def test_the_state_of_torch_amsgrad_continues_in_padam():
    adam, theirs, ours = after_amsgrad()
    padam = padam_as_amsgrad(ours)
    padam.load_state_dict(padam.state_dict() | {"state": copy.deepcopy(adam.state_dict()["state"])})
    run(adam, theirs, 40, first=40)
    run(padam, ours, 40, first=40)
    assert_near(ours, theirs, atol=2e-15)


def test_the_whole_state_dict_of_torch_amsgrad_continues_in_padam():
    adam, theirs, ours = after_amsgrad()
    padam = padam_as_amsgrad(ours)
    padam.load_state_dict(copy.deepcopy(adam.state_dict()))
    run(adam, theirs, 40, first=40)
    run(padam, ours, 40, first=40)
    assert_near(ours, theirs, atol=2e-15)


# -- parameters and groups


def test_a_group_added_later_starts_at_its_own_first_step():
    ours, theirs = parameters(), parameters()
    padam, adam = padam_as_amsgrad(ours[:2]), torch.optim.Adam(theirs[:2], **AMSGRAD)
    run(padam, ours, 20)
    run(adam, theirs, 20)
    padam.add_param_group({"params": ours[2:], "lr": 0.01})
    adam.add_param_group({"params": theirs[2:], "lr": 0.01})
    run(padam, ours, 20, first=20)
    run(adam, theirs, 20, first=20)
    assert_near(ours, theirs, atol=2e-15)


def test_a_refused_group_leaves_the_optimizer_as_it_was():
    ours, plain = parameters(), parameters()
    optimizer = Padam(ours[:2])
    with pytest.raises(ValueError, match="p must lie"):
        optimizer.add_param_group({"params": ours[2:], "p": 0.9})
    assert len(optimizer.param_groups) == 1
    run(optimizer, ours, 5)
    run(Padam(plain[:2]), plain, 5)
    assert_same(ours, plain)


def without_some_gradients(optimizer, params, steps=60):
    """Leave out the gradient of the second tensor in steps 5 to 14 and that of the last one in every third."""
    for step in range(steps):
        give_gradients(params, step)
        if 5 <= step < 15:
            params[1].grad = None
        if step % 3 == 0:
            params[3].grad = None
        optimizer.step()


def test_a_parameter_without_a_gradient_is_passed_over_as_in_torch():
    ours, theirs = parameters(), parameters()
    without_some_gradients(padam_as_amsgrad(ours, weight_decay=0.1), ours)
    without_some_gradients(torch.optim.Adam(theirs, weight_decay=0.1, **AMSGRAD), theirs)
    assert_near(ours, theirs, atol=2e-15)


def test_the_step_count_of_a_parameter_without_a_gradient_lags():
    params = parameters()
    optimizer = Padam(params)
    without_some_gradients(optimizer, params)
    assert [float(optimizer.state[w]["step"]) for w in params] == [60, 50, 60, 40]


def test_lagging_step_counts_survive_a_state_dict():
    whole = parameters()
    optimizer = Padam(whole)
    without_some_gradients(optimizer, whole)
    part = [w.detach().clone().requires_grad_() for w in whole]
    continued = Padam(part)
    continued.load_state_dict(saved_and_loaded(optimizer.state_dict()))
    run(optimizer, whole, 10, first=60)
    run(continued, part, 10, first=60)
    assert_same(whole, part)


def test_a_step_without_any_gradient_changes_nothing():
    params, before = parameters(), parameters()
    Padam(params, weight_decay=0.1).step()
    assert_same(params, before)


OPTIONS = (
    {"lr": 0.1, "p": 0.0, "variant": "paper", "betas": (0.5, 0.9)},
    {"lr": 0.01, "p": 0.5, "weight_decay": 0.1, "decay": "decoupled-lr"},
    {"lr": 0.02, "p": 0.2, "variant": "report", "amsgrad": False, "maximize": True},
    {"lr": 0.03, "p": 0.25, "variant": "authors", "eps": 0.1, "weight_decay": 0.2},
)


def test_groups_keep_their_own_options():
    together, apart = parameters(), parameters()
    run(Padam([{"params": [w], **options} for w, options in zip(together, OPTIONS, strict=True)]), together, 50)
    optimizers = [Padam([w], **options) for w, options in zip(apart, OPTIONS, strict=True)]
    for step in range(50):
        give_gradients(apart, step)
        for optimizer in optimizers:
            optimizer.step()
    assert_same(together, apart)


def mixed_dtypes():
    return [
        w.detach().to(torch.float32 if i % 2 else torch.float64).requires_grad_() for i, w in enumerate(parameters())
    ]


def test_dtypes_may_be_mixed_in_one_group():
    together, apart = mixed_dtypes(), mixed_dtypes()
    run(Padam(together, weight_decay=0.01), together, 50)
    optimizers = [Padam([w], weight_decay=0.01) for w in apart]
    for step in range(50):
        give_gradients(apart, step)
        for optimizer in optimizers:
            optimizer.step()
    assert [w.dtype for w in together] == [torch.float64, torch.float32] * 2
    assert_same(together, apart)


def test_mixed_dtypes_survive_a_state_dict():
    whole = mixed_dtypes()
    optimizer = Padam(whole)
    run(optimizer, whole, 10)
    part = [w.detach().clone().requires_grad_() for w in whole]
    continued = Padam(part)
    continued.load_state_dict(saved_and_loaded(optimizer.state_dict()))
    run(optimizer, whole, 10, first=10)
    run(continued, part, 10, first=10)
    assert_same(whole, part)


@pytest.mark.usefixtures("exact_roots")  # what lies in another order than its indices is stepped by torch
def test_memory_layout_does_not_matter():
    plain = torch.randn(2, 3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    last = plain.detach().clone(memory_format=torch.channels_last).requires_grad_()
    turned = plain.detach().clone().permute(3, 1, 2, 0).contiguous().permute(3, 1, 2, 0).requires_grad_()
    for w in (plain, last, turned):
        run(Padam([w], weight_decay=0.1), [w], 20)
    assert_same([plain, plain], [last, turned])


def test_every_test_here_is_of_the_way_to_step_that_it_names(stepped_by, monkeypatch):
    swept = []
    monkeypatch.setattr(elementwise, "sweep", lambda *_, **__: swept.append(True))
    (w,) = parameters(((4, 3),))
    run(Padam([w]), [w], 1)
    assert bool(swept) is (stepped_by == "torch")


def test_an_expanded_gradient_is_read_as_its_values():
    ours, theirs = parameters(((4, 3),)), parameters(((4, 3),))
    ours[0].grad = torch.tensor(0.5, dtype=torch.float64).expand(4, 3)
    theirs[0].grad = torch.full((4, 3), 0.5, dtype=torch.float64)
    Padam(ours).step()
    Padam(theirs).step()
    assert_same(ours, theirs)


def test_an_empty_tensor_is_no_obstacle():
    params = parameters(((0, 3), (2,), (0,)))
    plain = parameters(((2,),))
    with torch.no_grad():
        params[1].copy_(plain[0])
    optimizer, other = Padam(params), Padam(plain)
    for value in (1.0, -2.0, 0.5):
        for w in (*params, *plain):
            w.grad = torch.full_like(w, value)
        optimizer.step()
        other.step()
    assert_same(params[1:2], plain)


def test_closure_is_evaluated_with_gradients_and_its_loss_returned():
    w = torch.tensor([3.0], dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w], lr=0.1, p=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss.detach().item()

    assert optimizer.step(closure) == 9.0
    assert w.item() == pytest.approx(2.9, abs=1e-6)


def test_a_sparse_gradient_is_refused():
    w = torch.zeros(4, 2, requires_grad=True)
    w.grad = torch.eye(4, 2).to_sparse()
    with pytest.raises(RuntimeError, match="sparse"):
        Padam([w]).step()


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_complex_parameters_are_refused(dtype):
    with pytest.raises(ValueError, match="floating-point"):
        Padam([torch.zeros(2, dtype=dtype, requires_grad=True)])


def test_a_bad_option_in_a_later_group_stops_the_step_before_anything_moves():
    params, before = parameters(), parameters()
    optimizer = Padam([{"params": params[:2]}, {"params": params[2:]}])
    give_gradients(params, 0)
    optimizer.param_groups[1]["p"] = 0.7
    with pytest.raises(ValueError, match="p must lie"):
        optimizer.step()
    assert_same(params, before)


# -- cost

VIEWS = {"view", "_unsafe_view", "split", "split_with_sizes", "slice", "select", "detach", "alias", "as_strided", "t"}


class Counter(TorchDispatchMode):
    """Counts the operations that touch elements."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        if name not in VIEWS:
            self.names.append(name)
        return func(*args, **(kwargs or {}))


def operations_of_a_step(tensors, **options):
    params = parameters(((3, 2),) * tensors)
    optimizer = Padam(params, **options)
    run(optimizer, params, 2)
    give_gradients(params, 2)
    with Counter() as counter:
        optimizer.step()
    return counter.names


@pytest.mark.parametrize("decay", ["l2", "decoupled-lr"])
@pytest.mark.parametrize("variant", ["torch", "authors", "report", "report-tf"])
def test_the_number_of_operations_does_not_grow_with_the_number_of_tensors(variant, decay):
    options = {"variant": variant, "weight_decay": 0.1, "decay": decay}
    few, many = operations_of_a_step(2, **options), operations_of_a_step(200, **options)
    assert few == many
    few, many = (operations_of_a_step(number, fused=False, **options) for number in (2, 200))
    assert len(few) > 10  # what torch evaluates is counted; machine code needs no operation of torch's
    assert few == many
