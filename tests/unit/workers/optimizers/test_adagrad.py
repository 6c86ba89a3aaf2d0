from __future__ import annotations

import pytest
import torch

from tests.unit.workers.optimizers.common import assert_near, parameters, run
from workers.optimizers.adagrad import Adagrad

# Worked out at 50 digits: w0 = 1, g = 1, -2, 1/2, lr = 0.1, eps = 0.01.
KNOWN = {
    ("squared", 0.5): (0.90099009900990099, 0.99003459899989238, 0.96830763422458313),
    ("squared", 0.3): (0.90099009900990099, 1.0236400796407908, 0.99342043147514195),
    ("squared", 1.0): (0.90099009900990099, 0.94091025869053971, 0.93140455526848648),
    ("absolute", 0.5): (0.90099009900990099, 1.0157973130882954, 0.98921328649629321),
    ("absolute", 0.3): (0.90099009900990099, 1.0438075416461381, 1.0097057341574744),
    ("absolute", 1.0): (0.90099009900990099, 0.96743528173415348, 0.95319026748913924),
    ("counter", 0.5): (0.90099009900990099, 1.0414184766660933, 1.0127166731464947),
    ("counter", 0.3): (0.90099009900990099, 1.0621317017513538, 1.0264273410922945),
    ("counter", 1.0): (0.90099009900990099, 1.00049258657209, 0.98388129089102692),
}


@pytest.mark.parametrize(("accumulator", "exponent"), KNOWN)
def test_three_steps_have_the_known_answers(accumulator, exponent):
    w = torch.ones((), dtype=torch.float64, requires_grad=True)
    optimizer = Adagrad([w], lr=0.1, eps=0.01, accumulator=accumulator, exponent=exponent)
    found = []
    for gradient in (1.0, -2.0, 0.5):
        w.grad = torch.full_like(w, gradient)
        optimizer.step()
        found.append(float(w.detach()))
    assert found == pytest.approx(KNOWN[accumulator, exponent], abs=2e-15)


def test_squares_and_a_root_are_torch_s_adagrad():
    ours, theirs = parameters(), parameters()
    run(Adagrad(ours, weight_decay=0.1), ours, 200)
    run(torch.optim.Adagrad(theirs, weight_decay=0.1), theirs, 200)
    assert_near(ours, theirs, atol=1e-14)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 0.25])
def test_counters_are_sgd_with_a_falling_rate(exponent):
    ours, theirs = parameters(), parameters()
    sgd = torch.optim.SGD(theirs, lr=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(sgd, lambda step: (step + 1) ** -exponent)
    run(Adagrad(ours, lr=0.1, eps=0.0, accumulator="counter", exponent=exponent), ours, 0)
    adagrad = Adagrad(ours, lr=0.1, eps=0.0, accumulator="counter", exponent=exponent)
    for step in range(50):
        run(adagrad, ours, 1, first=step)
        run(sgd, theirs, 1, first=step)
        schedule.step()
    assert_near(ours, theirs, atol=1e-14)


@pytest.mark.parametrize(("accumulator", "exponent"), [("squared", 0.5), ("absolute", 1.0)])
def test_the_scale_of_the_gradient_does_not_matter(accumulator, exponent):
    """g over the root of a sum of squares, or over a sum of absolute values, has no unit."""
    moved = []
    for scale in (1.0, 1e3):
        w = torch.ones((), dtype=torch.float64, requires_grad=True)
        optimizer = Adagrad([w], eps=0.0, accumulator=accumulator, exponent=exponent)
        for gradient in (1.0, -2.0, 0.5):
            w.grad = torch.full_like(w, gradient * scale)
            optimizer.step()
        moved.append(float(w.detach()))
    assert moved[0] == pytest.approx(moved[1], rel=1e-14)


def test_a_weight_that_never_saw_a_gradient_stays():
    w = torch.ones(2, requires_grad=True)
    w.grad = torch.tensor([0.0, 1.0])
    Adagrad([w], eps=0.0).step()
    assert float(w.detach()[0]) == 1.0
    assert w.isfinite().all()


BAD = [{"accumulator": "abs"}, {"exponent": 0.0}, {"exponent": 1.5}, {"eps": -1.0}, {"lr": None}]


@pytest.mark.parametrize("options", BAD, ids=str)
def test_an_option_out_of_its_range_is_refused(options):
    with pytest.raises((TypeError, ValueError), match=next(iter(options))):
        Adagrad(parameters(), **options)
