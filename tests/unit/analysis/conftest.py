from __future__ import annotations

import pytest

from search_spaces.declarations import TASKS
from tests.unit.analysis.common import save_nothing
from tests.unit.analysis.studies import GAME


@pytest.fixture
def unpainted(monkeypatch):
    """Draw figures, but keep files of a few bytes: for tests that look at numbers and words."""
    monkeypatch.setattr("analysis.figures.save", save_nothing)


@pytest.fixture
def game(monkeypatch):
    """Declare a task that is no part of the project."""
    monkeypatch.setitem(TASKS, GAME.name, GAME)
