"""The colour scale that heatmaps and points share: errors in percent, logarithmic."""

from __future__ import annotations

import textwrap

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from analysis.maps import Measure, SensitivityMap

COLOURS = "viridis_r"
BEST = "#d62728"

LABEL = 34
"""Characters of a line beside the colour bar: as many as the lowest heatmap is high."""


def shared_limits(maps: list[SensitivityMap]) -> tuple[float, float]:
    """Return the colour limits that the panels of one study share."""
    return limits(np.concatenate([m.median[np.isfinite(m.median)] for m in maps]))


def limits(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return colour limits for errors in percent, both above 0."""
    positive = values[values > 0]
    low = float(positive.min()) if len(positive) else 0.1
    high = max(float(values.max()), low) if len(values) else 1.0
    # At least a factor of 1.5, widened downwards: no error is above 100 %.
    return min(low, high / 1.5), high


def draw_bar(figure: Figure, axes: Axes, norm: LogNorm, measure: Measure) -> None:
    """Draw the colour bar with ticks that can be read."""
    bar = figure.colorbar(ScalarMappable(norm, mpl.colormaps[COLOURS]), cax=axes)
    low, high = float(norm.vmin or 0.1), float(norm.vmax or 100.0)
    ticks = [t for t in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 30, 50, 70, 90) if low <= t <= high]
    if len(ticks) < 2:
        ticks = [low, (low * high) ** 0.5, high]
    bar.set_ticks(ticks, labels=[f"{t:.3g}" for t in ticks])
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.set_label(textwrap.fill(f"median {measure.label}, log scale", LABEL), fontsize=7.5)
