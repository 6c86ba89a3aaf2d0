"""Data sets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from search_spaces.declarations.declaration import Declaration, by_name
from search_spaces.declarations.tasks import Metric


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
    """

    classes: int
    shape: tuple[int, int, int]
    train: int | None = None
    test: int | None = None
    files: bool = False

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
        implementation="workers.data.cifar10:load_cifar10",
        source="A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
        classes=10,
        shape=(3, 32, 32),
        train=50_000,
        test=10_000,
        files=True,
    ),
)
