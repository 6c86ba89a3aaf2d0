"""Randomness: every generator of a training derives from (seed, purpose, epoch) and lives on the CPU.

Two trials with the same seed therefore see the same initial weights, the same order and the same augmentation,
whatever study, worker or device runs them: replicates are shared by all cells of a map.
"""

from __future__ import annotations

import hashlib

import torch


def derived_seed(seed: int, purpose: str, epoch: int = 0) -> int:
    """Return a 63-bit seed for one purpose of one training."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(seed: int, purpose: str, epoch: int = 0) -> torch.Generator:
    """Return a fresh CPU generator for one purpose of one training."""
    return torch.Generator().manual_seed(derived_seed(seed, purpose, epoch))
