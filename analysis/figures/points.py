"""The map of a design without a grid, or of one hyperparameter: configurations where they lie, nothing between."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import NUMBER, Axis, label_of
from analysis.candidates import Candidates
from analysis.captions import described, measured
from analysis.figures.scale import BAR, NARROW, bar_lines, draw_bar, right_of, scale_of
from analysis.figures.style import BEST, COLUMN, COLUMN_WIDTH, STYLE, Caption, plain_log
from analysis.findings import DECADES, ArmFindings, Findings, Limits
from analysis.maps import SensitivityMap
from analysis.measure import Measure, counted
from analysis.numbers import shortened
from analysis.ranking import best_of_ranking

WIDTH = 7.6

LABEL = 18
"""Characters that the name of a choice has at the most."""

SMALL = 0.4
"""Of the area of marks in a column of a paper."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Points:
    """Configurations as points.

    Attributes
    ----------
    name, title, caption
        As of every figure.
    x, y
        The hyperparameters of the axes; where ``y`` is None the vertical axis is the error, and every seed a point.
    ranks
        One row a configuration, best first.
    seeds
        One row a trial that counts.
    best
        The best configuration's row, None without any.
    log
        Hyperparameters whose axis is logarithmic.
    measure, limits
        What the colours or the vertical axis show.
    floor
        Where the logarithmic axis of a line ends; what lies below is drawn there. 0 where all is drawn as it is.
    span
        Lowest and highest value over all arms, between which the vertical axis of a line lies; None of one arm.
    likely
        Values of x that are candidates for the best, where y is None and there are seeds enough.
    axes
        How values are written.
    """

    name: str
    title: str
    caption: str
    x: str
    y: str | None
    ranks: pd.DataFrame
    seeds: pd.DataFrame
    best: pd.Series | None
    log: Collection[str]
    measure: Measure
    limits: Limits
    likely: tuple[float, ...] = ()
    span: tuple[float, float] | None = None
    floor: float = 0.0
    axes: Mapping[str, Axis] = field(default_factory=dict)


def compute(findings: Findings) -> list[Points]:
    """Return one figure a metric of each arm whose design is no grid of two or more hyperparameters.

    A single configuration is no map; where arms have one each, they stand beside one another in the figure of arms.
    """
    return [points for one in findings.arms for points in _points(findings, one)]


def _points(findings: Findings, arm: ArmFindings) -> list[Points]:
    x, y, others = arm.axes
    if (arm.is_grid and y is not None) or (arm.armed and len(arm.rankings[0]) < 2):
        return []
    log = [name for name, domain in arm.arm.space.items() if domain.log]
    found = []
    for index, (measure, ranks, maps) in enumerate(zip(arm.measures, arm.rankings, arm.maps, strict=True)):
        seeds, best = counted(arm.in_force, measure), best_of_ranking(ranks)
        lost = bool(seeds["diverged"].any())
        among = maps[0].candidates if maps else None
        text = f"{described([(arm, arm.in_force)])} {measured(measure, 'Colour' if y else 'Line', diverged=lost)} "
        text += _legend(seeds, best, y, lost=lost, of=f" of the {arm.kind}" * arm.armed) + (
            _likely(among, maps[0]) if among is not None else ""
        )
        text += f" Not on an axis: {', '.join(others)}." if others else ""
        span = _span(findings, measure) if y is None else None
        floor = _floor(findings.limits, measure, span)
        text += f" What is below {floor:.3g} lies on the lower edge." if (seeds["value"] < floor).any() else ""
        title = f"{measure.metric.summary} over {label_of(x)}" + (f" and {label_of(y)}" if y else "")
        found.append(
            Points(
                name=(f"map-{measure.split}" if index else "map") + arm.suffix,
                title=title + (f", {arm.said}" if arm.armed else ""),
                caption=text,
                x=x,
                y=y,
                ranks=ranks,
                seeds=seeds,
                best=best,
                log=log,
                measure=measure,
                limits=findings.limits,
                axes=arm.scales,
                span=span if arm.armed else None,
                floor=floor,
                likely=() if among is None else tuple(maps[0].grid.xs[among.cells[0]].tolist()),
            )
        )
    return found


