"""The colour scale that heatmaps and points share: logarithmic where the metric spans magnitudes."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator, NullLocator

from analysis.figures.columns import height_of, width_of
from analysis.findings import Limits
from analysis.measure import Measure
from analysis.numbers import plain, told_apart

COLOURS = "viridis_r"

TICKS = (
    (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 50.0, 70.0, 90.0),
    (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0),
    (0.01, 0.1, 1.0, 10.0),
)
"""Ticks of the colour bar: the first row of which at least two lie on it, far enough apart to be read."""

BAR = 0.16
"""Inches that the colour bar is wide."""

APART = 0.15
"""Inches between two ticks at the least."""

LABEL = 34
"""Characters of a line beside the colour bar: as many as the lowest heatmap is high."""


NARROW = 24
"""The same in a column of a paper."""


def scale_of(limits: Limits) -> ScalarMappable:
    """Return the colours of values between limits; those beyond have the colour of the end."""
    norm = LogNorm if limits.log else Normalize
    colours = mpl.colormaps[COLOURS]
    return ScalarMappable(norm(limits.low, limits.high, clip=True), colours.reversed() if limits.highest else colours)


def draw_bar(figure: Figure, axes: Axes, limits: Limits, measure: Measure, *, narrow: bool = False) -> None:
    """Draw the colour bar of a measure, and say where colours are clipped; ``narrow`` in a column of a paper."""
    label = told_of(limits, measure, NARROW if narrow else LABEL)
    draw_labelled_bar(figure, axes, limits, label, size=6.0 if narrow else 7.5)


def draw_labelled_bar(
    figure: Figure | SubFigure,
    axes: Axes,
    limits: Limits,
    label: str,
    *,
    beside: bool = False,
    lying: bool = False,
    size: float = 7.5,
) -> None:
    """Draw a colour bar with ticks that can be read: on axes, or ``beside`` them, in room that it takes from them.

    ``lying`` has it run across, on axes that are wide and low.
    """
    extend = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    where: dict[str, Any] = {"ax": axes, "fraction": 0.06, "pad": 0.03, "aspect": 30} if beside else {"cax": axes}
    where |= {"orientation": "horizontal"} if lying else {}
    bar = figure.colorbar(scale_of(limits), extend=extend[limits.below, limits.above], **where)
    ticks = ticks_of(limits, width_of(bar.ax) / 2 if lying else height_of(bar.ax))
    named = told_apart(ticks, plain)  # limits may have nothing between them
    bar.set_ticks(list(named), labels=list(named.values()))
    (bar.ax.xaxis if lying else bar.ax.yaxis).set_minor_locator(NullLocator())
    bar.set_label(label, fontsize=size)


def bar_lines(limits: Limits, measure: Measure, line: int = 0) -> int:
    """Return the lines of the label beside a colour bar, of so many characters a line, or as many as is usual."""
    return told_of(limits, measure, line or LABEL).count("\n") + 1


def right_of(limits: Limits, measure: Measure) -> float:
    """Return the inches that a colour bar takes with its ticks and its label."""
    return BAR + 0.6 + 0.145 * bar_lines(limits, measure)


def told_of(limits: Limits, measure: Measure, line: int = 0) -> str:
    """Return what stands beside a colour bar, of so many characters a line, or as many as is usual."""
    lines = [measure.label, "mean over seeds" + (", log scale" if limits.log else "")]
    unit = f" {measure.metric.unit}".rstrip()
    clipped = [
        *([f"below {limits.low:.3g}{unit}"] if limits.below else []),
        *([f"above {limits.high:.3g}{unit}"] if limits.above else []),
    ]
    lines += [f"colours clipped {' and '.join(clipped)}"] if clipped else []
    return "\n".join(textwrap.fill(it, line or LABEL) for it in lines)


def ticks_of(limits: Limits, height: float) -> list[float]:
    """Return the ticks of a colour bar of so many inches."""
    if not limits.log:
        whole = MaxNLocator(max(2, min(6, int(height / (2 * APART)))), steps=[1, 2, 5, 10])
        ticks = [float(tick) for tick in whole.tick_values(limits.low, limits.high)]
        ticks = [tick for tick in ticks if limits.low <= tick <= limits.high]
        return ticks if len(ticks) > 1 else [limits.low, limits.high]
    powers = range(math.ceil(math.log10(limits.low)), math.floor(math.log10(limits.high)) + 1)
    step = max(1, math.ceil(len(powers) / 7))
    for row in (*TICKS, [10.0**power for power in powers][::step]):
        ticks = [tick for tick in row if limits.low <= tick <= limits.high]
        if len(ticks) > 1 and ticks[-1] * 100 >= limits.high and ticks[0] <= limits.low * 100:
            gaps = np.diff(np.log(ticks)) / np.log(limits.high / limits.low)
            if gaps.min() * height >= APART:
                return ticks
    return [limits.low, (limits.low * limits.high) ** 0.5, limits.high]
