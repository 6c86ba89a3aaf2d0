from __future__ import annotations

import math

import pytest
import torch

from tests.unit.workers.optimizers.common import assert_near, assert_same, give_gradients, parameters, run
from workers.optimizers import Padam
from workers.optimizers.naive import NaivePadam
from workers.optimizers.padam import RULES

EXPONENTS = (0.0, 1 / 16, 1 / 8, 0.2, 1 / 4, 0.3, 1 / 2)


def the_same_run(steps=200, **options):
    """Return the parameters after the same steps of the naive rule and of Padam."""
    naive, fast = parameters(), parameters()
    oracle_options = {k: v for k, v in options.items() if k not in {"lr", "p"}}
    run(NaivePadam(naive, options["lr"], options["p"], **oracle_options), naive, steps)
    run(Padam(fast, **options), fast, steps)
    return naive, fast


@pytest.mark.parametrize(("amsgrad", "weight_decay"), [(True, 0.0), (True, 0.01), (False, 0.01)])
@pytest.mark.parametrize("p", EXPONENTS)
@pytest.mark.parametrize("variant", RULES)
def test_each_variant_follows_its_formula(variant, p, amsgrad, weight_decay):
    naive, fast = the_same_run(lr=0.01, p=p, variant=variant, amsgrad=amsgrad, weight_decay=weight_decay)
    assert_near(fast, naive, atol=1e-12)


@pytest.mark.parametrize("eps", [0.0, 1e-3, 1.0])
@pytest.mark.parametrize("p", [0.0, 1 / 8, 1 / 2])
@pytest.mark.parametrize("variant", RULES)
def test_each_variant_has_eps_in_its_own_place(variant, p, eps):
    naive, fast = the_same_run(steps=100, lr=0.01, p=p, variant=variant, eps=eps)
    assert_near(fast, naive, atol=1e-12)


@pytest.mark.parametrize("betas", [(0.0, 0.0), (0.0, 0.999), (0.9, 0.99), (0.99, 0.5)])
@pytest.mark.parametrize("variant", RULES)
def test_each_variant_follows_its_formula_at_any_betas(variant, betas):
    naive, fast = the_same_run(steps=100, lr=0.01, p=1 / 8, variant=variant, betas=betas)
    assert_near(fast, naive, atol=1e-12)


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("eps", [0.0, 1e-8, 1e-2, 1.0])
def test_torch_variant_at_one_half_is_adam_with_amsgrad(eps, weight_decay, maximize):
    ours, theirs = parameters(), parameters()
    shared = {"lr": 1e-3, "eps": eps, "weight_decay": weight_decay, "amsgrad": True, "maximize": maximize}
    run(Padam(ours, p=0.5, variant="torch", **shared), ours, 300)
    run(torch.optim.Adam(theirs, **shared), theirs, 300)
    assert_near(ours, theirs, atol=2e-15)


def test_torch_variant_at_one_half_without_the_maximum_is_adam():
    ours, theirs = parameters(), parameters()
    run(Padam(ours, lr=1e-3, p=0.5, amsgrad=False), ours, 300)
    run(torch.optim.Adam(theirs, lr=1e-3), theirs, 300)
    assert_near(ours, theirs, atol=2e-15)


@pytest.mark.parametrize("variant", ["authors", "authors-pcorr"])
def test_variant_of_the_authors_at_one_half_is_amsgrad_up_to_the_place_of_eps(variant):
    (ours,), (theirs,) = parameters(((20,),)), parameters(((20,),))
    padam = Padam([ours], lr=1e-3, p=0.5, eps=1e-8, variant=variant)
    adam = torch.optim.Adam([theirs], lr=1e-3, eps=1e-8, amsgrad=True)
    draws = torch.Generator().manual_seed(0)
    for _ in range(300):
        normal = torch.randn(20, generator=draws, dtype=torch.float64)
        ours.grad = theirs.grad = normal.sign() * (0.3 + normal.abs())
        padam.step()
        adam.step()
    away = float((ours - theirs).detach().abs().max())
    assert 0.0 < away < 3e-9


@pytest.mark.parametrize("variant", ["authors", "authors-pcorr"])
def test_variant_of_the_authors_at_one_half_without_eps_is_amsgrad(variant):
    ours, theirs = parameters(), parameters()
    run(Padam(ours, lr=1e-3, p=0.5, eps=0.0, variant=variant), ours, 300)
    run(torch.optim.Adam(theirs, lr=1e-3, eps=0.0, amsgrad=True), theirs, 300)
    assert_near(ours, theirs, atol=2e-15)


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("beta1", [0.0, 0.5, 0.9])
def test_paper_variant_at_zero_is_sgd_with_momentum(beta1, weight_decay):
    ours, theirs = parameters(), parameters()
    run(Padam(ours, lr=0.1, betas=(beta1, 0.999), p=0, variant="paper", weight_decay=weight_decay), ours, 300)
    sgd = torch.optim.SGD(theirs, lr=0.1 * (1 - beta1), momentum=beta1, weight_decay=weight_decay)
    run(sgd, theirs, 300)
    assert_near(ours, theirs, atol=1e-13)


