"""Material of reports, made by hand, and reports written from it."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

from analysis.material import Material
from analysis.report import write_report
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
CELLS = {
    (0.1, 0.0): [10.0, 12.0],
    (1.0, 0.0): [20.0, "diverged"],
    (0.1, 0.5): [30.0, "failed"],
    (1.0, 0.5): ["waiting", "running"],
}
UNFINISHED = {cell: ["waiting", "waiting"] for cell in CELLS}
FILES = {
    "report.html", "summary.json", "trials.csv", "figures/heatmap.png", "figures/heatmap.svg", "figures/curves.png",
    "figures/curves.svg",
}  # fmt: skip


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
    }
    return row | changes


def material(rows, **changes):
    drawn = [row for row in rows if row["state"] in {"complete", "diverged"} and not row["superseded"]]
    return Material(
        specification=specification(**changes),
        hash="0123456789abcdef" * 4,
        code_version="0.1.0+aa",
        trials=rows,
        curves=[record for row in drawn for record in curve(row)],
        attempts=[attempt(row["number"], row["state"]) for row in drawn],
    )


def written(folder, rows, statistic=None, **changes):
    """Write a report and return what it holds."""
    summary = write_report(material(rows, **changes), folder, statistic)
    return SimpleNamespace(
        folder=folder,
        summary=summary,
        html=(folder / "report.html").read_text(encoding="utf-8"),
        files={path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()},
    )


LINE = {"lr": {"values": [0.1, 1.0]}}


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


def crossed_rows():
    rows = trials({cell: [r if isinstance(r, str) else r[0] for r in results] for cell, results in CROSSED.items()})
    flat = [result for results in CROSSED.values() for result in results]
    for row, result in zip(rows, flat, strict=True):
        row["validation_error_final"] = None if isinstance(result, str) else result[1]
    return rows


def words(report):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", report.html))
