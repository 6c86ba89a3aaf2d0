"""Everything that is true of the family is true with and without machine code."""

from __future__ import annotations

import pytest

from workers.optimizers import elementwise
from workers.optimizers.fused.compiler import described

BOTH = {"test_memory", "test_padam", "test_elementwise", "test_state", "test_adam", "test_adagrad"}


def pytest_generate_tests(metafunc):
    if metafunc.module.__name__.rpartition(".")[2] in BOTH:
        metafunc.fixturenames.append("stepped_by")
        metafunc.parametrize("stepped_by", ["machine code", "torch"], indirect=True, scope="function")


@pytest.fixture
def stepped_by(request, monkeypatch):
    if request.param == "torch":
        monkeypatch.setattr(elementwise, "kernel_of", lambda *_: None)
    elif described() is None:
        pytest.skip("there is no C++ compiler")
