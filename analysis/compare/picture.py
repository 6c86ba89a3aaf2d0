"""The picture of a comparison: published numbers beside what was measured, with the interval that judges them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.compare.comparison import Comparison, Row, Verdict
from analysis.figures.style import STYLE, Caption

COLOURS = {
    Verdict.WITHIN: "0.35",
    Verdict.BETTER: "#2c7fb8",
    Verdict.WORSE: "#d62728",
    Verdict.TOO_FEW: "0.35",
}

MOST = 5
"""Numbers of one cell that have a line each; of more, the cell is a curve."""

WIDTH = 8.5
WORDS = {"test_accuracy": "test accuracy (%)", "test_error": "test error (%)", "test_error5": "top-5 test error (%)"}
PLACES = {"at": "epoch", "mean_last5": "mean of 5 to epoch", "min": "min to epoch", "max": "max to epoch"}

TEXT = (
    "Crosses: published, one run each. Dots: means of the replicates of this study, the number of which stands at "
    "the right. Bars: 95 % prediction interval of one further run. Blue: measured better than published, red: worse, "
    "grey: within noise, or fewer than two replicates, which have no bar."
)


def draw(found: Comparison) -> Figure:
    """Draw a comparison: a line a number, or a panel a cell where these are curves."""
    cells: dict[tuple[str, str | None], list[Row]] = {}
    for row in found.rows:
        cells.setdefault((row.cell, row.arm), []).append(row)
    with mpl.rc_context(STYLE):
        if all(len(rows) <= MOST for rows in cells.values()):
            return _dots(found, list(cells.values()))
        return _curves(found, cells)


def _caption(found: Comparison, text: str) -> Caption:
    counts = ", ".join(f"{count} {verdict}" for verdict, count in found.verdicts.items() if count)
    return Caption(f"{text} {counts}. Published: {found.reference.source}.", WIDTH)


def _dots(found: Comparison, cells: Sequence[Sequence[Row]]) -> Figure:
    below = _caption(found, TEXT)
    lines = len(found.rows) + len(cells)
    body, foot, head = 0.19 * lines + 0.2, 0.55 + below.height, 0.6
    height = head + body + foot
    figure = Figure(figsize=(WIDTH, height))
    left, right = 3.1, 0.85
    axes = figure.add_axes((left / WIDTH, foot / height, 1 - (left + right) / WIDTH, body / height))
    names, place, at = [], 0.0, []
    for rows in cells:
        for row in rows:
            _dot(axes, row, place)
            names.append(f"{_name(row.cell, row.arm)}, {PLACES[row.statistic]} {row.epoch}")
            at.append(place)
            place += 1.0
        place += 1.0
    axes.set_yticks(at, names, fontsize=7)
    axes.set_ylim(place - 1.0, -1.0)
    axes.grid(axis="x", alpha=0.3, linewidth=0.5)
    metric = found.rows[0].metric if found.rows else ""
    axes.set_xlabel(WORDS.get(metric, metric.replace("_", " ")))
    for row, y in zip((row for rows in cells for row in rows), at, strict=True):
        text = f"n {row.n}" + (f", {row.diverged} diverged" if row.diverged else "") if row.n else str(row.verdict)
        axes.text(1.01, y, text, transform=axes.get_yaxis_transform(), fontsize=7, va="center")
    _title(figure, found, height)
    below.write(figure)
    return figure


def _name(cell: str, arm: str | None) -> str:
    return cell if arm in {None, "base"} else f"{arm}: {cell}"


def _dot(axes: Axes, row: Row, y: float) -> None:
    colour = COLOURS.get(row.verdict, "0.35")
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [y, y], color=colour, linewidth=2.2, solid_capstyle="butt", alpha=0.6)
    if row.measured is not None:
        axes.plot([row.measured], [y], marker="o", color=colour, markersize=4.5)
    axes.plot([row.published], [y], marker="x", color="black", markersize=5.5, markeredgewidth=1.2)


def _curves(found: Comparison, cells: dict[tuple[str, str | None], list[Row]]) -> Figure:
    text = (
        TEXT.replace("Crosses", "Black")
        .replace("Dots", "Coloured")
        .replace("the number of which stands at the right", "n in the title of each panel")
    )
    below = _caption(found, text.replace("Bars", "Bands"))
    columns = min(3, len(cells))
    lines = -(-len(cells) // columns)
    height = 0.6 + 2.1 * lines + 0.45 + below.height
    figure = Figure(figsize=(WIDTH, height))
    bottom = (0.5 + below.height) / height
    grid = figure.add_gridspec(
        lines, columns, left=0.08, right=0.98, top=1 - 0.75 / height, bottom=bottom, hspace=0.45, wspace=0.25
    )
    for index, ((name, arm), rows) in enumerate(cells.items()):
        axes = figure.add_subplot(grid[index // columns, index % columns])
        _curve(axes, rows)
        counts = sorted({row.n for row in rows})
        n = f"n {counts[-1]}" if counts[-1] else str(rows[0].verdict)
        axes.set_title(f"{_name(name, arm)} ({n})", fontsize=7.5, loc="left")
        axes.tick_params(labelsize=7)
        axes.grid(alpha=0.3, linewidth=0.5)
        if index % columns == 0:
            axes.set_ylabel(WORDS.get(rows[0].metric, rows[0].metric.replace("_", " ")), fontsize=7.5)
        if index // columns == lines - 1:
            axes.set_xlabel("epoch", fontsize=7.5)
    _title(figure, found, height)
    below.write(figure)
    return figure


def _curve(axes: Axes, rows: Sequence[Row]) -> None:
    epochs = np.array([row.epoch for row in rows])
    axes.plot(epochs, [row.published for row in rows], color="black", linewidth=1.1, zorder=3)
    low, high = _numbers(row.low for row in rows), _numbers(row.high for row in rows)
    axes.fill_between(epochs, low, high, color="0.5", alpha=0.25, linewidth=0)
    measured = _numbers(row.measured for row in rows)
    axes.plot(epochs, measured, color="0.45", linewidth=0.9)
    axes.scatter(epochs, measured, s=9, c=[COLOURS.get(row.verdict, "0.35") for row in rows], zorder=4)


def _numbers(values: Iterable[float | None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _title(figure: Figure, found: Comparison, height: float) -> None:
    figure.text(0.014, 1 - 0.2 / height, f"{found.study} beside {found.reference.name}", fontsize=10, va="center")
    figure.text(0.014, 1 - 0.4 / height, found.reference.title, fontsize=7.5, va="center", color="0.3")
