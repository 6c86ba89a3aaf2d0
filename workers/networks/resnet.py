"""Residual networks in their CIFAR form: a 3x3 stem without pooling, stages that halve the image.

He, Zhang, Ren, Sun: Deep residual learning for image recognition, CVPR 2016, doi:10.1109/cvpr.2016.90. Shortcuts
that change the shape are 1x1 convolutions with batch norm (the paper's option B), as in the code the Padam authors
trained, or ``padding`` (its option A, which the paper has for CIFAR-10).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from torch import Tensor, nn
from torch.nn import functional

CUT = 0.87962566103423978


class Padding(nn.Module):
    """A shortcut without parameters: every ``stride``-th pixel, zeros for the channels that come new."""

    def __init__(self, added: int, stride: int) -> None:
        super().__init__()
        self.before, self.after, self.stride = added // 2, added - added // 2, stride

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[batch, channels, h, w]`` to ``[batch, channels + added, h / stride, w / stride]``."""
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.before, self.after))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with batch norm, added to their input; the first one may halve the image."""

    def __init__(self, channels: int, width: int, stride: int, shortcut: str) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut: nn.Module = nn.Identity()
        if (stride != 1 or channels != width) and shortcut == "padding":
            self.shortcut = Padding(width - channels, stride)
        elif stride != 1 or channels != width:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[batch, channels, h, w]`` to ``[batch, width, h / stride, w / stride]``."""
        y = functional.relu(self.norm1(self.conv1(x)), inplace=True)
        y = self.norm2(self.conv2(y))
        return functional.relu(y + self.shortcut(x), inplace=True)


class ResNet(nn.Module):
    """Stem, stages of basic blocks, global average pooling, one linear layer.

    Parameters
    ----------
    channels, classes
        Of the images.
    widths, blocks
        Channels and number of blocks of each stage; all stages but the first halve the image.
    shortcut
        What a block is added to where it changes the shape: ``projection`` or ``padding``.
    """

    def __init__(
        self, channels: int, classes: int, widths: Sequence[int], blocks: Sequence[int], shortcut: str = "projection"
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True)
        )
        stages: list[nn.Module] = []
        before = widths[0]
        for index, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            for block in range(count):
                stages.append(BasicBlock(before, width, 2 if index and not block else 1, shortcut))
                before = width
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(before, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[batch, channels, h, w]`` to ``[batch, classes]``."""
        y: Tensor = self.stages(self.stem(x))
        logits: Tensor = self.head(y.mean((2, 3)))
        return logits


def _cifar(blocks: int) -> Callable[..., nn.Module]:
    """Return what builds the paper's network of 6n + 2 layers with n ``blocks`` a stage, of width 16, 32 and 64."""

    def build(shape: tuple[int, int, int], classes: int, *, shortcut: str = "projection") -> nn.Module:
        return ResNet(shape[0], classes, (16, 32, 64), (blocks,) * 3, shortcut)

    return build


resnet8, resnet20, resnet32, resnet44, resnet56, resnet110 = map(_cifar, (1, 3, 5, 7, 9, 18))


def resnet18(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Return eight basic blocks, two each of width 64 to 512: 11.17 M parameters for 3 channels, 10 classes."""
    return ResNet(shape[0], classes, (64, 128, 256, 512), (2, 2, 2, 2))


def resnet34(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Return sixteen basic blocks of width 64 to 512: 21.28 M parameters for 3 channels, 10 classes."""
    return ResNet(shape[0], classes, (64, 128, 256, 512), (3, 4, 6, 3))


def resnet18_report(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Return :func:`resnet18` with the initial weights and the batch norm of the Padam reproducibility report's code.

    Convolutions begin with variance 1 / fan-in, from a normal law cut at two deviations; the linear layer as Glorot
    and Bengio have it (uniform, variance 2 / (fan-in + fan-out)), its bias at 0; running means of batch norm keep
    0.997 of themselves a step, where torch's default keeps 0.9. Read in the TensorFlow code beside the report
    (H. Mittal, K. Pandey, Y. Kant, arXiv:1901.09517; github.com/yashkant/padam-tensorflow, resnet-18/resnet.py).
    """
    network = resnet18(shape, classes)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            # A normal law of deviation 1 that is cut at 2 has the deviation CUT.
            deviation = (module.in_channels * math.prod(module.kernel_size)) ** -0.5 / CUT
            nn.init.trunc_normal_(module.weight, std=deviation, a=-2.0 * deviation, b=2.0 * deviation)
    return as_keras(network, kept=0.997, eps=1e-5)


def as_keras(network: nn.Module, *, kept: float, eps: float) -> nn.Module:
    """Return a network with Keras' linear layers, and with batch norm that keeps a share of its means a step."""
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.momentum, module.eps = 1.0 - kept, eps
    return network
