"""Figures: one file each, with ``compute`` (findings to typed results), ``draw`` (results to ink) and ``caption``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import (
    bests,
    contest,
    contour,
    curves,
    decoupling,
    divergence,
    edf,
    effective,
    expected,
    foretelling,
    heatmap,
    history,
    horizon,
    importances,
    optima,
    parallel,
    paths,
    plays,
    points,
    sensitivity,
    slices,
)
from analysis.figures.style import save
from analysis.findings import Findings


class Drawable(Protocol):
    """What every result has: the name of its files, what it shows in words, and the text below it."""

    @property
    def name(self) -> str:
        """Name of its files."""

    @property
    def title(self) -> str:
        """What it shows, in words: the heading above the picture, and the text instead of it."""

    @property
    def caption(self) -> str:
        """The text below the picture."""


class Kind(Protocol):
    """One kind of figure."""

    def compute(self, findings: Findings) -> Sequence[Drawable]:
        """Return the results to draw, none where a study has nothing for this kind."""

    def draw(self, result: Any, ax: Axes | None = None) -> Figure:
        """Draw a result: on axes of a figure of one's own, or as a figure with its caption."""

    def column(self, result: Any) -> Figure:
        """Draw a result as wide as a column of a paper, without its title and its caption."""

    def caption(self, result: Any) -> str:
        """Return the text below a result."""


FIGURES: tuple[Kind, ...] = (
    paths,
    plays,
    bests,
    decoupling,
    heatmap,
    points,
    contour,
    optima,
    effective,
    divergence,
    slices,
    sensitivity,
    parallel,
    edf,
    history,
    expected,
    importances,
    contest,
    horizon,
    curves,
    foretelling,
)
"""The kinds of figures of a report, in its order."""


IN_A_COLUMN: Mapping[Kind, Callable[[Any], bool]] = {
    heatmap: lambda result: len(result.maps) == 1,
    points: lambda _: True,
    optima: lambda _: True,
}
"""Kinds whose PDF is always as wide as a column of a paper, where they say so of a result."""


def write(kind: Kind, result: Any, folder: Path, width: str = "page") -> dict[str, Path]:
    """Write a result as PNG, SVG and PDF, and as GIF where it moves; return its files by kind.

    ``width`` is one of :data:`analysis.figures.style.WIDTHS`.
    """
    if width == "column":
        files = save(kind.column(result), folder, result.name)
    else:
        paper = kind.column(result) if kind in IN_A_COLUMN and IN_A_COLUMN[kind](result) else None
        files = save(kind.draw(result), folder, result.name, paper)
    if kind is paths:
        files["gif"] = folder / f"{result.name}.gif"
        files["gif"].write_bytes(paths.animate(result))
    return files
