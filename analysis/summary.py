"""The summary: the numbers of a report as plain values, for programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.findings import ArmFindings, Findings
from analysis.material import STATES, Material
from analysis.measure import SPLITS, counted
from analysis.ranking import best_of_ranking


def summary(findings: Findings) -> dict[str, Any]:
    """Return what ``summary.json`` holds, without the list of figures.

    ``best`` and ``maps`` are of the objective. ``other_split`` is None where no validation images were held out; else
    it has the other split's own ``best`` and ``maps``, and ``at_best``: what the configuration that the objective
    chose comes to there. Chosen on validation images, and not by the minimum over epochs, it is the number to quote.
    ``best`` is None too where the arms of a study are measured on different things; ``arms`` has that of each, and
    ``contenders`` each beside the best of all. What is of one study stands at the top where there is one, and under
    ``studies`` where there are several, whose arms are called by the study's name and their own. ``overlay`` is there
    where something was laid over the figures: ``reference``, and which of its trainings have a place, and which none.
    """
    measure = findings.measure
    worsts = {one.measures[0].metric.worst for one in findings.arms}
    rules = list(dict.fromkeys(one.measures[0].rule for one in findings.arms))
    of_studies = {it.specification.name: of_study(findings, it) for it in findings.materials}
    decoupled = findings.decoupling
    return {
        **({"studies": of_studies} if findings.others else next(iter(of_studies.values()))),
        "statistic": measure.statistic,
        "metric": {name: it for name, it in measure.metric.to_dict().items() if name not in {"worst", "trace"}},
        "split": measure.split,
        **({"chance_error": measure.worst if len(worsts) == 1 else None} if measure.split else {}),
        "worst": measure.metric.worst if len(worsts) == 1 else None,
        "learned_nothing_rule": "; ".join(rules),
        "best": _best(findings, 0),
        "contenders": [it.to_dict() for it in findings.contenders],
        "arms": {
            one.name: {
                "trials": len(one.in_force),
                "learned_nothing": _lost(one),
                "worst": one.measures[0].metric.worst,
                "best": _best_of(one, one.rankings[0]),
                "fresh_seeds": None if one.fresh is None else one.fresh.to_dict(),
                "null_model": _null_model(findings, one),
                "importances": {name: it.to_dict() for name, it in one.importances.items()} or None,
            }
            for one in findings.arms
        },
        "maps": _maps(findings, findings.metrics[0]),
        "decoupling": None if decoupled is None else decoupled.to_dict(),
        "other_split": _other(findings) if len(findings.metrics) > 1 else None,
        **({"overlay": findings.overlay.to_dict()} if findings.overlay is not None else {}),
    }


def of_study(findings: Findings, material: Material) -> dict[str, Any]:
    """Return what is of one study alone: its specification, counts and provenance."""
    specification = material.specification
    arms = [one for one in findings.arms if one.material is material]
    in_force = pd.concat([one.in_force["state"] for one in arms])
    states = in_force.value_counts().to_dict()
    return {
        "name": specification.name,
        "hash": material.hash,
        "specification": specification.document(),
        "warnings": specification.warnings(),
        "seeds": specification.seeds,
        "trials": {"total": len(in_force)}
        | {state: int(states.get(state, 0)) for state in STATES}
        | {
            "superseded": sum(len(one.trials) for one in arms) - len(in_force),
            "learned_nothing": sum(_lost(one) for one in arms),
        },
        "provenance": {
            "code_version_of_study": material.code_version,
            **material.provenance.to_dict(),
        },
        "imported_from": specification.source or None,
        "plugins": [it.to_dict() for it in specification.plugins],
    }


def _null_model(findings: Findings, one: ArmFindings) -> dict[str, Any] | None:
    """Return the ridge that gradients predict, and what its axis leaves of the entanglement where it was measured."""
    null, found = findings.null_models.get(one.name), findings.effective_rates.get(one.name)
    if null is None:
        return None
    return null.to_dict() | {"effective_rate": None if found is None else found.to_dict()}


def _lost(one: ArmFindings) -> int:
    return int(counted(one.in_force, one.measures[0])["learned_nothing"].sum())


def _maps(findings: Findings, metric: str) -> list[dict[str, Any]]:
    return [{"arm": one.name} | shown.to_dict() for one in findings.arms for shown in one.maps_of(metric)]


def _other(findings: Findings) -> dict[str, Any]:
    metric, chosen = findings.metrics[1], findings.best_arm()
    at_best = None
    if chosen is not None and chosen.best is not None and len(chosen.measures) > 1:
        there = chosen.rankings[1].merge(pd.DataFrame([chosen.best]))
        at_best = None if there.empty else _plain(chosen, there.iloc[0])
    return {
        "split": SPLITS[metric],
        "at_best": at_best,
        "best": _best(findings, 1),
        "maps": _maps(findings, metric),
    }


def _best(findings: Findings, index: int) -> dict[str, Any] | None:
    one = findings.best_arm(index)
    return None if one is None else _best_of(one, one.rankings[index])


def _best_of(one: ArmFindings, ranks: pd.DataFrame) -> dict[str, Any] | None:
    row = best_of_ranking(ranks)
    return None if row is None else _plain(one, row)


def _plain(one: ArmFindings, row: pd.Series) -> dict[str, Any]:
    """Return one row of a ranking as plain values."""
    return {
        "arm": one.name,
        "configuration": one.named({name: float(row[name]) for name in one.space}),
        "mean": float(row["mean"]),
        "standard_error": float(row["standard_error"]) if np.isfinite(row["standard_error"]) else None,
        "n": int(row["n"]),
        "diverged": int(row["diverged"]),
    }
