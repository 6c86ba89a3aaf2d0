"""CIFAR-10: 50,000 training and 10,000 test images of 32x32 pixels in 10 classes.

A. Krizhevsky: Learning multiple layers of features from tiny images, 2009. The files are torchvision's extracted
layout, ``cifar-10-batches-py`` below the folder; torchvision checks each by its hash.
"""

from __future__ import annotations

from pathlib import Path

import torch

from workers.data.images import Images, MissingDataError

# Normalisation of the Padam authors' code, as shares of full brightness; the deviation is the mean over images of the
# deviation within one, which is the figure most CIFAR-10 code uses.
MEAN = (0.4914, 0.4822, 0.4465)
DEVIATION = (0.2023, 0.1994, 0.2010)


def load_cifar10(folder: Path | None = None) -> Images:
    """Return CIFAR-10 as bytes ``[n, 3, 32, 32]``.

    Raises
    ------
    MissingDataError
        No folder was named, or its files are missing or not those of CIFAR-10.
    """
    from torchvision.datasets import CIFAR10  # noqa: PLC0415 - the other data sets need no torchvision

    if folder is None:
        raise MissingDataError(
            "cifar10 needs its files, and no folder was named; name theirs with --data or BASIN_DATA, and add "
            "--download where they are not there yet"
        )
    try:
        parts = [CIFAR10(str(folder), train=train) for train in (True, False)]
    except RuntimeError:
        raise MissingDataError(
            f"cifar10 must lie in {folder}/cifar-10-batches-py with the hashes torchvision knows; it does not. Name "
            "another folder with --data or BASIN_DATA, or add --download to fetch it there"
        ) from None
    pixels = [torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous() for part in parts]
    labels = [torch.tensor(part.targets, dtype=torch.int64) for part in parts]
    return Images(
        train_images=pixels[0],
        train_labels=labels[0],
        test_images=pixels[1],
        test_labels=labels[1],
        mean=255.0 * torch.tensor(MEAN),
        std=255.0 * torch.tensor(DEVIATION),
        classes=10,
    )


def download_cifar10(folder: Path, mirror: str | None = None) -> None:
    """Fetch CIFAR-10 into a folder, unless it lies there already.

    Parameters
    ----------
    folder
        Made where it is missing.
    mirror
        URL of the archive instead of the one torchvision knows; the hash must be the same.
    """
    from torchvision.datasets import CIFAR10  # noqa: PLC0415

    source = CIFAR10 if mirror is None else type("CIFAR10", (CIFAR10,), {"url": mirror})
    try:
        source(str(folder), download=True)
    except (OSError, RuntimeError) as error:
        raise MissingDataError(f"cifar10 cannot be downloaded into {folder}: {error}") from error
