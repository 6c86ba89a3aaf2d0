"""What a user may do to the state and the options between two steps, and what is refused before anything moves."""

from __future__ import annotations

import copy
from collections import defaultdict

import pytest
import torch

from tests.unit.workers.optimizers.common import assert_near, assert_same, give_gradients, parameters, run
from workers.optimizers import Padam

AMSGRAD = {"lr": 0.1, "eps": 1e-8, "amsgrad": True}


def pair():
    """Return Padam at p = 1/2 and torch's Adam after the same steps, with their parameters."""
    ours, theirs = parameters(), parameters()
    return (
        (Padam(ours, p=0.5, variant="torch", **AMSGRAD), ours),
        (torch.optim.Adam(theirs, **AMSGRAD), theirs),
    )


def clear(optimizer):
    optimizer.state.clear()


def replace(optimizer):
    optimizer.state = defaultdict(dict)


def forget_one(optimizer):
    del optimizer.state[optimizer.param_groups[0]["params"][1]]


def zero_steps(optimizer):
    for entry in optimizer.state.values():
        entry["step"].zero_()


def new_moment(optimizer):
    for entry in optimizer.state.values():
        entry["exp_avg"] = torch.full_like(entry["exp_avg"], 0.25)


def scale_in_place(optimizer):
    for entry in optimizer.state.values():
        entry["exp_avg_sq"].mul_(4.0)


EDITS = [clear, replace, forget_one, zero_steps, new_moment, scale_in_place]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edited_state_acts_as_in_torch(edit):
    for optimizer, params in (pairs := pair()):
        run(optimizer, params, 5)
        edit(optimizer)
        run(optimizer, params, 5, first=5)
    (_, ours), (_, theirs) = pairs
    assert_near(ours, theirs, atol=1e-14, rtol=1e-14)


def test_a_cleared_state_is_the_start_of_a_new_optimizer():
    ours, fresh = parameters(), parameters()
    run(Padam(ours, p=0.125), ours, 7)
    run(Padam(ours, p=0.125), ours, 3, first=7)
    optimizer = Padam(fresh, p=0.125)
    run(optimizer, fresh, 7)
    optimizer.state.clear()
    run(optimizer, fresh, 3, first=7)
    assert_same(ours, fresh)


def test_amsgrad_switched_on_late_takes_the_maximum_from_there():
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w], lr=0.0, betas=(0.0, 0.0), amsgrad=False)
    maxima = []
    for step, gradient in enumerate((5.0, 2.0, 1.0, 3.0)):
        optimizer.param_groups[0]["amsgrad"] = step >= 1
        w.grad = torch.full_like(w, gradient)
        optimizer.step()
        maxima.append(float(optimizer.state[w].get("max_exp_avg_sq", torch.tensor(-1.0))))
    assert maxima == [-1.0, 4.0, 4.0, 9.0]


def test_amsgrad_switched_off_goes_on_with_the_average():
    ours, theirs = parameters(), parameters()
    one, other = Padam(ours, p=0.25), Padam(theirs, p=0.25, amsgrad=False)
    run(one, ours, 0)
    one.param_groups[0]["amsgrad"] = False
    run(one, ours, 5)
    run(other, theirs, 5)
    assert_same(ours, theirs)
    assert "max_exp_avg_sq" not in one.state[ours[0]]


@pytest.mark.parametrize("between", [False, True], ids=["second group", "behind a parameter without a gradient"])
def test_a_sparse_gradient_anywhere_stops_the_step_before_anything_moves(between):
    first, gap, last = (torch.ones(4, 2, requires_grad=True) for _ in range(3))
    groups = [{"params": [first, gap, last]}] if between else [{"params": [first]}, {"params": [last]}]
    optimizer = Padam(groups)
    first.grad, last.grad = torch.ones(4, 2), torch.eye(4, 2).to_sparse()
    with pytest.raises(RuntimeError, match="dense gradients must be given"):
        optimizer.step()
    assert torch.equal(first, torch.ones(4, 2))
    assert not optimizer.state or float(optimizer.state[first]["step"]) == 0.0


BAD = {
    "amsgrad": ["no", None, 1],
    "maximize": ["yes", None, 0],
    "base_lr": [float("nan"), -1.0, None, "x"],
    "cycle_steps": [-5, 0, 1.5, True],
    "variant": [["torch"], "pytorch", None],
    "decay": [["l2"], "L2", None],
    "betas": [(0.9,), (0.9, 1.0), "ab"],
    "p": [0.6, -0.1, "1/8"],
}
CASES = [(name, value) for name, values in BAD.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES, ids=[f"{n}={v!r}" for n, v in CASES])
def test_a_bad_option_is_refused_wherever_it_comes_from(name, value):
    params = parameters()
    with pytest.raises((TypeError, ValueError), match=name.split("_")[0]):
        Padam([{"params": params, name: value}])
    optimizer, before = Padam(params), [w.detach().clone() for w in params]
    give_gradients(params, 0)
    optimizer.param_groups[0][name] = value
    with pytest.raises((TypeError, ValueError), match=name.split("_")[0]):
        optimizer.step()
    assert all(torch.equal(w, old) for w, old in zip(params, before, strict=True))


