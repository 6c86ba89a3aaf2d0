"""A kernel: the library of a rule, called with the addresses of tensors."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.autograd.graph import increment_version

from workers.optimizers.fused.compiler import library
from workers.optimizers.fused.source import source_of
from workers.optimizers.fused.symbols import Expression

DTYPES = {torch.float32: "float", torch.float64: "double"}
GRAIN = 32_768
"""Elements a thread must have at least: what torch itself takes for worth the trouble."""


class Kernel:
    """A rule as machine code.

    Parameters
    ----------
    path
        The library.
    """

    def __init__(self, path: str) -> None:
        self._step = ctypes.CDLL(path).step
        self._step.argtypes = [ctypes.c_int64, *[ctypes.c_void_p] * 5, ctypes.c_int64]
        self._step.restype = None

    def __call__(
        self,
        parameters: Sequence[Tensor],
        gradients: Sequence[Tensor],
        ends: np.ndarray[tuple[int], np.dtype[np.int64]],
        state: Sequence[Tensor],
        numbers: Sequence[float],
    ) -> None:
        """Step.

        Parameters
        ----------
        parameters, gradients
            Tensors of the CPU that lie in memory element by element, in the order of the state.
        ends
            Where each tensor ends in the state.
        state
            The flat buffers, from the first element of the first tensor.
        numbers
            Sign, l2 and keep, then those of the rule.
        """
        total = int(ends[-1])
        parts = max(1, min(torch.get_num_threads(), total // GRAIN))
        w, g, buffers = map(addresses, (parameters, gradients, state))
        values = array("d", numbers)
        first = [it.buffer_info()[0] for it in (w, g, buffers, values)]
        self._step(len(w), first[0], first[1], ends.ctypes.data, first[2], first[3], parts)
        increment_version(parameters)  # autograd notices that what a graph may have kept was changed


def addresses(tensors: Sequence[Tensor]) -> array[int]:
    """Return where the first elements of tensors lie."""
    return array("Q", map(Tensor.data_ptr, tensors))


@cache
def kernel_of(
    expression: Expression, state: tuple[str, ...], numbers: tuple[str, ...], dtype: torch.dtype
) -> Kernel | None:
    """Return the kernel of a rule; None where its type has none, or nothing on this machine compiles it."""
    if dtype not in DTYPES:
        return None
    source = source_of(expression, state, numbers, DTYPES[dtype])
    for threads in (True, False):
        path = library(source, threads=threads)
        try:
            if path is not None:
                return Kernel(str(path))
        except (OSError, AttributeError):  # for threads of another kind than the process has, or no library of ours
            continue
    return None
