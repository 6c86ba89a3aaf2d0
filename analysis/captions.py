"""Captions: what every figure says of the task, of n, of what was left out, and of its own marks and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.findings import Findings
from analysis.maps import SensitivityMap
from analysis.measure import Measure, counted
from analysis.numbers import point, written
from search_spaces.options import Value
from search_spaces.sections import Section
from search_spaces.specification import Specification


def described(findings: Findings, drawn: pd.DataFrame, fixed: Mapping[str, float] | None = None) -> str:
    """Return the task, the values that all drawn trials share, n by outcome, and what was left out."""
    specification = findings.material.specification
    trained = _trained(specification, findings.named(fixed or {}))
    text = (
        f"{specification.name}: {trained}. n = {_counted(len(drawn), 'trial')}, "
        f"{_counted(specification.seeds, 'seed')} a configuration: {_outcomes(findings, drawn)}"
    )
    superseded = len(findings.material.trials) - len(findings.material.in_force)
    text += f", {superseded} superseded by a retry (left out)" if superseded else ""
    open_trials = int(drawn["state"].isin(["waiting", "running"]).sum())
    return text + (f", {open_trials} still to be trained." if open_trials else ".")


def _trained(specification: Specification, fixed: Mapping[str, Value]) -> str:
    """Return data, network, optimizer, batch, schedule, and the value of every option that does not vary."""
    task, optimizer, info = specification.task, specification.optimizer, specification.dataset
    form = specification.variant if "variant" not in specification.space else None
    name = f"{optimizer.name} ({form})" if form else optimizer.name
    images = f"{(task.subset or info.train) - task.validation:,} training and {info.test:,} test images"
    images += f", {task.validation:,} for validation" if task.validation else ""
    if {"task.subset", "task.validation"} & specification.space.keys():
        images = f"{info.test:,} test images"
    numbers = {n: it for n, it in specification.hyperparameters({}).items() if n not in specification.space}
    values = {**fixed, **numbers}
    without = "amsgrad" not in specification.space and not optimizer.options.get("amsgrad", True)
    name += " without the maximum of AMSGrad" if without else ""
    name += f", {point(values)}" if values else ""
    parts = {
        "decay": f", decay {specification.decay}" if specification.decay else "",
        "decay_on": " on kernels only" if optimizer.options.get("decay_on") == "kernels" else "",
        "task.augmentation": "" if task.augmentation == "none" else f", {task.augmentation}",
        "task.remainder": " (a small rest of images is a batch of its own)" if task.remainder == "keep" else "",
        "task.batch_size": f", batch {task.batch_size}",
    }
    said = {path: "" if path in specification.space else text for path, text in parts.items()}
    return (
        f"{name}{said['decay']}{said['decay_on']}; {_network(specification)} on {task.dataset} "
        f"({images}{said['task.augmentation']}){said['task.batch_size']}{said['task.remainder']}, "
        f"{_counted(specification.epochs, 'epoch')}, {_scheduled(specification)}"
    )


def _network(specification: Specification) -> str:
    options = specification.network_options
    return specification.network.name + (f" ({point(options)})" if options else "")


def _scheduled(specification: Specification) -> str:
    names = {"lr": "learning rate"}
    texts = [
        _moved(names.get(name, name), schedule, varied=f"schedules.{name}.gamma" in specification.space)
        for name, schedule in specification.schedules.items()
    ]
    return ", ".join(texts)


def _moved(what: str, schedule: Section, *, varied: bool) -> str:
    if schedule.name == "constant":
        return f"constant {what}"
    if schedule.name == "multistep":
        marks = ("epochs " if len(schedule.milestones) > 1 else "epoch ") + ", ".join(map(str, schedule.milestones))
        return f"{what} times {'gamma' if varied else written(schedule.gamma)} after {marks}"
    return f"{schedule.name} schedule of {'the ' if ' ' in what else ''}{what}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


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


def map_legend(result: SensitivityMap, *, numbered: bool = True) -> str:
    """Return what the marks of a map mean, those that are there; shares stand in cells that have numbers alone."""
    grid = result.grid
    if grid.best is None:
        parts = ["Every trial diverged." if _all_diverged(result) else "No best: no cell has all its seeds in."]
    else:
        row, column = grid.best
        place = f"{grid.x} = {grid.x_axis.texts(grid.xs)[grid.xs[column]]}"
        place += "" if grid.y is None else f", {grid.y} = {grid.y_axis.texts(grid.ys)[grid.ys[row]]}"
        parts = [f"Star: best cell, {place}, mean {result.grid.mean[row, column]:.2f} %."]
        parts.append(_outlined(result))
    if grid.diverged.any():
        parts.append('Hatched, "div.": share of seeds that diverged.' if numbered else "Hatched: seeds diverged.")
    if grid.learned_nothing.any():
        dotted = 'Dotted, "guess": share of seeds that' if numbered else "Dotted: seeds"
        parts.append(f"{dotted} learned nothing, being no better than guessing ({result.measure.guessing.rule}).")
    if (grid.n == 0).any():
        parts.append("Blank: no outcome.")
    return " ".join(parts)


def panels_legend(maps: Sequence[SensitivityMap]) -> str:
    """Return what the marks on a page of several maps mean, those that are there."""
    parts = []
    if any(one.grid.best is not None for one in maps):
        parts.append("Stars: the best cell of each panel, filled where it is the best of the study.")
    if any(one.candidates is not None for one in maps):
        parts.append("Outlined: candidates for the best of the panel at 95 %.")
    if any(one.grid.diverged.any() for one in maps):
        parts.append('Hatched, "div.": share of seeds that diverged.')
    if any(one.grid.learned_nothing.any() for one in maps):
        parts.append(f'Dotted, "guess": share of seeds that learned nothing ({maps[0].measure.guessing.rule}).')
    if any((one.grid.n == 0).any() for one in maps):
        parts.append("Blank: no outcome.")
    return " ".join(parts)


def _outlined(result: SensitivityMap) -> str:
    found = result.candidates
    if found is None:
        return "What else may be the best cannot be said: two cells with every seed in, three at least, are needed."
    count = int(found.cells.sum())
    what = "the best cell alone is a candidate" if count == 1 else f"{count} candidates"
    text = (
        f"Outlined: {what} for the best at {100 * found.level:g} % (compared pairwise over {found.seeds} seeds, "
        f"one-sided Dunnett bound; residual deviation {found.deviation:.2f} on the logit scale, {found.freedom} "
        "degrees of freedom)."
    )
    unjudged = int(((result.grid.n > 0) & ~found.judged & (result.grid.diverged.sum(axis=2) < result.grid.n)).sum())
    lacking = "1 cell lacks seeds and was" if unjudged == 1 else f"{unjudged} cells lack seeds and were"
    return text + (f" {lacking} not compared." if unjudged else "")


def _all_diverged(result: SensitivityMap) -> bool:
    grid = result.grid
    return bool(grid.n.any() and grid.diverged.sum() == grid.n.sum() and not grid.pending.any())
