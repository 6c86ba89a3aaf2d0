"""Figures of choices with long names: whatever these are called, every word of a figure can be read."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.figures import FIGURES, curves, divergence, heatmap, optima
from analysis.figures.cells import WIDE_LABEL
from analysis.findings import Findings
from analysis.material import Material
from study.source import StudySource
from study.store import Store
from tests.unit.analysis.common import faults, outside, ticks_of

NAMES = {
    "forty": ["a", 40 * "x"],
    "ends": [f"optimizer-{140 * 'x'}{it}{140 * 'y'}-end" for it in "abcd"] + ["sgd"],
    "beginnings": [f"a-rather-long-name-of-an-optimizer-{it}" for it in ("with-a-warm-up", "without-it")],
}


def rows(names, others):
    return [
        (name, lr, other, None if lr == 1.0 and not place else 1.0 + place + seed / 10, seed)
        for place, name in enumerate(names)
        for lr in (0.01, 0.1, 1.0)
        for other in others
        for seed in (0, 1)
    ]


@pytest.fixture(params=NAMES)
def names(request):
    return NAMES[request.param]


@pytest.fixture(params=["one panel", "panels", "no number"])
def findings(request, basin, names):
    others = ["relu"] if request.param == "one panel" else ["relu", "a-function-" * 12]
    params = {"one panel": ["opt", "lr"], "panels": ["opt", "lr", "act"], "no number": ["opt", "act"]}[request.param]
    found = pd.DataFrame(rows(names, others), columns=["opt", "lr", "act", "err", "seed"])
    found = found if "lr" in params else found[found["lr"] == 1.0]
    found[[*params, "err", "seed"]].to_csv("t.csv", index=False)
    done = basin("import", "csv", "t.csv", "--value", "err", "--params", ",".join(params))
    assert done.code == 0, done.err
    with Store("basin.db") as store:
        yield Findings(Material.of(StudySource(store, store.studies.get("t"))))


def test_every_figure_bears_long_names(findings, names):
    kinds = set()
    for kind in FIGURES:
        for result in kind.compute(findings)[:2]:
            kinds.add(kind)
            narrow, page = kind.column(result), kind.draw(result)
            narrow.draw_without_rendering()
            page.draw_without_rendering()
            assert (outside if kind is curves else faults)(narrow) == [], result.name
            assert outside(page) == [], result.name
            if kind in {heatmap, optima, divergence}:
                for figure in (narrow, page):
                    labels = [it.get_text() for it in ticks_of(figure.axes[0].yaxis)]
                    assert len(set(labels)) == len(labels)
                    assert max(map(len, labels)) <= WIDE_LABEL
                    assert figure.axes[0].get_position().width > 0.15
    assert {heatmap, optima} <= kinds
