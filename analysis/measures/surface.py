"""The surface: a grid as measures see it, its axes on their own scale, lower values better, and its noise known.

Seeds are shared by all cells, so that what a seed does to every cell drops out of each difference of cells. A value
is taken to be cell + seed + residual; the residuals of all cells together say how much a cell's mean varies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analysis.grid import Cell, Counts, Grid, Mask, Matrix
from analysis.measures.limits import t_value
from analysis.measures.trained import Fit, fitted

FEWEST = 9
"""Cells that "the best third" has at the least."""

SIZES = (1e-40, 1e40)
"""Between which the largest value must lie: fitted quadratics multiply several of them."""

SPANS = (1e-15, 1e15)
"""Between which the span of an axis that is not logarithmic must lie."""

UNTRAINED = "but at 0, which has no place on a logarithmic axis, a training must have learned something, and none has"
"""Why a surface says nothing of what asks where cells lie."""

ROUNDING = 1e-12
"""Differences below this share of the largest value are rounding."""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How much the mean of a cell varies, beside what its seeds do to every cell.

    Attributes
    ----------
    error
        Standard error of a cell's mean.
    freedom
        Degrees of freedom of it.
    """

    error: float
    freedom: int

    @cached_property
    def t(self) -> float:
        """The two-sided critical value of Student's t."""
        return t_value(self.freedom)


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """A number over two axes.

    Attributes
    ----------
    x, y
        Coordinates, ascending, each on the axis's own scale: log10 where that is logarithmic, with minus infinity for
        0, which has no place there; places of choices.
    x_ordered, y_ordered
        Whether the coordinates are numbers; of choices there is no slope.
    values
        ``[y, x, seed]``, lower being better, of the seeds that every cell has.
    lost
        ``[y, x, seed]``: replicates whose value is a bound of what they would have come to, such as the worst where a
        training diverged; None where every value counts as it is.
    torn
        ``[y, x]``: cells that hold seeds that diverged and seeds that did not, and count as they are; None without.
    tolerance
        By how much a cell may be worse than the best and still lie in the basin; None where nobody said.
    """

    x: Matrix
    y: Matrix
    values: Matrix
    x_ordered: bool = True
    y_ordered: bool = True
    lost: Mask | None = None
    torn: Mask | None = None
    tolerance: float | None = None

    @classmethod
    def of(
        cls,
        grid: Grid,
        *,
        log: tuple[bool, bool],
        tolerance: float | None = None,
        censored: bool = False,
    ) -> Surface | str:
        """Return the surface of a grid, or in words why it has none.

        Parameters
        ----------
        grid
            Of two hyperparameters.
        log
            Whether x is logarithmic, and y.
        tolerance
            As of the attributes.
        censored
            Whether what diverged or learned nothing is a bound, and no value.
        """
        reason = _unfit(grid)
        if reason is not None:
            return reason
        shared = _shared(grid)
        lost = (grid.diverged | grid.learned_nothing)[:, :, shared]
        if censored and lost.all():
            return "a training must have learned something, and none has"
        torn = np.asarray(grid.diverged.any(axis=2) & (grid.diverged.sum(axis=2) < grid.n), dtype=bool)
        return cls(
            x=_placed(grid.xs) if log[0] else grid.xs,
            y=_placed(grid.ys) if log[1] else grid.ys,
            values=grid.sign * grid.replicates[:, :, shared],
            x_ordered=not grid.x_axis.choices,
            y_ordered=not grid.y_axis.choices,
            lost=lost if censored else None,
            torn=None if censored else torn,
            tolerance=tolerance,
        )

    @property
    def n(self) -> int:
        """Replicates."""
        return int(self.values.shape[2])

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return self.values.shape[0], self.values.shape[1]

    @property
    def mixed(self) -> int:
        """How many cells are torn; no interval is calibrated beside such cells."""
        return 0 if self.torn is None else int(self.torn.sum())

    @cached_property
    def placed(self) -> Surface:
        """The surface without rows and columns that have no place on their axes, for what asks where a cell lies."""
        rows, columns = np.isfinite(self.y), np.isfinite(self.x)
        if rows.all() and columns.all():
            return self
        cells = np.ix_(rows, columns)
        return replace(
            self,
            x=self.x[columns],
            y=self.y[rows],
            values=self.values[cells],
            lost=None if self.lost is None else self.lost[cells],
            torn=None if self.torn is None else self.torn[cells],
        )

    @cached_property
    def mean(self) -> Matrix:
        """Mean over seeds, ``[y, x]``; of those that were not lost, fitted; a bound where :attr:`censored`."""
        found: Matrix = self.values.mean(axis=2)
        return found if self._fit is None else np.where(self.censored, found, self._fit.cells.reshape(self.shape))

    @cached_property
    def censored(self) -> Mask:
        """Cells that lost every replicate, ``[y, x]``: all that is known is that they are no better."""
        if self.lost is None:
            return np.zeros(self.shape, dtype=bool)
        return np.asarray(self.lost.all(axis=2), dtype=bool)

    @cached_property
    def offset(self) -> float:
        """By how much bounds may be shifted against what was trained: the seeds that were drawn do it; 0 without."""
        if self._fit is None or self.n < 2 or not self.censored.any():
            return 0.0
        return t_value(self.n - 1) * float(self._fit.seeds.std(ddof=1)) / math.sqrt(self.n)

    @cached_property
    def spread(self) -> Matrix:
        """Variance of each cell's mean, in units of that of a replicate, ``[y, x]``."""
        if self._fit is None:
            return np.full(self.shape, 1.0 / self.n)
        return self._fit.spread.reshape(self.shape)

    @cached_property
    def _fit(self) -> Fit | None:
        if self.lost is None or not self.lost.any():
            return None
        return fitted(self.values.reshape(-1, self.n), self.lost.reshape(-1, self.n))

    @cached_property
    def smallest(self) -> float:
        """Below this, a difference of means is rounding."""
        return ROUNDING * float(np.abs(self.values).max())

    @cached_property
    def noise(self) -> Noise | None:
        """The noise of all cells, None with one replicate."""
        return self.noise_of(np.ones(self.shape, dtype=bool))

    @cached_property
    def noise_near(self) -> Noise | None:
        """The noise of :attr:`near`, where everything is decided that asks for the best; None with one replicate.

        Trainings that nearly diverge vary far more than those near the best, and would drown what these say.
        """
        return self.noise_of(self.near, self.counted)

    def noise_of(self, cells: Mask, counted: Matrix | None = None) -> Noise | None:
        """Return the noise of some cells, two at the least; None with one replicate.

        Where replicates were lost, cells have errors of their own, and the largest counts for all; else ``counted``,
        ``[y, x]``, may say by how much each of them counts.
        """
        if self.lost is not None and self.lost[cells].any():
            kept = cells & ~self.censored
            fit = fitted(self.values[kept], self.lost[kept])
            if fit.freedom < 1:
                return None
            error = math.sqrt(fit.squares / fit.freedom * float(fit.spread.max()))
            return Noise(error=0.0 if error <= self.smallest else error, freedom=fit.freedom)
        table = self.values[cells]
        weights = np.ones(len(table)) if counted is None else counted[cells]
        total = float(weights.sum())
        freedom = (round(total) - 1) * (self.n - 1)
        if freedom < 1:
            return None
        residuals = table - table.mean(axis=1, keepdims=True)
        residuals -= weights @ residuals / total
        # What the squares of so many residuals come to, in units of their variance; without weights the freedom.
        expected = (total - float(weights @ weights) / total) * (self.n - 1)
        error = math.sqrt(float(weights @ (residuals**2).sum(axis=1)) / expected / self.n)
        return Noise(error=0.0 if error <= self.smallest else error, freedom=freedom)

    @cached_property
    def noise_of_rows(self) -> Noise | None:
        """The noise of the lowest cell of every row and its neighbours, or that of :attr:`near` if it is larger."""
        cells, places = np.zeros(self.shape, dtype=bool), np.arange(self.shape[1])
        first = np.clip(self.mean.argmin(axis=1) - 1, 0, max(self.shape[1] - 3, 0))[:, None]
        cells |= (places >= first) & (places < first + 3)
        near, rows = self.noise_near, self.noise_of(cells)
        return rows if near is None or (rows is not None and rows.error > near.error) else near

    @cached_property
    def pinned(self) -> bool:
        """Whether some cells have one value for all seeds, such as the worst, and others have not.

        What a seed does to the others it does not to them, and it drops out of their difference no more.
        """
        if self.lost is not None:  # what stands at the worst is no value
            return False
        alike = np.ptp(self.values, axis=2) <= self.smallest
        return bool(alike.any() and not alike.all())

    @cached_property
    def levels(self) -> Counts:
        """The place of each cell, best first, among the means that differ by more than rounding, ``[y, x]``."""
        return levels_of(self.mean.ravel(), self.smallest).reshape(self.shape)

    @cached_property
    def counted(self) -> Matrix:
        """By how much each cell counts as one of the best third, from 0 to 1, ``[y, x]``.

        That third are nine cells at the least, all where there are fewer, and none that is censored. Cells that tie
        for its last places share them: none of them is better than the others, so that each is one of the best by the
        same chance, and a choice among them would depend on where in the table they stand. Were all of them taken, a
        plateau at the worst could outnumber the cells it surrounds.
        """
        trained = ~self.censored
        count = min(third_of(trained.size), int(trained.sum()))
        border = np.sort(self.levels[trained])[count - 1]
        better, tied = trained & (self.levels < border), trained & (self.levels == border)
        found: Matrix = better + tied * ((count - better.sum()) / tied.sum())
        return found

    @cached_property
    def near(self) -> Mask:
        """The best third of the cells, with all that tie for its last places (:attr:`counted`)."""
        return np.asarray(self.counted > 0.0, dtype=bool)

    @cached_property
    def best(self) -> Cell:
        """The best cell; of equal ones that which is read first."""
        row, column = np.unravel_index(int(self.mean.argmin()), self.shape)
        return int(row), int(column)

    def transposed(self) -> Surface:
        """Return the surface with its axes exchanged."""
        return Surface(
            x=self.y,
            y=self.x,
            values=self.values.transpose(1, 0, 2),
            x_ordered=self.y_ordered,
            y_ordered=self.x_ordered,
            lost=None if self.lost is None else self.lost.transpose(1, 0, 2),
            torn=None if self.torn is None else self.torn.T,
            tolerance=self.tolerance,
        )


