"""What a worker sees to before it trains; how it trains is run in the acceptance tests."""

from __future__ import annotations

import pytest

from workers.precision import numeric_mode
from workers.provenance import code_version
from workers.trainable import Worker


@pytest.fixture
def worker():
    return Worker.__new__(Worker)  # Ray's own constructor wants a cluster


@pytest.mark.usefixtures("precision")
def test_a_worker_computes_float32_in_full(worker):
    worker.setup({"ticket": {"code": code_version(), "data": None, "threads": 1, "trials": []}})
    assert numeric_mode() == "float32 without TF32"


def test_a_worker_of_other_code_trains_nothing(worker):
    with pytest.raises(RuntimeError, match="must run the driver's code 0, got"):
        worker.setup({"ticket": {"code": "0", "data": None, "threads": 1, "trials": []}})
