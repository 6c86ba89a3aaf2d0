"""Foreign tables: results that others have measured, checked and put on a grid."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from analysis.axes import NUMBER, Axis
from analysis.errors import TableError
from analysis.grid import Grid, filled
from search_spaces.documents import nearest
from search_spaces.domains import significant
from search_spaces.errors import printable, shown

MAX_CELLS = 40_000
"""Cells of a grid: as many as 200 values against 200."""

MAX_PLACES = 20_000_000
"""Cells times replicates; an array of that many numbers has 160 MB."""

X, Y, VALUE, SEED = "x", "y", "value", "seed"
"""What the columns are called inside; a table's own names may be anything."""


LINE = "line"
"""What the index of a table is called where it says on which lines of a file the rows stand."""


def grid_of(
    table: pd.DataFrame,
    x: Hashable,
    y: Hashable,
    value: Hashable,
    *,
    seed: Hashable | None = None,
    worst: float | None = None,
    sign: float = 1.0,
) -> Grid:
    """Return the grid of a table; its axes are called ``x`` and ``y``.

    Parameters
    ----------
    table
        One row a training.
    x, y
        Columns of numbers, which are told apart at 12 significant digits, or of text, whose values lie in the order
        in which they first stand (of a categorical column, in that of its categories).
    value
        A column of finite numbers; NaN where a training has none.
    seed
        A column that tells the rows of a cell apart; where None, they are replicates in the order in which they
        stand.
    worst
        What a row without a value counts at; where None it is left out, and counted as excluded.
    sign
        -1 where higher values are better.

    Raises
    ------
    TableError
        There is no such column, no row, a value that cannot stand on an axis or be averaged, or two rows of one cell
        and seed.
    """
    if not isinstance(table, pd.DataFrame):
        raise TableError(f"the table must be a pandas.DataFrame, got {shown(type(table).__name__)}")
    roles = {X: x, Y: y, VALUE: value} | ({} if seed is None else {SEED: seed})
    columns = {role: _column(table, role, name) for role, name in roles.items()}
    for one, other in ((X, Y), (X, VALUE), (Y, VALUE)):
        if roles[one] == roles[other]:
            raise TableError(f"{one} and {other} must be different columns, got {shown(roles[one])} for both")
    if table.empty:
        raise TableError("the table must have at least one row, got none")
    found, axes = pd.DataFrame(index=range(len(table))), {}
    for role in (X, Y):
        found[role], axes[role] = _placed(columns[role], roles[role])
    found[VALUE] = _measured(columns[VALUE], value)
    shape = found[X].nunique(), found[Y].nunique()
    if shape[0] * shape[1] > MAX_CELLS:
        raise TableError(
            f"x and y must form a grid of at most {MAX_CELLS:,} cells, got {shape[0]:,} values of {_told(x)} and "
            f"{shape[1]:,} of {_told(y)} in {len(table):,} rows; round them, or put them into bins (pandas.cut)"
        )
    if seed is not None:
        found[SEED] = _numbered(columns[SEED], seed)
        _refuse_doubles(found, columns, roles)
    else:
        found[SEED] = found.groupby([X, Y]).cumcount()
    replicates = int(found[SEED].nunique())
    if shape[0] * shape[1] * replicates > MAX_PLACES:
        raise TableError(
            f"cells times replicates must be at most {MAX_PLACES:,}, got {shape[0] * shape[1]:,} cells and "
            f"{replicates:,} replicates in {len(table):,} rows; name a column of seeds that the cells share, or "
            "average before"
        )
    if worst is not None and not (is_number(worst) and np.isfinite(worst)):
        raise TableError(f"worst must be a finite number, got {shown(worst)}")
    lost = found[VALUE].isna()
    found["diverged"], found["excluded"] = lost & (worst is not None), lost & (worst is None)
    found["learned_nothing"] = found["pending"] = False
    if worst is not None:
        found[VALUE] = found[VALUE].fillna(worst)
    return filled(found, X, Y, None, axes, sign)


def coordinates_of(table: pd.DataFrame, name: Hashable) -> tuple[Any, Axis]:
    """Return where the values of a column lie as numbers, and how they are written.

    Raises
    ------
    TableError
        There is no such column, or it holds what cannot stand on an axis.
    """
    return _placed(_column(table, "hyperparameters", name), name)


def measured_of(table: pd.DataFrame, value: Hashable) -> Any:
    """Return a column of finite numbers, NaN where there is none.

    Raises
    ------
    TableError
        There is no such column, or it holds what cannot be averaged.
    """
    return _measured(_column(table, "value", value), value)


def unit_of(unit: Any) -> str:
    """Return a unit as figures and tables may show it.

    Raises
    ------
    TableError
        It is no text.
    """
    if not isinstance(unit, str):
        raise TableError(f"unit must be text, such as '%', got {shown(unit)}")
    return printable(unit.strip())


def is_number(value: Any) -> bool:
    """Tell whether a value is a real number, of Python or of numpy, and no switch."""
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def place_of(index: pd.Index, row: int) -> str:
    """Return where a row of a table stands: on a line of its file, or among its rows, counted from 0."""
    return f"line {index[row]}" if index.name == LINE else f"row {row}"


def _told(name: Hashable) -> str:
    return printable(str(name))


