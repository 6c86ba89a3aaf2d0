"""Networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from search_spaces.declarations.declaration import Declaration, by_name
from search_spaces.options import Choice, Number, Option, Switch

_RESNET = "K. He et al., Deep Residual Learning for Image Recognition, arXiv:1512.03385"
_REPORT = "H. Mittal, K. Pandey, Y. Kant, ICLR Reproducibility Challenge 2019: Padam, arXiv:1901.09517"


@dataclass(frozen=True, kw_only=True)
class Network(Declaration):
    """A network.

    Attributes
    ----------
    parameters
        Their number for 3x32x32 images and 10 classes, its options at their defaults; None where nobody has counted.
    least
        Pixels a side that an image must have.
    channels
        Numbers of channels that it takes; none named: any.
    """

    parameters: int | None = None
    least: int = 1
    channels: tuple[int, ...] = ()

    def faults(self, shape: tuple[int, int, int]) -> Iterator[str]:
        """Yield what keeps the network from images of (channels, height, width)."""
        channels, height, width = shape
        if min(height, width) < self.least:
            yield f"images of at least {self.least}x{self.least} pixels, got {height}x{width}"
        if self.channels and channels not in self.channels:
            yield f"images of {' or '.join(map(str, self.channels))} channels, got {channels}"

    def to_dict(self) -> dict[str, Any]:
        """Return the declaration as plain values."""
        return super().to_dict() | {
            "parameters": self.parameters,
            "least": self.least,
            "channels": list(self.channels),
        }

    @classmethod
    def _fields(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        return super()._fields(values) | {
            "parameters": None if values["parameters"] is None else int(values["parameters"]),
            "least": int(values["least"]),
            "channels": tuple(map(int, values["channels"])),
        }


_SHORTCUT: dict[str, Option] = {
    "shortcut": Choice(
        summary="what a block is added to where it changes the shape",
        choices={
            "projection": "a 1x1 convolution with batch norm, the paper's option B",
            "padding": "every second pixel, and zeros for new channels: option A, the paper's on CIFAR-10",
        },
    ),
}


def _cifar_resnet(layers: int, blocks: int, parameters: int) -> Network:
    """Return the declaration of one of the paper's networks of 6n + 2 layers; ``blocks`` is 3n."""
    return Network(
        name=f"resnet{layers}",
        summary=f"CIFAR ResNet, {blocks} blocks of width 16/32/64",
        implementation=f"workers.networks.resnet:resnet{layers}",
        source=_RESNET,
        options=_SHORTCUT,
        parameters=parameters,
    )


def _ready_made(name: str, summary: str, source: str, parameters: int, least: int = 1) -> Network:
    """Return the declaration of a network of torchvision's."""
    return Network(
        name=f"torchvision-{name}",
        summary=f"torchvision's {summary}, made for large images; no trained weights",
        implementation=f"workers.networks.ready_made:{name.replace('-', '_')}",
        source=source,
        parameters=parameters,
        least=least,
        channels=(1, 3),
    )


_VGG = "K. Simonyan, A. Zisserman, Very Deep Convolutional Networks, arXiv:1409.1556"
_WIDE = "S. Zagoruyko, N. Komodakis, Wide Residual Networks, arXiv:1605.07146"

NETWORKS = by_name(
    Network(
        name="softmax",
        summary="softmax regression: one linear layer",
        implementation="workers.networks.softmax:softmax",
        options={"zeros": Switch(summary="begin with zeros, as the MNIST tutorial of TensorFlow", default=False)},
        parameters=30_730,
    ),
    Network(
        name="mlp",
        summary="two hidden layers, ReLU, no batch norm",
        implementation="workers.networks.mlp:mlp",
        options={
            "width": Number(
                summary="units of each hidden layer",
                default=64,
                low=1,
                high=65_536,
                integer=True,
                log=True,
                unit="units",
            ),
        },
        parameters=201_482,
    ),
    _cifar_resnet(8, 3, 78_042),
    _cifar_resnet(20, 9, 272_474),
    _cifar_resnet(32, 15, 466_906),
    _cifar_resnet(44, 21, 661_338),
    _cifar_resnet(56, 27, 855_770),
    _cifar_resnet(110, 54, 1_730_714),
    Network(
        name="resnet18",
        summary="CIFAR form of ResNet-18, 8 blocks of width 64..512",
        implementation="workers.networks.resnet:resnet18",
        source=_RESNET,
        parameters=11_173_962,
    ),
    Network(
        name="resnet18-report",
        summary="resnet18 with initial weights and batch norm of the Padam report's TensorFlow code",
        implementation="workers.networks.resnet:resnet18_report",
        source=_REPORT,
        parameters=11_173_962,
    ),
    Network(
        name="resnet34",
        summary="CIFAR form of ResNet-34, 16 blocks of width 64..512",
        implementation="workers.networks.resnet:resnet34",
        source=_RESNET,
        parameters=21_282_122,
    ),
    Network(
        name="vgg16-bn",
        summary="CIFAR form of VGG-16 with batch norm",
        implementation="workers.networks.vgg:vgg16_bn",
        source=_VGG,
        options={
            "linear_layers": Number(
                summary="linear layers after the convolutions; of two the first has 512 units",
                default=1,
                low=1,
                high=2,
                integer=True,
            ),
        },
        parameters=14_728_266,
        least=32,
    ),
    Network(
        name="wrn16-4",
        summary="WRN-16-4: 6 pre-activation blocks of width 64/128/256",
        implementation="workers.networks.wide:wrn16_4",
        source=_WIDE,
        parameters=2_748_890,
    ),
    Network(
        name="wrn16-4-report",
        summary="what the Padam report's code has for WRN-16-4: width 64/128/128, initial weights of deviation 1",
        implementation="workers.networks.wide:wrn16_4_report",
        source=_REPORT,
        parameters=1_284_170,
    ),
    Network(
        name="shake-shake26",
        summary="shake-shake 26 2x64d, 12 blocks of two branches mixed at random for each image",
        implementation="workers.networks.shake_shake:shake_shake26",
        source="X. Gastaldi, Shake-Shake regularization, arXiv:1705.07485",
        options={
            "width": Number(
                summary="channels of the first stage, which later ones double",
                default=64,
                low=2,
                high=4_096,
                integer=True,
                log=True,
                unit="channels",
            ),
        },
        parameters=11_653_978,
    ),
    _ready_made("resnet18", "ResNet-18", _RESNET, 11_181_642),
    _ready_made("resnet34", "ResNet-34", _RESNET, 21_289_802),
    _ready_made("resnet50", "ResNet-50", _RESNET, 23_528_522),
    _ready_made("wide-resnet50-2", "Wide ResNet-50-2", _WIDE, 66_854_730),
    _ready_made("vgg16-bn", "VGG-16 with batch norm", _VGG, 134_309_962, least=32),
    _ready_made(
        "densenet121",
        "DenseNet-121",
        "G. Huang et al., Densely Connected Convolutional Networks, arXiv:1608.06993",
        6_964_106,
        least=29,
    ),
    _ready_made("mobilenet-v2", "MobileNetV2", "M. Sandler et al., MobileNetV2, arXiv:1801.04381", 2_236_682),
    _ready_made("efficientnet-b0", "EfficientNet-B0", "M. Tan, Q. Le, EfficientNet, arXiv:1905.11946", 4_020_358),
    _ready_made(
        "googlenet",
        "GoogLeNet (Inception) without its auxiliary heads",
        "C. Szegedy et al., Going Deeper with Convolutions, arXiv:1409.4842",
        5_610_154,
        least=15,
    ),
)
