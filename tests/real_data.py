"""Where the real data sets lie, for the tests that use them where they are there and say so where not."""

import os
from pathlib import Path

import pytest

_NAMED = os.environ.get("BASIN_DATA")
_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
FOLDER = Path(_NAMED) if _NAMED else _BESIDE


def _real(mark: pytest.MarkDecorator, folder: str, name: str) -> list[pytest.MarkDecorator]:
    """Return the marks of tests that read a data set below the folder."""
    missing = pytest.mark.skipif(
        not (FOLDER / folder).is_dir(), reason=f"real {name} is not there; BASIN_DATA names its folder"
    )
    return [mark, missing]


cifar = _real(pytest.mark.cifar, "cifar-10-batches-py", "CIFAR-10")
cifar100 = _real(pytest.mark.cifar, "cifar-100-python", "CIFAR-100")
mnist = _real(pytest.mark.mnist, "MNIST/raw", "MNIST")
fashion_mnist = _real(pytest.mark.mnist, "FashionMNIST/raw", "Fashion-MNIST")

MARKS = {"cifar10": cifar, "cifar100": cifar100, "mnist": mnist, "fashion-mnist": fashion_mnist}
"""Marks by data set."""
