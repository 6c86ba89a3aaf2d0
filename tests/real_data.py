"""Where the real data sets lie, for the tests that use them where they are there and say so where not."""

import os
from pathlib import Path

import pytest

_NAMED = os.environ.get("BASIN_DATA")
_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
FOLDER = Path(_NAMED) if _NAMED else _BESIDE

cifar = [
    pytest.mark.cifar,
    pytest.mark.skipif(
        not (FOLDER / "cifar-10-batches-py").is_dir(),
        reason="real CIFAR-10 is not there; BASIN_DATA names its folder",
    ),
]