@pytest.mark.parametrize("variant", ["torch", "authors-pcorr", "report"])
def test_corrected_variants_at_zero_step_by_the_corrected_average(variant):
    ours, expected = parameters(), parameters()
    optimizer = Padam(ours, lr=0.05, p=0.0, variant=variant)
    average = [torch.zeros_like(w) for w in expected]
    for step in range(1, 201):
        give_gradients(ours, step)
        give_gradients(expected, step)
        optimizer.step()
        with torch.no_grad():
            for m, w in zip(average, expected, strict=True):
                m.mul_(0.9).add_(0.1 * w.grad)
                w.sub_(0.05 * m / (1 - 0.9**step))
    assert_near(ours, expected, atol=1e-13)


@pytest.mark.parametrize(("steps", "factor"), [(1, 0.316), (10, 0.153), (100, 0.309), (391, 0.569), (1000, 0.795)])
@pytest.mark.parametrize(("variant", "eps"), [("authors", 1e-8), ("report-tf", 0.0)])
def test_variant_of_the_authors_at_zero_warms_up(variant, eps, steps, factor):
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w], lr=1.0, p=0.0, eps=eps, variant=variant)
    for _ in range(steps):
        before = float(w.detach())
        w.grad = torch.ones_like(w)
        optimizer.step()
    moved = before - float(w.detach())
    m = 1 - 0.9**steps
    assert moved / m == pytest.approx(factor, abs=6e-4)


def test_report_variant_at_one_half_moves_by_lr_under_a_constant_gradient():
    w = torch.tensor([0.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w], lr=0.1, p=0.5, variant="report")
    for _ in range(100):
        w.grad = torch.tensor([1e-3, -50.0], dtype=torch.float64)
        optimizer.step()
    torch.testing.assert_close(w.detach(), torch.tensor([-10.0, 10.0], dtype=torch.float64), rtol=1e-12, atol=0.0)


def test_report_variant_keeps_the_largest_corrected_moment():
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w], variant="report")
    for gradient in (2.0, *[1e-6] * 50):
        w.grad = torch.full_like(w, gradient)
        optimizer.step()
    assert float(optimizer.state[w]["max_exp_avg_sq"]) == pytest.approx(4.0, rel=1e-12)


def test_maximum_never_falls():
    params = parameters()
    optimizer = Padam(params)
    before = [torch.zeros_like(w) for w in params]
    for step in range(50):
        run(optimizer, params, 1, step)
        now = [optimizer.state[w]["max_exp_avg_sq"].clone() for w in params]
        assert all(bool((a >= b).all()) for a, b in zip(now, before, strict=True))
        before = now


def test_without_amsgrad_no_maximum_is_kept():
    params = parameters()
    optimizer = Padam(params, amsgrad=False)
    run(optimizer, params, 1)
    assert set(optimizer.state[params[0]]) == {"step", "exp_avg", "exp_avg_sq"}


def test_maximize_is_descent_of_the_negated_gradient():
    up, down = parameters(), parameters()
    climbing, falling = Padam(up, maximize=True), Padam(down)
    for step in range(50):
        give_gradients(up, step)
        give_gradients(down, step)
        for w in down:
            w.grad.neg_()
        climbing.step()
        falling.step()
    assert_same(up, down)


@pytest.mark.parametrize("variant", RULES)
def test_p_may_change_during_training(variant):
    ours, theirs = parameters(), parameters()
    optimizer, naive = Padam(ours, lr=0.01, variant=variant), NaivePadam(theirs, 0.01, 0.125, variant)
    for step, p in enumerate([0.5] * 20 + [0.25] * 20 + [0.0] * 20 + [0.1] * 20):
        optimizer.param_groups[0]["p"] = naive.p = p
        run(optimizer, ours, 1, step)
        run(naive, theirs, 1, step)
    assert_near(ours, theirs, atol=1e-13)


def test_the_state_does_not_depend_on_p():
    states = []
    for p in (0.0, 0.5):
        params = parameters()
        optimizer = Padam(params, p=p)
        run(optimizer, params, 30)
        states.append([entry[name] for entry in optimizer.state.values() for name in sorted(entry)])
    torch.testing.assert_close(*states, rtol=0.0, atol=0.0)


@pytest.mark.parametrize("p", EXPONENTS)
@pytest.mark.parametrize("variant", RULES)
def test_a_weight_that_never_saw_a_gradient_stays_where_it_is(variant, p):
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w], p=p, variant=variant, eps=0.0)
    for _ in range(5):
        w.grad = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
        optimizer.step()
    assert w[[0, 2]].tolist() == [1.0, 1.0]
    assert math.isfinite(w[1].item())
    assert w[1].item() < 1.0


