"""The contour of a surface fitted through scattered configurations, beside the configurations themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import label_of
from analysis.captions import described, measured
from analysis.field import Field
from analysis.figures import narrow
from analysis.figures.layout import DOUBLE, panels, scaled
from analysis.figures.scale import BAR, draw_bar, right_of, scale_of
from analysis.figures.style import COLUMN, STYLE, plain_log
from analysis.findings import ArmFindings, Findings, Limits
from analysis.measure import Measure
from analysis.numbers import plain
from analysis.searched import Searched

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

FINE = 61
"""Points of the surface along each axis."""

LEVELS = 14

FEWEST, MOST = 10, 300
"""Points below which no surface is fitted, and those that are fitted at the most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Contour:
    """A fitted surface beside its points.

    Attributes
    ----------
    name, title, caption
        As of every figure.
    arm
        The arm.
    x, y
        The two hyperparameters that it varies.
    points
        ``[n, 2]``, as they are.
    values
        Means over seeds.
    over
        Where the surface is known: values of x and of y.
    heights
        Of the surface there, ``[y, x]``, in units of the measure.
    limits
        Of the colours.
    """

    name: str
    title: str
    caption: str
    arm: ArmFindings
    x: str
    y: str
    points: Matrix
    values: Vector
    over: tuple[Vector, Vector]
    heights: Matrix
    limits: Limits


def compute(findings: Findings) -> list[Contour]:
    """Return the contour of each arm that varies two numbers, and no third thing, without a grid."""
    found = [_contour(findings, one) for one in findings.arms if not one.is_grid and len(one.space) == 2]
    return [contour for contour in found if contour is not None]


def _contour(findings: Findings, arm: ArmFindings) -> Contour | None:
    x, y, _ = arm.axes
    search, measure = Searched.of(arm), arm.measures[0]
    total = len(search.table)
    if y is None or not total or any(arm.scales[name].choices for name in (x, y)):
        return None
    table = search.table.iloc[np.unique(np.linspace(0, total - 1, min(MOST, total)).round().astype(int))]
    points = table[[x, y]].to_numpy(dtype=float)
    logs = [arm.arm.space[name].log and bool((points[:, i] > 0).all()) for i, name in enumerate((x, y))]
    on_scale = np.column_stack([np.log10(c) if log else c for c, log in zip(points.T, logs, strict=True)])
    low, span = on_scale.min(axis=0), np.ptp(on_scale, axis=0)
    if not (span > 0).all():
        return None
    values = table["mean"].to_numpy(dtype=float)
    seen, scale = _seen(values, measure)
    if len(seen) < FEWEST or np.ptp(seen) == 0.0:
        return None
    fit, along = Field.fitted((on_scale - low) / span, seen), np.linspace(0.0, 1.0, FINE)
    error = float(np.sqrt(np.mean(fit.left_out**2)))
    everywhere = np.column_stack([axis.ravel() for axis in np.meshgrid(along, along)])
    heights = fit.mean(everywhere).reshape(FINE, FINE)
    heights = 10.0**heights if scale == "log" else heights
    over = [
        10.0 ** (lo + along * sp) if log else lo + along * sp for lo, sp, log in zip(low, span, logs, strict=True)
    ]
    lost = bool((table["diverged"] > 0).any())
    off = f"a factor of {plain(10.0**error)}" if scale == "log" else measure.written(error)
    text = (
        f"{described([(arm, arm.in_force)])} First: the configurations, {measured(measure, 'colour', diverged=lost)} "
        f"Second: a surface fitted to them, and not measured (Gaussian process on the {scale} scale of the value). "
        f"Leave-one-out error: {off} (root mean square), {1.0 - error**2 / seen.var():.2f} of the variance foretold. "
        "Points mark where it was looked; away from them the surface is a guess."
    )
    text += f" {len(table)} of {total} configurations, evenly chosen." if len(table) < total else ""
    return Contour(
        name=f"fitted{arm.suffix}",
        title=f"{measure.metric.summary}: measured, and a fitted surface" + (f", {arm.said}" if arm.armed else ""),
        caption=text,
        arm=arm,
        x=x,
        y=y,
        points=points,
        values=values,
        over=(over[0], over[1]),
        heights=heights,
        limits=findings.limits,
    )


def _seen(values: Vector, measure: Measure) -> tuple[Vector, str]:
    """Return values on the scale on which they are fitted, and its name."""
    positive = values[values > 0]
    if measure.metric.log and len(positive) and (values >= 0).all():
        return np.log10(np.maximum(values, 0.5 * positive.min())), "log"
    return values, "linear"


def caption(result: Contour) -> str:
    """Return the text below a contour."""
    return result.caption


def draw(result: Contour, ax: Axes | None = None) -> Figure:
    """Draw points and surface side by side; on ``ax``, axes of a figure of one's own, the surface with its points."""
    with mpl.rc_context(STYLE):
        if ax is not None:
            _surface(ax, result)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        measure: Measure = result.arm.measures[0]
        right = right_of(result.limits, measure)
        figure, (left, beside) = panels(result.caption, DOUBLE + 0.6, 3.0, 2, bar=right + 0.1, head=0.62)
        width, high = figure.get_size_inches()
        _points(left, result)
        _surface(beside, result)
        beside.set_ylabel("")
        figure.text(0.12 / width, 1 - 0.08 / high, result.title, va="top", fontsize=10)
        place = left.get_position()
        bar = figure.add_axes((1 - right / width, place.y0, BAR / width, place.height))
        draw_bar(figure, bar, result.limits, measure)
        return figure


def column(result: Contour) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption: one panel below the other."""
    with mpl.rc_context(COLUMN):
        figure, axes = narrow.stacked(2, 1.5, between=0.62, head=0.22)
        _points(axes[0], result)
        _surface(axes[1], result)
        for marks in axes[0].collections:
            marks.set(sizes=0.5 * np.asarray(marks.get_sizes()))  # type: ignore[attr-defined]
        narrow.bar(figure, result.limits, result.arm.measures[0])
        return narrow.settled(figure)


def _points(axes: Axes, result: Contour) -> None:
    colours = scale_of(result.limits)
    style: Any = {"cmap": colours.cmap, "norm": colours.norm, "s": 34, "edgecolors": "0.2", "linewidths": 0.5}
    xs, ys = result.points.T
    axes.scatter(xs, ys, c=np.maximum(result.values, result.limits.low), **style)
    axes.set_title("measured", loc="left", fontsize=8.5)
    _scaled(axes, result)


def _surface(axes: Axes, result: Contour) -> None:
    colours, limits = scale_of(result.limits), result.limits
    ends = (limits.low, limits.high)
    levels = np.geomspace(*ends, LEVELS) if limits.log else np.linspace(*ends, LEVELS)
    heights = np.clip(result.heights, *ends)
    axes.contourf(*result.over, heights, levels=levels, cmap=colours.cmap, norm=colours.norm, extend="both")
    axes.contour(*result.over, heights, levels=levels[1:-1], colors="white", linewidths=0.3)
    xs, ys = result.points.T
    for ink, size in (("white", 9), ("black", 3)):
        axes.scatter(xs, ys, s=size, color=ink, linewidths=0, zorder=3)
    axes.set_title("fitted, not measured", loc="left", fontsize=8.5)
    _scaled(axes, result)


def _scaled(axes: Axes, result: Contour) -> None:
    scaled(axes, result.arm, result.x)
    if result.arm.arm.space[result.y].log:
        axes.set_yscale("log")
        plain_log(axes.yaxis)
    axes.set_ylabel(label_of(result.y))
    axes.grid(visible=False)