def _column(table: pd.DataFrame, role: str, name: Hashable) -> pd.Series:
    if name not in table.columns:
        known = list(dict.fromkeys(map(str, table.columns)))[:30]
        raise TableError(f"{role} must name a column of the table, got {shown(name)}; {nearest(name, known)}")
    found = table.loc[:, table.columns == name]
    if found.shape[1] > 1:
        raise TableError(f"{role} must name one column, got {shown(name)}, of which the table has {found.shape[1]}")
    lines = found.index.name == LINE and found.index.is_unique
    return found.iloc[:, 0] if lines else found.iloc[:, 0].reset_index(drop=True)


def _refuse_gaps(column: pd.Series, name: Hashable) -> None:
    empty = column.isna().to_numpy()
    if empty.any():
        raise TableError(
            f"column {_told(name)} must have a value in every row, got none in {int(empty.sum())}, the first of them "
            f"{place_of(column.index, int(empty.argmax()))}; leave such rows out: table.dropna(subset=[{name!r}])"
        )


def _placed(column: pd.Series, name: Hashable) -> tuple[Any, Axis]:
    """Return where the values of a column lie, and how they are written."""
    _refuse_gaps(column, name)
    if isinstance(column.dtype, pd.CategoricalDtype):
        kinds = column.cat.remove_unused_categories()
        numeric = pd.api.types.is_numeric_dtype(kinds.cat.categories.dtype)
        if not numeric:
            return kinds.cat.codes.to_numpy(dtype=float), _choices(map(str, kinds.cat.categories), name)
        column = column.astype(kinds.cat.categories.dtype)
    if pd.api.types.is_bool_dtype(column.dtype):
        present = [it for it in (False, True) if (column == it).any()]
        return column.map(present.index).to_numpy(dtype=float), _choices(present, name)
    if _is_text(column):
        codes, values = pd.factorize(column)
        return codes.astype(float), _choices(map(str, values), name)
    return _numbers_on_axis(column, name), NUMBER


def _choices(values: Iterable[str | bool], name: Hashable) -> Axis:
    # Matplotlib takes what stands between two dollar signs for mathematics.
    found = tuple(it if isinstance(it, bool) else printable(it).replace("$", r"\$") for it in values)
    if len(set(found)) < len(found):
        raise TableError(f"column {_told(name)} must have categories that differ as text, got {shown(found)}")
    return Axis(choices=found)


def _is_text(column: pd.Series) -> bool:
    """Tell whether a column holds text alone."""
    if isinstance(column.dtype, pd.StringDtype):
        return True
    if isinstance(column.dtype, pd.ArrowDtype):  # of a file that was read with the types of Arrow
        return pd.api.types.is_string_dtype(column.dtype)
    return pd.api.types.is_object_dtype(column.dtype) and all(isinstance(value, str) for value in column)


def _numbers_on_axis(column: pd.Series, name: Hashable) -> Any:
    numbers = _floats(column, name, "numbers, or text")
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        row = int(wrong.argmax())
        raise TableError(
            f"column {_told(name)} must hold finite numbers, got {numbers[row]:g} in {place_of(column.index, row)}"
        )
    values, inverse = np.unique(numbers, return_inverse=True)
    return np.array([significant(value) for value in values.tolist()])[inverse]


def _measured(column: pd.Series, name: Hashable) -> Any:
    numbers = _floats(column, name, "numbers, or NaN")
    infinite = np.isinf(numbers)
    if infinite.any():
        row = int(infinite.argmax())
        raise TableError(
            f"column {_told(name)} must hold finite numbers, or NaN where a training has none, got {numbers[row]:g} "
            f"in {place_of(column.index, row)}; table.replace([numpy.inf, -numpy.inf], numpy.nan) makes them NaN"
        )
    return numbers


def _floats(column: pd.Series, name: Hashable, what: str) -> Any:
    """Return a column as real numbers; an empty value is NaN."""
    mixed = pd.api.types.is_object_dtype(column.dtype)
    fits = pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype)
    if not fits and not mixed:
        raise TableError(f"column {_told(name)} must hold {what}, got {column.dtype}")
    numbers = pd.to_numeric(column, errors="coerce") if mixed else column
    if mixed:
        texts = column.map(lambda value: isinstance(value, str | bytes))
        wrong = ((numbers.isna() & column.notna()) | texts).to_numpy()
        if wrong.any():
            row = int(wrong.argmax())
            where = place_of(column.index, row)
            raise TableError(f"column {_told(name)} must hold {what}, got {shown(column.iloc[row])} in {where}")
    return numbers.to_numpy(dtype=float, na_value=np.nan)


def _numbered(column: pd.Series, name: Hashable) -> Any:
    """Return whole numbers in the place of the values of a column, which may be anything."""
    _refuse_gaps(column, name)
    try:
        return pd.factorize(column, sort=True)[0]  # or the last digits of a sum depended on the order of rows
    except TypeError:  # of values without an order
        return pd.factorize(column)[0]


def _refuse_doubles(found: pd.DataFrame, columns: dict[str, pd.Series], roles: dict[str, Hashable]) -> None:
    double = found.duplicated([X, Y, SEED]).to_numpy()
    if double.any():
        row = int(double.argmax())
        cell = ", ".join(f"{_told(roles[role])} = {columns[role].iloc[row]}" for role in (X, Y, SEED))
        raise TableError(
            f"column {_told(roles[SEED])} must tell the rows of a cell apart, got two rows of {cell}; name another "
            "column, or none: then rows of a cell are replicates"
        )
