"""The sensitivity to x: the value against it, a line for each arm at its best, or for each y of one arm."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import label_of
from analysis.captions import Part, described, measured
from analysis.figures import narrow
from analysis.figures.columns import columns_of
from analysis.figures.layout import LABEL, Values, entitle, scaled, single
from analysis.figures.palette import DASHES, looks
from analysis.figures.style import band
from analysis.findings import ArmFindings, Findings
from analysis.measure import counted
from analysis.numbers import point

MOST = 12
"""Lines of one arm at the most, evenly chosen."""

FEWEST = 3
"""Values of x below which a line says nothing."""


PUBLISHED: dict[str, Any] = {
    "linewidth": 0.9,
    "linestyle": (0, (4, 1.5)),
    "marker": "D",
    "markersize": 4.0,
    "markerfacecolor": "none",
}
"""How published values are drawn: thinner than ours, dashed, and hollow."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """One line: ``label`` and ``look`` of it, and one row a seed with ``x``, ``value``, ``diverged``.

    ``published`` has one row a value of ``x`` of which others have published a ``value``.
    """

    label: str
    look: dict[str, Any]
    seeds: pd.DataFrame
    published: pd.DataFrame


@dataclass(frozen=True, kw_only=True, eq=False)
class Sensitivity:
    """The lines of a study of arms, or of one arm; ``head`` stands above the legend.

    ``published`` is what the legend calls what others have published, empty where nothing is laid over.
    """

    name: str
    title: str
    caption: str
    arm: ArmFindings
    x: str
    head: str
    lines: tuple[Line, ...]
    axis: Values
    published: str = ""


def compute(findings: Findings) -> list[Sensitivity]:
    """Return the sensitivity of a grid's x: of arms that share it, else of the y of one arm."""
    arms = [one for one in findings.arms if one.is_grid and one.best is not None and _values(one) >= FEWEST]
    if findings.arms[0].armed:
        arms = [one for one in arms if one.axes[0] == arms[0].axes[0]]
        found = _of_arms(findings, arms) if len(arms) > 1 and findings.comparable else None
    else:
        found = _of_rows(findings, arms[0]) if arms and arms[0].axes[1] is not None else None
    return [] if found is None else [found]


def _values(arm: ArmFindings) -> int:
    return int(arm.in_force[arm.axes[0]].nunique())


def _of_arms(findings: Findings, arms: Sequence[ArmFindings]) -> Sensitivity:
    """Return a line for each arm, its other hyperparameters at its best configuration."""
    x = arms[0].axes[0]
    parts: list[Part] = []
    lines = []
    for one, look in zip(arms, looks(arms), strict=True):
        held = {name: value for name, value in (one.best or {}).items() if name != x}
        trials = one.at(held)
        parts.append((one, trials))
        label = f"{one.name} ({point(one.named(held))})" if held else one.name
        lines.append(
            Line(label=label, look=look, seeds=_seeds(one, trials, x), published=_published(findings, one, x, held))
        )
    others = any(len(one.space) > 1 for one in arms)
    where = "Every other hyperparameter stands at the best configuration of its arm. " if others else ""
    return _sensitivity(findings, arms[0], parts, lines, head="", where=where)


def _of_rows(findings: Findings, arm: ArmFindings) -> Sensitivity:
    """Return a line for each y, further hyperparameters at the best configuration."""
    x, y, others = arm.axes
    best = arm.best or {}
    held = {name: best[name] for name in others}
    trials = arm.at(held)
    values = np.sort(trials[str(y)].dropna().unique())
    values = values[np.unique(np.linspace(0, len(values) - 1, min(MOST, len(values))).round().astype(int))]
    drawn = trials[trials[str(y)].isin(values)]
    names = arm.scales[str(y)].labels(values.tolist(), LABEL)
    along = columns_of(values).along if len(values) > 1 else np.zeros(1)
    lines = [
        Line(
            label=names[value],
            look={"color": mpl.colormaps["plasma"](0.9 * place), "linestyle": DASHES[index % len(DASHES)]},
            seeds=_seeds(arm, drawn[drawn[str(y)] == value], x),
            published=_published(findings, arm, x, held | {str(y): value}),
        )
        for index, (value, place) in enumerate(zip(values.tolist(), along.tolist(), strict=True))
    ]
    where = f"{point(arm.named(held))}, as at the best configuration. " if held else ""
    return _sensitivity(findings, arm, [(arm, drawn)], lines, head=str(y), where=where)


