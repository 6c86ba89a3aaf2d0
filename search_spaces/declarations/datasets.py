"""Data sets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from search_spaces.declarations.declaration import Declaration, by_name
from search_spaces.declarations.task import Metric
from search_spaces.options import Number, Value


@dataclass(frozen=True, kw_only=True)
class Dataset(Declaration):
    """A data set of labelled images.

    Attributes
    ----------
    classes
        Equally frequent ones.
    shape
        (channels, height, width).
    train, test
        Numbers of images, None where they are not known before the data set is loaded.
    files
        Whether it lies in files that a user must have; the others come with the installation.

    An option that is called ``classes`` or ``size`` says the number of classes, or the pixels a side.
    """

    classes: int
    shape: tuple[int, int, int]
    train: int | None = None
    test: int | None = None
    files: bool = False

    def with_options(self, options: Mapping[str, Value]) -> Dataset:
        """Return what is known of the data set once its options are."""
        classes, size = options.get("classes"), options.get("size")
        known: dict[str, Any] = {"classes": classes} if isinstance(classes, int) else {}
        known |= {"shape": (self.shape[0], size, size)} if isinstance(size, int) else {}
        return replace(self, **known)

    @property
    def chance_error(self) -> float:
        """Error of guessing, in percent: what a diverged run is counted at."""
        return 100.0 * (1.0 - 1.0 / self.classes)

    def judged(self, metric: Metric) -> Metric:
        """Return a metric of classification with what guessing comes to on these images as its worst value."""
        worst = math.log(self.classes) if metric.unit == "nats" else self.chance_error
        return replace(metric, worst=worst)

    def to_dict(self) -> dict[str, Any]:
        """Return the declaration as plain values."""
        return super().to_dict() | {
            "classes": self.classes,
            "shape": list(self.shape),
            "train": self.train,
            "test": self.test,
            "files": self.files,
        }

    @classmethod
    def _fields(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        channels, height, width = map(int, values["shape"])
        counts = {name: None if values[name] is None else int(values[name]) for name in ("train", "test")}
        return super()._fields(values) | {
            "classes": int(values["classes"]),
            "shape": (channels, height, width),
            "files": bool(values["files"]),
            **counts,
        }


DATASETS = by_name(
    Dataset(
        name="digits",
        summary="handwritten digits bundled with scikit-learn, half held out; needs no download",
        implementation="workers.data.digits:load_digits",
        source="E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, doi:10.24432/C50P49",
        classes=10,
        shape=(1, 8, 8),
        train=899,
        test=898,
    ),
    Dataset(
        name="cifar10",
        summary="CIFAR-10: natural images of 32x32 pixels; its files lie in --data",
        implementation="workers.data.cifar:load_cifar10",
        source="A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
        classes=10,
        shape=(3, 32, 32),
        train=50_000,
        test=10_000,
        files=True,
    ),
    Dataset(
        name="cifar100",
        summary="CIFAR-100: natural images of 32x32 pixels, by their fine labels; its files lie in --data",
        implementation="workers.data.cifar:load_cifar100",
        source="A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
        classes=100,
        shape=(3, 32, 32),
        train=50_000,
        test=10_000,
        files=True,
    ),
    Dataset(
        name="mnist",
        summary="MNIST: handwritten digits of 28x28 grey pixels; its files lie in --data",
        implementation="workers.data.mnist:load_mnist",
        source="Y. LeCun et al., Gradient-Based Learning Applied to Document Recognition, doi:10.1109/5.726791",
        classes=10,
        shape=(1, 28, 28),
        train=60_000,
        test=10_000,
        files=True,
    ),
    Dataset(
        name="fashion-mnist",
        summary="Fashion-MNIST: articles of clothing, 28x28 grey pixels; its files lie in --data",
        implementation="workers.data.mnist:load_fashion_mnist",
        source="H. Xiao et al., Fashion-MNIST, arXiv:1708.07747",
        classes=10,
        shape=(1, 28, 28),
        train=60_000,
        test=10_000,
        files=True,
    ),
    Dataset(
        name="image-folder",
        summary="a folder for each class in train/ and val/ of --data, as ImageNet's are; read into memory",
        implementation="workers.data.image_folder:load_image_folder",
        source="the layout of O. Russakovsky et al., ImageNet Challenge, arXiv:1409.0575",
        options={
            "classes": Number(
                summary="folders in train/, and the same in val/",
                default=1_000,
                low=2,
                high=1_000_000,
                integer=True,
                unit="classes",
            ),
            "size": Number(
                summary="pixels a side to which the middle square of each image is scaled",
                default=64,
                low=1,
                high=4_096,
                integer=True,
                unit="pixels",
            ),
        },
        classes=1_000,
        shape=(3, 64, 64),
        files=True,
    ),
    Dataset(
        name="moons",
        summary="scikit-learn's two noisy half moons: two coordinates, as channels of one pixel",
        implementation="workers.data.moons:load_moons",
        source="F. Pedregosa et al., Scikit-learn: Machine Learning in Python, arXiv:1201.0490",
        options={
            "noise": Number(
                summary="standard deviation of what is added to each coordinate, radius 1",
                default=0.2,
                low=0.0,
                high=1e6,
            ),
        },
        classes=2,
        shape=(2, 1, 1),
        train=1_000,
        test=1_000,
    ),
)
