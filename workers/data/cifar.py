"""CIFAR-10 and CIFAR-100: 50,000 training and 10,000 test images of 32x32 pixels in 10 or 100 classes.

A. Krizhevsky: Learning multiple layers of features from tiny images, 2009. The files are torchvision's extracted
layout, ``cifar-10-batches-py`` or ``cifar-100-python`` below the folder; torchvision checks each by its hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from workers.data.images import Images, MissingDataError


@dataclass(frozen=True, kw_only=True)
class Cifar:
    """One of the two.

    Attributes
    ----------
    name
        As specifications have it.
    source
        Class of torchvision's.
    folder
        In which its files lie.
    mean, deviation
        Normalisation of the Padam authors' code, as shares of full brightness; the deviation of CIFAR-10 is the mean
        over images of the deviation within one, which is the figure most CIFAR-10 code uses.
    classes
        Number of labels; of CIFAR-100 the fine ones.
    """

    name: str
    source: str
    folder: str
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    classes: int

    def load(self, folder: Path | None = None) -> Images:
        """Return the images as bytes ``[n, 3, 32, 32]``.

        Raises
        ------
        MissingDataError
            No folder was named, or its files are missing or not those of the data set.
        """
        if folder is None:
            raise MissingDataError(
                f"{self.name} needs its files, and no folder was named; name theirs with --data or BASIN_DATA, and "
                "add --download where they are not there yet"
            )
        try:
            parts = [self._of_torchvision()(str(folder), train=train) for train in (True, False)]
        except RuntimeError:
            raise MissingDataError(
                f"{self.name} must lie in {folder}/{self.folder} with the hashes torchvision knows; it does not. "
                "Name another folder with --data or BASIN_DATA, or add --download to fetch it there"
            ) from None
        pixels = [torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous() for part in parts]
        labels = [torch.tensor(part.targets, dtype=torch.int64) for part in parts]
        return Images(
            train_images=pixels[0],
            train_labels=labels[0],
            test_images=pixels[1],
            test_labels=labels[1],
            mean=255.0 * torch.tensor(self.mean),
            std=255.0 * torch.tensor(self.deviation),
            classes=self.classes,
        )

    def download(self, folder: Path, mirror: str | None = None) -> None:
        """Fetch the files into a folder, unless they lie there already.

        Parameters
        ----------
        folder
            Made where it is missing.
        mirror
            URL of the archive instead of the one torchvision knows; the hash must be the same.
        """
        known = self._of_torchvision()
        source = known if mirror is None else type(self.source, (known,), {"url": mirror})
        try:
            source(str(folder), download=True)
        except (OSError, RuntimeError) as error:
            raise MissingDataError(f"{self.name} cannot be downloaded into {folder}: {error}") from error

    def _of_torchvision(self) -> Any:
        from torchvision import datasets  # noqa: PLC0415 - other data sets need no torchvision

        return getattr(datasets, self.source)


_CIFAR10 = Cifar(
    name="cifar10",
    source="CIFAR10",
    folder="cifar-10-batches-py",
    mean=(0.4914, 0.4822, 0.4465),
    deviation=(0.2023, 0.1994, 0.2010),
    classes=10,
)
_CIFAR100 = Cifar(
    name="cifar100",
    source="CIFAR100",
    folder="cifar-100-python",
    mean=(0.507, 0.487, 0.441),
    deviation=(0.267, 0.256, 0.276),
    classes=100,
)

load_cifar10, download_cifar10 = _CIFAR10.load, _CIFAR10.download
load_cifar100, download_cifar100 = _CIFAR100.load, _CIFAR100.download
