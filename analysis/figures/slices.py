"""Slices: the value against each hyperparameter on its own scale, a panel each.

Of a design without a grid every configuration is a point in every panel: all hyperparameters differ between points.
Of a grid of more than two a panel is a line through the best configuration, all others held there; nothing is
averaged over what is not shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.captions import described, measured
from analysis.figures import narrow
from analysis.figures.layout import DOUBLE, Values, panels, scaled
from analysis.figures.style import BEST, COLUMN, STYLE
from analysis.findings import ArmFindings, Findings
from analysis.measure import counted
from analysis.numbers import point
from analysis.searched import Searched

ACROSS = 3
MOST = 12
"""Hyperparameters that have a panel at the most."""

COLOURS = "cividis"
"""Of the order: no colour of a value."""

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Slices:
    """The panels of one arm.

    Attributes
    ----------
    name, title, caption
        As of every figure.
    arm
        The arm.
    names
        Hyperparameters, a panel each.
    points
        By hyperparameter: its values, and ``value``, with ``diverged``, whether any seed did, and ``order``, 0, 1,
        ..., or of a grid one row a seed.
    lines
        By hyperparameter of a grid: the mean at each of its values; empty where there is none.
    best
        The best configuration and its mean, None without any.
    axis
        Of the values.
    """

    name: str
    title: str
    caption: str
    arm: ArmFindings
    names: tuple[str, ...]
    points: Mapping[str, pd.DataFrame]
    lines: Mapping[str, pd.DataFrame]
    best: tuple[Mapping[str, float], float] | None
    axis: Values


def compute(findings: Findings) -> list[Slices]:
    """Return the slices of each arm that varies two hyperparameters without a grid, or more than two with one."""
    found = [_through(findings, one) if one.is_grid else _scattered(findings, one) for one in findings.arms]
    return [slices for slices in found if slices is not None]


def _scattered(findings: Findings, arm: ArmFindings) -> Slices | None:
    search = Searched.of(arm)
    if len(arm.space) < 2 or search.table.empty:
        return None
    measure, values = search.measure, search.means
    table = search.table.assign(value=values, order=np.arange(len(values)), diverged=search.table["diverged"] > 0)
    axis = Values.of(findings, measure.label, values)
    text = (
        f"{described([(arm, arm.in_force)])} {measured(measure, 'Points', diverged=bool(table['diverged'].any()))} "
        "Every panel has every configuration; the hyperparameters of the other panels differ between points. "
        "Colour: order in which they were tried."
    ) + search.unmoved
    text += " Crosses: seeds diverged there." if table["diverged"].any() else ""
    text += " Star: the best." if arm.best is not None else ""
    names = search.moved[:MOST]
    return _slices(arm, names, dict.fromkeys(names, table), {}, axis, text + axis.told(values))


def _through(findings: Findings, arm: ArmFindings) -> Slices | None:
    best, measure = arm.best, arm.measures[0]
    if len(arm.space) < 3 or best is None:
        return None
    names = tuple(name for name in arm.space if arm.arm.space[name].grid()[1:])[:MOST]
    points, lines = {}, {}
    for name in names:
        seeds = counted(arm.at({other: value for other, value in best.items() if other != name}), measure)
        points[name] = seeds.assign(order=0)
        lines[name] = seeds.groupby(name, as_index=False).agg(value=("value", "mean"))
    every = np.concatenate([it["value"].to_numpy(dtype=float) for it in points.values()])
    axis = Values.of(findings, measure.label, every)
    drawn = pd.concat(list(points.values())).drop_duplicates("number")
    trials = arm.in_force[arm.in_force["number"].isin(drawn["number"])]
    lost = bool(drawn["diverged"].any())
    text = (
        f"{described([(arm, trials)])} {measured(measure, 'Lines', diverged=lost)} Points: seeds. In each panel all "
        f"other hyperparameters stand at the best configuration, {point(arm.named(best))} (star); nothing is "
        "averaged over them."
    )
    text += " Crosses: seeds that diverged." if lost else ""
    return _slices(arm, names, points, lines, axis, text + axis.told(every))


def _slices(
    arm: ArmFindings,
    names: tuple[str, ...],
    points: Mapping[str, pd.DataFrame],
    lines: Mapping[str, pd.DataFrame],
    axis: Values,
    text: str,
) -> Slices:
    best = None if arm.best is None else (arm.best, float(arm.rankings[0].iloc[0]["mean"]))
    title = f"{arm.measures[0].metric.summary} against each hyperparameter"
    return Slices(
        name=f"slices{arm.suffix}",
        title=title + (", through the best" if lines else "") + (f", {arm.said}" if arm.armed else ""),
        caption=text,
        arm=arm,
        names=names,
        points=points,
        lines=lines,
        best=best,
        axis=axis,
    )


def caption(result: Slices) -> str:
    """Return the text below slices."""
    return result.caption


def draw(result: Slices, ax: Axes | None = None) -> Figure:
    """Draw a panel for each hyperparameter; on ``ax``, axes of a figure of one's own, the first alone."""
    with mpl.rc_context(STYLE):
        if ax is not None:
            _draw(ax, result, result.names[0])
            return ax.get_figure(root=True)  # type: ignore[return-value]
        across = min(ACROSS, len(result.names))
        bar = 0.0 if result.lines else 0.75
        width = DOUBLE if across > 1 else DOUBLE / 2
        down = math.ceil(len(result.names) / across)
        figure, axes = panels(result.caption, width, 2.3, across, down, bar=bar, head=0.35)
        top = 1 - 0.06 / figure.get_size_inches()[1]
        figure.suptitle(result.title, x=0.12 / width, y=top, ha="left", va="top", fontsize=10)
        for place, name in enumerate(result.names):
            _draw(axes[place], result, name)
            if place % across:
                axes[place].set_ylabel("")
        for spare in axes[len(result.names) :]:
            spare.remove()
        if bar:
            high = axes[0].get_position()
            beside = figure.add_axes((1 - 0.62 / width, high.y0, 0.13 / width, high.height))
            count = len(next(iter(result.points.values())))
            colours = ScalarMappable(Normalize(1, max(count, 2)), COLOURS)
            figure.colorbar(colours, cax=beside, ticks=MaxNLocator(5, integer=True)).set_label("order", fontsize=7.5)
        return figure


