"""Precision: float32 in full, in matrix products and convolutions alike, on every device.

Left alone, torch rounds what cuDNN convolves to TF32, 10 bits of mantissa instead of 23, on the GPUs that have it
(Ampere and later) and on no other, and matrix products on none (torch's notes on CUDA semantics). A cell would then
give other numbers on another generation of GPU, most of all near divergence, where rounding decides, and two halves
of a study would not be of one kind. So nothing is rounded; on a GPU with TF32 that costs time.
"""

from __future__ import annotations

from typing import Any

import torch

_BACKENDS: Any = torch.backends

_ON_GPU = {
    "matrix products": _BACKENDS.cuda.matmul,
    "convolutions": _BACKENDS.cudnn.conv,
    "recurrent layers": _BACKENDS.cudnn.rnn,
}
_ON_CPU = (_BACKENDS.mkldnn.matmul, _BACKENDS.mkldnn.conv, _BACKENDS.mkldnn.rnn)


def use_float32() -> None:
    """Let this process compute float32 in full from now on.

    After it torch refuses to be asked through its older switch, ``torch.backends.cudnn.allow_tf32``.
    """
    # One by one: what torch sets for all of them does not reach those that have a setting of their own.
    for operation in (*_ON_GPU.values(), *_ON_CPU):
        operation.fp32_precision = "ieee"


def numeric_mode() -> str:
    """Return what float32 is computed in on a GPU by this process, such as ``float32 without TF32``."""
    rounded = [name for name, operation in _ON_GPU.items() if operation.fp32_precision == "tf32"]
    return f"float32 with TF32 in {', '.join(rounded)}" if rounded else "float32 without TF32"
