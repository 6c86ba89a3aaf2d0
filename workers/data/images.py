"""Labelled images in memory, and their fixed splits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from workers.seeds import generator


class MissingDataError(Exception):
    """A data set's files are not where they were looked for; the text says what to do."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """A data set as it is on disk.

    Attributes
    ----------
    train_images, test_images
        uint8 ``[n, channels, height, width]``; float32 of what was never a picture.
    train_labels, test_labels
        int64 ``[n]``.
    mean, std
        Per-channel normalisation, in units of the stored numbers, ``[channels]``.
    classes
        Number of labels.
    """

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    mean: Tensor
    std: Tensor
    classes: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of one image."""
        channels, height, width = self.train_images.shape[1:]
        return channels, height, width


@dataclass(frozen=True, kw_only=True)
class Split:
    """A data set cut for training: ``images.train_*`` are those trained on, ``validation_*`` those held out."""

    images: Images
    validation_images: Tensor
    validation_labels: Tensor


def balanced(labels: Tensor, count: int, purpose: str) -> Tensor:
    """Return ``count`` indices that take every class in turn, drawn by a fixed seed and sorted."""
    order = torch.randperm(len(labels), generator=generator(0, purpose))
    shuffled = labels[order]
    rank = torch.empty_like(shuffled)
    for label in torch.unique(shuffled):
        members = (shuffled == label).nonzero().squeeze(1)
        rank[members] = torch.arange(len(members))
    turn = torch.sort(rank, stable=True).indices[:count]
    return torch.sort(order[turn]).values


def held_out(images: Images, subset: int | None, validation: int) -> Split:
    """Cut a data set: first the subset, then the validation images out of it."""
    chosen = torch.arange(len(images.train_labels))
    if subset is not None:
        chosen = balanced(images.train_labels, subset, "subset")
    labels = images.train_labels[chosen]
    kept = torch.ones(len(chosen), dtype=torch.bool)
    if validation:
        kept[balanced(labels, validation, "validation")] = False
    pixels = images.train_images[chosen]
    trained = Images(
        train_images=pixels[kept],
        train_labels=labels[kept],
        test_images=images.test_images,
        test_labels=images.test_labels,
        mean=images.mean,
        std=images.std,
        classes=images.classes,
    )
    return Split(images=trained, validation_images=pixels[~kept], validation_labels=labels[~kept])


def channel_statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of each channel of images, as float32 ``[channels]``."""
    if images.dtype != torch.uint8:
        numbers = images.double()
        return numbers.mean((0, 2, 3)).float(), numbers.std((0, 2, 3), correction=0).float()
    # By how often each byte is there: large sets take eight times their memory as doubles.
    counts = torch.stack([torch.bincount(channel.flatten(), minlength=256) for channel in images.unbind(1)]).double()
    shares, values = counts / counts.sum(1, keepdim=True), torch.arange(256).double()
    mean = shares @ values
    return mean.float(), (shares * (values - mean[:, None]).square()).sum(1).sqrt().float()
