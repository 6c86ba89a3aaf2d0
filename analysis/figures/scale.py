"""The colour scale that heatmaps and points share: errors in percent, logarithmic."""

from __future__ import annotations

import textwrap

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from analysis.findings import Limits
from analysis.measure import Measure
from analysis.numbers import told_apart

COLOURS = "viridis_r"

TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 30, 50, 70, 90)

LABEL = 34
"""Characters of a line beside the colour bar: as many as the lowest heatmap is high."""


def scale_of(limits: Limits) -> ScalarMappable:
    """Return the colours of errors between limits; those beyond have the colour of the end."""
    return ScalarMappable(LogNorm(limits.low, limits.high, clip=True), mpl.colormaps[COLOURS])


def draw_bar(figure: Figure, axes: Axes, limits: Limits, measure: Measure) -> None:
    """Draw the colour bar with ticks that can be read, and say where colours are clipped."""
    extend = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    bar = figure.colorbar(scale_of(limits), cax=axes, extend=extend[limits.below, limits.above])
    ticks = [t for t in TICKS if limits.low <= t <= limits.high]
    if len(ticks) < 2:
        ticks = [limits.low, (limits.low * limits.high) ** 0.5, limits.high]
    bar.set_ticks(ticks, labels=list(told_apart(ticks, lambda value, digits: f"{value:.{digits}g}").values()))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    lines = [f"mean {measure.label}", "log scale"]
    clipped = [
        *([f"below {limits.low:g} %"] if limits.below else []),
        *([f"above {limits.high:g} %"] if limits.above else []),
    ]
    lines += [f"colours clipped {' and '.join(clipped)}"] if clipped else []
    bar.set_label("\n".join(textwrap.fill(line, LABEL) for line in lines), fontsize=7.5)