def _span(findings: Findings, measure: Measure) -> tuple[float, float] | None:
    """Return the lowest and the highest value of a metric over all arms, None without any."""
    values = [
        counted(one.in_force, it)["value"]
        for one in findings.arms
        for it in one.measures
        if it.metric.name == measure.metric.name
    ]
    every = pd.concat(values)
    return (float(every.min()), float(every.max())) if len(every) else None


def _floor(limits: Limits, measure: Measure, span: tuple[float, float] | None) -> float:
    """Return where the axis of a line ends that spans more powers of ten than are told apart, 0 where it does not."""
    if span is None or not limits.log or measure.metric.unit == "%" or span[0] < 0:
        return 0.0
    floor = span[1] / 10.0**DECADES
    return floor if span[0] < floor else 0.0


def _legend(seeds: pd.DataFrame, best: object, y: str | None, *, lost: bool, of: str) -> str:
    text = "Points: seeds." if y is None and len(seeds) else ""
    text += f" Star: best configuration{of}." if best is not None else ""
    if lost:
        text += " Crosses: seeds that diverged." if y is None else " Crosses: seeds diverged there."
    if seeds["learned_nothing"].any():
        text += " Hollow: learned nothing." if y is None else " Squares: seeds learned nothing there."
    return text.strip()


def _likely(found: Candidates, result: SensitivityMap) -> str:
    count = int(found.cells.sum())
    what = "the best value alone is a candidate" if count == 1 else f"{count} values are candidates"
    edge = result.optima[0].edge if result.optima else None
    text = f" Bar below: {what} for the best at 95 % (paired over seeds, one-sided Dunnett bound)."
    return text + (f" The best lies at the {edge} value tried: the optimum may lie beyond." if edge else "")


def caption(result: Points) -> str:
    """Return the text below a figure of points."""
    return result.caption


def draw(result: Points, ax: Axes | None = None) -> Figure:
    """Draw configurations as points; of those that lie on one another the best is on top.

    ``ax`` are axes of a figure of one's own, without caption and colour bar; None makes a figure with both.
    """
    with mpl.rc_context(STYLE):
        if ax is not None:
            _draw(ax, result)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        below = Caption(result.caption, WIDTH)
        size = (WIDTH, 4.8 + below.height)
        figure = Figure(figsize=size)
        bottom = (0.6 + below.height) / size[1]
        top = 0.93 - bottom
        right = (right_of(result.limits, result.measure) if result.y else 0.2) / WIDTH
        axes = figure.add_axes((0.11, bottom, 0.86 - right, top))
        _draw(axes, result)
        if result.y is not None:
            bar = figure.add_axes((1 - right, bottom, BAR / WIDTH, top))
            draw_bar(figure, bar, result.limits, result.measure)
        below.write(figure)
        return figure


def column(result: Points) -> Figure:
    """Draw points as wide as a column of a paper, without title and caption."""
    with mpl.rc_context(COLUMN):
        right = 0.42 + 0.13 * bar_lines(result.limits, result.measure, NARROW) + BAR if result.y else 0.0
        width, height = COLUMN_WIDTH, 2.3
        figure = Figure(figsize=(width, height))
        place = (0.55 / width, 0.42 / height, 1 - (0.65 + right) / width, 1.8 / height)
        axes = figure.add_axes(place)
        _draw(axes, result)
        axes.set_title("", loc="left")
        for marks in axes.collections:
            marks.set(sizes=SMALL * np.asarray(marks.get_sizes()))  # type: ignore[attr-defined]
        for line in axes.lines:
            line.set_markersize(SMALL**0.5 * line.get_markersize())
        if result.y is not None:
            bar = figure.add_axes((1 - right / width, place[1], BAR / width, place[3]))
            draw_bar(figure, bar, result.limits, result.measure, narrow=True)
        return figure


