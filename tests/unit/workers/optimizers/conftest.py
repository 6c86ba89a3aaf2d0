"""Everything that is true of the family is true with and without machine code."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from workers.optimizers import elementwise
from workers.optimizers.fused.compiler import described

MACHINE, TORCH = "machine code", "torch"

BOTH = {"test_memory", "test_padam", "test_elementwise", "test_state", "test_adam", "test_adagrad"}


def pytest_generate_tests(metafunc):
    if metafunc.module.__name__.rpartition(".")[2] in BOTH:
        metafunc.parametrize("stepped_by", [MACHINE, TORCH], indirect=True, scope="function")


@pytest.fixture(autouse=True)
def stepped_by(request, monkeypatch):
    """Take the way to step that a module is parametrized by; automatic, for only such a fixture is set up unasked."""
    by = getattr(request, "param", None)
    if by == TORCH:
        monkeypatch.setattr(elementwise, "kernel_of", lambda *_: None)
    elif by == MACHINE and described() is None:
        pytest.skip("there is no C++ compiler")
    return by


@pytest.fixture
def exact_roots(monkeypatch):
    """Square roots as IEEE 754 has them; torch rounds some to a neighbour, how many depends on the processor."""
    monkeypatch.setattr(torch.Tensor, "sqrt", lambda self: torch.from_numpy(np.sqrt(self.numpy())))
