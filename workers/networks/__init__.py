"""Networks: built by name, for images of any channels and size, from their own seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from workers.networks import ready_made, resnet
from workers.networks.mlp import mlp
from workers.networks.shake_shake import shake_shake26
from workers.networks.softmax import softmax
from workers.networks.vgg import vgg16_bn
from workers.networks.wide import wrn16_4, wrn16_4_report
from workers.seeds import derived_seed

NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "softmax": softmax,
    "mlp": mlp,
    "resnet8": resnet.resnet8,
    "resnet20": resnet.resnet20,
    "resnet32": resnet.resnet32,
    "resnet44": resnet.resnet44,
    "resnet56": resnet.resnet56,
    "resnet110": resnet.resnet110,
    "resnet18": resnet.resnet18,
    "resnet18-report": resnet.resnet18_report,
    "resnet34": resnet.resnet34,
    "vgg16-bn": vgg16_bn,
    "wrn16-4": wrn16_4,
    "wrn16-4-report": wrn16_4_report,
    "shake-shake26": shake_shake26,
    "torchvision-resnet18": ready_made.resnet18,
    "torchvision-resnet34": ready_made.resnet34,
    "torchvision-resnet50": ready_made.resnet50,
    "torchvision-wide-resnet50-2": ready_made.wide_resnet50_2,
    "torchvision-vgg16-bn": ready_made.vgg16_bn,
    "torchvision-densenet121": ready_made.densenet121,
    "torchvision-mobilenet-v2": ready_made.mobilenet_v2,
    "torchvision-efficientnet-b0": ready_made.efficientnet_b0,
    "torchvision-googlenet": ready_made.googlenet,
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
