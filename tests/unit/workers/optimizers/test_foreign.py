"""Among torch's own parts: its states, its schedulers, its compiler."""

from __future__ import annotations

import copy
import warnings

import pytest
import torch

from tests.unit.workers.optimizers.common import assert_near, give_gradients, parameters, run
from workers.optimizers import Padam
from workers.optimizers.adagrad import Adagrad
from workers.optimizers.adam import Adam, RAdam
from workers.optimizers.momentum import Momentum
from workers.optimizers.nd_adam import NDAdam
from workers.optimizers.swats import Swats

SHARED = {"lr": 1e-3, "eps": 1e-8, "amsgrad": True}


def after(kind, **options):
    theirs = parameters()
    optimizer = kind(theirs, **SHARED, **options)
    run(optimizer, theirs, 20)
    return optimizer, theirs, [w.detach().clone().requires_grad_() for w in theirs]


@pytest.mark.parametrize(
    ("kind", "decay"),
    [(torch.optim.AdamW, "decoupled-lr"), (torch.optim.Adam, "l2")],
    ids=["AdamW", "Adam"],
)
def test_the_decay_of_a_loaded_state_is_the_one_it_was_trained_with(kind, decay):
    theirs, before, ours = after(kind, weight_decay=0.3)
    padam = Padam(ours, p=0.5, **SHARED)
    padam.load_state_dict(copy.deepcopy(theirs.state_dict()))
    assert padam.param_groups[0]["decay"] == decay
    run(theirs, before, 30, first=20)
    run(padam, ours, 30, first=20)
    assert_near(ours, before, atol=2e-15)


@pytest.mark.parametrize(
    "kind", [torch.optim.RMSprop, torch.optim.Adagrad, torch.optim.Adadelta, torch.optim.Adamax, torch.optim.NAdam]
)
def test_the_state_of_another_rule_is_refused(kind):
    theirs = parameters()
    optimizer = kind(theirs)
    run(optimizer, theirs, 2)
    ours = Padam(parameters(), p=0.25)
    with pytest.raises(ValueError, match="must be of the same rule"):
        ours.load_state_dict(optimizer.state_dict())
    assert ours.param_groups[0]["p"] == 0.25


def test_momentum_is_another_rule():
    theirs = parameters()
    optimizer = torch.optim.SGD(theirs, lr=0.1, momentum=0.9)
    run(optimizer, theirs, 2)
    with pytest.raises(ValueError, match="momentum_buffer"):
        Padam(parameters()).load_state_dict(optimizer.state_dict())


@pytest.mark.parametrize("decay", ["decoupled-schedule", "normalised"])
@pytest.mark.parametrize("name", ["OneCycleLR", "CyclicLR"])
def test_a_cycle_of_learning_rates_does_not_let_the_decay_grow(name, decay):
    w = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w], lr=0.1, weight_decay=0.01, decay=decay, cycle_steps=1)
    if name == "OneCycleLR":
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=20, cycle_momentum=False)
    else:
        schedule = torch.optim.lr_scheduler.CyclicLR(optimizer, 0.004, 0.1, step_size_up=5, cycle_momentum=False)
    for _ in range(10):
        before = float(w.detach())
        w.grad = torch.zeros_like(w)
        optimizer.step()
        lr = optimizer.param_groups[0]["lr"]
        assert 1.0 - float(w.detach()) / before == pytest.approx(0.01 * lr / 0.1, rel=1e-9)
        schedule.step()


def test_a_group_may_say_its_base_rate():
    w = torch.ones(1, dtype=torch.float64, requires_grad=True)
    Padam([{"params": [w], "base_lr": 0.2}], lr=0.1, weight_decay=0.5, decay="decoupled-schedule")
    w.grad = torch.zeros_like(w)
    Padam([{"params": [w], "base_lr": 0.2}], lr=0.1, weight_decay=0.5, decay="decoupled-schedule").step()
    assert float(w.detach()) == 0.75


@pytest.mark.parametrize("foreach", [None, True, False])
def test_foreach_is_taken_and_changes_nothing(foreach):
    ours, plain = parameters(), parameters()
    run(Padam(ours, foreach=foreach), ours, 3)
    run(Padam(plain), plain, 3)
    assert_near(ours, plain, atol=0.0)


@pytest.mark.parametrize("name", ["foreach", "fused", "capturable"])
def test_how_to_step_is_true_or_false(name):
    with pytest.raises(TypeError, match=name):
        Padam(parameters(), **{name: "yes"})


@pytest.mark.parametrize("capturable", [False, True])
def test_a_rate_that_is_a_tensor_is_its_number(capturable):
    ours, plain = parameters(), parameters()
    rate = torch.tensor(0.05, dtype=torch.float64)
    optimizer = Padam(ours, lr=rate, weight_decay=0.1, decay="decoupled-lr", capturable=capturable)
    other = Padam(plain, lr=0.05, weight_decay=0.1, decay="decoupled-lr")
    for step in range(6):
        if step == 3:
            rate.mul_(0.1)
            other.param_groups[0]["lr"] = 0.005
        run(optimizer, ours, 1, first=step)
        run(other, plain, 1, first=step)
    assert_near(ours, plain, atol=1e-14)


