"""Networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from search_spaces.declarations.declaration import Declaration, by_name
from search_spaces.options import Number

_RESNET = "K. He et al., Deep Residual Learning for Image Recognition, arXiv:1512.03385"


@dataclass(frozen=True, kw_only=True)
class Network(Declaration):
    """A network; ``parameters`` counts it for 3x32x32 images and 10 classes, its options at their defaults.

    None where nobody has counted.
    """

    parameters: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the declaration as plain values."""
        return super().to_dict() | {"parameters": self.parameters}

    @classmethod
    def _fields(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        return super()._fields(values) | {
            "parameters": None if values["parameters"] is None else int(values["parameters"])
        }


NETWORKS = by_name(
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
    Network(
        name="resnet8",
        summary="CIFAR ResNet, 3 blocks of width 16/32/64",
        implementation="workers.networks.resnet:resnet8",
        source=_RESNET,
        parameters=78_042,
    ),
    Network(
        name="resnet20",
        summary="CIFAR ResNet, 9 blocks of width 16/32/64",
        implementation="workers.networks.resnet:resnet20",
        source=_RESNET,
        parameters=272_474,
    ),
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
        source="H. Mittal, K. Pandey, Y. Kant, ICLR Reproducibility Challenge 2019: Padam, arXiv:1901.09517",
        parameters=11_173_962,
    ),
)
