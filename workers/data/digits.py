"""scikit-learn's bundled handwritten digits: 1,797 real 8x8 images, half of them held out by a fixed seed.

E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
doi:10.24432/C50P49.
"""

from __future__ import annotations

from pathlib import Path

import torch

from workers.data.images import Images, channel_statistics
from workers.seeds import generator


def load_digits(folder: Path | None = None) -> Images:  # noqa: ARG001 - every loader has this signature
    """Return 899 training and 898 test images ``[n, 1, 8, 8]`` with grey values 0..16."""
    from sklearn import datasets  # noqa: PLC0415 - the other data sets need no scikit-learn

    bundled = datasets.load_digits()
    pixels = torch.from_numpy(bundled.images).to(torch.uint8).unsqueeze(1)
    labels = torch.from_numpy(bundled.target).to(torch.int64)
    order = torch.randperm(len(labels), generator=generator(0, "split"))
    train, test = order[:899], order[899:]
    mean, std = channel_statistics(pixels[train])
    return Images(
        train_images=pixels[train],
        train_labels=labels[train],
        test_images=pixels[test],
        test_labels=labels[test],
        mean=mean,
        std=std,
        classes=10,
    )
