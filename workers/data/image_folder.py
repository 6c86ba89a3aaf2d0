"""A folder of images as ImageNet's are laid out: ``train`` and ``val``, and in each of them a folder for every class.

The images are read into memory at one size: cut to the largest square in the middle, and scaled to that many pixels a
side. ImageNet itself (O. Russakovsky et al., arXiv:1409.0575) takes 16 GB at 64 pixels.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from workers.data.images import Images, MissingDataError, channel_statistics

PARTS = ("train", "val")
SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".pgm", ".tif", ".tiff", ".webp"}


def load_image_folder(folder: Path | None = None, *, classes: int = 1_000, size: int = 64) -> Images:
    """Return the images as bytes ``[n, 3, size, size]``; labels number the folders in the order of their names.

    Parameters
    ----------
    folder
        That which holds ``train`` and ``val``.
    classes
        Folders that must be in each of these.
    size
        Pixels a side.

    Raises
    ------
    MissingDataError
        No folder was named, or it does not hold what it must; or an image cannot be read.
    """
    if folder is None:
        raise MissingDataError("image-folder needs a folder with train and val; name it with --data or BASIN_DATA")
    names = {part: _classes(folder / part) for part in PARTS}
    for part, found in names.items():
        if not found:
            raise MissingDataError(
                f"{folder / part} must hold a folder for each class, and holds none; name the folder that holds "
                "train and val with --data or BASIN_DATA"
            )
        if len(found) != classes:
            raise MissingDataError(
                f"{folder / part} must hold a folder for each of {classes:,} classes, got {len(found):,}; write "
                "their number into the specification: `dataset: {name: image-folder, classes: ...}`, or name another "
                "folder with --data or BASIN_DATA"
            )
    other = sorted(set(names["train"]) ^ set(names["val"]))
    if other:
        raise MissingDataError(
            f"{folder}: train and val must hold the same classes, and one of them lacks {other[0]}"
        )
    (train, train_labels), (val, val_labels) = (_read(folder / part, names[part], size) for part in PARTS)
    mean, std = channel_statistics(train)
    return Images(
        train_images=train,
        train_labels=train_labels,
        test_images=val,
        test_labels=val_labels,
        mean=mean,
        std=torch.where(std > 0, std, torch.ones_like(std)),
        classes=classes,
    )


def _classes(part: Path) -> list[str]:
    """Return the names of the classes of a part, none where it is not there."""
    return sorted(it.name for it in part.iterdir() if it.is_dir()) if part.is_dir() else []


def _read(part: Path, names: list[str], size: int) -> tuple[Tensor, Tensor]:
    """Return the images of a part, and their labels."""
    files = [
        (file, label)
        for label, name in enumerate(names)
        for file in sorted((part / name).iterdir())
        if file.suffix.lower() in SUFFIXES
    ]
    empty = set(range(len(names))) - {label for _, label in files}
    if empty:
        raise MissingDataError(
            f"{part / names[min(empty)]} must hold images ({', '.join(sorted(SUFFIXES))}), got none"
        )
    images = torch.empty(len(files), 3, size, size, dtype=torch.uint8)
    for at, (file, _) in enumerate(files):
        images[at] = _picture(file, size)
    return images, torch.tensor([label for _, label in files])


def _picture(file: Path, size: int) -> Tensor:
    """Return an image as bytes ``[3, size, size]``."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - the other data sets need no Pillow

    try:
        with Image.open(file) as picture:
            side = min(picture.size)
            left, top = ((length - side) // 2 for length in picture.size)
            square = picture.convert("RGB").crop((left, top, left + side, top + side))
            scaled = square.resize((size, size), Image.Resampling.BILINEAR)
    except (OSError, UnidentifiedImageError, ValueError) as error:
        raise MissingDataError(f"{file} must be an image that can be read: {error}") from error
    return torch.from_numpy(np.array(scaled)).permute(2, 0, 1)
