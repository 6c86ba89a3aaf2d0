"""Parameters, gradients and short runs that the optimizers' tests share; everything in float64."""

from __future__ import annotations

import torch

SHAPES = ((5, 3), (7,), (), (2, 3, 2, 1))
SCALES = (1.0, 1e-2, 3.0, 1e-3)


def parameters(shapes=SHAPES, dtype=torch.float64, seed=0):
    draws = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=draws, dtype=torch.float64).to(dtype).requires_grad_() for shape in shapes]


def give_gradients(params, step, seed=1):
    """Set the gradients of one step: the same for the same step, each tensor on a scale of its own."""
    draws = torch.Generator().manual_seed(100_000 * seed + step)
    for number, w in enumerate(params):
        gradient = torch.randn(w.shape, generator=draws, dtype=torch.float64) * SCALES[number % len(SCALES)]
        w.grad = gradient.to(w.dtype)


def run(optimizer, params, steps, first=0):
    for step in range(first, first + steps):
        give_gradients(params, step)
        optimizer.step()
    return params


def assert_near(params, others, atol, rtol=0.0):
    torch.testing.assert_close([w.detach() for w in params], [w.detach() for w in others], atol=atol, rtol=rtol)


def assert_same(params, others):
    assert_near(params, others, atol=0.0)
