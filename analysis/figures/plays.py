"""Plays of the online sequence: regret and position over steps, a row for each C.

As Figure 1 of S. J. Reddi, S. Kale, S. Kumar, On the convergence of Adam and beyond, ICLR 2018.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from analysis.captions import described
from analysis.figures import narrow
from analysis.figures.palette import label, styles
from analysis.figures.style import COLUMN, STYLE, Caption, plain_log
from analysis.findings import Findings
from analysis.numbers import plain
from analysis.plays import Play, plays

WIDTH, HEIGHT = 10.2, 2.3


@dataclass(frozen=True, kw_only=True, eq=False)
class Plays:
    """The plays of a study by C; the other attributes are those of every figure."""

    name: str
    title: str
    caption: str
    rows: Mapping[float, Sequence[Play]]


def compute(findings: Findings) -> list[Plays]:
    """Return one figure of all arms that play the sequence."""
    rows = plays(findings)
    every = [play for row in rows.values() for play in row]
    if not every:
        return []
    text = described([(play.arm, play.trial) for play in every])
    text += " Each line is the best configuration of its arm, with its lowest seed. First: average regret against"
    text += " x = -1; what is 0 or less is not drawn. Dotted: 2 (C - 2) / 3, what staying at x = 1 costs. Second: x."
    return [Plays(name="plays", title="average regret and position in the online sequence", caption=text, rows=rows)]


def caption(result: Plays) -> str:
    """Return the text below the plays."""
    return result.caption


def draw(result: Plays, ax: Axes | None = None) -> Figure:
    """Draw regret and position over steps.

    ``ax`` are axes of a figure of one's own, which are given the regret for the first C.
    """
    with mpl.rc_context(STYLE):
        if ax is not None:
            largest, first = next(iter(result.rows.items()))
            _draw_regret(ax, largest, first)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        below = Caption(result.caption, WIDTH)
        high = 0.35 + HEIGHT * len(result.rows) + 0.35 + below.height
        figure = Figure(figsize=(WIDTH, high))
        grid = figure.subplots(len(result.rows), 2, sharex=True, squeeze=False)
        legend = 0.55 + 0.075 * max(len(label(it.arm, it.trial)) for row in result.rows.values() for it in row)
        figure.subplots_adjust(
            left=0.75 / WIDTH,
            right=1 - legend / WIDTH,
            top=1 - 0.35 / high,
            bottom=(0.55 + below.height) / high,
            hspace=0.25,
            wspace=0.2,
        )
        for (left, right), (largest, row) in zip(grid, result.rows.items(), strict=True):
            _draw_regret(left, largest, row)
            _draw_position(right, row)
            handles = [
                Line2D([], [], linewidth=1.6, label=label(play.arm, play.trial), **style)
                for play, style in zip(row, styles([play.arm for play in row]), strict=True)
            ]
            right.legend(handles=handles, loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False, fontsize=8)
        for axes in grid[-1]:
            axes.set_xlabel("step")
        below.write(figure)
        return figure


def column(result: Plays) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption: panel below panel."""
    with mpl.rc_context(COLUMN):
        figure, axes = narrow.stacked(2 * len(result.rows), 1.0, between=0.42, head=0.22)
        for place, (largest, row) in enumerate(result.rows.items()):
            _draw_regret(axes[2 * place], largest, row)
            _draw_position(axes[2 * place + 1], row)
        axes[-1].set_xlabel("step")
        named = {label(play.arm, play.trial): play.arm for row in result.rows.values() for play in row}
        looks = styles(list(named.values()))
        handles = [Line2D([], [], linewidth=1.6, **look) for look in looks]
        narrow.key(figure, handles, list(named))
        return narrow.settled(figure)


def _draw_regret(axes: Axes, largest: float, row: Sequence[Play]) -> None:
    for play, style in zip(row, styles([play.arm for play in row]), strict=True):
        paid = play.regret > 0
        axes.plot(play.steps[paid], play.regret[paid], linewidth=1.4, **style)
    axes.axhline(2.0 * (largest - 2.0) / 3.0, color="0.4", linewidth=0.9, linestyle=":")
    axes.set_yscale("log")
    axes.set_ylabel("average regret")
    axes.set_title(f"C = {plain(largest)}", loc="left", fontsize=8.5)
    _scaled(axes)
    plain_log(axes.yaxis)


def _draw_position(axes: Axes, row: Sequence[Play]) -> None:
    for play, style in zip(row, styles([play.arm for play in row]), strict=True):
        axes.plot(play.steps, play.x, linewidth=1.4, **style)
    axes.set_ylim(-1.08, 1.08)
    axes.set_ylabel("x")
    _scaled(axes)


def _scaled(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.grid(alpha=0.25, linewidth=0.5)
    plain_log(axes.xaxis)
    axes.xaxis.set_minor_locator(NullLocator())
