"""Hand-made studies of descents, whose epochs tell where each stood."""

from __future__ import annotations

from analysis.findings import Findings
from analysis.material import Material
from tests.unit.analysis.reports import Listed, attempt, specification
from tests.unit.analysis.studies import NUMBERS, measured

SADDLE = {
    "name": "descents",
    "task": {"name": "saddle", "steps": 2},
    "optimizer": {"name": "sgd", "momentum": 0},
    "epochs": 3,
    "space": {"lr": {"values": [0.01, 0.1]}},
    "seeds": 2,
    "objective": {"statistic": "final", "metric": "excess"},
    "arms": {"sgd": {}, "adam": {"optimizer": {"name": "adam"}}},
}
CELLS = {
    "sgd": {(0.01,): [0.5, 0.6], (0.1,): [0.2, 0.3]},
    "adam": {(0.01,): [0.1, 0.1], (0.1,): ["diverged", 0.4]},
}
"""Of sgd the second is best, of adam the first."""

WAY = ((0.5, 0.1), (0.2, 0.4), (0.0, 0.9))
"""Where each stands after its epochs, unless a test says otherwise."""


def descents(cells=None, ways=None, names=("lr",), metrics=NUMBERS, **changes):
    """Return the findings of descents; ``ways`` has, by number of the trial, where it stood after each epoch."""
    return Findings(Material.of(source(cells, ways, names, metrics, **changes)))


def source(cells=None, ways=None, names=("lr",), metrics=NUMBERS, **changes):
    rows = []
    for arm, found in (CELLS if cells is None else cells).items():
        rows += measured(found, names=names, metrics=metrics, arm=arm)
    rows = [row | {"number": number} for number, row in enumerate(rows)]
    ended = [row for row in rows if row["state"] in {"complete", "diverged"}]
    epochs = [
        {name: row[name] for name in ("number", "seed", "state")}
        | {"epoch": epoch, "x": x, "y": y}
        | dict.fromkeys(metrics, 1.0 / epoch)
        for row in ended
        for epoch, (x, y) in enumerate((ways or {}).get(row["number"], WAY), start=1)
    ]
    tries = [attempt(row["number"], row["state"]) for row in ended]
    return Listed(specification(**(SADDLE | changes)), rows, epochs, tries)