def column(result: Slices) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption: two panels in a row at the most."""
    with mpl.rc_context(COLUMN):
        across = min(2, len(result.names))
        figure, axes = narrow.stacked(len(result.names), 1.15, across=across, between=0.58)
        for index, (place, name) in enumerate(zip(axes, result.names, strict=True)):
            _draw(place, result, name)
            if index % across:
                place.set_ylabel("")
                place.tick_params(labelleft=False, which="both")  # the scale is that of the left
        if not result.lines:
            count = len(next(iter(result.points.values())))
            colours = ScalarMappable(Normalize(1, max(count, 2)), COLOURS)
            narrow.plain_bar(figure, colours, "order", MaxNLocator(5, integer=True))
        return narrow.settled(figure)


def _draw(axes: Axes, result: Slices, name: str) -> None:
    table, axis = result.points[name], result.axis
    values = axis.shown(table["value"].to_numpy(dtype=float))
    xs, gone = table[name].to_numpy(dtype=float), table["diverged"].to_numpy(dtype=bool)
    if name in result.lines:
        line = result.lines[name]
        joined = not result.arm.scales[name].choices  # nothing lies between two choices
        style: dict[str, Any] = {"linewidth": 1.3} if joined else {"linewidth": 0.0, "marker": "_", "markersize": 14}
        axes.plot(line[name], axis.shown(line["value"].to_numpy(dtype=float)), color="0.35", zorder=1, **style)
        colours: dict[str, Any] = {"color": "tab:blue"}
    else:
        colours = {"c": table["order"].to_numpy(dtype=float), "cmap": COLOURS}
    for marker, some in (("o", ~gone), ("x", gone)):
        mine = {key: it[some] if key == "c" else it for key, it in colours.items()}
        edge: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.3} if marker == "o" else {"linewidths": 1.1}
        limits: dict[str, Any] = {"vmin": 0, "vmax": max(len(table) - 1, 1)} if "c" in mine else {}
        axes.scatter(xs[some], values[some], s=18, marker=marker, zorder=2, **mine, **edge, **limits)
    if result.best is not None:
        configuration, mean = result.best
        at = float(axis.shown(np.array([mean]))[0])
        axes.plot(
            [configuration[name]], [at], marker="*", markersize=12, color=BEST, markeredgecolor="white", zorder=4
        )
    axis.upright(axes)
    scaled(axes, result.arm, name)
