"""Captions: what every figure says of the task, of n, and of what was left out."""

from __future__ import annotations

import pandas as pd

from analysis.figures import short
from analysis.maps import Measure, SensitivityMap
from search_spaces.specification import Specification


def described(specification: Specification, in_force: pd.DataFrame, superseded: int = 0) -> str:
    """Return the task, n by outcome, and what was left out."""
    task, optimizer = specification.task, specification.optimizer
    states = in_force["state"].value_counts().to_dict()
    name = f"{optimizer.name} ({specification.variant})" if specification.variant else optimizer.name
    subset = f" subset of {task.subset} training images," if task.subset else ""
    left_out = states.get("failed", 0) + states.get("cancelled", 0)
    text = (
        f"{specification.name}: {name}, {task.network} on {task.dataset},{subset} {specification.epochs} epochs, "
        f"decay {specification.decay}; n = {len(in_force)} trials, {specification.seeds} "
        f"seed{'s' if specification.seeds > 1 else ''} a configuration: "
        f"{states.get('complete', 0)} complete, {states.get('diverged', 0)} diverged"
    )
    text += f", {left_out} failed or cancelled (left out)" if left_out else ""
    text += f", {superseded} superseded by a retry (left out)" if superseded else ""
    open_trials = states.get("waiting", 0) + states.get("running", 0)
    return text + (f", {open_trials} still to be trained." if open_trials else ".")


def measured(measure: Measure, mark: str = "Colour and numbers") -> str:
    """Return what the marks of a map are."""
    return (
        f"{mark}: median over seeds of the {measure.label}, split {measure.split}, statistic {measure.statistic}; a "
        f"diverged seed counts at chance, {measure.chance:g} %."
    )


def map_legend(result: SensitivityMap) -> str:
    """Return what the marks of a map mean."""
    if result.best is None:
        return "Every trial diverged." if result.diverged.any() else "No trial has an outcome yet."
    row, column = result.best
    text = (
        f"Star: best cell, {result.x} = {result.xs[column]:.3g}, {result.y} = {short(float(result.ys[row]))}, median "
        f"{result.median[row, column]:.2f} %. "
    )
    if result.standard_error is not None:
        text += f"Outlined: median within one standard error of its mean ({result.standard_error:.2f}) of it. "
    elif result.n[row, column] == 1:
        text += "One seed there, so no standard error. "
    else:
        text += f"{int(result.diverged[row, column])} of its {int(result.n[row, column])} seeds diverged. "
    return text + "Hatched: share of seeds that diverged. Blank: no outcome."


POINTS_LEGEND = "Points: seeds; crosses: those that diverged. Star: best configuration."

PLANE_LEGEND = "Star: best configuration. Crosses: seeds diverged there; without colour, all of them."

CURVES_LEGEND = (
    "Lines: median, bands: range over the seeds still in training; crosses: the last epoch before a seed diverged. "
    "Losses above 25 leave the axis."
)
