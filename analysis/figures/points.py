"""The map of a design without a grid: every configuration where it lies, nothing in between."""

from __future__ import annotations

import textwrap
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from analysis.figures import STYLE, label_of
from analysis.figures.heatmap import BEST, COLOURS, limits
from analysis.maps import Measure


def draw_points(trials: pd.DataFrame, x: str, y: str | None, measure: Measure, caption: str) -> Figure:
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
    """
    counted = trials[trials["state"].isin(["complete", "diverged"])].copy()
    counted["error"] = counted[measure.column].where(counted["state"] == "complete", measure.chance).astype(float)
    counted["gone"] = counted["state"] == "diverged"
    keys = [x] if y is None else [x, y]
    cells = counted.groupby(keys, as_index=False).agg(
        error=("error", "median"), mean=("error", "mean"), gone=("gone", "mean")
    )
    with mpl.rc_context(STYLE):
        lines = textwrap.wrap(caption, 105)
        size = (7.6, 4.9 + 0.16 * len(lines))
        figure = Figure(figsize=size)
        bottom = (0.75 + 0.16 * len(lines)) / size[1]
        axes = figure.add_axes((0.1, bottom, 0.76 if y else 0.85, 0.93 - bottom))
        smooth, gone = cells[cells["gone"] == 0], cells[cells["gone"] > 0]
        if y is None:
            axes.plot(cells[x], cells["error"], color="0.4", linewidth=1.2, zorder=1)
            seeds = counted[~counted["gone"]]
            axes.scatter(seeds[x], seeds["error"], s=16, color="tab:blue", alpha=0.7, zorder=2)
            axes.scatter(counted[x][counted["gone"]], counted["error"][counted["gone"]], marker="x", color="black")
            if (cells["error"] > 0).any():
                axes.set_yscale("log")
            axes.set_ylabel(measure.label)
        else:
            low, high = limits(cells["error"].to_numpy(dtype=float))
            norm = LogNorm(low, high)
            style: Any = {"cmap": COLOURS, "norm": norm, "linewidths": 0.6}
            drawn = axes.scatter(
                smooth[x], smooth[y], c=smooth["error"].clip(lower=low), s=60, edgecolors="0.2", **style
            )
            axes.scatter(gone[x], gone[y], marker="x", s=45, color="0.35", linewidths=1.2)
            bar = figure.colorbar(drawn, cax=figure.add_axes((0.89, bottom, 0.02, 0.93 - bottom)))
            bar.set_label(f"median {measure.label}, log scale", fontsize=7.5)
            axes.set_ylabel(label_of(y))
        if len(cells):
            best = cells.sort_values(["error", "mean", *reversed(keys)]).iloc[0]
            height = best["error"] if y is None else best[y]
            axes.plot([best[x]], [height], marker="*", markersize=15, color=BEST, markeredgecolor="white", zorder=5)
        for axis, name in ((axes.set_xscale, x), (axes.set_yscale, y)):
            if name is not None and len(cells) and _spreads(cells[name].to_numpy(dtype=float)):
                axis("log")
        axes.set_xlabel(label_of(x))
        axes.grid(alpha=0.25, linewidth=0.5)
        figure.text(0.012, 0.08 / size[1], "\n".join(lines), va="bottom", fontsize=7.5, linespacing=1.35)
        return figure


def _spreads(values: np.ndarray) -> bool:
    """Tell whether positive values span more than a factor of 20, and want a logarithmic axis."""
    return bool((values > 0).all() and values.max() / values.min() > 20)