def _draw(axes: Axes, result: Points) -> None:
    x, y = result.x, result.y
    if y is None:
        _draw_line(axes, result)
    else:
        _draw_plane(axes, result.ranks.iloc[::-1], x, y, result.limits)
    axes.set_ylabel(result.measure.label if y is None else label_of(y))
    axes.set_title(result.title, loc="left")
    if result.best is not None:
        height = max(result.best["mean"], result.floor) if y is None else result.best[y]
        axes.plot(
            [result.best[x]], [height], marker="*", markersize=15, color=BEST, markeredgecolor="white", zorder=5
        )
    for axis, name in ((axes.xaxis, x), (axes.yaxis, y)):
        choices = result.axes.get(str(name), NUMBER).names
        if choices:
            axis.set_ticks(range(len(choices)), shortened(choices, LABEL))
    for scaled, axis, name in ((axes.set_xscale, axes.xaxis, x), (axes.set_yscale, axes.yaxis, y)):
        if name in result.log and len(result.ranks):
            scaled("log")
            plain_log(axis)
    axes.set_xlabel(label_of(x))
    axes.grid(alpha=0.25, linewidth=0.5)


def _draw_line(axes: Axes, result: Points) -> None:
    ordered, seeds, x = result.ranks.sort_values(result.x), result.seeds, result.x
    choices = result.axes.get(x, NUMBER).choices  # nothing lies between two of them
    line = {"linewidth": 0.0, "marker": "_", "markersize": 14} if choices else {"linewidth": 1.2}
    ordered, seeds = (
        it.assign(**{name: it[name].clip(lower=result.floor)}) for it, name in ((ordered, "mean"), (seeds, "value"))
    )
    axes.plot(ordered[x], ordered["mean"], color="0.4", zorder=1, **line)
    gone, nothing = seeds["diverged"], seeds["learned_nothing"]
    axes.scatter(seeds[x][~gone & ~nothing], seeds["value"][~gone & ~nothing], s=16, color="tab:blue", alpha=0.7)
    axes.scatter(seeds[x][nothing], seeds["value"][nothing], s=16, facecolors="none", edgecolors="tab:blue")
    axes.scatter(seeds[x][gone], seeds["value"][gone], marker="x", color="black")
    lowest = max(seeds["value"].min() if result.span is None else result.span[0], result.floor)
    if result.limits.log and len(seeds) and lowest > 0:
        axes.set_yscale("log")
    if result.span is not None:
        low, high = max(result.span[0], result.floor), result.span[1]
        factor, room = (1.2, 0.0) if axes.get_yscale() == "log" else (1.0, 0.05 * (high - low) or 1.0)
        axes.set_ylim(low / factor - room, high * factor + room)
    if axes.get_yscale() == "log":
        plain_log(axes.yaxis)
    if result.likely:
        place = axes.get_xaxis_transform()
        height = [0.02] * len(result.likely)
        width = 0 if choices else 3
        axes.plot(result.likely, height, transform=place, color=BEST, linewidth=width, marker="s", markersize=6)


def _draw_plane(axes: Axes, ranks: pd.DataFrame, x: str, y: str, limits: Limits) -> None:
    trained, gone = ranks[ranks["diverged"] < ranks["n"]], ranks[ranks["diverged"] > 0]
    style: Any = {
        "cmap": scale_of(limits).cmap,
        "norm": scale_of(limits).norm,
        "linewidths": 0.6,
        "edgecolors": "0.2",
        "s": 60,
    }
    for marker, lost in (("o", False), ("s", True)):
        rows = trained[(trained["learned_nothing"] > 0) == lost]
        axes.scatter(rows[x], rows[y], c=rows["mean"].clip(lower=limits.low), marker=marker, **style)
    for ink, width in (("white", 3.0), ("0.2", 1.3)):  # to be seen on light and dark points alike
        axes.scatter(gone[x], gone[y], marker="x", s=45, color=ink, linewidths=width)
