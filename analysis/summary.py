"""The summary: the numbers of a report as plain values, for programs."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from analysis.findings import Findings
from analysis.material import Material
from analysis.measure import counted
from analysis.ranking import best_of_ranking

OUTCOMES = ("complete", "diverged", "failed", "cancelled", "running", "waiting")


def summary(findings: Findings) -> dict[str, Any]:
    """Return what ``summary.json`` holds, without the list of figures.

    ``best`` and ``maps`` are of the objective's split. ``other_split`` is None where no validation images were held
    out; else it has the other split's own ``best`` and ``maps``, and ``at_best``: what the configuration that the
    objective chose comes to there. Chosen on validation images, and not by the minimum over epochs, it is the
    number to quote.
    """
    material, first = findings.material, findings.measures[0]
    specification, trials = material.specification, material.in_force
    states = trials["state"].value_counts().to_dict()
    return {
        "name": specification.name,
        "hash": material.hash,
        "specification": specification.document(),
        "warnings": specification.warnings(),
        "statistic": first.statistic,
        "split": first.split,
        "chance_error": first.chance,
        "seeds": specification.seeds,
        "trials": {"total": len(trials)}
        | {state: int(states.get(state, 0)) for state in OUTCOMES}
        | {
            "superseded": len(material.trials) - len(trials),
            "learned_nothing": int(counted(trials, first)["learned_nothing"].sum()),
        },
        "learned_nothing_rule": first.guessing.rule,
        "best": _best(findings.rankings[0], findings.space),
        "maps": [one.to_dict() for one in findings.maps[0]],
        "other_split": _other(findings) if len(findings.measures) > 1 else None,
        "provenance": _provenance(material),
    }


def _other(findings: Findings) -> dict[str, Any]:
    other, names = findings.rankings[1], findings.space
    at_best = None
    if findings.best is not None:
        chosen = other.merge(pd.DataFrame([findings.best]))
        at_best = None if chosen.empty else _plain(chosen.iloc[0], names)
    return {
        "split": findings.measures[1].split,
        "at_best": at_best,
        "best": _best(other, names),
        "maps": [one.to_dict() for one in findings.maps[1]],
    }


def _best(ranks: pd.DataFrame, names: list[str]) -> dict[str, Any] | None:
    row = best_of_ranking(ranks)
    return None if row is None else _plain(row, names)


def _plain(row: pd.Series, names: list[str]) -> dict[str, Any]:
    """Return one row of a ranking as plain values."""
    return {
        "configuration": {name: float(row[name]) for name in names},
        "mean": float(row["mean"]),
        "standard_error": float(row["standard_error"]) if np.isfinite(row["standard_error"]) else None,
        "n": int(row["n"]),
        "diverged": int(row["diverged"]),
    }


def _provenance(material: Material) -> dict[str, Any]:
    attempts = material.attempts
    ended = [a for a in attempts if a["ending"] is not None]
    return {
        "code_version_of_study": material.code_version,
        "code_versions": sorted({a["code_version"] for a in ended if a["code_version"]}),
        "hosts": sorted({a["host"] for a in ended if a["host"]}),
        "devices": sorted({a["device"] for a in ended if a["device"]}),
        "libraries": [json.loads(text) for text in sorted({a["libraries"] for a in ended if a["libraries"]})],
        "attempts": len(attempts),
        "attempts_by_ending": pd.Series([a["ending"] for a in ended]).value_counts().sort_index().to_dict(),
        "training_seconds": sum(a["seconds"] or 0.0 for a in ended),
    }
