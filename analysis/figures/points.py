"""The map of a design without a grid: every configuration where it lies, nothing in between."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from analysis.figures import STYLE, label_of, plain_log
from analysis.figures.scale import BEST, COLOURS, draw_bar, limits
from analysis.maps import Measure, counted
from analysis.ranking import ranking


def draw_points(
    trials: pd.DataFrame,
    x: str,
    y: str | None,
    measure: Measure,
    caption: str,
    *,
    others: Sequence[str] = (),
    log: Collection[str] = (),
) -> Figure:
    """Draw configurations as points.

    Parameters
    ----------
    trials
        One row a trial in force.
    x, y
        Columns of the axes. Where ``y`` is None the vertical axis is the error itself, and every seed is a point.
    measure
        What the colour, or the vertical axis, shows; a diverged trial counts at chance level and is a cross.
    caption
        Text below the figure.
    others
        Hyperparameters without an axis; configurations that differ only there lie on one another, the best on top.
    log
        Hyperparameters whose axis is logarithmic.
    """
    ranks = ranking(trials, [x, *([] if y is None else [y]), *others], measure)
    with mpl.rc_context(STYLE):
        lines = textwrap.wrap(caption, 105)
        size = (7.6, 4.9 + 0.16 * len(lines))
        figure = Figure(figsize=size)
        bottom = (0.75 + 0.16 * len(lines)) / size[1]
        axes = figure.add_axes((0.11, bottom, 0.75 if y else 0.84, 0.93 - bottom))
        if y is None:
            _draw_line(axes, ranks, counted(trials, measure), x)
            axes.set_ylabel(measure.label)
        else:
            norm = LogNorm(*limits(ranks["median"].to_numpy(dtype=float)))
            _draw_plane(axes, ranks.iloc[::-1], x, y, norm)
            draw_bar(figure, figure.add_axes((0.89, bottom, 0.02, 0.93 - bottom)), norm, measure)
            axes.set_ylabel(label_of(y))
        if len(ranks) and ranks.iloc[0]["diverged"] < ranks.iloc[0]["n"]:
            best = ranks.iloc[0]
            height = best["median" if y is None else y]
            axes.plot([best[x]], [height], marker="*", markersize=15, color=BEST, markeredgecolor="white", zorder=5)
        for scaled, axis, name in ((axes.set_xscale, axes.xaxis, x), (axes.set_yscale, axes.yaxis, y)):
            if name in log and len(ranks):
                scaled("log")
                plain_log(axis)
        axes.set_xlabel(label_of(x))
        axes.grid(alpha=0.25, linewidth=0.5)
        figure.text(0.012, 0.08 / size[1], "\n".join(lines), va="bottom", fontsize=7.5, linespacing=1.35)
        return figure


def _draw_line(axes: Axes, ranks: pd.DataFrame, seeds: pd.DataFrame, x: str) -> None:
    ordered = ranks.sort_values(x)
    gone = seeds["state"] == "diverged"
    axes.plot(ordered[x], ordered["median"], color="0.4", linewidth=1.2, zorder=1)
    axes.scatter(seeds[x][~gone], seeds["error"][~gone], s=16, color="tab:blue", alpha=0.7, zorder=2)
    axes.scatter(seeds[x][gone], seeds["error"][gone], marker="x", color="black")
    if (seeds["error"] > 0).all() and len(seeds):
        axes.set_yscale("log")
        plain_log(axes.yaxis)


def _draw_plane(axes: Axes, ranks: pd.DataFrame, x: str, y: str, norm: LogNorm) -> None:
    smooth, gone = ranks[ranks["diverged"] < ranks["n"]], ranks[ranks["diverged"] > 0]
    style: Any = {"cmap": COLOURS, "norm": norm, "linewidths": 0.6}
    axes.scatter(smooth[x], smooth[y], c=smooth["median"].clip(lower=norm.vmin), s=60, edgecolors="0.2", **style)
    axes.scatter(gone[x], gone[y], marker="x", s=45, color="0.35", linewidths=1.2)
