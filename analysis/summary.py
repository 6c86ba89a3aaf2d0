"""The summary: the numbers of a report as plain values, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.maps import Measure, SensitivityMap
from analysis.material import Material
from analysis.ranking import ranking

OUTCOMES = ("complete", "diverged", "failed", "cancelled", "running", "waiting")


def summary(
    material: Material, measures: Sequence[Measure], maps: Sequence[Sequence[SensitivityMap]]
) -> dict[str, Any]:
    """Return what ``summary.json`` holds, without the list of figures.

    ``best`` and ``maps`` are of the objective's split. ``other_split`` is None where no validation images were held
    out; else it has the other split's own ``best`` and ``maps``, and ``at_best``: what the configuration that the
    objective chose comes to there. Chosen on validation images, and not by the minimum over epochs, it is the
    number to quote.
    """
    first, specification = measures[0], material.specification
    names = list(specification.space)
    rankings = [ranking(material.in_force, names, measure) for measure in measures]
    states = material.in_force["state"].value_counts().to_dict()
    return {
        "name": specification.name,
        "hash": material.hash,
        "specification": specification.document(),
        "statistic": first.statistic,
        "split": first.split,
        "chance_error": first.chance,
        "seeds": specification.seeds,
        "trials": {"total": len(material.in_force)}
        | {state: int(states.get(state, 0)) for state in OUTCOMES}
        | {"superseded": len(material.trials) - len(material.in_force)},
        "best": _best(rankings[0], names),
        "maps": [result.to_dict() for result in maps[0]],
        "other_split": _other(measures[1], rankings, names, maps[1]) if len(measures) > 1 else None,
        "provenance": _provenance(material),
    }


def _other(
    measure: Measure, rankings: Sequence[pd.DataFrame], names: Sequence[str], maps: Sequence[SensitivityMap]
) -> dict[str, Any]:
    first, other = rankings
    chosen = other if first.empty else other.merge(first.head(1)[[*names]])
    return {
        "split": measure.split,
        "at_best": _best(chosen, names),
        "best": _best(other, names),
        "maps": [result.to_dict() for result in maps],
    }


def _best(ranks: pd.DataFrame, names: Sequence[str]) -> dict[str, Any] | None:
    """Return the first configuration of a ranking, None where no trial is complete."""
    if ranks.empty or int(ranks.iloc[0]["diverged"]) == int(ranks.iloc[0]["n"]):
        return None
    first = ranks.iloc[0]
    return {
        "configuration": {name: float(first[name]) for name in names},
        "median": float(first["median"]),
        "mean": float(first["mean"]),
        "standard_error": float(first["standard_error"]) if np.isfinite(first["standard_error"]) else None,
        "n": int(first["n"]),
        "diverged": int(first["diverged"]),
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
