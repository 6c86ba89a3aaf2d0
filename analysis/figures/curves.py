"""Curves of train loss and error: one row for each y, one line with its band for each x.

The layout is that of Figure 5 of the Padam reproducibility report (H. Mittal, K. Pandey, Y. Kant, arXiv:1901.09517).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.axes import NUMBER, Axis, label_of
from analysis.captions import described
from analysis.curves import CurveBundle, Line, bundles
from analysis.figures.columns import columns_of
from analysis.figures.style import STYLE, Caption, plain_log
from analysis.findings import Findings
from analysis.measure import COUNTED
from analysis.numbers import point

ROWS = 8
"""Rows drawn at the most; of more values of y, evenly chosen ones."""

HIGHEST_LOSS = 25.0
"""Where the axis of the loss ends at the most, ten times the loss of guessing among ten classes: beyond it lie trials
about to diverge."""

BEST_CURVES = 6
"""Configurations whose curves are drawn where there is no grid."""

ENTRIES = 14
"""Entries of the legend at the most; colours go with x, so that a part of them is a scale still."""

T = TypeVar("T")
Colour = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Curves:
    """Learning curves of a study.

    Attributes
    ----------
    name, title, caption
        As of every figure.
    bundles
        What is drawn, ordered by y and x.
    x, y
        The hyperparameter that colours lines, and the one that makes rows, where one does.
    ys
        The rows, largest value first; ``[None]`` where nothing makes rows.
    axes
        How values are written.
    """

    name: str
    title: str
    caption: str
    bundles: Sequence[CurveBundle]
    x: str
    y: str | None
    ys: Sequence[float | None]
    axes: Mapping[str, Axis] = field(default_factory=dict)


def compute(findings: Findings) -> list[Curves]:
    """Return the curves of a grid, of the best plane of a larger grid, or of the best configurations of no grid."""
    material, ranks = findings.material, findings.rankings[0]
    if ranks.empty:
        return []
    x, y, others = findings.axes
    trials, which = material.in_force, ""
    chosen = f"{findings.measures[0].statistic}, split {findings.measures[0].split}"
    told: list[str] = []
    plane: dict[str, float] = {}
    ys: list[float | None]
    if findings.is_grid:
        plane = {name: float(ranks.iloc[0][name]) for name in others}
        trials = findings.at(plane)
        found_at = "where the best configuration lies" if findings.best else "where the lowest mean so far lies"
        which = f" {point(findings.named(plane))}: {found_at} ({chosen})." if plane else ""
    else:
        y, told = None, [name for name in findings.space if name != x]
        if len(ranks) > BEST_CURVES:
            which = f" The {BEST_CURVES} best of {len(ranks)} configurations ({chosen}) are drawn."
        trials = trials.merge(ranks.head(BEST_CURVES)[findings.space])
    ended = trials[trials["state"].isin(COUNTED)]
    ys, fewer = [None], ""
    if y is not None:
        every = sorted(map(float, ended[y].unique()), reverse=True)
        ys = [*_picked(every, ROWS, float(ranks.iloc[0][y]))]
        if len(ys) < len(every):
            fewer = f" {len(ys)} of {len(every)} values of {y} are drawn."
            trials, ended = trials[trials[y].isin(ys)], ended[ended[y].isin(ys)]
    epochs = material.curves(ended["number"].tolist())
    if epochs.empty:
        return []
    splits = [measure.split for measure in findings.measures]
    found = bundles(epochs, ended, x, y, others=told, splits=splits)
    return [
        Curves(
            name="curves",
            title=f"train loss and error over epochs, for each {label_of(x)}" + (f" and {label_of(y)}" if y else ""),
            caption=f"{described(findings, trials, plane)}{which} {_legend(found)}{fewer}",
            bundles=found,
            x=x,
            y=y,
            ys=ys,
            axes=findings.scales,
        )
    ]


def _legend(bundles: Sequence[CurveBundle]) -> str:
    text = "Lines: mean over the seeds still in training."
    if any(len(bundle.diverged) > 1 for bundle in bundles):
        text = "Lines: mean, bands: range over the seeds still in training."
    if any(np.isfinite(bundle.train_loss.seeds[bundle.diverged]).any() for bundle in bundles):
        text += " Crosses: the last epoch before a seed diverged."
    losses = np.concatenate([bundle.train_loss.seeds.ravel() for bundle in bundles])
    if (losses[np.isfinite(losses)] > HIGHEST_LOSS).any():
        text += f" Losses above {HIGHEST_LOSS:g} leave the axis."
    return text


def caption(result: Curves) -> str:
    """Return the text below the curves."""
    return result.caption


def draw(result: Curves, ax: Axes | None = None) -> Figure:
    """Draw the mean over seeds as a line, their range as a band, and a cross where a seed diverged.

    The columns are the train loss and the error of every split. With ``ax``, axes of a figure of one's own, only the
    error of the first split is drawn, for curves without rows.
    """
    with mpl.rc_context(STYLE):
        bundles, ys = result.bundles, result.ys
        splits = list(bundles[0].errors)
        labels = _labels(bundles, [result.axes.get(name, NUMBER) for name in (result.x, *bundles[0].others)])
        colours = _colours(bundles, labels)
        if ax is not None:
            if len(ys) > 1:
                raise ValueError(f"rows of curves need a figure of their own, got axes for {len(ys)} rows")
            for bundle in bundles:
                _draw_bundle(ax, bundle, bundle.errors[splits[0]], colours[labels[_point(bundle)]])
            _label([ax], [], "")
            ax.set_ylabel(f"{splits[0]} error (%)")
            return ax.get_figure(root=True)  # type: ignore[return-value]
        shown = _picked(list(colours), ENTRIES)
        head = "\n".join([label_of(result.x), *(f"({name})" for name in bundles[0].others)])
        legend = max(0.65 + 0.072 * max(map(len, shown)), 0.35 + 0.078 * max(map(len, head.split("\n"))))
        width = 7.8 + legend if len(splits) == 1 else 11.1 + legend
        below = Caption(result.caption, width)
        bottom, height = 0.6 + below.height, 1.75 if len(ys) > 1 else 2.6
        size = (width, 0.35 + height * len(ys) + bottom)
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
        titles = result.axes.get(str(result.y), NUMBER).texts([value for value in ys if value is not None])
        for row, value in enumerate(ys):
            for bundle in (b for b in bundles if b.y == value):
                for axes, line in zip(grid[row], (bundle.train_loss, *bundle.errors.values()), strict=True):
                    _draw_bundle(axes, bundle, line, colours[labels[_point(bundle)]])
            title = "" if value is None else f"{result.y} = {titles[value]}"
            _label(list(grid[row]), splits, title, last=row == len(ys) - 1)
        _limit(grid, bundles)
        handles = [Line2D([], [], color=colours[label], label=label) for label in shown]
        figure.legend(handles=handles, title=head, loc="center right", frameon=False, fontsize=8)
        below.write(figure)
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


def _labels(bundles: Sequence[CurveBundle], axes: Sequence[Axis]) -> dict[tuple[float, ...], str]:
    """Return what the legend calls each configuration: each number in as few digits as tell its values apart."""
    points = sorted({_point(bundle) for bundle in bundles})
    numbers = [axis.texts(values) for axis, values in zip(axes, zip(*points, strict=True), strict=True)]
    texts = {p: [written[value] for written, value in zip(numbers, p, strict=True)] for p in points}
    return {p: f"{first} ({', '.join(others)})" if others else first for p, (first, *others) in texts.items()}


def _colours(bundles: Sequence[CurveBundle], labels: Mapping[tuple[float, ...], str]) -> dict[str, Colour]:
    """Return the colour of every label, as its x lies among columns; equal distances where the others differ too."""
    xs = np.array([point[0] for point in labels])
    places = np.linspace(0.0, 1.0, len(xs)) if bundles[0].others else columns_of(xs).along
    return {
        label: mpl.colormaps["plasma"](0.92 * place) for label, place in zip(labels.values(), places, strict=True)
    }


def _draw_bundle(axes: Axes, bundle: CurveBundle, line: Line, colour: Colour) -> None:
    if len(line.seeds) > 1 and len(bundle.epochs):
        axes.fill_between(bundle.epochs, *line.band, color=colour, alpha=0.22, linewidth=0)
    if len(bundle.epochs):
        axes.plot(bundle.epochs, line.mean, color=colour, linewidth=1.4)
    for seed in line.seeds[bundle.diverged]:
        known = np.flatnonzero(~np.isnan(seed))
        if len(known):
            axes.plot([bundle.epochs[known[-1]]], [seed[known[-1]]], marker="x", color=colour, markersize=5)


def _limit(grid: npt.NDArray[Any], bundles: Sequence[CurveBundle]) -> None:
    """Let every error have one scale, and the loss end at :data:`HIGHEST_LOSS` or its lowest, whichever is higher."""
    errors = [line.seeds for bundle in bundles for line in bundle.errors.values()]
    losses = np.concatenate([bundle.train_loss.seeds.ravel() for bundle in bundles])
    losses = losses[losses > 0]
    worst = max((float(np.nanmax(values)) for values in errors if np.isfinite(values).any()), default=100.0)
    for row in grid:
        for axes in row[1:]:
            axes.set_ylim(0, 1.04 * worst or 1.0)
        if len(losses):
            low = float(losses.min())
            row[0].set_ylim(low / 1.2, max(1.2 * low, min(1.2 * float(losses.max()), HIGHEST_LOSS)))
            plain_log(row[0].yaxis)


def _label(row: Sequence[Axes], splits: Sequence[str], title: str, *, last: bool = True) -> None:
    if splits:
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
