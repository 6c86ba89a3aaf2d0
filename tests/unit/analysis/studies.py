"""Hand-made studies of several arms, and of tasks that measure something else than errors."""

from __future__ import annotations

from analysis.findings import Findings
from analysis.material import Material
from search_spaces.declarations import Metric, Task
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import Listed, attempt, specification

ARMS = {
    "base": {},
    "decoupled": {"optimizer": {"decay": "decoupled-lr"}},
    "cosine": {"schedule": {"name": "cosine"}, "optimizer": {"weight_decay": 5e-4}},
}
"""Three arms that vary the same."""

GRIDS = {
    "base": {
        (0.1, 0.0): [10.0, 12.0],
        (1.0, 0.0): [20.0, "diverged"],
        (0.1, 0.5): [30.0, 31.0],
        (1.0, 0.5): [40.0, 41.0],
    },
    "decoupled": {(0.1, 0.0): [8.0, 9.0], (1.0, 0.0): [5.0, 6.0], (0.1, 0.5): [30.0, 32.0], (1.0, 0.5): [89.0, 12.0]},
    "cosine": {
        (0.1, 0.0): [70.0, 72.0],
        (1.0, 0.0): [60.0, 61.0],
        (0.1, 0.5): ["failed", 50.0],
        (1.0, 0.5): [55.0, 56.0],
    },
}
"""Their outcomes; the best of all is lr = 1, p = 0 of ``decoupled``."""

LINES = {"space": {"p": None}, "optimizer": {"name": "sgd"}}
"""An arm that varies one hyperparameter where the study varies two."""

NUMBERS = ("excess", "distance")

VALLEY = {
    "name": "valley",
    "task": {"name": "beale", "steps": 50},
    "optimizer": {"name": "sgd", "momentum": 0.5},
    "epochs": 3,
    "space": {"lr": {"values": [0.001, 0.01, 0.1]}, "momentum": {"values": [0.0, 0.9]}},
    "seeds": 3,
    "objective": {"statistic": "final", "metric": "excess"},
}
WORST = 181_853.61328125
EXCESSES = {
    (0.001, 0.0): [2.5, 2.6, 2.7],
    (0.01, 0.0): [1e-3, 2e-3, 1.5e-3],
    (0.1, 0.0): ["diverged", WORST, WORST],
    (0.001, 0.9): [1e-8, 2e-8, 1.5e-8],
    (0.01, 0.9): [1e-31, 0.0, 2e-31],
    (0.1, 0.9): ["diverged"] * 3,
}
"""From rounding of the minimum to the corner of the square; the third cell learned nothing where it is finite."""


def armed(grids=None, names=("lr", "p")):
    """Return the rows of arms, numbered through; ``names`` are those of every arm, or of each."""
    rows = []
    for arm, cells in (GRIDS if grids is None else grids).items():
        rows += trials(cells, names[arm] if isinstance(names, dict) else names, arm=arm)
    return [row | {"number": number} for number, row in enumerate(rows)]


def measured(cells, names=("lr", "momentum"), metrics=NUMBERS, **changes):
    """Return the rows of a task without images: a result is the first metric, half of it the second."""
    kept = (
        "number",
        "arm",
        "state",
        "seed",
        "generation",
        "attempt",
        "lr",
        "epochs",
        "seconds",
        "diverged_epoch",
        "superseded",
        "reason",
    )
    rows = []
    for row in trials(cells, names, **changes):
        found = {name: row[name] for name in dict.fromkeys((*kept, *names))} | {"optimizer": "sgd"}
        for place, metric in enumerate(metrics):
            for statistic in ("final", "mean_last5", "min"):
                value = row[f"test_error_{statistic}"]
                found[f"{metric}_{statistic}"] = None if value is None else value / 2**place
        rows.append(found)
    return rows


def descent(row, metrics=NUMBERS, epochs=3):
    """Return the epochs of the deciding attempt of one trial, down to its result."""
    last = 1 if row["state"] == "diverged" else epochs
    results = {metric: row[f"{metric}_final"] for metric in metrics}
    common = {name: row[name] for name in ("number", "seed", "state")}
    return [
        common
        | {"epoch": epoch}
        | {name: 10.0 if it is None else it * 10.0 ** (epochs - epoch) for name, it in results.items()}
        for epoch in range(1, last + 1)
    ]


def measured_source(rows, metrics=NUMBERS, **changes):
    """Return the source of a study of a task without images."""
    drawn = [row for row in rows if row["state"] in {"complete", "diverged"} and not row["superseded"]]
    epochs = [record for row in drawn for record in descent(row, metrics)]
    tries = [attempt(row["number"], row["state"]) for row in drawn]
    return Listed(specification(**(VALLEY | changes)), rows, epochs, tries)


def measured_findings(cells=None, metrics=NUMBERS, **changes):
    rows = measured(EXCESSES if cells is None else cells, metrics=metrics)
    return Findings(Material.of(measured_source(rows, metrics, **changes)))


GAME = Task(
    name="game",
    summary="a made-up task whose score is to be maximised, and has no worst value",
    implementation="nowhere:train",
    metrics=(Metric(name="score", summary="score", unit="points", direction="maximize"),),
)
PLAYED = {"task": {"name": "game"}, "objective": {"statistic": "final", "metric": "score"}}
SCORES = {
    (0.001, 0.0): [-5.0, -6.0, -4.0],
    (0.01, 0.0): [20.0, 22.0, 21.0],
    (0.1, 0.0): ["diverged", 10.0, 12.0],
    (0.001, 0.9): [0.0, 1.0, 0.5],
    (0.01, 0.9): [30.0, 31.0, 29.0],
    (0.1, 0.9): ["diverged"] * 3,
}
"""Scores; the lowest is -6, the best of the rows lie at 0.01."""
