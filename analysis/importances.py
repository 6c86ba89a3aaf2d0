"""The importances of any table of results: what decides a value among configurations that form no grid."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.analyze import refuse_words, worst_of
from analysis.axes import Axis
from analysis.errors import TableError
from analysis.foreign import coordinates_of, is_number, measured_of
from analysis.grid import Matrix
from analysis.irregular import Importances, importances_of
from search_spaces.errors import printable, shown


@dataclass(frozen=True, kw_only=True, eq=False)
class Decided:
    """What decides a column of a table.

    Attributes
    ----------
    value, hyperparameters, log
        What the columns are called, and which of them are logarithmic.
    rows, diverged
        Of the table, and those of them without a value.
    worst
        What those count at; None where every row has one.
    best
        The configuration with the best mean, with that as ``value`` and its rows as ``n``.
    found
        ``all``: every configuration. ``trained``: those of which every row has a value, where others have not.
    """

    value: str
    hyperparameters: tuple[str, ...]
    log: tuple[str, ...]
    rows: int
    diverged: int
    worst: float | None
    best: Mapping[str, Any]
    found: Mapping[str, Importances]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "value": self.value,
            "hyperparameters": list(self.hyperparameters),
            "log": list(self.log),
            "rows": self.rows,
            "diverged": self.diverged,
            "worst": self.worst,
            "best": dict(self.best),
            "importances": {name: it.to_dict() for name, it in self.found.items()},
        }


def importances(
    table: pd.DataFrame,
    hyperparameters: Iterable[Hashable],
    *,
    value: Hashable,
    log: Hashable | Iterable[Hashable] = (),
    direction: Literal["minimize", "maximize"] = "minimize",
    worst: float | None = None,
    design: str = "",
) -> Decided:
    """Say what decides a value: fANOVA, PED-ANOVA and Sobol' indices, on each axis's own scale.

    Parameters
    ----------
    table
        One row a training, in any order; rows of one configuration are its replicates.
    hyperparameters
        Two columns at the least, of numbers or of text.
    value
        Column of the number that was measured; an empty, NaN or infinite one is a training that diverged.
    log
        Which hyperparameters are logarithmic.
    direction
        Which values are better.
    worst
        What a diverged training counts at; the worst value there is where None.
    design
        How configurations were chosen: ``tpe``, ``gp`` and ``levelset`` are biased, and said to be.

    Raises
    ------
    TableError
        A ``ValueError``: columns that are not there or hold what cannot be measured, with the row.
    """
    names = [hyperparameters] if isinstance(hyperparameters, str) else list(hyperparameters)
    logarithmic = [log] if isinstance(log, str) or not isinstance(log, Iterable) else list(log)
    _refuse(table, names, logarithmic, value, direction)
    sign = -1.0 if direction == "maximize" else 1.0
    if (table.columns == value).sum() == 1:  # else measured_of refuses it
        refuse_words(table, value)
        table = table.replace({value: {np.inf: np.nan, -np.inf: np.nan}})
        worst = worst_of(table, value, sign, worst)
    if worst is not None and not (is_number(worst) and np.isfinite(worst)):
        raise TableError(f"worst must be a finite number, got {shown(worst)}")
    axes, columns = dict[str, Axis](), []
    for name in names:
        places, axes[str(name)] = coordinates_of(table, name)
        columns.append(_scaled(places, name, axes[str(name)]) if name in logarithmic else places)
    points = np.column_stack(columns)
    values: Matrix = np.asarray(measured_of(table, value), dtype=float)
    lost = np.isnan(values)
    if lost.all():
        raise TableError(f"column {printable(str(value))} must hold a number, got none")
    counted: Matrix = np.where(lost, np.nan if worst is None else worst, values)
    rows = pd.DataFrame(points).assign(value=counted, lost=lost, n=1)
    keys = list(range(len(names)))
    cells = rows.groupby(keys, as_index=False).agg(value=("value", "mean"), lost=("lost", "sum"), n=("n", "sum"))
    return Decided(
        value=str(value),
        hyperparameters=tuple(map(str, names)),
        log=tuple(str(name) for name in names if name in logarithmic),
        rows=len(table),
        diverged=int(lost.sum()),
        worst=worst if lost.any() else None,
        best=_best(cells, names, logarithmic, axes, sign),
        found=_found(cells, sign, [str(name) for name in names], [bool(it.choices) for it in axes.values()], design),
    )


def _found(
    cells: pd.DataFrame, sign: float, names: Sequence[str], choices: Sequence[bool], design: str
) -> dict[str, Importances]:
    parts = {"all": cells} | ({"trained": cells[cells["lost"] == 0]} if cells["lost"].any() else {})
    return {
        name: importances_of(
            part[list(range(len(names)))].to_numpy(dtype=float),
            sign * part["value"].to_numpy(dtype=float),
            names=names,
            choices=choices,
            design=design,
        )
        for name, part in parts.items()
    }


def _best(
    cells: pd.DataFrame, names: Sequence[Hashable], log: Sequence[Hashable], axes: Mapping[str, Axis], sign: float
) -> dict[str, Any]:
    row = cells.iloc[int((sign * cells["value"]).to_numpy().argmin())]
    places = {
        str(name): axes[str(name)].value(10.0 ** float(row[place]) if name in log else float(row[place]))
        for place, name in enumerate(names)
    }
    return places | {"value": float(row["value"]), "n": int(row["n"])}


def _scaled(places: Matrix, name: Hashable, axis: Axis) -> Matrix:
    if axis.choices:
        raise TableError(f"column {shown(name)} must hold numbers to be logarithmic, got text")
    if not (places > 0).all():
        raise TableError(f"column {shown(name)} must be above 0 to be logarithmic, got {places.min():g}")
    return np.asarray(np.log10(places), dtype=float)


def _refuse(
    table: pd.DataFrame, names: Sequence[Hashable], log: Sequence[Hashable], value: Hashable, direction: str
) -> None:
    given: Any = table
    if not isinstance(given, pd.DataFrame):
        raise TableError(f"the table must be a pandas.DataFrame, got {shown(type(given).__name__)}")
    if direction not in {"minimize", "maximize"}:
        raise TableError(f"direction must be minimize or maximize, got {shown(direction)}")
    if len(names) < 2 or len(set(names)) < len(names) or value in names:
        raise TableError(
            "hyperparameters must name two different columns at the least, and not that of the value, got "
            f"{shown(names)}"
        )
    unknown = next((name for name in log if name not in names), None)
    if unknown is not None:
        raise TableError(f"log must name hyperparameters, one of {shown(names)}, got {shown(unknown)}")
    if table.empty and {*names, value} <= {*table.columns}:
        raise TableError("the table must have at least one row, got none")
