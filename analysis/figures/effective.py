"""The effective learning rate: the rows of a map over lr, and over lr G^(1 - 2p), on which they may be one curve."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.captions import described
from analysis.effective_rate import EffectiveRate
from analysis.figures import narrow
from analysis.figures.style import COLUMN, STYLE, Caption, plain_log
from analysis.findings import ArmFindings, Findings
from analysis.measures.number import Number
from analysis.numbers import percent, plain, point

WIDTH, HEIGHT = 8.4, 3.3
"""Inches of both panels together."""

COLOURS = (0.05, 0.85)
"""Part of the colour map that the rows share."""


BENT = 0.01
"""Share below which pieces may be to blame: of exact null models with steep sides they left up to 0.6 %."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Effective:
    """The rows of one map on both axes; the other attributes are those of every figure."""

    name: str
    title: str
    caption: str
    found: EffectiveRate


def compute(findings: Findings) -> list[Effective]:
    """Return a figure of each arm that maps Padam's learning rate and p, and kept the scale of gradients."""
    return [it for one in findings.arms if (it := _effective(findings, one)) is not None]


def _effective(findings: Findings, arm: ArmFindings) -> Effective | None:
    found = findings.effective_rates.get(arm.name)
    if found is None:
        return None
    shown, null = found.map, found.null
    title = "rows over the learning rate, and over the effective learning rate"
    title += f", {arm.said}" if arm.armed else ""
    text = (
        f"{described([(arm, arm.at(shown.grid.fixed))], shown.grid.fixed)} First: the mean over seeds of the "
        f"{shown.measure.label} over lr, a line for each p. Second: the same over lr G^(1 - 2p), the size of a step "
        f"where gradients are of one scale, G = 10^{plain(null.log10_scale)} at {point(null.reference)}. Were that "
        "scale all that p does, the lines of the second would be one, but for a shift of its values up or down. "
        f"{_told(found)}"
    )
    return Effective(name=f"effective-rate{arm.suffix}", title=title, caption=text, found=found)


def _told(found: EffectiveRate) -> str:
    """Return in words what the axis leaves of the entanglement."""
    told = (
        f"What one curve for all rows leaves of the variation: {_share(found.before)} over lr, {_share(found.share)}"
    )
    told += " over the effective rate"
    p = found.share.details.get("p")
    if found.share.value is None or p is None:
        return f"{told}."
    if found.share.low == 0.0:
        verdict = "noise may be all of it"
    elif found.share.value < BENT:
        verdict = "more than noise, and no more than a bent curve may leave of straight pieces"
    else:
        verdict = "more than noise"
    return f"{told} (F test: p = {plain(float(p), 2)}, {verdict})."


def _share(number: Number) -> str:
    return f"nothing can be said ({number.reason})" if number.value is None else number.told(percent, " %")


def caption(result: Effective) -> str:
    """Return the text below both panels."""
    return result.caption


def draw(result: Effective, ax: Axes | None = None) -> Figure:
    """Draw the rows over both axes; on axes of one's own those over the effective rate alone."""
    with mpl.rc_context(STYLE):
        if ax is not None:
            _draw(ax, result.found, effective=True)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        below = Caption(result.caption, WIDTH)
        size = (WIDTH, HEIGHT + below.height)
        figure = Figure(figsize=size)
        bottom, height = (below.height + 0.55) / size[1], (HEIGHT - 0.95) / size[1]
        for place, effective in ((0.09, False), (0.53, True)):
            axes = figure.add_axes((place, bottom, 0.4, height))
            _draw(axes, result.found, effective=effective)
            axes.set_title("learning rate" if not effective else "effective learning rate", loc="left")
            if effective:
                axes.set_ylabel("")
                axes.tick_params(labelleft=False, which="both")  # the scale is that of the left
                axes.legend(fontsize=7, title="p", title_fontsize=7, loc="best", framealpha=0.8)
        below.write(figure)
        return figure


def column(result: Effective) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption: one panel below the other."""
    with mpl.rc_context(COLUMN):
        figure, axes = narrow.stacked(2, 1.4, between=0.45)
        for place, effective in zip(axes, (False, True), strict=True):
            _draw(place, result.found, effective=effective)
        narrow.key(figure, *axes[0].get_legend_handles_labels(), head=result.found.map.grid.y or "")
        return narrow.settled(figure)


def _draw(axes: Axes, found: EffectiveRate, *, effective: bool) -> None:
    grid, measure = found.map.grid, found.map.measure
    texts = grid.y_axis.texts(grid.ys.tolist())
    colours = mpl.colormaps["viridis"](np.linspace(*COLOURS, len(grid.ys)))
    lost = grid.diverged.sum(axis=2) == grid.n
    for row, y in enumerate(grid.ys.tolist()):
        places = 10.0 ** found.log10_rates[row] if effective else grid.xs
        axes.plot(places, grid.mean[row], color=colours[row], linewidth=1.2, marker="o", markersize=3, label=texts[y])
        gone = lost[row]
        axes.plot(places[gone], grid.mean[row][gone], color=colours[row], linestyle="none", marker="X", markersize=6)
    axes.set_xscale("log")
    plain_log(axes.xaxis)
    if measure.metric.log and (grid.mean[np.isfinite(grid.mean)] > 0).all():
        axes.set_yscale("log")
        plain_log(axes.yaxis)
    axes.set_xlabel("lr G^(1 - 2p)" if effective else "lr")
    axes.set_ylabel(measure.title)
    axes.grid(alpha=0.3, linewidth=0.5)
