"""torchvision's own networks, as it builds them for ImageNet, without trained weights.

Their stems were made for images of 224 pixels a side: on small ones they leave little to look at. torchvision is
imported when one is built.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn


class Coloured(nn.Module):
    """A network of three channels that takes grey images, each channel the same."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[batch, 1, h, w]`` to what the network maps ``[batch, 3, h, w]`` to."""
        y: Tensor = self.network(x.expand(-1, 3, -1, -1))
        return y


def _of(model: str, **fixed: Any) -> Callable[[tuple[int, int, int], int], nn.Module]:
    """Return what builds a network by torchvision's name of it, for images of one channel or of three."""

    def build(shape: tuple[int, int, int], classes: int) -> nn.Module:
        from torchvision.models import get_model  # noqa: PLC0415 - the other networks need no torchvision

        network: nn.Module = get_model(model, weights=None, num_classes=classes, **fixed)
        return network if shape[0] == 3 else Coloured(network)

    return build


resnet18, resnet34, resnet50 = _of("resnet18"), _of("resnet34"), _of("resnet50")
wide_resnet50_2 = _of("wide_resnet50_2")
vgg16_bn = _of("vgg16_bn")
densenet121 = _of("densenet121")
mobilenet_v2 = _of("mobilenet_v2")
efficientnet_b0 = _of("efficientnet_b0")
googlenet = _of("googlenet", aux_logits=False, init_weights=True)
