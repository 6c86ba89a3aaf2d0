"""Decoupling: learning rate against weight decay, an arm beside another, on both axes that a decay has.

Who says weight decay may mean what a step takes off a weight, as I. Loshchilov and F. Hutter do (arXiv:1711.05101),
or what is multiplied by the learning rate to give that, as torch's AdamW does. In logarithms the map of the one is
that of the other, sheared by slope -1: a basin along the axes on the first is diagonal on the second. L2 is a third
thing, added to the gradient, and multiplied by the learning rate in SGD. The trials of every arm lie on two axes:

========================  ==========================  ==========================
decay of the arm          as in the paper             the other axis
========================  ==========================  ==========================
``decoupled-schedule``    weight_decay                weight_decay / lr
``normalised``            weight_decay                weight_decay / lr
``decoupled-lr``          lr x weight_decay           weight_decay
``l2``                    weight_decay                lr x weight_decay
========================  ==========================  ==========================

Each is a number of the configuration, and the cells are the same: nothing is trained again or interpolated. A decay
of 0 has no logarithm. It is drawn apart, and left out of the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis.captions import told_apart_by
from analysis.findings import ArmFindings, Findings
from analysis.grid import Cell, Grid, grid_of_trials
from analysis.measures.number import Number
from analysis.measures.sheared import sheared
from analysis.measures.surface import Surface
from analysis.numbers import plain

RATE, DECAY = "lr", "weight_decay"

PAPER = {"decoupled-schedule": 0, "normalised": 0, "decoupled-lr": 1, "l2": 0}
"""By the decay of an arm, the power of lr that multiplies weight_decay on the axes of the paper."""

OTHER = {"decoupled-schedule": -1, "normalised": -1, "decoupled-lr": 0, "l2": 1}
"""The same on the other axis."""

BEST = 10
"""Cells that are circled, as the paper has it."""

NAMES = ("interaction_share", "ridge_slope", "ridge_slope_yx", "canonical_rho")
"""Measures that are told on either axis; x is the learning rate, y the decay."""


ROUNDING = 1e-9
"""Of a correlation: an interval that ends so near 0 holds it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Axis:
    """One of the two axes of an arm's decay.

    Attributes
    ----------
    power
        Of lr, by which weight_decay is multiplied.
    numbers
        :data:`NAMES` over log10 lr and log10 of the decay, without the decay of 0.
    """

    power: int
    numbers: Mapping[str, Number]

    @property
    def title(self) -> str:
        """What lies on it, in the names of options."""
        return {-1: "weight_decay / lr", 0: "weight_decay", 1: "lr x weight_decay"}[self.power]


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """One arm.

    Attributes
    ----------
    arm
        What it comes to.
    row, column
        Its place among the panels: of its schedule, and of its optimizer.
    grid
        x is lr, y is weight_decay, 0 included.
    paper, other
        The two axes.
    best
        The ten best cells, best first; fewer where fewer may be the best.
    """

    arm: ArmFindings
    row: int
    column: int
    grid: Grid
    paper: Axis
    other: Axis
    best: tuple[Cell, ...]

    @property
    def caution(self) -> str | None:
        """What speaks against the intervals, if anything."""
        return next(
            (str(it.details["caution"]) for it in self.paper.numbers.values() if "caution" in it.details), None
        )

    @property
    def sentence(self) -> str | None:
        """Return which axis the basin lies along, where the intervals of rho say so."""
        found = [(axis, axis.numbers["canonical_rho"]) for axis in (self.paper, self.other)]
        if any(rho.low is None for _, rho in found):
            return None
        along = [axis.title for axis, rho in found if _holds_zero(rho)]
        says = {
            0: "the basin is turned on either axis",
            1: f"the basin lies along lr and {''.join(along)}, as far as is known, and is turned on the other axis",
            2: "on which of its axes the basin is turned is left open",
        }
        told = " and ".join(f"{rho.told(_short)} on lr and {axis.title}" for axis, rho in found)
        return f"{self.arm.name}: {says[len(along)]}; rho is {told}."

    def to_dict(self) -> dict[str, Any]:
        """Return the panel as plain values."""
        grid = self.grid
        return {
            "arm": self.arm.name,
            "row": self.row,
            "column": self.column,
            "axes": {
                name: {"decay": axis.title, "numbers": {key: it.to_dict() for key, it in axis.numbers.items()}}
                for name, axis in (("paper", self.paper), ("other", self.other))
            },
            "left_out": [value for value in grid.ys.tolist() if value == 0.0],
            "best_cells": [
                {RATE: float(grid.xs[x]), DECAY: float(grid.ys[y]), "mean": float(grid.mean[y, x])}
                for y, x in self.best
            ],
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Decoupling:
    """The arms of a study, laid out by what differs: a schedule a row, an optimizer a column."""

    panels: tuple[Panel, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def sentences(self) -> list[str]:
        """What the numbers say, an arm each; nothing of what they leave without an interval."""
        return [told for panel in self.panels if (told := panel.sentence) is not None]

    def to_dict(self) -> dict[str, Any]:
        """Return all panels as plain values."""
        return {
            "rows": list(self.rows),
            "columns": list(self.columns),
            "panels": [panel.to_dict() for panel in self.panels],
        }


def decoupling(findings: Findings) -> Decoupling | None:
    """Return the arms that vary learning rate and weight decay and no more, None without two of them."""
    arms = [one for one in findings.arms if _fits(one)]
    if len(arms) < 2 or len({_key(one) for one in arms}) < 2 or not findings.comparable:
        return None
    places = list(_laid_out(arms))
    rows, columns = (list(dict.fromkeys(place[at] for place in places)) for at in (0, 1))
    found = []
    for one, (row, column) in zip(arms, places, strict=True):
        grid = _grid(one)
        decay = str(one.arm.decay)
        found.append(
            Panel(
                arm=one,
                row=rows.index(row),
                column=columns.index(column),
                grid=grid,
                paper=_axis(grid, PAPER[decay]),
                other=_axis(grid, OTHER[decay]),
                best=_ten_best(grid),
            )
        )
    return Decoupling(panels=tuple(found), rows=tuple(rows), columns=tuple(columns))


def _fits(one: ArmFindings) -> bool:
    """Tell whether an arm is a grid of positive learning rates and of two positive decays at the least."""
    if not one.armed or not one.is_grid or set(one.space) != {RATE, DECAY} or one.arm.decay not in PAPER:
        return False
    grid = _grid(one)
    return len(grid.xs) > 1 and bool((grid.xs > 0).all()) and int((grid.ys > 0).sum()) > 1


def _grid(one: ArmFindings) -> Grid:
    return grid_of_trials(one.in_force, RATE, DECAY, one.measures[0], axes=one.scales)


def _key(one: ArmFindings) -> tuple[str, str | None, str]:
    """Return by what arms have to differ: optimizer, form of the decay, schedules."""
    optimizer = one.arm.optimizer
    return ("" if optimizer is None else optimizer.name, one.arm.decay, repr(one.arm.schedules))


def _laid_out(arms: Sequence[ArmFindings]) -> Iterator[tuple[str, str]]:
    """Yield the row of each arm, and its column: its schedules, and its optimizer with whatever else differs."""
    told = told_apart_by(arms)
    heads = [f"{_key(one)[0]}, decay {one.arm.decay}" for one in arms]
    taken: set[tuple[str, str]] = set()
    for one, head, texts in zip(arms, heads, told, strict=True):
        alike = [it for it, other in zip(told, heads, strict=True) if other == head]
        own = [text for key, text in texts.items() if key != "schedules" and any(it.get(key) != text for it in alike)]
        row, column = texts.get("schedules", ""), ", ".join([head, *own])
        if (row, column) in taken:  # they differ in their spaces alone
            column = f"{column}, arm {one.name}"
        taken.add((row, column))
        yield row, column


def _short(value: float) -> str:
    return plain(value, 2)


def _holds_zero(number: Number) -> bool:
    return number.low is not None and number.high is not None and number.low <= ROUNDING and number.high >= -ROUNDING


def _axis(grid: Grid, power: int) -> Axis:
    surface = Surface.of(grid, log=(True, True))
    if isinstance(surface, str):
        return Axis(power=power, numbers={name: Number(value=None, n=0, reason=surface) for name in NAMES})
    surface = surface.placed
    numbers = sheared(surface, power)
    if surface.mixed:
        caution = f"not calibrated: {surface.mixed} of the cells hold seeds that diverged and seeds that did not"
        numbers = {
            name: it if it.low is None else replace(it, details={**it.details, "caution": caution})
            for name, it in numbers.items()
        }
    return Axis(power=power, numbers=numbers)


def _ten_best(grid: Grid) -> tuple[Cell, ...]:
    """Return the ten best cells by the rule of the best; of equal ones those of less decay, then of a lower rate."""
    found: list[Cell] = []
    rest = grid.cells
    while len(found) < BEST and (best := grid.best_of(rest)) is not None:
        found.append(best)
        rest.remove(best)
    return tuple(found)
