"""Softmax regression: one linear layer, whose loss has a single minimum."""

from __future__ import annotations

import math

from torch import nn


def softmax(shape: tuple[int, int, int], classes: int, *, zeros: bool = False) -> nn.Module:
    """Return one linear layer; input ``[batch, *shape]``, output ``[batch, classes]``.

    Parameters
    ----------
    shape, classes
        Of the images.
    zeros
        Whether it begins with zeros, as the MNIST tutorial of TensorFlow does, and not with torch's initial weights.
    """
    layer = nn.Linear(math.prod(shape), classes)
    if zeros:
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(nn.Flatten(), layer)
