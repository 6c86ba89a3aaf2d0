"""Padam as the papers print it: one tensor at a time, nothing clever.

The oracle of the tests and the baseline of the benchmarks; training uses :class:`workers.optimizers.Padam`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


class NaivePadam:
    """The rules of :class:`workers.optimizers.Padam`, written out one by one with general powers and L2 decay."""

    def __init__(
        self,
        params: Sequence[Tensor],
        lr: float,
        p: float,
        variant: str = "torch",
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        amsgrad: bool = True,
    ) -> None:
        self.params, self.lr, self.p, self.variant = list(params), lr, p, variant
        self.betas, self.eps, self.weight_decay, self.amsgrad = betas, eps, weight_decay, amsgrad
        self.step_count = 0
        self.m = [torch.zeros_like(w) for w in self.params]
        self.v = [torch.zeros_like(w) for w in self.params]
        self.maximum = [torch.zeros_like(w) for w in self.params]

    @torch.no_grad()
    def step(self) -> None:
        """Update every parameter from its gradient."""
        self.step_count += 1
        (beta1, beta2), t = self.betas, self.step_count
        c1, c2 = float(1 - beta1**t), float(1 - beta2**t)
        for i, w in enumerate(self.params):
            assert w.grad is not None  # noqa: S101
            g = w.grad + self.weight_decay * w
            self.m[i] = beta1 * self.m[i] + (1 - beta1) * g
            self.v[i] = beta2 * self.v[i] + (1 - beta2) * g * g
            seen = self.v[i] / c2 if self.variant == "report" else self.v[i]
            self.maximum[i] = torch.maximum(self.maximum[i], seen)
            big = self.maximum[i] if self.amsgrad else seen
            w.sub_(self.lr * self._quotient(self.m[i], big, c1, c2))

    def _quotient(self, m: Tensor, big: Tensor, c1: float, c2: float) -> Tensor:
        p, eps = self.p, self.eps
        if self.variant == "torch":
            return (m / c1) / torch.pow((big / c2).sqrt() + eps, 2 * p)
        if self.variant == "authors":
            return m * math.sqrt(c2) / c1 / torch.pow(big.sqrt() + eps, 2 * p)
        if self.variant == "authors-pcorr":
            return m * math.pow(c2, p) / c1 / torch.pow(big.sqrt() + eps, 2 * p)
        if self.variant == "paper":
            return m / torch.pow(big, p)
        if self.variant == "report":
            return (m / c1) / torch.pow(big, p)
        if self.variant == "report-tf":
            return m * math.sqrt(c2) / c1 / (torch.pow(big, p) + eps)
        raise ValueError(f"no variant {self.variant!r}")