def place_of(coordinate: float) -> float | None:
    """Return a coordinate as details have it: None for what has no place on its axis."""
    return float(coordinate) if math.isfinite(coordinate) else None


def third_of(cells: int) -> int:
    """Return how many cells the best third of so many are: nine at the least, all where there are fewer."""
    return min(max(FEWEST, math.ceil(cells / 3)), cells)


def levels_of(values: Matrix, smallest: float) -> Counts:
    """Return the place of each value among those that differ by more than rounding, from 0 on, ascending."""
    order = np.argsort(values, kind="stable")
    found: Counts = np.zeros(len(values), dtype=np.int64)
    found[order[1:]] = np.cumsum(np.diff(values[order]) > smallest)
    return found


def _placed(values: Matrix) -> Matrix:
    """Return log10 of values of 0 or more."""
    with np.errstate(divide="ignore"):
        found: Matrix = np.log10(values)
    return found


def _shared(grid: Grid) -> Mask:
    """Return which seeds every cell has."""
    return np.asarray(np.isfinite(grid.replicates).all(axis=(0, 1)), dtype=bool)


def _unfit(grid: Grid) -> str | None:
    """Return in words why a grid has no surface; None where it has one."""
    empty, pending, (least, most) = int((grid.n == 0).sum()), int(grid.pending.sum()), SIZES
    largest = float(np.abs(grid.replicates[np.isfinite(grid.replicates)]).max(initial=0.0))
    reasons = {
        "both axes must have at least two values": len(grid.xs) < 2 or grid.y is None or len(grid.ys) < 2,
        f"every cell must have a value, and {empty} of {grid.n.size} have none": empty > 0,
        f"every seed must have ended, and {pending} have not": pending > 0,
        "a training must not have diverged, and all have": grid.diverged.sum() == grid.n.sum(),
        f"the largest value must lie between {least:g} and {most:g}, and is {largest:g}": (
            largest > 0 and not least <= largest <= most
        ),
        "the cells must have a seed in common, and have none; without a seed, rows count in their order": (
            not _shared(grid).any()
        ),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)
