"""What a specification can name: optimizers, networks, data sets, augmentations and schedules.

This package declares the names, `workers` implements them, and a test proves that the two agree.
"""

from __future__ import annotations

from dataclasses import dataclass

from search_spaces.hyperparameters import (
    BETA1,
    BETA2,
    EPS,
    HYPERPARAMETERS,
    LR,
    MOMENTUM,
    WEIGHT_DECAY,
    Hyperparameter,
    P,
)


@dataclass(frozen=True, kw_only=True)
class OptimizerInfo:
    """An optimizer a specification can name; the first variant and the first decay form are the defaults."""

    name: str
    summary: str
    hyperparameters: tuple[Hyperparameter, ...]
    variants: tuple[str, ...] = ()
    decays: tuple[str, ...] = ("l2",)

    def hyperparameter(self, name: str) -> Hyperparameter | None:
        """Return this optimizer's hyperparameter of that name, or None."""
        return next((h for h in self.hyperparameters if h.name == name), None)


@dataclass(frozen=True, kw_only=True)
class NetworkInfo:
    """A network a specification can name; ``parameters`` counts it for 3x32x32 images and 10 classes."""

    name: str
    summary: str
    parameters: int


@dataclass(frozen=True, kw_only=True)
class DatasetInfo:
    """A data set: ``shape`` is (channels, height, width); ``train`` and ``test`` count images.

    ``files`` tells whether it lies in files that a user must have; the others come with the installation.
    """

    name: str
    summary: str
    classes: int
    shape: tuple[int, int, int]
    train: int
    test: int
    files: bool = False

    @property
    def chance_error(self) -> float:
        """Error of guessing, in percent: what a diverged run is counted at."""
        return 100.0 * (1.0 - 1.0 / self.classes)


@dataclass(frozen=True, kw_only=True)
class ScheduleInfo:
    """A learning-rate schedule and the names of its options."""

    name: str
    summary: str
    options: tuple[str, ...] = ()


__all__ = [
    "AUGMENTATIONS",
    "DATASETS",
    "HYPERPARAMETERS",
    "NETWORKS",
    "OPTIMIZERS",
    "SCHEDULES",
    "DatasetInfo",
    "NetworkInfo",
    "OptimizerInfo",
    "ScheduleInfo",
]

_ADAM_LIKE = (LR, BETA1, BETA2, EPS, WEIGHT_DECAY)

OPTIMIZERS: dict[str, OptimizerInfo] = {
    info.name: info
    for info in (
        OptimizerInfo(
            name="padam",
            summary="partially adaptive momentum: denominator of AMSGrad raised to the power 2p",
            hyperparameters=(LR.with_default(0.1), P, BETA1, BETA2, EPS, WEIGHT_DECAY),
            variants=("torch", "authors", "authors-pcorr", "paper", "report", "report-tf"),
            decays=("l2", "decoupled-lr", "decoupled-schedule", "normalised"),
        ),
        OptimizerInfo(
            name="sgd",
            summary="stochastic gradient descent with heavy-ball momentum (torch)",
            hyperparameters=(LR.with_default(0.1), MOMENTUM, WEIGHT_DECAY),
        ),
        OptimizerInfo(name="adam", summary="Adam (torch)", hyperparameters=_ADAM_LIKE),
        OptimizerInfo(
            name="amsgrad",
            summary="Adam with the running maximum of the second moment (torch)",
            hyperparameters=_ADAM_LIKE,
        ),
        OptimizerInfo(
            name="adamw",
            summary="Adam with decoupled decay, lr x weight_decay a step (torch)",
            hyperparameters=(LR, BETA1, BETA2, EPS, WEIGHT_DECAY.with_default(0.01)),
            decays=("decoupled-lr",),
        ),
    )
}

NETWORKS: dict[str, NetworkInfo] = {
    info.name: info
    for info in (
        NetworkInfo(name="mlp", summary="two hidden layers of 64, ReLU, no batch norm", parameters=201_482),
        NetworkInfo(name="resnet8", summary="CIFAR ResNet, 3 blocks of width 16/32/64", parameters=78_042),
        NetworkInfo(name="resnet20", summary="CIFAR ResNet, 9 blocks of width 16/32/64", parameters=272_474),
        NetworkInfo(
            name="resnet18",
            summary="CIFAR form of ResNet-18, 8 blocks of width 64..512",
            parameters=11_173_962,
        ),
        NetworkInfo(
            name="resnet18-report",
            summary="resnet18 with initial weights and batch norm of the Padam report's TensorFlow code",
            parameters=11_173_962,
        ),
    )
}

DATASETS: dict[str, DatasetInfo] = {
    info.name: info
    for info in (
        DatasetInfo(
            name="digits",
            summary="handwritten digits bundled with scikit-learn, half held out; needs no download",
            classes=10,
            shape=(1, 8, 8),
            train=899,
            test=898,
        ),
        DatasetInfo(
            name="cifar10",
            summary="CIFAR-10: natural images of 32x32 pixels; its files lie in --data",
            classes=10,
            shape=(3, 32, 32),
            train=50_000,
            test=10_000,
            files=True,
        ),
    )
}

AUGMENTATIONS: dict[str, str] = {
    "none": "images as they are",
    "crop4-flip": "zero padding by 4, random crop to the original size, random horizontal flip",
    "crop2-flip": "zero padding by 2, random crop to the original size, random horizontal flip",
}

SCHEDULES: dict[str, ScheduleInfo] = {
    info.name: info
    for info in (
        ScheduleInfo(name="constant", summary="the learning rate as given, all the way"),
        ScheduleInfo(
            name="multistep",
            summary="times `gamma` after each epoch in `milestones`",
            options=("milestones", "gamma"),
        ),
        ScheduleInfo(name="cosine", summary="half a cosine from the learning rate to 0, step by step"),
    )
}