def test_a_rate_of_several_elements_is_refused():
    with pytest.raises(ValueError, match="one element"):
        Padam(parameters(), lr=torch.ones(2))


def test_capturable_counts_where_the_parameters_lie_and_needs_all_gradients():
    params = parameters()
    optimizer = Padam(params, capturable=True)
    run(optimizer, params, 4)
    assert {float(entry["step"]) for entry in optimizer.state.values()} == {4.0}
    give_gradients(params, 4)
    params[1].grad = None
    with pytest.raises(RuntimeError, match="every parameter must have a gradient"):
        optimizer.step()


@pytest.mark.parametrize("p", [0.0, 0.125, 0.3, 0.5])
def test_a_step_compiles_into_one_graph(p):
    torch._dynamo.reset()
    ours, plain = parameters(), parameters()
    optimizer, other = Padam(ours, lr=0.01, p=p, weight_decay=0.1), Padam(plain, lr=0.01, p=p, weight_decay=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of its own profiler
        step = torch.compile(optimizer.step, backend="eager", fullgraph=True)
        for number in range(5):
            give_gradients(ours, number)
            step()
    run(other, plain, 5)
    assert_near(ours, plain, atol=1e-14)
    assert {float(entry["step"]) for entry in optimizer.state.values()} == {5.0}


OTHERS = {
    "Adagrad": (Adagrad, "sum"),
    "Momentum": (Momentum, "velocity"),
    "Swats": (Swats, "exp_avg"),
    "NDAdam": (NDAdam, "exp_avg"),
}


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adam, torch.optim.Adamax, Padam])
@pytest.mark.parametrize("name", OTHERS)
def test_each_of_the_family_refuses_the_state_of_another_rule(name, kind):
    theirs = parameters()
    optimizer = kind(theirs, lr=0.1, **({"momentum": 0.9} if kind is torch.optim.SGD else {}))
    run(optimizer, theirs, 2)
    ours = OTHERS[name][0](parameters())
    if (name, kind) == ("Swats", torch.optim.Adam):
        ours.load_state_dict(optimizer.state_dict())  # it begins as Adam
        return
    with pytest.raises(ValueError, match=r"same rule|parameter's shape"):
        ours.load_state_dict(optimizer.state_dict())
    assert not ours.state
    assert "base_lr" in ours.param_groups[0]


@pytest.mark.parametrize("name", OTHERS)
def test_a_state_that_does_not_fit_is_not_loaded_by_any(name):
    make, held = OTHERS[name]
    params = parameters()
    optimizer = make(params)
    run(optimizer, params, 2)
    for bad in ("shape", "option"):
        state = copy.deepcopy(optimizer.state_dict())
        if bad == "shape":
            state["state"][0][held] = torch.zeros(2, 2, dtype=torch.float64)
        else:
            state["param_groups"][0]["weight_decay"] = -1.0
        before = [w.detach().clone() for w in params]
        with pytest.raises(ValueError, match=r"parameter's shape|weight_decay"):
            optimizer.load_state_dict(state)
        assert optimizer.param_groups[0]["weight_decay"] == 0.0
        assert_near(params, before, atol=0.0)
        assert {float(entry["step"]) for entry in optimizer.state.values()} == {2.0}


def test_swats_goes_on_from_the_state_of_torch_s_adamw_with_its_decay():
    theirs = parameters()
    optimizer = torch.optim.AdamW(theirs, eps=1e-13, weight_decay=0.3)
    run(optimizer, theirs, 5)
    ours = Swats(parameters(), tolerance=0.0)
    ours.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert ours.param_groups[0]["decay"] == "decoupled-lr"
    for w, other in zip(ours.param_groups[0]["params"], theirs, strict=True):
        w.data.copy_(other.data)
    run(optimizer, theirs, 5, first=5)
    run(ours, ours.param_groups[0]["params"], 5, first=5)
    assert_near(ours.param_groups[0]["params"], theirs, atol=1e-7)  # eps stands elsewhere


FAMILY = {
    "momentum": (Momentum, {}),
    "adagrad": (Adagrad, {}),
    "adagrad with counters": (Adagrad, {"accumulator": "counter", "exponent": 0.3}),
    "nadam": (Adam, {"variant": "nadam"}),
    "lazy": (Adam, {"lazy": True}),
    "radam": (RAdam, {"decay": "decoupled-lr"}),
}


@pytest.mark.parametrize("name", FAMILY)
def test_each_of_the_family_compiles_into_one_graph(name):
    torch._dynamo.reset()
    make, options = FAMILY[name]
    ours, plain = parameters(), parameters()
    optimizer, other = (make(it, lr=0.01, weight_decay=0.1, **options) for it in (ours, plain))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of its own profiler
        step = torch.compile(optimizer.step, backend="eager", fullgraph=True)
        for number in range(8):
            give_gradients(ours, number)
            step()
    run(other, plain, 8)
    assert_near(ours, plain, atol=1e-14)


def test_a_graph_has_one_count_of_steps():
    torch._dynamo.reset()
    params = parameters()
    optimizer = Padam(params)
    give_gradients(params, 0)
    params[1].grad = None
    optimizer.step()
    give_gradients(params, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match="equally often"):
            torch.compile(optimizer.step, backend="eager")()
