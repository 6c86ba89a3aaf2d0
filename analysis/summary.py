"""The summary: the numbers of a report as plain values, for programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.findings import Findings
from analysis.material import STATES
from analysis.measure import counted
from analysis.ranking import best_of_ranking


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
        | {state: int(states.get(state, 0)) for state in STATES}
        | {
            "superseded": len(material.trials) - len(trials),
            "learned_nothing": int(counted(trials, first)["learned_nothing"].sum()),
        },
        "learned_nothing_rule": first.guessing.rule,
        "best": _best(findings, findings.rankings[0]),
        "maps": [one.to_dict() for one in findings.maps[0]],
        "other_split": _other(findings) if len(findings.measures) > 1 else None,
        "provenance": {"code_version_of_study": material.code_version} | material.provenance.to_dict(),
    }


def _other(findings: Findings) -> dict[str, Any]:
    other = findings.rankings[1]
    at_best = None
    if findings.best is not None:
        chosen = other.merge(pd.DataFrame([findings.best]))
        at_best = None if chosen.empty else _plain(findings, chosen.iloc[0])
    return {
        "split": findings.measures[1].split,
        "at_best": at_best,
        "best": _best(findings, other),
        "maps": [one.to_dict() for one in findings.maps[1]],
    }


def _best(findings: Findings, ranks: pd.DataFrame) -> dict[str, Any] | None:
    row = best_of_ranking(ranks)
    return None if row is None else _plain(findings, row)


def _plain(findings: Findings, row: pd.Series) -> dict[str, Any]:
    """Return one row of a ranking as plain values."""
    return {
        "configuration": findings.named({name: float(row[name]) for name in findings.space}),
        "mean": float(row["mean"]),
        "standard_error": float(row["standard_error"]) if np.isfinite(row["standard_error"]) else None,
        "n": int(row["n"]),
        "diverged": int(row["diverged"]),
    }
