"""Until `workers.schedules` has it: a learning rate that shrinks with the square root of the step."""

from __future__ import annotations

import math

import pytest

from workers.schedules import SCHEDULES


@pytest.fixture(autouse=True)
def inverse_sqrt(monkeypatch):
    if "inverse-sqrt" not in SCHEDULES:
        monkeypatch.setitem(SCHEDULES, "inverse-sqrt", lambda *_args: lambda step: 1.0 / math.sqrt(step + 1))
