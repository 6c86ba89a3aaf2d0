"""Parallel coordinates: every configuration a line across its hyperparameters, to explore with."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from analysis.captions import described, measured
from analysis.figures import narrow
from analysis.figures.cells import LOST
from analysis.figures.layout import DOUBLE, panels
from analysis.figures.scale import BAR, draw_bar, right_of, scale_of
from analysis.figures.style import BEST, COLUMN, STYLE
from analysis.findings import ArmFindings, Findings, Limits
from analysis.numbers import plain, shortened
from analysis.searched import Searched

FEWEST = 3
"""Hyperparameters below which a map or slices say it better."""

LABEL = 14
"""Characters that the name of a choice has at the most."""

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Coordinates:
    """The lines of one arm.

    Attributes
    ----------
    name, title, caption
        As of every figure.
    arm
        The arm.
    names
        Hyperparameters, from left to right.
    heights
        ``[configuration, hyperparameter]``, 0 to 1 on the scale of each, worst configurations first.
    ends
        What stands at the lower and upper end of each, or at each of its choices: height and text.
    values
        Means, NaN of what lost every seed.
    best
        Whether the last line is the best configuration.
    limits
        Of the colours.
    """

    name: str
    title: str
    caption: str
    arm: ArmFindings
    names: tuple[str, ...]
    heights: Vector
    ends: tuple[tuple[tuple[float, str], ...], ...]
    values: Vector
    best: bool
    limits: Limits


def compute(findings: Findings) -> list[Coordinates]:
    """Return the coordinates of each arm that varies three hyperparameters or more without a grid."""
    searches = [Searched.of(one) for one in findings.arms if not one.is_grid]
    return [_coordinates(findings, it) for it in searches if len(it.moved) >= FEWEST and len(it.table) > 1]


def _coordinates(findings: Findings, search: Searched) -> Coordinates:
    arm = search.arm
    ranks = arm.rankings[0].iloc[::-1]
    lost = (ranks["diverged"] == ranks["n"]).to_numpy()
    heights, ends = [], []
    for name in search.moved:
        column = ranks[name].to_numpy(dtype=float)
        choices = shortened(arm.scales[name].names, LABEL)
        log = arm.arm.space[name].log and bool((column > 0).all())
        on_scale = np.log10(column) if log else column
        low, high = (0.0, len(choices) - 1.0) if choices else (float(on_scale.min()), float(on_scale.max()))
        span = high - low or 1.0
        heights.append((on_scale - low) / span)
        if choices:
            ends.append(tuple((at / span, choice) for at, choice in enumerate(choices)))
        else:
            middle = (low + high) / 2
            texts = [plain(10.0**it if log else it) for it in (low, middle, high)]
            ends.append(tuple(zip((0.0, 0.5, 1.0), texts, strict=True)))
    text = (
        f"{described([(arm, arm.in_force)])} {measured(search.measure, 'Colour', diverged=bool(lost.any()))} Each "
        "line is a configuration; each axis has its own scale, logarithmic where its hyperparameter is. To explore "
        "with: the order of the axes decides which relations are seen."
    ) + search.unmoved
    text += " Grey: every seed diverged." if lost.any() else ""
    text += " Red: the best." if arm.best is not None else ""
    return Coordinates(
        name=f"parallel{arm.suffix}",
        title=f"{search.measure.metric.summary} over all hyperparameters" + (f", {arm.said}" if arm.armed else ""),
        caption=text,
        arm=arm,
        names=search.moved,
        heights=np.array(heights).T,
        ends=tuple(ends),
        values=np.where(lost, np.nan, ranks["mean"].to_numpy(dtype=float)),
        best=arm.best is not None,
        limits=findings.limits,
    )


def caption(result: Coordinates) -> str:
    """Return the text below parallel coordinates."""
    return result.caption


def draw(result: Coordinates, ax: Axes | None = None) -> Figure:
    """Draw the lines, the best on top; ``ax`` are axes of a figure of one's own, without caption and colour bar."""
    with mpl.rc_context(STYLE):
        if ax is not None:
            _draw(ax, result)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        measure = result.arm.measures[0]
        right = right_of(result.limits, measure) + 0.35
        figure, (axes,) = panels(result.caption, DOUBLE, 3.1, 1, bar=right, head=0.35)
        _draw(axes, result)
        width, place = DOUBLE, axes.get_position()
        bar = figure.add_axes((1 - (right - 0.35) / width, place.y0, BAR / width, place.height))
        draw_bar(figure, bar, result.limits, measure)
        return figure


def column(result: Coordinates) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption."""
    with mpl.rc_context(COLUMN):
        figure, (axes,) = narrow.stacked(1, 1.9, left=0.12, foot=0.35)
        _draw(axes, result)
        axes.set_title("", loc="left")
        axes.set_xlim(-0.05, len(result.names) - 0.25)  # what the last one is called takes more of a narrow figure
        for text in axes.texts:
            text.set_fontsize(5.5)
        narrow.bar(figure, result.limits, result.arm.measures[0])
        return narrow.settled(figure)


def _draw(axes: Axes, result: Coordinates) -> None:
    places = np.arange(len(result.names), dtype=float)
    lines = [np.column_stack([places, row]) for row in result.heights]
    colours = scale_of(result.limits).to_rgba(np.nan_to_num(result.values, nan=result.limits.high))
    colours = np.where(np.isnan(result.values)[:, None], np.array(LOST), colours)
    axes.add_collection(LineCollection(lines, colors=list(colours), linewidths=1.0, alpha=0.85))
    if result.best:
        axes.plot(places, result.heights[-1], color=BEST, linewidth=2.2, zorder=4)
    for place, ends in zip(places, result.ends, strict=True):
        axes.axvline(place, color="0.3", linewidth=0.8, zorder=3)
        for height, text in ends:
            box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8}
            axes.text(place + 0.03, height, text, fontsize=7, va="center", zorder=5, bbox=box)
    axes.set_xticks(places, [name.replace(".", ".\n") for name in result.names], fontsize=8)
    axes.set_yticks([])
    axes.set_xlim(-0.05, places[-1] + 0.35)
    axes.set_ylim(-0.04, 1.04)
    axes.set_title(result.title, loc="left")
    for spine in axes.spines.values():
        spine.set_visible(False)
