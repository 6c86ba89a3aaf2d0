from __future__ import annotations

import math

import pytest
import torch

from tests.unit.workers.optimizers.common import assert_near, assert_same, give_gradients, parameters, run
from workers.optimizers import Padam
from workers.optimizers.adam import RULES, Adam, RAdam, rectifier

# Worked out at 50 digits: w0 = 1, g = 1, -2, 1/2, lr = 0.1, betas = (0.9, 0.99), eps = 0.01.
KNOWN = {
    "torch": (0.90099009900990099, 0.93732143641011962, 0.9508968001149946),
    "eps-hat": (0.90909090909090909, 0.94408512420770991, 0.95718803449166198),
    "uncorrected": (0.90909090909090909, 0.9562237177135146, 0.97682771682056374),
    "eps-under-root": (0.90049628097900109, 0.93698436789972207, 0.95062345654169543),
    "max-of-corrected": (0.90099009900990099, 0.93732143641011962, 0.94866812380347875),
    "nadam": (0.85409067222511725, 0.94307258915198617, 0.93884806673315334),
}
SMALL = {"lr": 0.1, "betas": (0.9, 0.99), "eps": 0.01}


def after(optimizer, w, gradients):
    found = []
    for gradient in gradients:
        w.grad = torch.full_like(w, gradient)
        optimizer.step()
        found.append(float(w.detach()))
    return found


