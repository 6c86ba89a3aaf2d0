"""Style: fonts and sizes of every figure, its caption, its logarithmic axes, and how it is saved."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator
from matplotlib.transforms import Bbox

from analysis.numbers import plain

STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.parse_math": False,  # a name with two dollars in it is a name
    "axes.titlesize": 10.0,
    "figure.dpi": 100.0,
    "hatch.linewidth": 0.8,
    "svg.hashsalt": "basin",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}

COLUMN: Any = STYLE | {
    "font.size": 7.0,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "hatch.linewidth": 0.5,
}
"""The style of a figure that is drawn as wide as a column of a paper."""

COLUMN_WIDTH = 3.3
"""Inches of such a column: 3.25 to 3.35 in those of two columns."""

WIDTHS = ("page", "column")
"""How wide figures are drawn: as what they show needs, with their caption, or as a column of a paper, without."""

BEST = "#d62728"

KINDS = ("png", "svg", "pdf")
"""The files of every figure."""

LINE = 0.145
"""Inches a line of a caption takes."""

MARGIN = 0.12

CAPTION = "caption-"
"""What the mark of a caption begins with; its height follows."""

CHARACTERS = 20.0
"""Characters of a caption that may fit on an inch; fewer where a line would be too wide."""

SIZE = 7.5
"""Of a caption's letters, in points."""


class Caption:
    """The text below a figure of some width in inches; ``height`` is what it takes, in inches."""

    def __init__(self, text: str, width: float) -> None:
        room = width - 2 * MARGIN
        count = int(CHARACTERS * room)
        while (widest := _widest(lines := textwrap.wrap(text, count))) > room and count > 1:
            count = min(count - 1, int(count * room / widest) + 1)
        self.lines = lines
        self.height = LINE * len(self.lines) + 0.2 if self.lines else 0.05

    def write(self, figure: Figure) -> None:
        """Write it along the lower edge of a figure."""
        width, height = figure.get_size_inches()
        figure.text(
            MARGIN / width,
            0.1 / height,
            "\n".join(self.lines),
            va="bottom",
            fontsize=SIZE,
            linespacing=1.35,
            gid=f"{CAPTION}{self.height}",
        )


def _widest(lines: Sequence[str]) -> float:
    """Return the width of the longest line of a caption in inches."""
    font = FontProperties(family=STYLE["font.family"], size=SIZE)
    widths = [text_to_path.get_text_width_height_descent(line, font, ismath=False)[0] for line in lines]
    return float(max(widths, default=0.0) / 72.0)


def band(axes: Axes, x: Any, low: Any, high: Any, colour: Any, alpha: float) -> None:
    """Fill between two lines where both are finite.

    As ``fill_between`` does, which scales all axes of the figure anew at each call.
    """
    known = np.isfinite(low) & np.isfinite(high)
    if known.any():
        xs, ends = np.asarray(x, dtype=float)[known], (np.asarray(low)[known], np.asarray(high)[known])
        corners = np.column_stack([np.r_[xs, xs[::-1]], np.r_[ends[0], ends[1][::-1]]])
        area = PolyCollection([corners], facecolors=[to_rgb(colour)], alpha=alpha, linewidths=0)
        axes.add_collection(area, autolim=False)
        axes.update_datalim(corners)


def plain_log(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers, also between powers of ten where it spans few of them."""
    low, high = sorted(axis.get_view_interval())
    decades = np.log10(high) - np.log10(low)
    axis.set_major_locator(LogLocator(10, numticks=8))
    axis.set_minor_locator(LogLocator(10, subs=(2.0, 5.0), numticks=20) if decades < 3 else NullLocator())
    number = FuncFormatter(lambda value, _: plain(value) if 1e-4 < value < 1e5 else f"{value:.0e}")
    axis.set_major_formatter(number)
    axis.set_minor_formatter(number if decades < 3 else NullFormatter())
    axis.set_tick_params(which="both", length=3.0, pad=3.0)


def save(figure: Figure, folder: Path, name: str, paper: Figure | None = None) -> dict[str, Path]:
    """Write a figure as PNG, SVG and PDF; the same figure gives the same bytes.

    The PDF is that of a paper: without the caption, which a paper sets itself, and as ``paper`` where the figure was
    drawn for a column. It holds its fonts as TrueType, which journals ask for, and its text can be searched.
    """
    paths = {kind: folder / f"{name}.{kind}" for kind in KINDS}
    with mpl.rc_context(STYLE):
        figure.savefig(paths["png"], dpi=160, metadata={"Software": None})
        figure.savefig(paths["svg"], metadata={"Date": None, "Creator": None})
        dateless: dict[str, Any] = {"CreationDate": None, "Creator": None, "Producer": None}
        with _without_caption(paper or figure) as box:
            (paper or figure).savefig(paths["pdf"], metadata=dateless, bbox_inches=box)
    return paths


@contextmanager
def _without_caption(figure: Figure) -> Iterator[Bbox | None]:
    """Hide the caption of a figure, and yield what of the figure lies above it, in inches; None without a caption."""
    caption = next((it for it in figure.texts if str(it.get_gid()).startswith(CAPTION)), None)
    if caption is None:
        yield None
        return
    caption.set_visible(False)
    width, height = figure.get_size_inches()
    yield Bbox([[0.0, float(str(caption.get_gid()).removeprefix(CAPTION)) - 0.05], [width, height]])
    caption.set_visible(True)
