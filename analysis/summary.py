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
        "best": _best(material, first),
        "maps": [result.to_dict() for result in maps[0]],
        "other_split": _other(material, measures, maps),
        "provenance": _provenance(material),
    }


def _other(
    material: Material, measures: Sequence[Measure], maps: Sequence[Sequence[SensitivityMap]]
) -> dict[str, Any] | None:
    if len(measures) < 2:
        return None
    first, other = measures
    chosen = _best(material, first)
    return {
        "split": other.split,
        "at_best": None if chosen is None else _best(material, other, chosen["configuration"]),
        "best": _best(material, other),
        "maps": [result.to_dict() for result in maps[1]],
    }


def _best(material: Material, measure: Measure, only: dict[str, float] | None = None) -> dict[str, Any] | None:
    """Return the configuration with the lowest median over seeds, or what ``only`` that one comes to.

    None where no trial is complete.
    """
    names = list(material.specification.space)
    ranks = ranking(material.in_force, names, measure)
    for name, value in (only or {}).items():
        ranks = ranks[ranks[name] == value]
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
