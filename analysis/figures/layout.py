"""Layout: panels in a row above a caption, in inches, and the axis that a measure has in all of them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from analysis.axes import NUMBER, label_of
from analysis.figures.columns import fitting, width_of
from analysis.figures.style import STYLE, Caption, plain_log
from analysis.findings import DECADES, ArmFindings, Findings
from analysis.numbers import SHORTEST, plain, shortened

Vector = npt.NDArray[np.float64]

SINGLE, DOUBLE = 4.6, 7.0
"""Widths in inches: the first is still read where it is printed in one column of a paper, the second over two."""

NARROW = 2.4
"""Inches of a panel below which a logarithmic axis has few numbers."""

LABEL = 30
"""Characters of a line beside an axis."""


LEAST = 5.0
"""Points of the letters of a choice below which every second one, or fewer, is written."""


@dataclass(frozen=True, kw_only=True)
class Values:
    """The axis of a measure.

    Attributes
    ----------
    label
        What it says.
    log
        Whether it is logarithmic.
    floor
        Where it ends below; what is lower is drawn there. Minus infinity where nothing is.
    """

    label: str
    log: bool
    floor: float = -np.inf

    @classmethod
    def of(cls, findings: Findings, label: str, values: Vector) -> Values:
        """Return the axis of values that a figure shows."""
        known = values[np.isfinite(values)]
        positive = known[known > 0]
        if not findings.limits.log or not len(positive) or (known < 0).any():
            return cls(label=label, log=False)
        floor = float(positive.max()) / 10.0**DECADES
        return cls(label=label, log=True, floor=max(float(positive.min()), floor))

    def shown(self, values: Vector) -> Vector:
        """Return where values are drawn."""
        found: Vector = np.maximum(values, self.floor)
        return found

    def told(self, values: Vector) -> str:
        """Return what a caption says of values that are drawn elsewhere."""
        below = bool((values < self.floor).any())
        return f" What is below {plain(self.floor)} lies on the lower edge." if below else ""

    def upright(self, axes: Axes) -> None:
        """Give axes this scale upwards."""
        axes.set_ylabel(textwrap.fill(self.label, LABEL))
        if self.log:
            axes.set_yscale("log")
            plain_log(axes.yaxis)

    def across(self, axes: Axes) -> None:
        """Give axes this scale across."""
        axes.set_xlabel(textwrap.fill(self.label, 2 * LABEL))
        if self.log:
            axes.set_xscale("log")
            plain_log(axes.xaxis)


def panels(
    text: str, width: float, height: float, across: int, down: int = 1, *, bar: float = 0.0, head: float = 0.5
) -> tuple[Figure, list[Axes]]:
    """Return a figure with its caption written, and its panels row by row.

    Parameters
    ----------
    text
        The caption.
    width, height
        Inches of the figure, and of a panel with its labels.
    across, down
        Panels in a row, and rows.
    bar
        Inches that are kept free at the right.
    head
        Inches above the panels.
    """
    below = Caption(text, width)
    high = head + down * height + below.height
    figure = Figure(figsize=(width, high))
    figure.subplots(down, across, squeeze=False)
    room = (width - bar) / across
    figure.subplots_adjust(
        left=0.72 / width,
        right=1 - (bar + 0.15) / width,
        top=1 - head / high,
        bottom=(0.52 + below.height) / high,
        wspace=0.72 / max(room - 0.72, 0.5),
        hspace=0.8 / max(height - 0.8, 0.5),
    )
    below.write(figure)
    return figure, list(figure.axes)


def beside(labels: Sequence[str]) -> float:
    """Return the inches that a legend takes at the right, 0 of a single line, which needs none."""
    lines = [line for label in labels for line in label.split("\n")]
    return 0.65 + 0.066 * max(map(len, lines)) if len(labels) > 1 else 0.0


def single(
    text: str, labels: Sequence[str], draw: Callable[..., None], ax: Axes | None, height: float = 2.9
) -> Figure:
    """Return the figure of one panel of several lines, with its caption.

    Parameters
    ----------
    text
        The caption.
    labels
        What the legend calls the lines.
    draw
        Draws on axes; ``alone`` tells it whether they stand in a figure of ours.
    ax
        Axes of a figure of one's own, which gets no caption; None makes a figure.
    height
        Inches of the panel.
    """
    with mpl.rc_context(STYLE):
        if ax is not None:
            draw(ax, alone=False)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        room = beside(labels)
        figure, (axes,) = panels(text, SINGLE + room, height, 1, bar=room)
        draw(axes, alone=True)
        return figure


def entitle(axes: Axes, title: str, labels: Sequence[str], *, head: str = "", alone: bool) -> None:
    """Write the title of a panel, in as many lines as it takes, and the legend of several lines.

    ``alone`` tells whether the panel stands in a figure of ours, which keeps room at its right; else the legend
    stands within the panel.
    """
    inches = width_of(axes)
    axes.set_title(textwrap.fill(title, max(12, int(13.0 * inches))), loc="left")
    if len(labels) > 1:
        place: dict[str, Any] = {"loc": "best"}
        if alone:
            place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)}
        axes.legend(frameon=False, fontsize=7.5, handlelength=2.8, title=head or None, title_fontsize=8, **place)


def scaled(axes: Axes, arm: ArmFindings, name: str, *, labelled: bool = True) -> None:
    """Give axes the scale of a hyperparameter across: logarithmic, linear, or its choices at equal steps."""
    choices = arm.scales.get(name, NUMBER).names
    if choices:
        slot = width_of(axes) / len(choices)
        texts = shortened(choices, max(SHORTEST, min(LABEL, int(14.0 * slot))))
        widest, full, every = "n" + max(texts, key=len), mpl.rcParams["font.size"], 1
        while fitting(widest, every * slot, full) < LEAST and every < len(texts):
            every += 1
        axes.set_xticks(range(len(choices))[::every], texts[::every])
        if (size := fitting(widest, every * slot, full)) < full:
            axes.tick_params(axis="x", labelsize=size)
        axes.set_xlim(-0.5, len(choices) - 0.5)
    elif arm.arm.space[name].log:
        axes.set_xscale("log")
        plain_log(axes.xaxis)
        if width_of(axes) < NARROW:
            axes.xaxis.set_major_locator(LogLocator(10, numticks=4))
            axes.xaxis.set_minor_locator(NullLocator())
    if labelled:
        axes.set_xlabel(textwrap.fill(label_of(name), LABEL))
    axes.grid(alpha=0.25, linewidth=0.5)
