"""Ridges: the best x of the rows of a map as a parabola says it, and the ridge that gradients predict, as lines."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patheffects import Stroke, withStroke

from analysis.figures.columns import Columns
from analysis.maps import SensitivityMap
from analysis.null_model import NullModel
from analysis.numbers import plain

INK = "0.1"

LINE, NARROW = 1.1, 0.6
"""Points of a line on a page, and in a column."""

DASHES = (0, (4, 3))
"""Of what is predicted."""

BELOW = 0.29
"""Rows by which lines on cells lie below the middle, where the numbers stand."""


def draw_vertices(
    axes: Axes, shown: SensitivityMap, columns: Columns, *, halo: bool = False, line: float = LINE
) -> None:
    """Draw a cross at the lowest point of the parabola of every row that has one, with its interval.

    On cells, with a ``halo``, there is a line through the crosses, and no room for intervals.
    """
    slope = shown.numbers.get("ridge_slope")
    if slope is None:
        return
    best = slope.details.get("best", ())
    first = len(shown.grid.ys) - len(best)  # a row of 0 has no place on a logarithmic axis
    found = [(it, row) for row, it in enumerate(best, first) if it["best"] is not None]
    rows = [(it["best"], row) for it, row in found]

    def place(x: float) -> float:
        return columns.between(10.0**x, log=True) if shown.log[0] else columns.between(x)

    places = [place(x) for x, _ in rows]
    for it, row in [] if halo else found:
        if it["low"] is not None and it["high"] is not None:
            axes.plot(
                [place(it["low"]), place(it["high"])], [row, row], color=INK, linewidth=line, marker="|", zorder=5
            )
    axes.plot(
        places,
        [row - BELOW * halo for _, row in rows],
        linestyle="solid" if halo else "none",
        linewidth=line,
        marker="x",
        markersize=6.0 * line / LINE,
        markeredgewidth=line / LINE,
        color=INK,
        path_effects=_halo(line) if halo else [],
        zorder=2.5 if halo else 5,
    )


def draw_null(
    axes: Axes,
    shown: SensitivityMap,
    null: NullModel,
    columns: Columns,
    *,
    halo: bool = False,
    line: float = LINE,
) -> None:
    """Draw the ridge that a null model predicts, as far as the axes reach."""
    ys, ends = shown.grid.ys.tolist(), axes.get_xlim()
    axes.plot(
        [columns.between(null.at(y)) for y in ys],
        [row - BELOW * halo for row in range(len(ys))],
        color=INK,
        linestyle=DASHES,
        linewidth=line,
        path_effects=_halo(line) if halo else [],
        zorder=2,
    )
    axes.set_xlim(ends)


def _halo(line: float) -> list[Stroke]:
    """Return what makes a line be seen on cells of any colour."""
    return [withStroke(linewidth=line + 1.5 * line / LINE, foreground="white")]


def slope_of(shown: SensitivityMap) -> str:
    """Return the slope of the measured ridge in words, with its interval and unit; empty where it has none."""
    slope = shown.numbers.get("ridge_slope")
    if slope is None or slope.value is None:
        return ""
    told = slope.told(plain) + (" decades" if shown.log[0] else "")
    told += " per decade" if shown.log[1] else " per unit"
    return f"{told}, without {', '.join(f'{name} = 0' for name in shown.left_out)}" if shown.left_out else told


def null_told(null: NullModel) -> str:
    """Return what a caption says of a null model."""
    return (
        "Dashed: the null model, in which a step depends on p through the scale of gradients alone, "
        f"10^{plain(null.log10_scale)} at the best configuration: slope {plain(null.slope)}."
    )