@pytest.mark.parametrize("variant", ["torch", "report"])
def test_mean_log10_v_is_the_scale_of_the_squared_gradient(variant):
    w = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w], variant=variant)
    for _ in range(20):
        w.grad = torch.tensor([1e-3, 1e-1, 10.0, 0.0], dtype=torch.float64)
        optimizer.step()
    assert optimizer.mean_log10_v() == pytest.approx((-6 - 2 + 2) / 3, abs=1e-10)


@pytest.mark.parametrize("variant", ["authors", "authors-pcorr", "paper", "report-tf"])
def test_mean_log10_v_is_uncorrected_where_the_denominator_is(variant):
    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w], variant=variant)
    w.grad = torch.full_like(w, 0.1)
    optimizer.step()
    assert optimizer.mean_log10_v() == pytest.approx(math.log10(1e-2 * 1e-3), abs=1e-10)


def test_mean_log10_v_weighs_every_weight_of_every_group_alike():
    small = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    large = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = Padam([{"params": [small]}, {"params": [large], "amsgrad": False, "betas": (0.5, 0.9)}])
    for _ in range(7):
        small.grad, large.grad = torch.full_like(small, 1e-2), torch.full_like(large, 100.0)
        optimizer.step()
    assert optimizer.mean_log10_v() == pytest.approx((3 * -4 + 4) / 4, abs=1e-10)


def test_mean_log10_v_is_known_at_p_zero_too():
    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w], p=0.0)
    w.grad = torch.full_like(w, 0.1)
    optimizer.step()
    assert optimizer.mean_log10_v() == pytest.approx(-2.0, abs=1e-10)


def test_mean_log10_v_is_none_before_the_first_step():
    assert Padam(parameters()).mean_log10_v() is None


def test_mean_log10_v_is_none_where_every_gradient_was_zero():
    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = Padam([w])
    w.grad = torch.zeros_like(w)
    optimizer.step()
    assert optimizer.mean_log10_v() is None


def test_mean_log10_v_leaves_out_a_parameter_without_a_gradient():
    seen, unseen = parameters(((3,), (2,)))
    optimizer = Padam([seen, unseen])
    seen.grad = torch.full_like(seen, 10.0)
    optimizer.step()
    assert optimizer.mean_log10_v() == pytest.approx(2.0, abs=1e-10)


BAD_OPTIONS = [
    *[{"p": p} for p in (-0.1, -1e-9, 0.5000001, 1, math.nan, math.inf, True, False, "0.1", None, 0.1j)],
    *[{"lr": lr} for lr in (-0.1, math.nan, math.inf, -math.inf, True, "0.1", None)],
    *[{"eps": eps} for eps in (-1e-8, math.nan, math.inf, True, "1e-8", None)],
    *[{"weight_decay": strength} for strength in (-1e-4, math.nan, math.inf, True, None)],
    *[{"betas": (beta, 0.999)} for beta in (-0.1, 1.0, math.nan, True, None)],
    *[{"betas": (0.9, beta)} for beta in (-0.1, 1.0, math.nan, False, None)],
    *[{"betas": betas} for betas in (0.9, (0.9,), (0.9, 0.99, 0.999), None, "ab")],
    *[{"variant": variant} for variant in ("adam", "Torch", "", None)],
    *[{"decay": decay} for decay in ("adamw", "", None)],
    {"decay": "normalised"},
    *[{"decay": "normalised", "cycle_steps": steps} for steps in (0, -1, 2.5, math.nan, True, "10")],
]


@pytest.mark.parametrize("options", BAD_OPTIONS, ids=str)
def test_an_option_out_of_its_range_is_refused_at_construction(options):
    with pytest.raises((ValueError, TypeError), match=next(reversed(options))):
        Padam(parameters(), **options)


@pytest.mark.parametrize("options", BAD_OPTIONS, ids=str)
def test_an_option_out_of_its_range_is_refused_in_a_group(options):
    with pytest.raises((ValueError, TypeError), match=next(reversed(options))):
        Padam([{"params": parameters(), **options}])


@pytest.mark.parametrize("options", BAD_OPTIONS, ids=str)
def test_an_option_changed_to_a_bad_value_is_refused_at_the_next_step(options):
    params, untouched = parameters(), parameters()
    optimizer = Padam(params)
    run(optimizer, params, 3)
    run(Padam(untouched), untouched, 3)
    optimizer.param_groups[0].update(options)
    give_gradients(params, 3)
    with pytest.raises((ValueError, TypeError), match=next(reversed(options))):
        optimizer.step()
    assert_same(params, untouched)


@pytest.mark.parametrize(
    "options",
    [
        *[{"p": p} for p in (0, 0.0, 0.5, 1e-300)],
        {"lr": 0},
        {"eps": 0.0},
        {"betas": (0, 0)},
        {"betas": [0.9, 0.99]},
        {"decay": "normalised", "cycle_steps": 1},
    ],
    ids=str,
)
def test_an_option_at_the_edge_of_its_range_trains(options):
    params = parameters()
    run(Padam(params, **options), params, 3)
    assert all(bool(w.isfinite().all()) for w in params)
