"""The best of each arm or study: seeds and mean, and by how much it is worse than the best of all."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.captions import chosen, described
from analysis.contenders import Contender
from analysis.figures import narrow
from analysis.figures.style import BEST, COLUMN, STYLE, Caption, plain_log
from analysis.findings import Findings
from analysis.numbers import point

WIDTH, ROW = 8.4, 0.36
"""Inches of the figure, and of each contender."""

LABEL = 34
"""Characters of a label's line."""

LEFT, HEAD, FOOT = 2.6, 0.4, 0.6
"""Inches around the axes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Bests:
    """The contenders, the best first; the other attributes are those of every figure."""

    name: str
    title: str
    caption: str
    contenders: tuple[Contender, ...]


def compute(findings: Findings) -> list[Bests]:
    """Return one figure where there are several arms, or studies, that may be ranked."""
    found = findings.contenders
    if len(found) < 2:
        return []
    what, first = "arm" if not findings.others else "study", found[0]
    several = any(len(it.values) > 1 for it in found)
    seeds = "; dots are seeds, lines two standard errors" if several else ""
    differences = "seed by seed over the seeds that both have"
    differences += ", with the 95 % interval of a paired t, each for itself" if several else ""
    text = (
        f"{described([(it.arm, it.arm.at(it.best)) for it in found])} First: the best configuration of each {what} "
        f"by the {first.measure.lowest} mean over seeds of the {first.measure.label}{seeds}. Second: by how much it "
        f"is worse than the best of all, {differences}. The more configurations were tried, the "
        f"more optimistic is the best of them. {chosen(first.measure)}"
    )
    title = f"the best of each {what}"
    return [Bests(name="bests", title=title, caption=text.strip(), contenders=found)]


def caption(result: Bests) -> str:
    """Return the text below."""
    return result.caption


def draw(result: Bests, ax: Axes | None = None) -> Figure:
    """Draw both panels; on axes of one's own the differences alone."""
    with mpl.rc_context(STYLE):
        if ax is not None:
            _draw_differences(ax, result)
            _label(ax, result)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        below, rows = Caption(result.caption, WIDTH), ROW * len(result.contenders) + 0.2
        size = (WIDTH, HEAD + rows + FOOT + below.height)
        figure = Figure(figsize=size)
        bottom, height = (below.height + FOOT) / size[1], rows / size[1]
        across = (WIDTH - LEFT - 0.5) / 2.0
        means = figure.add_axes((LEFT / WIDTH, bottom, across / WIDTH, height))
        differences = figure.add_axes(((LEFT + across + 0.35) / WIDTH, bottom, across / WIDTH, height))
        _draw_means(means, result)
        _label(means, result)
        _draw_differences(differences, result)
        differences.set_yticklabels([])
        below.write(figure)
        return figure


def column(result: Bests) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption: one panel below the other."""
    with mpl.rc_context(COLUMN):
        height = 0.33 * len(result.contenders) + 0.15
        figure, (means, differences) = narrow.stacked(2, height, left=0.6, between=0.65, head=0.25)
        _draw_means(means, result)
        _draw_differences(differences, result)
        for axes in (means, differences):
            _label(axes, result, 24)
            axes.tick_params(axis="y", labelsize=6.0)
        return narrow.settled(figure)


def _label(axes: Axes, result: Bests, line: int = LABEL) -> None:
    texts = [textwrap.fill(f"{it.arm.name}: {point(it.arm.named(it.best))}", line) for it in result.contenders]
    axes.set_yticklabels(texts, fontsize=7, parse_math=False)


def _rows(axes: Axes, count: int) -> None:
    """Give every contender a row, the first on top."""
    axes.set_yticks(range(count))
    axes.set_ylim(count - 0.4, -0.6)
    axes.grid(axis="x", alpha=0.3, linewidth=0.5)


def _draw_means(axes: Axes, result: Bests) -> None:
    _rows(axes, len(result.contenders))
    measure = result.contenders[0].measure
    for row, it in enumerate(result.contenders):
        values = list(it.values.values())
        spread = 0.0 if it.error is None else 2.0 * it.error
        axes.plot([it.mean - spread, it.mean + spread], [row, row], color="0.1", linewidth=1.2)
        axes.scatter(values, [row + 0.22] * len(values), s=8, color="0.45", linewidths=0)
        axes.plot([it.mean], [row], marker="o", markersize=6, color=BEST if row == 0 else "0.1")
    everything = [value for it in result.contenders for value in it.values.values()]
    if measure.metric.log and min(everything) > 0 and max(everything) > 10.0 * min(everything):
        axes.set_xscale("log")
        plain_log(axes.xaxis)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(measure.title)
    axes.set_title("mean and seeds", loc="left")


def _draw_differences(axes: Axes, result: Bests) -> None:
    _rows(axes, len(result.contenders))
    axes.axvline(0.0, color=BEST, linewidth=0.9)
    measure = result.contenders[0].measure
    for row, it in enumerate(result.contenders):
        number = it.difference
        if number is None or number.value is None:
            continue
        if number.low is not None and number.high is not None:
            axes.plot([number.low, number.high], [row, row], color="0.1", linewidth=1.2)
        axes.plot([number.value], [row], marker="o", markersize=5, color="0.1")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    unit = "points" if measure.metric.unit == "%" else measure.metric.unit
    axes.set_xlabel(f"worse than the best ({unit})" if unit else "worse than the best")
    axes.set_title("paired difference", loc="left")