def test_one_parameter_twice_is_refused():
    w = torch.ones(2, requires_grad=True)
    with pytest.warns(UserWarning, match="duplicate"), pytest.raises(ValueError, match="one of them twice"):
        Padam([w, w])


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("exp_avg", torch.zeros(1), "of its parameter's shape"),
        ("exp_avg", None, "of its parameter's shape"),
        ("exp_avg_sq", 0.5, "of its parameter's shape"),
        ("max_exp_avg_sq", torch.zeros(3, 5), "of its parameter's shape"),
        ("step", float("inf"), "count of updates"),
        ("step", torch.tensor(-2.0), "count of updates"),
        ("step", torch.tensor(1.5), "count of updates"),
    ],
)
def test_a_state_that_does_not_fit_is_not_loaded(name, value, said):
    ours, twin = parameters(), parameters()
    one, other = Padam(ours), Padam(twin)
    run(one, ours, 3)
    run(other, twin, 3)
    broken = copy.deepcopy(other.state_dict())
    broken["state"][0][name] = value
    with pytest.raises(ValueError, match=said):
        one.load_state_dict(broken)
    run(one, ours, 3, first=3)
    run(other, twin, 3, first=3)
    assert_same(ours, twin)


def test_an_option_out_of_range_is_not_loaded():
    optimizer = Padam(parameters())
    state = Padam(parameters()).state_dict()
    state["param_groups"][0]["p"] = 0.9
    with pytest.raises(ValueError, match="p must lie in"):
        optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["p"] == 0.125


@pytest.mark.parametrize("variant", ["torch", "authors", "authors-pcorr", "paper", "report", "report-tf"])
@pytest.mark.parametrize("eps", [0.0, 1e-50])
def test_a_weight_that_never_saw_a_gradient_stays_whatever_eps_rounds_to(variant, eps):
    w = torch.ones(2, dtype=torch.float32, requires_grad=True)
    w.grad = torch.tensor([0.0, 1.0])
    Padam([w], lr=0.1, p=0.25, variant=variant, eps=eps).step()
    assert float(w.detach()[0]) == 1.0
    assert w.isfinite().all()


def test_a_second_moment_that_is_not_a_number_is_no_scale():
    w = torch.ones(3, requires_grad=True)
    optimizer = Padam([w])
    w.grad = torch.tensor([1.0, float("nan"), 0.0])
    optimizer.step()
    assert optimizer.mean_log10_v() is None


# Worked out by hand at 50 digits: w0 = 1, g = 1, -2, 1/2, lr = 0.1, betas = (0.9, 0.99), eps = 0.01, p = 1/8.
KNOWN = {
    "paper": (0.982217205899611, 0.998217579265354, 1.00531007550677),
    "authors": (0.982635917974803, 0.994386199746335, 0.998848421875433),
    "authors-pcorr": (0.902354591032369, 0.953402549403349, 0.970085083982405),
    "torch": (0.900248449124337, 0.951777205303220, 0.968608129356862),
    "report": (0.9, 0.951609915802535, 0.967728275954215),
    "report-tf": (0.982527908505167, 0.994237221080436, 0.998683269949611),
}


@pytest.mark.parametrize("variant", KNOWN)
def test_three_steps_have_the_known_answers(variant):
    w = torch.ones((), dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w], lr=0.1, betas=(0.9, 0.99), eps=0.01, p=0.125, variant=variant)
    for gradient, expected in zip((1.0, -2.0, 0.5), KNOWN[variant], strict=True):
        w.grad = torch.full_like(w, gradient)
        optimizer.step()
        assert float(w.detach()) == pytest.approx(expected, abs=2e-15)


def test_what_a_user_keeps_in_the_state_stays():
    params = parameters()
    optimizer = Padam(params)
    run(optimizer, params, 2)
    optimizer.state[params[0]]["ema"] = params[0].detach().clone()
    run(optimizer, params, 2, first=2)
    optimizer.param_groups[0]["amsgrad"] = False
    run(optimizer, params, 1, first=4)
    assert optimizer.state[params[0]].keys() == {"ema", "step", "exp_avg", "exp_avg_sq"}


def test_a_parameter_appended_to_a_group_is_updated_from_then_on():
    params = parameters()
    optimizer = Padam(params[:2])
    run(optimizer, params, 3)
    before = params[2].detach().clone()
    optimizer.param_groups[0]["params"].append(params[2])
    run(optimizer, params, 1, first=3)
    assert not torch.equal(params[2], before)
    assert [float(optimizer.state[w]["step"]) for w in params[:3]] == [4.0, 4.0, 1.0]


def test_a_model_cast_to_another_type_takes_its_state_along():
    model = torch.nn.Linear(3, 2)
    optimizer = Padam(model.parameters())
    for step in range(4):
        if step == 2:
            model.double()
        for w in model.parameters():
            w.grad = torch.ones_like(w)
        optimizer.step()
    assert {entry["exp_avg"].dtype for entry in optimizer.state.values()} == {torch.float64}
    assert {float(entry["step"]) for entry in optimizer.state.values()} == {4.0}


def test_a_count_below_zero_stops_the_step_before_anything_moves():
    params = parameters()
    optimizer = Padam(params, weight_decay=0.1, decay="decoupled-lr")
    run(optimizer, params, 2)
    before = [w.detach().clone() for w in params]
    optimizer.state[params[-1]]["step"].fill_(-3)
    with pytest.raises(ValueError, match="count of updates"):
        optimizer.step()
    assert all(torch.equal(w, old) for w, old in zip(params, before, strict=True))
