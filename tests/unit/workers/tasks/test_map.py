"""The map of learning rate and p of a toy, trained here: what the preset `beale-lr-p` shows in two minutes."""

from __future__ import annotations

import math

from search_spaces.landscapes import SURFACES
from tests.unit.workers.tasks.test_surface import CPU, recipe
from workers.records import Divergence
from workers.tasks import begin

RATES = [10.0**power for power in (-2.5, -2.0, -1.5, -1.0, -0.5, 0.0)]


def excess(lr, p):
    session = begin(recipe("padam", steps=50, epochs=10, lr=lr, p=p), None, CPU)
    try:
        *_, last = session.rest()
    except Divergence:
        return SURFACES["beale"].worst
    return last.metrics["excess"]


def test_the_best_learning_rate_grows_with_p_and_the_cliff_draws_back():
    rows = {p: [excess(lr, p) for lr in RATES] for p in (0.0, 0.25, 0.5)}
    best = [math.log10(RATES[row.index(min(row))]) for row in rows.values()]
    assert best == sorted(best)
    assert best[-1] - best[0] >= 1.0
    worst = SURFACES["beale"].worst
    lost = [row.count(worst) for row in rows.values()]
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > lost[-1] == 0
    assert all(min(row) < 1e-2 for row in rows.values())
