"""Data that comes from elsewhere, checked: what a data set must hold before anything is trained on it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from workers.data.images import Images, channel_statistics

PARTS = ("train images", "train labels", "test images", "test labels")
"""What a data set returns, in this order."""


class Declared(Protocol):
    """What is known of a data set before it is loaded."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def classes(self) -> int:
        """Number of labels."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""

    @property
    def train(self) -> int | None:
        """Number of training images, where it is known."""

    @property
    def test(self) -> int | None:
        """Number of test images, where it is known."""


def checked(declared: Declared, found: Any) -> Images:
    """Return a data set as it is trained on; mean and deviation are those of the training images.

    Parameters
    ----------
    declared
        What it must be.
    found
        Train images, train labels, test images and test labels: arrays of numpy or tensors of torch.

    Raises
    ------
    ValueError
        Something of it is not as declared; all faults are listed.
    """
    whole = f"data set {declared.name}"
    if not isinstance(found, tuple | list) or len(found) != len(PARTS):
        raise ValueError(f"{whole} must return {', '.join(PARTS)}, got {_told(found)}")
    given = {what: _tensor(it) for what, it in zip(PARTS, found, strict=True)}
    shape = list(declared.shape)
    faults = []
    for part, count in (("train", declared.train), ("test", declared.test)):
        images, labels = (given[f"{part} {what}"] for what in ("images", "labels"))
        if images is None or images.dtype != torch.uint8 or list(images.shape[1:]) != shape or not len(images):
            faults.append(
                f"{part} images must be uint8 of shape [n, {', '.join(map(str, shape))}], got {_told(images)}"
            )
            continue
        if labels is None or labels.dtype != torch.int64 or list(labels.shape) != [len(images)]:
            faults.append(f"{part} labels must be int64 of shape [{len(images)}], got {_told(labels)}")
            continue
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= declared.classes:
            faults.append(f"{part} labels must lie in 0 to {declared.classes - 1}, got {low} to {high}")
        if count is not None and len(images) != count:
            faults.append(f"{part} images must be {count}, as declared, got {len(images)}")
    if faults:
        raise ValueError(f"{whole}: {'; '.join(faults)}")
    train, train_labels, test, test_labels = (it.contiguous() for it in given.values() if it is not None)
    mean, std = channel_statistics(train)
    return Images(
        train_images=train,
        train_labels=train_labels,
        test_images=test,
        test_labels=test_labels,
        mean=mean,
        std=torch.where(std > 0, std, torch.ones_like(std)),  # a channel without contrast stays, and is 0
        classes=declared.classes,
    )


def _tensor(found: Any) -> Tensor | None:
    """Return an array as a tensor of its own, None where it is none."""
    if isinstance(found, np.ndarray):
        try:
            return torch.from_numpy(np.array(found))
        except TypeError:  # numbers that torch has not
            return None
    return found.detach().cpu() if isinstance(found, Tensor) else None


def _told(found: Any) -> str:
    if isinstance(found, Tensor):
        return f"{str(found.dtype).removeprefix('torch.')} {list(found.shape)}"
    return f"{len(found)} parts" if isinstance(found, tuple | list) else "nothing of the kind"
