from __future__ import annotations

import pytest

from tests.unit.analysis.common import save_nothing


@pytest.fixture
def unpainted(monkeypatch):
    """Draw figures, but keep files of a few bytes: for tests that look at numbers and words."""
    monkeypatch.setattr("analysis.report.save", save_nothing)
