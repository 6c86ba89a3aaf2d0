"""The online sequence on which Adam ends at the worst point: Reddi, Kale, Kumar, ICLR 2018, arXiv:1904.09237."""

from __future__ import annotations

import math

import pytest
import torch

from workers.optimizers import Padam

C = 3.0
BETAS = (0.0, 1.0 / (1.0 + C * C))
ALPHA = 0.5 * math.sqrt(1.0 - BETAS[1])
STEPS = 12_000


def end_of_the_sequence(kind, **options):
    """Return x after losses C x (every third step) and -x, projected to [-1, 1]; the best fixed x is -1."""
    x = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = kind([x], lr=ALPHA, betas=BETAS, **options)
    x.grad = torch.zeros_like(x)
    for t in range(1, STEPS + 1):
        x.grad.fill_(C if t % 3 == 1 else -1.0)
        optimizer.param_groups[0]["lr"] = ALPHA / math.sqrt(t)
        optimizer.step()
        with torch.no_grad():
            x.clamp_(-1.0, 1.0)
    return x.item()


def test_adam_ends_at_the_worst_point():
    assert end_of_the_sequence(torch.optim.Adam) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("p", [1 / 2, 1 / 4, 1 / 8])
def test_padam_ends_near_the_best_point(p):
    assert end_of_the_sequence(Padam, p=p) == pytest.approx(-1.0, abs=0.03)


def test_amsgrad_ends_near_the_best_point():
    assert end_of_the_sequence(torch.optim.Adam, amsgrad=True) == pytest.approx(-1.0, abs=0.03)


def test_padam_without_the_maximum_ends_where_adam_does():
    assert end_of_the_sequence(Padam, p=0.5, amsgrad=False) == pytest.approx(1.0, abs=0.02)
