"""Randomness: every generator of a training derives from (seed, purpose, epoch) and lives on the CPU.

Two trials with the same seed therefore see the same initial weights, the same order and the same augmentation,
whatever study, worker or device runs them: replicates are shared by all cells of a map.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def derived_seed(seed: int, purpose: str, epoch: int = 0) -> int:
    """Return a 63-bit seed for one purpose of one training."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(seed: int, purpose: str, epoch: int = 0) -> torch.Generator:
    """Return a fresh CPU generator for one purpose of one training."""
    return torch.Generator().manual_seed(derived_seed(seed, purpose, epoch))


@contextmanager
def seeded(seed: int, purpose: str, epoch: int = 0) -> Iterator[None]:
    """Set the global generators of Python, numpy and torch for as long as it lasts, and put them back.

    What is drawn from them, such as by a network with dropout, is then drawn from (seed, purpose, epoch) as well.
    """
    derived = derived_seed(seed, purpose, epoch)
    python, numbers = random.getstate(), np.random.get_state()  # noqa: NPY002 - it is the global one that is meant
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    try:
        with torch.random.fork_rng(devices=devices):
            random.seed(derived)
            np.random.seed(derived % 2**32)  # noqa: NPY002
            # Not torch.manual_seed, which notes a stack for each kind of device that is not there.
            torch.default_generator.manual_seed(derived)
            if devices:
                torch.cuda.manual_seed_all(derived)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numbers)  # noqa: NPY002
