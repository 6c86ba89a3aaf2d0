"""Captions: what every figure says of the task, of n, of what was left out, and of its own marks and no others."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.findings import Findings
from analysis.maps import SensitivityMap
from analysis.measure import Measure, counted
from analysis.numbers import point, told_apart, written
from search_spaces.specification import Specification


def described(findings: Findings, drawn: pd.DataFrame, fixed: Mapping[str, float] | None = None) -> str:
    """Return the task, the values that all drawn trials share, n by outcome, and what was left out."""
    specification = findings.material.specification
    count = findings.material.specification.seeds
    text = (
        f"{specification.name}: {_trained(specification, dict(fixed or {}))}. n = {len(drawn)} trials, {count} "
        f"seed{'s' if count > 1 else ''} a configuration: {_outcomes(findings, drawn)}"
    )
    superseded = len(findings.material.trials) - len(findings.material.in_force)
    text += f", {superseded} superseded by a retry (left out)" if superseded else ""
    open_trials = int(drawn["state"].isin(["waiting", "running"]).sum())
    return text + (f", {open_trials} still to be trained." if open_trials else ".")


def _trained(specification: Specification, fixed: Mapping[str, float]) -> str:
    """Return data, network, optimizer, batch, schedule, and the value of every hyperparameter that does not vary."""
    task, optimizer, info = specification.task, specification.optimizer, specification.dataset
    name = f"{optimizer.name} ({specification.variant})" if specification.variant else optimizer.name
    images = f"{(task.subset or info.train) - task.validation:,} training and {info.test:,} test images"
    images += f", {task.validation:,} for validation" if task.validation else ""
    values = specification.hyperparameters({})
    values = {key: value for key, value in values.items() if key not in specification.space}
    decay = f", decay {specification.decay}"
    decay += " on kernels only" if optimizer.decay_on == "kernels" else ""
    augmented = "" if task.augmentation == "none" else f", {task.augmentation}"
    return (
        f"{name}, {point(dict(fixed) | values)}{decay}; {task.network} on {task.dataset} ({images}{augmented}), "
        f"batch {task.batch_size}, {specification.epochs} epochs, {_scheduled(specification)}"
    )


def _scheduled(specification: Specification) -> str:
    schedule = specification.schedule
    if schedule.name == "constant":
        return "constant learning rate"
    if schedule.name == "multistep":
        marks = ", ".join(map(str, schedule.milestones))
        return f"learning rate times {written(schedule.gamma)} after epochs {marks}"
    return f"{schedule.name} schedule of the learning rate"


def _outcomes(findings: Findings, drawn: pd.DataFrame) -> str:
    states = drawn["state"].value_counts().to_dict()
    lost = int(counted(drawn, findings.measures[0])["learned_nothing"].sum())
    complete = f"{states.get('complete', 0)} complete"
    complete += f" ({lost} of them learned nothing)" if lost else ""
    left_out = states.get("failed", 0) + states.get("cancelled", 0)
    text = f"{complete}, {states.get('diverged', 0)} diverged (a loss or output was not finite)"
    return text + (f", {left_out} failed or cancelled (left out)" if left_out else "")


def measured(measure: Measure, mark: str, *, diverged: bool) -> str:
    """Return what the marks of a figure show, and on which images choices were made."""
    text = f"{mark}: mean over seeds of the {measure.label}, split {measure.split}, statistic {measure.statistic}"
    text += f"; a diverged seed counts as guessing, {measure.chance:g} %." if diverged else "."
    return f"{text} {chosen(measure)}".strip()


def chosen(measure: Measure) -> str:
    """Return the warning that a choice on test images needs."""
    if measure.split == "test":
        return "The best was chosen on the test images themselves: its error is optimistic."
    return ""


def map_legend(result: SensitivityMap) -> str:
    """Return what the marks of a map mean, those that are there."""
    grid = result.grid
    if grid.best is None:
        parts = ["Every trial diverged." if _all_diverged(result) else "No cell has all its seeds yet: none is best."]
    else:
        row, column = grid.best
        place = f"{grid.x} = {told_apart(grid.xs)[grid.xs[column]]}"
        place += "" if grid.y is None else f", {grid.y} = {told_apart(grid.ys)[grid.ys[row]]}"
        parts = [f"Star: best cell, {place}, mean {result.grid.mean[row, column]:.2f} %."]
        parts.append(_outlined(result))
    if grid.diverged.any():
        parts.append('Hatched, "div.": share of seeds that diverged.')
    if grid.learned_nothing.any():
        parts.append(
            'Dotted, "guess": share of seeds that learned nothing, being no better than guessing'
            f" ({result.measure.guessing.rule})."
        )
    if (grid.n == 0).any():
        parts.append("Blank: no outcome.")
    return " ".join(parts)


def _outlined(result: SensitivityMap) -> str:
    found = result.candidates
    if found is None:
        return "Too few seeds to say which other cells may be the best (three are needed)."
    count = int(found.cells.sum())
    what = "the best cell alone is a candidate" if count == 1 else f"{count} candidates"
    text = (
        f"Outlined: {what} for the best at {100 * found.level:g} % (compared pairwise over {found.seeds} seeds, "
        f"one-sided Dunnett bound; residual deviation {found.deviation:.2f} on the logit scale, {found.freedom} "
        "degrees of freedom)."
    )
    unjudged = int(((result.grid.n > 0) & ~found.judged & (result.grid.diverged.sum(axis=2) < result.grid.n)).sum())
    return text + (f" {unjudged} cells lack seeds and were not compared." if unjudged else "")


def _all_diverged(result: SensitivityMap) -> bool:
    grid = result.grid
    return bool(grid.n.any() and grid.diverged.sum() == grid.n.sum() and not grid.pending.any())
