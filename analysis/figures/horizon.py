"""The best value of a hyperparameter against the budget: arms that differ in their epochs alone, joined by lines.

For weight decay this is the question of I. Loshchilov and F. Hutter, arXiv:1711.05101, supplementary figure 3: does
the best decay fall as the training grows longer?
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from analysis.axes import label_of
from analysis.candidates import candidates
from analysis.captions import Part, chosen, described
from analysis.figures import narrow
from analysis.figures.layout import entitle, single
from analysis.figures.palette import DASHES, TURNS
from analysis.figures.style import plain_log
from analysis.findings import ArmFindings, Findings
from analysis.grid import grid_of_trials


@dataclass(frozen=True, kw_only=True)
class Stop:
    """The best value at one budget: ``low`` and ``high`` span its candidates, None where there are too few seeds."""

    epochs: int
    best: float
    low: float | None
    high: float | None
    edge: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """Arms that differ in their epochs alone, shortest first."""

    label: str
    look: dict[str, Any]
    stops: tuple[Stop, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Horizon:
    """The courses of one hyperparameter; ``log`` is whether it is seen on a logarithmic scale."""

    name: str
    title: str
    caption: str
    of: str
    log: bool
    courses: tuple[Course, ...]


def compute(findings: Findings) -> list[Horizon]:
    """Return the horizon of each numeric hyperparameter that arms of different budgets vary on grids."""
    arms = [one for one in findings.arms if one.is_grid and one.best is not None]
    groups: dict[str, list[ArmFindings]] = {}
    for one in arms:
        document = one.arm.resolved()
        alike = {key: it for key, it in document.items() if key not in {"epochs", "space"}} | {"over": one.space}
        groups.setdefault(json.dumps(alike, sort_keys=True), []).append(one)
    several = [group for group in groups.values() if len({one.arm.epochs for one in group}) > 1]
    names = [name for group in several for one in group for name in one.space if not one.scales[name].choices]
    return [_horizon(findings, name, several) for name in dict.fromkeys(names)]


def _horizon(findings: Findings, name: str, groups: Sequence[Sequence[ArmFindings]]) -> Horizon:
    courses: list[Course] = []
    parts: list[Part] = []
    log = held = False
    for index, group in enumerate(it for it in groups if name in it[0].space):
        stops = []
        for one in sorted(group, key=lambda it: it.arm.epochs):
            best = one.best or {}
            others = {other: value for other, value in best.items() if other != name}
            trials = one.at(others)
            parts.append((one, trials))
            stops.append(_stop(one, name, best[name], others))
            log = log or one.arm.space[name].log or name == "weight_decay"
            held = held or bool(others)
        look = {"color": TURNS[index % len(TURNS)], "linestyle": DASHES[index % len(DASHES)]}
        names = " / ".join(one.name for one in sorted(group, key=lambda it: it.arm.epochs))
        courses.append(Course(label=names, look=look, stops=tuple(stops)))
    measure = findings.measure
    every = [stop for course in courses for stop in course.stops]
    log = log and all(stop.best > 0 for stop in every)
    text = (
        f"{described(parts)} Dots: the {name} with the {measure.lowest} mean over seeds of the {measure.label}, "
        "among the values of each grid"
    )
    text += ", every other hyperparameter at the best of its arm." if held else "."
    if any(stop.low is not None for stop in every):
        text += " Bars: candidates for the best at 95 % (paired over seeds, one-sided Dunnett bound)."
    text += " Hollow: the best lies at the edge of its grid." if any(stop.edge for stop in every) else ""
    return Horizon(
        name=f"horizon-{name.replace('.', '-')}",
        title=f"best {label_of(name)} against budget",
        caption=f"{text} {chosen(measure)}".strip(),
        of=name,
        log=log,
        courses=tuple(courses),
    )


def _stop(arm: ArmFindings, name: str, best: float, others: dict[str, float]) -> Stop:
    measure = arm.measures[0]
    grid = grid_of_trials(arm.at(others), name, None, measure, others, arm.scales)
    found = candidates(grid, measure.compared)
    likely = grid.xs[found.cells[0]] if found is not None else np.array([])
    return Stop(
        epochs=arm.arm.epochs,
        best=best,
        low=float(likely.min()) if len(likely) else None,
        high=float(likely.max()) if len(likely) else None,
        edge=best in {float(grid.xs[0]), float(grid.xs[-1])},
    )


def caption(result: Horizon) -> str:
    """Return the text below a horizon."""
    return result.caption


def draw(result: Horizon, ax: Axes | None = None) -> Figure:
    """Draw the best value over epochs; ``ax`` are axes of a figure of one's own, without a caption."""
    return single(result.caption, _labels(result), partial(_draw, result=result), ax, 3.0)


def column(result: Horizon) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption."""
    return narrow.single(partial(_draw, result=result))


def _labels(result: Horizon) -> list[str]:
    return [textwrap.fill(course.label, 30, max_lines=3) for course in result.courses]


def _draw(axes: Axes, result: Horizon, *, alone: bool) -> None:
    count = len(result.courses)
    for index, course in enumerate(result.courses):
        shift = 1.03 ** (index - (count - 1) / 2)  # beside one another
        epochs = np.array([stop.epochs for stop in course.stops], dtype=float) * shift
        colour = course.look["color"]
        label = _labels(result)[index]
        axes.plot(epochs, [stop.best for stop in course.stops], linewidth=1.3, label=label, **course.look)
        for at, stop in zip(epochs, course.stops, strict=True):
            if stop.low is not None and stop.high is not None:
                axes.plot([at, at], [stop.low, stop.high], color=colour, alpha=0.35, linewidth=5)
            face = "white" if stop.edge else colour
            axes.plot([at], [stop.best], marker="o", markersize=6, color=face, markeredgecolor=colour, zorder=4)
    budgets = sorted({stop.epochs for course in result.courses for stop in course.stops})
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(budgets))
    axes.xaxis.set_major_formatter(FixedFormatter([str(it) for it in budgets]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(x=0.12)
    axes.set_xlabel("epochs")
    axes.set_ylabel(label_of(result.of))
    if result.log:
        axes.set_yscale("log")
        plain_log(axes.yaxis)
    axes.grid(alpha=0.25, linewidth=0.5)
    entitle(axes, result.title, _labels(result), alone=alone)
