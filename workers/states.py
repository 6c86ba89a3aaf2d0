"""States as bytes: what a session needs to go on, written for another process."""

from __future__ import annotations

import io

import torch

from workers.session import State


def packed(state: State) -> bytes:
    """Return the bytes of a session's state."""
    written = io.BytesIO()
    torch.save(dict(state), written)
    return written.getvalue()


def unpacked(raw: bytes) -> State:
    """Return the state that :func:`packed` wrote; nothing but tensors and plain values is read.

    Raises
    ------
    pickle.UnpicklingError, RuntimeError
        The bytes are damaged, or hold something else.
    """
    state: State = torch.load(io.BytesIO(raw), weights_only=True, map_location="cpu")
    return state