def one():
    return torch.ones((), dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("variant", RULES)
def test_three_steps_have_the_known_answers(variant):
    w = one()
    optimizer = Adam([w], variant=variant, amsgrad=variant == "max-of-corrected", **SMALL)
    assert after(optimizer, w, (1.0, -2.0, 0.5)) == pytest.approx(KNOWN[variant], abs=2e-15)


@pytest.mark.parametrize("amsgrad", [False, True])
def test_torch_s_variant_is_torch_s(amsgrad):
    ours, theirs = parameters(), parameters()
    run(Adam(ours, weight_decay=0.1, amsgrad=amsgrad), ours, 200)
    run(torch.optim.Adam(theirs, weight_decay=0.1, amsgrad=amsgrad), theirs, 200)
    assert_near(ours, theirs, atol=2e-15)


@pytest.mark.parametrize("variant", ["eps-hat", "eps-under-root"])
def test_without_eps_its_place_does_not_matter(variant):
    ours, theirs = parameters(), parameters()
    run(Adam(ours, eps=0.0, variant=variant), ours, 100)
    run(Adam(theirs, eps=0.0), theirs, 100)
    assert_near(ours, theirs, atol=1e-14)


def test_eps_hat_is_eps_over_the_root_of_the_correction():
    (ours,), (theirs,) = parameters(((6,),)), parameters(((6,),))
    hat, plain = Adam([ours], eps=1e-3, variant="eps-hat"), Adam([theirs])
    for step in range(1, 40):
        give_gradients([ours], step)
        give_gradients([theirs], step)
        plain.param_groups[0]["eps"] = 1e-3 / math.sqrt(1 - 0.999**step)
        hat.step()
        plain.step()
    assert_near([ours], [theirs], atol=1e-15)


def test_eps_hat_is_the_authors_padam_at_one_half():
    ours, theirs = parameters(), parameters()
    run(Adam(ours, lr=0.01, variant="eps-hat", eps=1e-3), ours, 50)
    run(Padam(theirs, lr=0.01, variant="authors", p=0.5, eps=1e-3, amsgrad=False), theirs, 50)
    assert_same(ours, theirs)


def test_the_maximum_of_what_is_corrected_is_the_report_s_padam_without_eps():
    ours, theirs = parameters(), parameters()
    run(Adam(ours, lr=0.01, variant="max-of-corrected", eps=0.0, amsgrad=True), ours, 50)
    run(Padam(theirs, lr=0.01, variant="report", p=0.5), theirs, 50)
    assert_near(ours, theirs, atol=1e-15)


def test_the_maximum_of_what_is_corrected_needs_the_maximum():
    with pytest.raises(ValueError, match="amsgrad must be True"):
        Adam(parameters(), variant="max-of-corrected")


def test_nadam_without_momentum_is_adam_without():
    ours, theirs = parameters(), parameters()
    run(Adam(ours, betas=(0.0, 0.99), variant="nadam"), ours, 50)
    run(Adam(theirs, betas=(0.0, 0.99)), theirs, 50)
    assert_near(ours, theirs, atol=1e-15)


def test_nadam_looks_a_step_ahead_under_a_constant_gradient():
    """m / (1 - beta1^(t+1)) is below 1 there by what the gradient adds to it."""
    w = one()
    optimizer = Adam([w], lr=1.0, betas=(0.9, 0.0), eps=0.0, variant="nadam")
    moved = -torch.tensor([1.0, *after(optimizer, w, (1.0,) * 4)]).diff()
    expected = [0.9 * (1 - 0.9**t) / (1 - 0.9 ** (t + 1)) + 0.1 / (1 - 0.9**t) for t in range(1, 5)]
    assert moved.tolist() == pytest.approx(expected, abs=1e-6)


# -- lazy


def test_lazy_adam_has_the_known_answers():
    w = one()
    optimizer = Adam([w], variant="eps-hat", lazy=True, **SMALL)
    known = (0.90909090909090909, 0.90909090909090909, 0.83572647395096768)
    assert after(optimizer, w, (1.0, 0.0, 0.5)) == pytest.approx(known, abs=2e-15)


def test_lazy_adam_is_torch_s_for_sparse_gradients():
    ours, theirs = parameters(((6, 3),)), parameters(((6, 3),))
    lazy, sparse = Adam(ours, variant="eps-hat", lazy=True), torch.optim.SparseAdam(theirs)
    draws = torch.Generator().manual_seed(0)
    for _ in range(40):
        gradient = torch.randn(6, 3, generator=draws, dtype=torch.float64)
        gradient[torch.rand(6, generator=draws) < 0.5] = 0.0
        ours[0].grad, theirs[0].grad = gradient, gradient.to_sparse(1)
        lazy.step()
        sparse.step()
    assert_near(ours, theirs, atol=1e-14)


def test_dense_adam_moves_on_where_lazy_adam_waits():
    moved = {}
    for lazy in (False, True):
        w = one()
        moved[lazy] = after(Adam([w], variant="eps-hat", lazy=lazy), w, (1.0, 0.0, 0.0))
    assert moved[True][0] == moved[True][1] == moved[True][2]
    assert moved[False][0] > moved[False][1] > moved[False][2]


def test_lazy_adam_is_adam_where_no_gradient_is_zero():
    ours, theirs = parameters(), parameters()
    run(Adam(ours, lazy=True), ours, 20)
    run(Adam(theirs), theirs, 20)
    assert_same(ours, theirs)


# -- RAdam

GRADIENTS = (1.0, -2.0, 0.5, 1.0, -1.0, 2.0, 0.25, -3.0)
RECTIFIED = (*[1.0] * 5, 0.99808398753895008, 0.99558126436570159, 0.99757631211678306)


def test_radam_waits_five_steps_and_has_the_known_answers():
    w = one()
    assert after(RAdam([w], **SMALL), w, GRADIENTS) == pytest.approx(RECTIFIED, abs=2e-15)


@pytest.mark.parametrize("beta2", [0.9, 0.99, 0.999])
def test_the_variance_can_be_rectified_from_the_sixth_step_on(beta2):
    found = [rectifier(beta2, step) for step in range(1, 400)]
    assert found[:5] == [0.0] * 5
    assert found[5] > 0.0
    assert found[5:] == sorted(found[5:])
    assert rectifier(beta2, 100_000) == pytest.approx(1.0)


def test_radam_and_torch_s_take_the_same_steps_once_rectified():
    ours, theirs = parameters(), parameters()
    waiting, moving = RAdam(ours), torch.optim.RAdam(theirs)
    run(waiting, ours, 5)
    run(moving, theirs, 5)
    apart = [a.detach() - b.detach() for a, b in zip(ours, theirs, strict=True)]
    assert all(bool((it != 0).all()) for it in apart)
    run(waiting, ours, 60, first=5)
    run(moving, theirs, 60, first=5)
    for a, b, distance in zip(ours, theirs, apart, strict=True):
        torch.testing.assert_close(a.detach() - b.detach(), distance, rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("decay", ["decoupled-lr", "decoupled-schedule"])
def test_radam_does_not_decay_before_it_steps(decay):
    w = one()
    found = after(RAdam([w], weight_decay=0.1, decay=decay), w, (0.0,) * 7)
    assert found[:5] == [1.0] * 5
    assert found[5] < 1.0


BAD = [{"variant": "keras"}, {"lazy": 1}, {"betas": (1.0, 0.9)}, {"eps": -1.0}, {"amsgrad": None}, {"lr": -1.0}]


@pytest.mark.parametrize("options", BAD, ids=str)
def test_an_option_out_of_its_range_is_refused(options):
    with pytest.raises((TypeError, ValueError), match=next(iter(options))):
        Adam(parameters(), **options)
