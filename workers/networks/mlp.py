"""The small multilayer perceptron: without batch norm, so that large learning rates do diverge."""

from __future__ import annotations

import math

from torch import nn


def mlp(shape: tuple[int, int, int], classes: int, *, width: int = 64) -> nn.Module:
    """Return two hidden ReLU layers of ``width``; input ``[batch, *shape]``, output ``[batch, classes]``."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(math.prod(shape), width),
        nn.ReLU(inplace=True),
        nn.Linear(width, width),
        nn.ReLU(inplace=True),
        nn.Linear(width, classes),
    )
