"""Augmentation: random crop and flip of whole batches of bytes, each image with its own draw."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from workers.seeds import generator

PADDING: dict[str, int] = {"none": 0, "crop2-flip": 2, "crop4-flip": 4}


class Augmentation:
    """The draws of one epoch, and their application to batches.

    Images are padded with zeros before normalisation and cropped back to their size at an offset drawn for each
    image; a fair coin for each image flips it. Draws are indexed by the position in the training set and come from
    the generator of (seed, "augment", epoch), so that they do not depend on order, batch size or device.
    """

    def __init__(self, name: str, count: int, seed: int, epoch: int) -> None:
        self.padding = PADDING[name]
        draws = generator(seed, "augment", epoch)
        self._offsets = torch.randint(0, 2 * self.padding + 1, (count, 2), generator=draws)
        self._flips = torch.randint(0, 2, (count,), generator=draws).bool()

    def apply(self, images: Tensor, index: Tensor) -> Tensor:
        """Return the images at ``index`` of uint8 ``[n, c, h, w]``, augmented; ``index`` lives on the CPU."""
        device = images.device
        batch = images[index.to(device)]
        if not self.padding:
            return batch
        count, _, height, width = batch.shape
        padded = functional.pad(batch, (self.padding,) * 4)
        offsets, flips = self._offsets[index].to(device), self._flips[index].to(device)
        rows = torch.arange(height, device=device) + offsets[:, :1]
        columns = torch.arange(width, device=device).expand(count, width)
        columns = torch.where(flips[:, None], width - 1 - columns, columns) + offsets[:, 1:]
        picture = torch.arange(count, device=device)[:, None, None]
        return padded[picture, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
