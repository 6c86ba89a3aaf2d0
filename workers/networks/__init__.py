"""Networks: built by name, for images of any channels and size, from their own seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from workers.networks.mlp import mlp
from workers.networks.resnet import resnet8, resnet18, resnet18_report, resnet20
from workers.seeds import derived_seed

NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "mlp": mlp,
    "resnet8": resnet8,
    "resnet18": resnet18,
    "resnet18-report": resnet18_report,
    "resnet20": resnet20,
}
"""Each takes (channels, height, width), the number of classes, and its options by name."""


def build_network(
    name: str, shape: tuple[int, int, int], classes: int, seed: int, options: Mapping[str, Any] | None = None
) -> nn.Module:
    """Return a network with freshly drawn weights; the global random state is left as it was.

    Parameters
    ----------
    name
        A name of :data:`NETWORKS`.
    shape
        (channels, height, width) of the images.
    classes
        Number of outputs.
    seed
        Replicate; the same seed gives the same weights on every machine with the same torch.
    options
        Values of what the network declares; what is not there has its default.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(seed, "init"))
        return NETWORKS[name](shape, classes, **(options or {}))
