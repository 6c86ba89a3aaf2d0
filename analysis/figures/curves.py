"""Curves of train loss and test error: one row for each y, one line for each x.

The layout is that of Figure 5 of the Padam reproducibility report (H. Mittal, K. Pandey, Y. Kant, arXiv:1901.09517).
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.curves import CurveBundle, median
from analysis.figures import STYLE, label_of, short

ROWS = 8
"""Rows drawn at the most; of more values of y, evenly chosen ones."""


def draw_curves(bundles: Sequence[CurveBundle], x: str, y: str, caption: str) -> Figure:
    """Draw the median over seeds as a line, each seed thinly behind it, and a cross where a seed diverged."""
    with mpl.rc_context(STYLE):
        every = sorted({bundle.y for bundle in bundles}, reverse=True)
        ys = [every[i] for i in np.unique(np.linspace(0, len(every) - 1, min(ROWS, len(every))).round().astype(int))]
        if len(ys) < len(every):
            caption += f" {len(ys)} of {len(every)} values of {y} are drawn."
        xs = np.array(sorted({bundle.x for bundle in bundles}))
        spread = xs.min() != xs.max()
        norm = (LogNorm if (xs > 0).all() and spread else Normalize)(xs.min(), xs.max() if spread else xs.min() + 1)
        colours = mpl.colormaps["plasma"]
        lines = textwrap.wrap(caption, 125)
        bottom, height = 0.75 + 0.16 * len(lines), 1.75
        size = (9.2, 0.35 + height * len(ys) + bottom)
        figure = Figure(figsize=size)
        grid = figure.subplots(len(ys), 2, sharex=True, sharey="col", squeeze=False)
        figure.subplots_adjust(
            left=0.075, right=0.855, top=1 - 0.35 / size[1], bottom=bottom / size[1], hspace=0.28, wspace=0.2
        )
        for row, value in enumerate(ys):
            for bundle in (b for b in bundles if b.y == value):
                colour = colours(0.92 * float(norm(bundle.x)))
                for axes, values in zip(grid[row], (bundle.train_loss, bundle.test_error), strict=True):
                    _draw_bundle(axes, bundle, values, colour)
            _label(grid[row], f"{y} = {short(value)}", last=row == len(ys) - 1)
        handles = [Line2D([], [], color=colours(0.92 * float(norm(v))), label=short(float(v))) for v in xs]
        figure.legend(handles=handles, title=label_of(x), loc="center right", frameon=False, fontsize=8)
        figure.text(0.012, 0.08 / size[1], "\n".join(lines), va="bottom", fontsize=7.5, linespacing=1.35)
        return figure


def _draw_bundle(axes: Axes, bundle: CurveBundle, values: np.ndarray, colour: tuple[float, ...]) -> None:
    for seed, diverged in zip(values, bundle.diverged, strict=True):
        axes.plot(bundle.epochs, seed, color=colour, alpha=0.3, linewidth=0.6)
        known = np.flatnonzero(~np.isnan(seed))
        if diverged and len(known):
            axes.plot([bundle.epochs[known[-1]]], [seed[known[-1]]], marker="x", color=colour, markersize=5)
    axes.plot(bundle.epochs, median(values), color=colour, linewidth=1.4)


def _label(row: Sequence[Axes], title: str, *, last: bool) -> None:
    loss, error = row
    loss.set_yscale("log")
    loss.set_ylabel("train loss")
    error.set_ylabel("test error (%)")
    error.set_ylim(0, None)
    for axes in row:
        axes.set_title(title, loc="left", fontsize=8.5)
        axes.grid(alpha=0.25, linewidth=0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if last:
            axes.set_xlabel("epoch")
