"""Curves of train loss and error: one row for each y, one line with its band for each x.

The layout is that of Figure 5 of the Padam reproducibility report (H. Mittal, K. Pandey, Y. Kant, arXiv:1901.09517).
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

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

HIGHEST_LOSS = 25.0
"""Where the axis of the loss ends at the most, ten times the loss of guessing among ten classes: beyond it lie trials
about to diverge."""

ENTRIES = 14
"""Entries of the legend at the most; colours go with x, so that a part of them is a scale still."""

T = TypeVar("T")
Colour = tuple[float, float, float, float]


def draw_curves(
    bundles: Sequence[CurveBundle], x: str, y: str | None, caption: str, best_y: float | None = None
) -> Figure:
    """Draw the median over seeds as a line, the range over seeds as a band, and a cross where a seed diverged.

    The columns are the train loss and the error of every split the bundles hold. Of many rows, that of ``best_y`` is
    among those drawn.
    """
    with mpl.rc_context(STYLE):
        every = sorted({b.y for b in bundles if b.y is not None}, reverse=True)
        ys: list[float | None] = [*_picked(every, ROWS, best_y)] or [None]
        if len(ys) < len(every):
            caption += f" {len(ys)} of {len(every)} values of {y} are drawn."
        splits = list(bundles[0].errors)
        labels = _labels(bundles)
        colours = _colours(bundles, labels)
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
                    _draw_bundle(axes, bundle, values, colours[labels[_point(bundle)]])
            title = "" if value is None else f"{y} = {short(value)}"
            _label(grid[row], splits, title, last=row == len(ys) - 1)
        _limit(grid, bundles)
        shown = _picked(list(colours), ENTRIES)
        handles = [Line2D([], [], color=colours[label], label=label) for label in shown]
        head = "\n".join([label_of(x), *(f"({name})" for name in bundles[0].others)])
        figure.legend(handles=handles, title=head, loc="center right", frameon=False, fontsize=8)
        figure.text(0.012, 0.08 / size[1], "\n".join(lines), va="bottom", fontsize=7.5, linespacing=1.35)
        return figure


def _picked(values: Sequence[T], most: int, always: T | None = None) -> list[T]:
    """Return at most so many evenly chosen values, one that must be there among them."""
    at = set(np.linspace(0, len(values) - 1, min(most, len(values))).round().astype(int).tolist())
    if always in values and values.index(always) not in at:
        wanted = values.index(always)
        at = at - {min(at, key=lambda i: abs(i - wanted))} | {wanted}
    return [values[i] for i in sorted(at)]


def _point(bundle: CurveBundle) -> tuple[float, ...]:
    return (bundle.x, *bundle.others.values())


def _labels(bundles: Sequence[CurveBundle]) -> dict[tuple[float, ...], str]:
    """Return what the legend calls each configuration: in as few digits as tell them apart."""
    points = sorted({_point(bundle) for bundle in bundles})
    labels: dict[tuple[float, ...], str] = {}
    for digits in range(3, 13):
        labels = {point: _written(point, digits) for point in points}
        if len(set(labels.values())) == len(points):
            break
    return labels


def _written(point: tuple[float, ...], digits: int) -> str:
    first, *others = (short(value) if digits == 3 else f"{value:.{digits}g}" for value in point)
    return f"{first} ({', '.join(others)})" if others else first


def _colours(bundles: Sequence[CurveBundle], labels: Mapping[tuple[float, ...], str]) -> dict[str, Colour]:
    """Return the colour of every label, by the value of x; equal distances where the others differ too."""
    xs = np.array([point[0] for point in labels])
    spread = xs.min() != xs.max()
    norm = (LogNorm if (xs > 0).all() and spread else Normalize)(xs.min(), xs.max() if spread else xs.min() + 1)
    step = 1.0 / max(1, len(labels) - 1)
    places = [i * step if bundles[0].others else float(norm(x)) for i, x in enumerate(xs)]
    return {
        label: mpl.colormaps["plasma"](0.92 * place) for label, place in zip(labels.values(), places, strict=True)
    }


def _draw_bundle(axes: Axes, bundle: CurveBundle, values: Matrix, colour: Colour) -> None:
    if len(values) > 1 and len(bundle.epochs):
        axes.fill_between(bundle.epochs, *band(values), color=colour, alpha=0.22, linewidth=0)
    axes.plot(bundle.epochs, median(values), color=colour, linewidth=1.4)
    for seed in values[bundle.diverged]:
        known = np.flatnonzero(~np.isnan(seed))
        if len(known):
            axes.plot([bundle.epochs[known[-1]]], [seed[known[-1]]], marker="x", color=colour, markersize=5)


def _limit(grid: npt.NDArray[Any], bundles: Sequence[CurveBundle]) -> None:
    """Let every error have one scale, and the loss end at :data:`HIGHEST_LOSS` or its lowest, whichever is higher."""
    errors = [values for bundle in bundles for values in bundle.errors.values()]
    losses = np.concatenate([bundle.train_loss.ravel() for bundle in bundles])
    losses = losses[losses > 0]
    worst = max((float(np.nanmax(values)) for values in errors if np.isfinite(values).any()), default=100.0)
    for row in grid:
        for axes in row[1:]:
            axes.set_ylim(0, 1.04 * worst or 1.0)
        if len(losses):
            low = float(losses.min())
            row[0].set_ylim(low / 1.2, max(1.2 * low, min(1.2 * float(losses.max()), HIGHEST_LOSS)))
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
