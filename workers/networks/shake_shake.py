"""Shake-shake residual networks: two branches a block, mixed at random for each image.

X. Gastaldi: Shake-shake regularization, arXiv:1705.07485, in the form Shake-Shake-Image, after the author's code
(github.com/xgastaldi/shake-shake, models/shakeshake.lua and shakeshakeblock.lua).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

STAGE = 4
"""Blocks a stage: 26 layers."""


class Mix(torch.autograd.Function):
    """``share * one + (1 - share) * other``, whose gradients go back by another share."""

    @staticmethod
    def forward(ctx: Any, one: Tensor, other: Tensor, share: Tensor, back: Tensor) -> Tensor:
        """Mix two tensors ``[batch, ...]`` by shares ``[batch, 1, 1, 1]``."""
        ctx.save_for_backward(back)
        return torch.lerp(other, one, share)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Divide the gradient among the two."""
        (gradient,), (back,) = gradients, ctx.saved_tensors
        first = back * gradient
        return first, gradient - first, None, None


def branch(channels: int, width: int, stride: int) -> nn.Module:
    """Return ReLU, 3x3 convolution, batch norm, and the three again."""
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(channels, width, 3, stride, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 3, 1, 1, bias=False),
        nn.BatchNorm2d(width),
    )


class Skip(nn.Module):
    """A shortcut to another shape: two 1x1 convolutions side by side, the second of the image moved by one pixel."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.here = nn.Conv2d(channels, width // 2, 1, bias=False)
        self.beside = nn.Conv2d(channels, width - width // 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[batch, channels, h, w]`` to ``[batch, width, h / stride, w / stride]``."""
        x = functional.relu(x)
        moved = functional.pad(x, (1, -1, 1, -1))
        halves = [part[:, :, :: self.stride, :: self.stride] for part in (x, moved)]
        y: Tensor = self.norm(torch.cat([self.here(halves[0]), self.beside(halves[1])], dim=1))
        return y


class ShakeBlock(nn.Module):
    """Two branches, mixed and added to their input.

    In training each image has a share of its own, uniform in [0, 1), and another one for its gradients; both are
    drawn from torch's global generator on the CPU, in the forward pass. Evaluation takes one half of each.
    """

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.one, self.other = branch(channels, width, stride), branch(channels, width, stride)
        self.skip: nn.Module = nn.Identity() if channels == width else Skip(channels, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[batch, channels, h, w]`` to ``[batch, width, h / stride, w / stride]``."""
        one, other = self.one(x), self.other(x)
        if self.training:
            share, back = torch.rand(2, len(x), 1, 1, 1, device="cpu").to(one)
            mixed: Tensor = Mix.apply(one, other, share, back)
        else:
            mixed = torch.lerp(other, one, 0.5)
        total: Tensor = self.skip(x) + mixed
        return total


def shake_shake26(shape: tuple[int, int, int], classes: int, *, width: int = 64) -> nn.Module:
    """Return shake-shake 26 2x``width``d: four blocks of ``width`` channels, of twice and of four times as many.

    Parameters
    ----------
    shape, classes
        Of the images.
    width
        Channels of the first stage: 32, 64 and 96 in the paper.
    """
    layers: list[nn.Module] = [nn.Conv2d(shape[0], 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)]
    before = 16
    for index in range(3):
        for block in range(STAGE):
            layers.append(ShakeBlock(before, width << index, 2 if index and not block else 1))
            before = width << index
    head = nn.Linear(before, classes)
    network = nn.Sequential(*layers, nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    nn.init.zeros_(head.bias)
    return network
