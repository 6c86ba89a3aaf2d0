"""Narrow: figures as wide as a column of a paper. Panels stand in stacks, legends and colour bars below them.

They have neither a title nor a caption: a paper sets both, and so does the page of a report.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.figures.columns import height_of, width_of
from analysis.figures.scale import draw_labelled_bar, told_of
from analysis.figures.style import COLUMN, COLUMN_WIDTH
from analysis.findings import Limits
from analysis.measure import Measure

LARGEST = 7.5
"""Points of the largest letters."""

SIZE = 6.5
"""Points of a legend's letters."""

CHARACTER = 0.0545
"""Inches that a letter of a legend takes."""

HANDLE = 0.48
"""Inches of a legend's entry beside its letters."""

LINE = 0.125
"""Inches of a line of a legend."""

SIDE = 0.06
"""Inches of a letter beside an axis."""

EDGE = 0.03
"""Inches along the edges that stay empty."""

LYING = "bar"
"""The mark of the axes of a colour bar."""

BAR, NUMBERS = 0.09, 0.2
"""Inches of a colour bar that lies, and of the numbers below it."""


def stacked(
    count: int,
    height: float,
    *,
    across: int = 1,
    left: float = 0.6,
    between: float = 0.22,
    apart: float = 0.12,
    head: float = 0.12,
    foot: float = 0.4,
) -> tuple[Figure, list[Axes]]:
    """Return a figure as wide as a column, and its panels row by row.

    Parameters
    ----------
    count, across
        Panels, and how many of them stand side by side.
    height
        Inches of a panel, without labels.
    left, head, foot
        Inches beside, above and below all of them.
    between, apart
        Inches between two rows, and between two panels of a row.
    """
    down = math.ceil(count / across)
    high = head + down * height + (down - 1) * between + foot
    figure = Figure(figsize=(COLUMN_WIDTH, high))
    wide = (COLUMN_WIDTH - left - 0.12 - (across - 1) * apart) / across
    for index in range(count):
        row, column = divmod(index, across)
        bottom = high - head - (row + 1) * height - row * between
        place = (left + column * (wide + apart)) / COLUMN_WIDTH, bottom / high
        figure.add_axes((*place, wide / COLUMN_WIDTH, height / high))
    return figure, list(figure.axes)


def single(draw: Callable[..., None], *, head: str = "", height: float = 1.7) -> Figure:
    """Return the figure of one panel of several lines.

    Parameters
    ----------
    draw
        Draws on axes, and knows of ``alone`` that it must leave title and legend to others.
    head
        What stands above the legend.
    height
        Inches of the panel.
    """
    with mpl.rc_context(COLUMN):
        figure, (axes,) = stacked(1, height)
        draw(axes, alone=False)
        axes.set_title("", loc="left")
        handles, labels = axes.get_legend_handles_labels()
        if (within := axes.get_legend()) is not None:
            within.remove()
        if len(handles) > 1:
            key(figure, handles, labels, head)
        return settled(figure)


def key(figure: Figure, handles: Sequence[Artist], labels: Sequence[str], head: str = "") -> None:
    """Write a legend below a figure, in as many columns as fit."""
    room = COLUMN_WIDTH - 0.1
    most = int((room - HANDLE) / CHARACTER)
    texts = [textwrap.fill(" ".join(label.split()), most) for label in labels]
    longest = max(len(line) for text in texts for line in text.split("\n"))
    across = max(1, min(len(texts), int(room / (HANDLE + CHARACTER * longest))))
    down = math.ceil(len(texts) / across)
    lines = max(sum(t.count("\n") + 1 for t in texts[at : at + down]) for at in range(0, len(texts), down))
    inches = LINE * (lines + bool(head)) + 0.1
    grow(settled(figure), inches)
    figure.legend(
        handles=list(handles),
        labels=texts,
        title=" ".join(head.split()) or None,
        loc="lower center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=across,
        fontsize=SIZE,
        title_fontsize=SIZE,
        frameon=False,
        handlelength=2.4,
        borderaxespad=0.1,
        borderpad=0.1,
        labelspacing=0.25,
        columnspacing=1.0,
    )


def bar(figure: Figure, limits: Limits, measure: Measure) -> None:
    """Draw the colour bar of a measure below a figure."""
    text = told_of(limits, measure, int((COLUMN_WIDTH - 0.2) / CHARACTER))
    draw_labelled_bar(figure, _below(figure, text), limits, text, size=SIZE, lying=True)


def plain_bar(figure: Figure, colours: ScalarMappable, text: str, ticks: Any) -> None:
    """Draw a colour bar of something else below a figure."""
    axes = _below(figure, text)
    figure.colorbar(colours, cax=axes, orientation="horizontal", ticks=ticks).set_label(text, fontsize=SIZE)


def grow(figure: Figure, inches: float) -> None:
    """Give a figure more room at its lower edge; what it holds stays as large as it is."""
    width, high = figure.get_size_inches()
    more = high + inches
    boxes = [(axes, axes.get_position(original=True)) for axes in figure.axes]
    figure.set_size_inches(width, more)
    for axes, box in boxes:
        axes.set_position((box.x0, (box.y0 * high + inches) / more, box.width, box.height * high / more))


def settled(figure: Figure) -> Figure:
    """Return a figure with letters for a column, labels no longer than their axes, and nothing beyond its edges."""
    for text in figure.findobj(Text):
        text.set_fontsize(min(float(text.get_fontsize()), LARGEST))
    for axes in _panels(figure):
        for name, inches in (("x", width_of(axes)), ("y", height_of(axes))):
            label = str(getattr(axes, f"get_{name}label")())
            lines = textwrap.wrap(" ".join(label.split()), max(10, int(inches / SIDE)), break_long_words=False)
            axes.set(**{f"{name}label": "\n".join(lines)})
    _fit(figure)
    return figure


def _fit(figure: Figure) -> None:
    """Make room for what lies beyond an edge: above and below by more height, at the sides by narrower panels."""
    box = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())  # type: ignore[no-untyped-call]
    width, high = figure.get_size_inches()
    left, right = max(0.0, EDGE - box.x0), max(0.0, box.x1 - (width - EDGE))
    places = {axes: axes.get_position(original=True) for axes in _panels(figure)}
    first, last = (min(it.x0 for it in places.values()), max(it.x1 for it in places.values()))
    share = 1 - (left + right) / (width * (last - first))
    for axes, it in places.items():
        x = first + left / width + share * (it.x0 - first)
        axes.set_position((x, it.y0, share * it.width, it.height))
    grow(figure, max(0.0, EDGE - box.y0))
    above = max(0.0, box.y1 - (high - EDGE))
    if above:
        grow(figure, above)
        more = figure.get_size_inches()[1]
        for axes in figure.axes:
            it = axes.get_position(original=True)
            axes.set_position((it.x0, it.y0 - above / more, it.width, it.height))


def _panels(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_label() != LYING]


def _below(figure: Figure, text: str) -> Axes:
    """Return the axes of a colour bar below a figure, with room for its numbers and its label."""
    inches = BAR + NUMBERS + LINE * (text.count("\n") + 1) + 0.05
    grow(settled(figure), inches)
    high = figure.get_size_inches()[1]
    return figure.add_axes((0.12, (inches - BAR) / high, 0.76, BAR / high), label=LYING)
