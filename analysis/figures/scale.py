"""The colour scale that heatmaps and points share: errors in percent, logarithmic."""

from __future__ import annotations

import textwrap

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from analysis.findings import Limits
from analysis.measure import Measure
from analysis.numbers import told_apart

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


def scale_of(limits: Limits) -> ScalarMappable:
    """Return the colours of errors between limits; those beyond have the colour of the end."""
    return ScalarMappable(LogNorm(limits.low, limits.high, clip=True), mpl.colormaps[COLOURS])


def draw_bar(figure: Figure, axes: Axes, limits: Limits, measure: Measure) -> None:
    """Draw the colour bar with ticks that can be read, and say where colours are clipped."""
    extend = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    bar = figure.colorbar(scale_of(limits), cax=axes, extend=extend[limits.below, limits.above])
    ticks = _ticks(limits, axes.get_position().height * figure.get_figheight())
    named = told_apart(ticks, lambda value, digits: f"{value:.{digits}g}")  # limits may have nothing between them
    bar.set_ticks(list(named), labels=list(named.values()))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.set_label(_label(limits, measure), fontsize=7.5)


def right_of(limits: Limits, measure: Measure) -> float:
    """Return the inches that a colour bar takes with its ticks and its label."""
    return BAR + 0.6 + 0.145 * (_label(limits, measure).count("\n") + 1)


def _label(limits: Limits, measure: Measure) -> str:
    lines = [measure.label, "mean over seeds, log scale"]
    clipped = [
        *([f"below {limits.low:g} %"] if limits.below else []),
        *([f"above {limits.high:g} %"] if limits.above else []),
    ]
    lines += [f"colours clipped {' and '.join(clipped)}"] if clipped else []
    return "\n".join(textwrap.fill(line, LABEL) for line in lines)


def _ticks(limits: Limits, height: float) -> list[float]:
    """Return the ticks of a colour bar of so many inches."""
    for row in TICKS:
        ticks = [tick for tick in row if limits.low <= tick <= limits.high]
        if len(ticks) > 1:
            gaps = np.diff(np.log(ticks)) / np.log(limits.high / limits.low)
            if gaps.min() * height >= APART:
                return ticks
    return [limits.low, (limits.low * limits.high) ** 0.5, limits.high]
