"""Noisy moons: points of two interleaving half circles, as images of two channels and one pixel.

scikit-learn's ``make_moons``, drawn by fixed seeds. The two coordinates are channels, so that each is centred and
scaled by itself, as images are; softmax regression of them is logistic regression.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from workers.data.images import Images, channel_statistics

COUNT = 1_000
"""Points to train on, and as many to test on."""


def load_moons(folder: Path | None = None, *, noise: float = 0.2) -> Images:  # noqa: ARG001 - loaders take a folder
    """Return 1,000 training and 1,000 test points as float32 ``[n, 2, 1, 1]``.

    Parameters
    ----------
    folder
        Not used.
    noise
        Standard deviation of what is added to each coordinate; the half circles have radius 1.
    """
    (train, train_labels), (test, test_labels) = _drawn(0, noise), _drawn(1, noise)
    mean, std = channel_statistics(train)
    return Images(
        train_images=train,
        train_labels=train_labels,
        test_images=test,
        test_labels=test_labels,
        mean=mean,
        std=std,
        classes=2,
    )


def _drawn(seed: int, noise: float) -> tuple[Tensor, Tensor]:
    from sklearn import datasets  # noqa: PLC0415 - the other data sets need no scikit-learn

    points, labels = datasets.make_moons(COUNT, noise=noise or None, random_state=seed)
    return torch.from_numpy(points).float()[:, :, None, None], torch.from_numpy(labels).long()
