"""Data: whole data sets in memory as bytes, split by fixed seeds, augmented per image, normalised last."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from workers.data.cifar10 import download_cifar10, load_cifar10
from workers.data.digits import load_digits
from workers.data.images import Images, MissingDataError, Split, held_out

DATASETS: dict[str, Callable[[Path | None], Images]] = {
    "cifar10": load_cifar10,
    "digits": load_digits,
}

DOWNLOADS: dict[str, Callable[[Path, str | None], None]] = {
    "cifar10": download_cifar10,
}
"""Data sets that need files, and how to fetch them."""

__all__ = ["DATASETS", "DOWNLOADS", "Images", "MissingDataError", "Split", "load_split"]


@lru_cache(maxsize=2)
def load_split(name: str, folder: Path | None, subset: int | None, validation: int) -> Split:
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
    """
    return held_out(DATASETS[name](folder), subset, validation)
