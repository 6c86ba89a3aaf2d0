"""Material of reports, made by hand, and reports written from it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from types import SimpleNamespace

from analysis.figures.style import KINDS
from analysis.findings import WHOLE, Findings
from analysis.material import Material
from analysis.report import View, write_report
from search_spaces.specification import Specification
from search_spaces.validation import loads
from tests.unit.analysis.common import curve, trials

DOCUMENT = {
    "name": "study",
    "summary": "<script>alert(1)</script> & more",
    "task": {"dataset": "digits", "network": "mlp"},
    "epochs": 2,
    "space": {"lr": {"values": [0.1, 1.0]}, "p": {"values": [0.0, 0.5]}},
    "seeds": 2,
    "objective": {"statistic": "final", "split": "test"},
}
PLANE = {"lr": {"low": 0.01, "high": 10.0, "log": True}, "p": {"low": 0.0, "high": 0.5}}
LINE = {"lr": {"values": [0.1, 1.0]}}
CUBE = DOCUMENT["space"] | {"beta2": {"values": [0.9, 0.99]}}
CELLS = {
    (0.1, 0.0): [10.0, 12.0],
    (1.0, 0.0): [20.0, "diverged"],
    (0.1, 0.5): [30.0, "failed"],
    (1.0, 0.5): ["waiting", "running"],
}
UNFINISHED = {cell: ["waiting", "waiting"] for cell in CELLS}
GONE = {cell: ["diverged", "diverged"] for cell in CELLS}
NAMES = ("heatmap", "optima", "divergence", "curves")
"""The figures of :data:`CELLS`, a grid of two hyperparameters of which a seed diverged."""

CHOSEN_ON_VALIDATION = {
    "task": DOCUMENT["task"] | {"validation": 50},
    "objective": {"split": "validation", "statistic": "final"},
}
CROSSED = {  # (test error, validation error): what validation chooses is not what test would
    (0.1, 0.0): [(10.0, 21.0), (12.0, 21.0)],
    (1.0, 0.0): [(14.0, 20.0), (18.0, 18.0)],
    (0.1, 0.5): [(30.0, 40.0), "diverged"],
    (1.0, 0.5): ["failed", "waiting"],
}


def files_of(*names):
    """Return the files of a report with some figures."""
    pictures = {f"figures/{name}.{kind}" for name in names for kind in KINDS}
    return {"report.html", "summary.json", "trials.csv", "figures/map.html"} | pictures


def cube(result=lambda lr, p, beta2: [lr + p + beta2]):
    """Return the cells of three hyperparameters."""
    return {(lr, p, b): result(lr, p, b) for lr in (0.1, 1.0) for p in (0.0, 0.5) for b in (0.9, 0.99)}


def cube_rows(**options):
    return trials(cube(**options), ("lr", "p", "beta2"))


def crossed_rows():
    rows = trials({cell: [r if isinstance(r, str) else r[0] for r in results] for cell, results in CROSSED.items()})
    flat = [result for results in CROSSED.values() for result in results]
    for row, result in zip(rows, flat, strict=True):
        row["validation_error_final"] = None if isinstance(result, str) else result[1]
    return rows


def space_of(cells, names=("lr", "p")):
    """Return the space whose grid the cells are."""
    return {name: {"values": sorted({cell[at] for cell in cells})} for at, name in enumerate(names)}


def specification(**changes):
    return loads(json.dumps(DOCUMENT | changes))


def attempt(number, ending="complete", **changes):
    row = {
        "number": number,
        "attempt": 1,
        "ending": ending,
        "reason": None,
        "host": "node1",
        "device": "cpu",
        "libraries": '{"torch": "2.14.1"}',
        "code_version": "0.1.0+aa",
        "started_at": 1.0,
        "ended_at": 3.0,
        "seconds": 2.0,
        "images_per_second": 100.0,
        "rule": "padam torch amsgrad",
        "decay": "l2",
        "eps_at": "outside the root, after bias correction",
    }
    return row | changes


@dataclass(frozen=True)
class Listed:
    """A source whose rows stand in lists."""

    specification: Specification
    rows: list
    epochs: list
    tries: list
    hash: str = "0123456789abcdef" * 4
    code_version: str = "0.1.0+aa"

    def trials(self):
        return iter(self.rows)

    def curves(self, numbers):
        return iter([record for record in self.epochs if record["number"] in set(numbers)])

    def attempts(self):
        return iter(self.tries)


def source(rows, **changes):
    drawn = [row for row in rows if row["state"] in {"complete", "diverged"} and not row["superseded"]]
    return Listed(
        specification(**changes),
        rows,
        [record for row in drawn for record in curve(row)],
        [attempt(row["number"], row["state"]) for row in drawn],
    )


def material(rows, **changes):
    return Material.of(source(rows, **changes))


def findings(rows, statistic=None, clip=WHOLE, **changes):
    return Findings(material(rows, **changes), statistic, clip)


def base(found):
    """Return the findings of the one arm of a study that names none."""
    (one,) = found.arms
    return one


def findings_of(cells, names=("lr", "p"), **changes):
    """Return the findings of a study whose grid the cells are."""
    return findings(trials(cells, names), **({"space": space_of(cells, names)} | changes))


def written(folder, rows, statistic=None, **changes):
    """Write a report and return what it holds."""
    return written_of(source(rows, **changes), folder, statistic)


def written_of(made, folder, statistic=None):
    """Write the report of a source and return what it holds."""
    summary = write_report([made], folder, View(statistic=statistic))
    return SimpleNamespace(
        folder=folder,
        summary=summary,
        html=(folder / "report.html").read_text(encoding="utf-8"),
        files={path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()},
    )


def words(report):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", report.html))
