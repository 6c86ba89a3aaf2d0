"""MNIST and Fashion-MNIST: 60,000 training and 10,000 test images of 28x28 grey pixels in 10 classes.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document recognition, Proceedings of
the IEEE 86, 1998, doi:10.1109/5.726791. H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, arXiv:1708.07747. The files
are torchvision's layout, ``MNIST/raw`` or ``FashionMNIST/raw`` below the folder, each plain or as the ``.gz`` that is
published. An archive is checked by the hash that torchvision knows, a plain file of MNIST by one of our own, and what
each file says of itself against the counts above.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workers.data.images import Images, MissingDataError

SIDE = 28
COUNTS = {"train": 60_000, "t10k": 10_000}
"""Images by the beginning of their files' names."""

FILES = {part: (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte") for part in COUNTS}
BYTE = 8
"""Code of unsigned bytes in the third byte of an idx file."""


@dataclass(frozen=True, kw_only=True)
class Mnist:
    """One of the two.

    Attributes
    ----------
    name
        As specifications have it.
    source
        Class of torchvision's, and folder of the files.
    mean, deviation
        Of all training pixels, as shares of full brightness.
    plain
        MD5 of plain files, where they are known.
    """

    name: str
    source: str
    mean: float
    deviation: float
    plain: Mapping[str, str] = field(default_factory=dict)

    def load(self, folder: Path | None = None) -> Images:
        """Return the images as bytes ``[n, 1, 28, 28]``.

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
        raw = folder / self.source / "raw"
        parts = {part: self._part(raw, part) for part in COUNTS}
        return Images(
            train_images=parts["train"][0],
            train_labels=parts["train"][1],
            test_images=parts["t10k"][0],
            test_labels=parts["t10k"][1],
            mean=255.0 * torch.tensor([self.mean]),
            std=255.0 * torch.tensor([self.deviation]),
            classes=10,
        )

    def download(self, folder: Path, mirror: str | None = None) -> None:
        """Fetch the files into a folder, unless they lie there already.

        Parameters
        ----------
        folder
            Made where it is missing.
        mirror
            URL of the folder of the four archives instead of those torchvision knows; the hashes must be the same.
        """
        known = self._of_torchvision()
        instead = {} if mirror is None else {"mirrors": [mirror.rstrip("/") + "/"]}
        try:
            type(self.source, (known,), instead)(str(folder), download=True)
        except (OSError, RuntimeError) as error:
            raise MissingDataError(f"{self.name} cannot be downloaded into {folder}: {error}") from error

    def _part(self, raw: Path, part: str) -> tuple[Tensor, Tensor]:
        """Return the images and the labels of a part."""
        images, labels = (self._read(raw, name) for name in FILES[part])
        count = COUNTS[part]
        if images.shape != (count, SIDE, SIDE) or labels.shape != (count,) or labels.max() > 9:
            raise self._damaged(raw, f"the files {part}-* hold something else than {count:,} images and labels")
        return torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels).long()

    def _read(self, raw: Path, name: str) -> Any:
        """Return the array in a file, which is plain or an archive."""
        plain, packed = raw / name, raw / f"{name}.gz"
        if plain.is_file():
            found = plain.read_bytes()
            sound = self.plain.get(name) in {None, _md5(found)}
        elif packed.is_file():
            content = packed.read_bytes()
            sound = (packed.name, _md5(content)) in self._of_torchvision().resources
            try:
                found = gzip.decompress(content)
            except (OSError, EOFError, zlib.error):
                sound = False
        else:
            raise self._damaged(raw, f"neither {name} nor {packed.name} is there")
        if not sound:
            raise self._damaged(raw, f"{name} has another hash")
        try:
            return _array(found)
        except ValueError:
            raise self._damaged(raw, f"{name} is no idx file of bytes") from None

    def _damaged(self, raw: Path, found: str) -> MissingDataError:
        return MissingDataError(
            f"{self.name} must lie in {raw}, as published: {found}. Name another folder with --data or BASIN_DATA, "
            "or add --download to fetch it there"
        )

    def _of_torchvision(self) -> Any:
        from torchvision import datasets  # noqa: PLC0415 - plain files need no torchvision

        return getattr(datasets, self.source)


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _array(content: bytes) -> Any:
    """Return the array of an idx file: two zeros, the type, the number of axes, their lengths, and the bytes.

    Raises
    ------
    ValueError
        It is none.
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != BYTE:
        raise ValueError("no idx file of bytes")
    start = 4 + 4 * content[3]
    lengths = [int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4)]
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(lengths).copy()


_MNIST = Mnist(
    name="mnist",
    source="MNIST",
    mean=0.1307,
    deviation=0.3081,
    plain={
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    },
)
_FASHION = Mnist(name="fashion-mnist", source="FashionMNIST", mean=0.2860, deviation=0.3530)

load_mnist, download_mnist = _MNIST.load, _MNIST.download
load_fashion_mnist, download_fashion_mnist = _FASHION.load, _FASHION.download