def _seeds(arm: ArmFindings, trials: pd.DataFrame, x: str) -> pd.DataFrame:
    found = counted(trials, arm.measures[0])
    return pd.DataFrame({"x": found[x], "value": found["value"], "diverged": found["diverged"]})


def _published(findings: Findings, arm: ArmFindings, x: str, held: Mapping[str, float]) -> pd.DataFrame:
    """Return what was published along x, all other hyperparameters held."""
    measure, overlay = arm.measures[0], findings.overlay
    laid = [] if overlay is None else overlay.of(arm, [measure.metric.name], held)
    found = [(it.place[x], it.value(measure.statistic, arm.arm.epochs)) for it in laid]
    known = pd.DataFrame([pair for pair in found if pair[1] is not None], columns=["x", "value"], dtype=float)
    return known.sort_values("x", ignore_index=True)


def _sensitivity(
    findings: Findings, arm: ArmFindings, parts: Sequence[Part], lines: Sequence[Line], *, head: str, where: str
) -> Sensitivity:
    measure, x = arm.measures[0], arm.axes[0]
    every, laid = pd.concat([line.seeds for line in lines]), pd.concat([line.published for line in lines])
    values, lost = pd.concat([every["value"], laid["value"]]).to_numpy(dtype=float), bool(every["diverged"].any())
    axis = Values.of(findings, measure.label, values)
    text = f"{described(parts)} {where}{measured(measure, 'Lines', diverged=lost)} Bands: range over seeds."
    text += " Crosses: seeds that diverged." if lost else ""
    overlay = findings.overlay if len(laid) else None
    if overlay is not None:
        text += f" Diamonds, dashed: {overlay.label}, {overlay.runs}, {overlay.grades}."
    of = f"each {label_of(head)}" if head else "each arm"
    return Sensitivity(
        name="sensitivity",
        title=f"{measure.metric.summary} against {label_of(x)}, for {of}",
        caption=text + axis.told(values),
        arm=arm,
        x=x,
        head=head,
        lines=tuple(lines),
        axis=axis,
        published="" if overlay is None else overlay.label,
    )


def caption(result: Sensitivity) -> str:
    """Return the text below a sensitivity."""
    return result.caption


def draw(result: Sensitivity, ax: Axes | None = None) -> Figure:
    """Draw means as lines, the range over seeds as bands; ``ax`` are axes of a figure of one's own."""
    return single(result.caption, [*_labels(result), result.head], partial(_draw, result=result), ax, 3.1)


def column(result: Sensitivity) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption."""
    return narrow.single(partial(_draw, result=result), head=result.head)


def _labels(result: Sensitivity) -> list[str]:
    labels = [*(line.label for line in result.lines), *([result.published] if result.published else [])]
    return [
        textwrap.fill(label, 36 if max(len(line.label) for line in result.lines) > 18 else 18) for label in labels
    ]


def _draw(axes: Axes, result: Sensitivity, *, alone: bool) -> None:
    joined = not result.arm.scales[result.x].choices  # nothing lies between two choices
    for line, label in zip(result.lines, _labels(result), strict=False):
        seeds = line.seeds.assign(value=result.axis.shown(line.seeds["value"].to_numpy(dtype=float)))
        over = line.seeds.groupby("x")["value"]
        mean, colour = result.axis.shown(over.mean().to_numpy()), line.look["color"]
        xs = np.array(over.mean().index, dtype=float)
        low, high = (result.axis.shown(it.to_numpy()) for it in (over.min(), over.max()))
        if joined:
            band(axes, xs, low, high, colour, 0.16)
        style = line.look if joined else {"color": colour, "linestyle": "none"}
        axes.plot(xs, mean, marker="o", markersize=3.2, linewidth=1.4, label=label, **style)
        gone = seeds[seeds["diverged"]]
        axes.scatter(gone["x"], gone["value"], marker="x", s=22, color=[colour], linewidths=1.1, zorder=3)
        if len(line.published):
            laid = result.axis.shown(line.published["value"].to_numpy(dtype=float))
            look = PUBLISHED if joined else PUBLISHED | {"linestyle": "none"}
            axes.plot(line.published["x"], laid, color=colour, **look)
    if result.published:
        axes.plot([], [], color="black", label=_labels(result)[-1], **PUBLISHED)
    result.axis.upright(axes)
    scaled(axes, result.arm, result.x)
    entitle(axes, result.title, _labels(result), head=result.head, alone=alone)
