"""Curves of train loss and error: one row for each y, one line with its band for each x.

The layout is that of Figure 5 of the Padam reproducibility report (H. Mittal, K. Pandey, Y. Kant, arXiv:1901.09517).
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.curves import CurveBundle, Matrix, band, median
from analysis.figures import STYLE, label_of, plain_log, short

ROWS = 8
"""Rows drawn at the most; of more values of y, evenly chosen ones."""

DECADES = 3
"""Powers of ten that the axis of the loss spans at the most; the losses of trials about to diverge lie beyond it."""

Colour = tuple[float, float, float, float]


def draw_curves(bundles: Sequence[CurveBundle], x: str, y: str | None, caption: str) -> Figure:
    """Draw the median over seeds as a line, the range over seeds as a band, and a cross where a seed diverged.

    The columns are the train loss and the error of every split the bundles hold.
    """
    with mpl.rc_context(STYLE):
        every = sorted({b.y for b in bundles if b.y is not None}, reverse=True)
        picked = np.unique(np.linspace(0, len(every) - 1, min(ROWS, len(every))).round().astype(int))
        ys: list[float | None] = [every[i] for i in picked] or [None]
        if len(ys) < len(every):
            caption += f" {len(ys)} of {len(every)} values of {y} are drawn."
        splits = list(bundles[0].errors)
        colours = _colours(bundles)
        lines = textwrap.wrap(caption, 125 if len(splits) == 1 else 165)
        bottom, height = 0.75 + 0.16 * len(lines), 1.75 if len(ys) > 1 else 2.6
        legend = 1.35 if not bundles[0].others else 1.9
        size = (7.8 + legend if len(splits) == 1 else 11.1 + legend, 0.35 + height * len(ys) + bottom)
        figure = Figure(figsize=size)
        grid = figure.subplots(len(ys), 1 + len(splits), sharex=True, sharey="col", squeeze=False)
        figure.subplots_adjust(
            left=0.75 / size[0],
            right=1 - legend / size[0],
            top=1 - 0.35 / size[1],
            bottom=bottom / size[1],
            hspace=0.28,
            wspace=0.22,
        )
        for row, value in enumerate(ys):
            for bundle in (b for b in bundles if b.y == value):
                for axes, values in zip(grid[row], (bundle.train_loss, *bundle.errors.values()), strict=True):
                    _draw_bundle(axes, bundle, values, colours[_label_of(bundle)])
            title = "" if value is None else f"{y} = {short(value)}"
            _label(grid[row], splits, title, last=row == len(ys) - 1)
        _limit(grid, bundles)
        handles = [Line2D([], [], color=colour, label=label) for label, colour in colours.items()]
        head = "\n".join([label_of(x), *(f"({name})" for name in bundles[0].others)])
        figure.legend(handles=handles, title=head, loc="center right", frameon=False, fontsize=8)
        figure.text(0.012, 0.08 / size[1], "\n".join(lines), va="bottom", fontsize=7.5, linespacing=1.35)
        return figure


def _colours(bundles: Sequence[CurveBundle]) -> dict[str, Colour]:
    """Return the colour of every legend entry, by the value of x; equal distances where the others differ too."""
    xs = np.array(sorted({bundle.x for bundle in bundles}))
    spread = xs.min() != xs.max()
    norm = (LogNorm if (xs > 0).all() and spread else Normalize)(xs.min(), xs.max() if spread else xs.min() + 1)
    ordered = sorted(bundles, key=lambda b: (b.x, *b.others.values()))
    labels = list(dict.fromkeys(_label_of(bundle) for bundle in ordered))
    if bundles[0].others:
        places = {label: i / max(1, len(labels) - 1) for i, label in enumerate(labels)}
    else:
        places = {_label_of(bundle): float(norm(bundle.x)) for bundle in ordered}
    return {label: mpl.colormaps["plasma"](0.92 * places[label]) for label in labels}


def _label_of(bundle: CurveBundle) -> str:
    text = short(bundle.x)
    return f"{text} ({', '.join(map(short, bundle.others.values()))})" if bundle.others else text


def _draw_bundle(axes: Axes, bundle: CurveBundle, values: Matrix, colour: Colour) -> None:
    if len(values) > 1 and len(bundle.epochs):
        axes.fill_between(bundle.epochs, *band(values), color=colour, alpha=0.22, linewidth=0)
    axes.plot(bundle.epochs, median(values), color=colour, linewidth=1.4)
    for seed in values[bundle.diverged]:
        known = np.flatnonzero(~np.isnan(seed))
        if len(known):
            axes.plot([bundle.epochs[known[-1]]], [seed[known[-1]]], marker="x", color=colour, markersize=5)


def _limit(grid: npt.NDArray[Any], bundles: Sequence[CurveBundle]) -> None:
    """Let every error have one scale, and the loss at most :data:`DECADES` above its lowest."""
    errors = [values for bundle in bundles for values in bundle.errors.values()]
    losses = np.concatenate([bundle.train_loss.ravel() for bundle in bundles])
    losses = losses[losses > 0]
    worst = max((float(np.nanmax(values)) for values in errors if np.isfinite(values).any()), default=100.0)
    for row in grid:
        for axes in row[1:]:
            axes.set_ylim(0, 1.04 * worst or 1.0)
        if len(losses):
            low, high = float(losses.min()), min(float(losses.max()), float(losses.min()) * 10.0**DECADES)
            row[0].set_ylim(low / 1.2, 1.2 * high)
            plain_log(row[0].yaxis)


def _label(row: Sequence[Axes], splits: Sequence[str], title: str, *, last: bool) -> None:
    row[0].set_yscale("log")
    row[0].set_ylabel("train loss")
    for axes, split in zip(row[1:], splits, strict=True):
        axes.set_ylabel(f"{split} error (%)")
    for axes in row:
        axes.set_title(title, loc="left", fontsize=8.5)
        axes.grid(alpha=0.25, linewidth=0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if last:
            axes.set_xlabel("epoch")
