from __future__ import annotations

import pytest
import torch


@pytest.fixture
def precision():
    """Yield the settings by which torch computes float32, each as torch has it, and put them back."""
    b = torch.backends
    settings = {
        "all": b,
        "gpu matmul": b.cuda.matmul,
        "gpu conv": b.cudnn.conv,
        "gpu rnn": b.cudnn.rnn,
        "cpu matmul": b.mkldnn.matmul,
        "cpu conv": b.mkldnn.conv,
        "cpu rnn": b.mkldnn.rnn,
    }
    for name, setting in settings.items():
        setting.fp32_precision = "tf32" if name in {"gpu conv", "gpu rnn"} else "none"
    yield settings
    for name, setting in settings.items():
        setting.fp32_precision = "tf32" if name in {"gpu conv", "gpu rnn"} else "none"


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
