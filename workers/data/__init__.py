"""Data: whole data sets in memory as bytes, split by fixed seeds, augmented per image, normalised last."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from workers.data.cifar import download_cifar10, download_cifar100, load_cifar10, load_cifar100
from workers.data.digits import load_digits
from workers.data.image_folder import load_image_folder
from workers.data.images import Images, MissingDataError, Split, held_out
from workers.data.mnist import download_fashion_mnist, download_mnist, load_fashion_mnist, load_mnist
from workers.data.moons import load_moons

DATASETS: dict[str, Callable[..., Images]] = {
    "cifar10": load_cifar10,
    "cifar100": load_cifar100,
    "digits": load_digits,
    "fashion-mnist": load_fashion_mnist,
    "image-folder": load_image_folder,
    "mnist": load_mnist,
    "moons": load_moons,
}
"""Each takes the folder of the files, where one was named, and its options by name."""

DOWNLOADS: dict[str, Callable[[Path, str | None], None]] = {
    "cifar10": download_cifar10,
    "cifar100": download_cifar100,
    "fashion-mnist": download_fashion_mnist,
    "mnist": download_mnist,
}
"""Data sets whose files are published, and how to fetch them."""

__all__ = ["DATASETS", "DOWNLOADS", "Images", "MissingDataError", "Split", "load_split"]


@lru_cache(maxsize=2)
def load_split(
    name: str, folder: Path | None, subset: int | None, validation: int, options: tuple[tuple[str, Any], ...] = ()
) -> Split:
    """Return a data set cut into training, validation and test images, read once per process.

    Parameters
    ----------
    name
        A name of :data:`DATASETS`.
    folder
        Where the files lie, for data sets that need files.
    subset
        Number of training images to use, balanced over classes by a fixed seed; None for all.
    validation
        Number of those held out, likewise.
    options
        Names and values of what the data set declares; what is not there has its default.
    """
    return held_out(DATASETS[name](folder, **dict(options)), subset, validation)
