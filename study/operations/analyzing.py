"""Analyzing: the measures of a table that lies in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from analysis.analyze import Analysis, analyze
from study.errors import UsageError

READERS: Mapping[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": pd.read_csv,
    ".tsv": lambda path: pd.read_csv(path, sep="\t"),
    ".parquet": pd.read_parquet,
}
"""How files are read, by what their names end in."""


def table_of(path: Path) -> pd.DataFrame:
    """Read a table.

    Raises
    ------
    UsageError
        There is no such file, or it holds no table.
    """
    read = READERS.get(path.suffix.lower())
    if read is None:
        raise UsageError(f"TABLE must end in {', '.join(READERS)}, got {str(path)!r}")
    if not path.is_file():
        raise UsageError(f"TABLE must be a file, and there is none at {str(path)!r}")
    try:
        found: pd.DataFrame = read(path)
    except (OSError, ValueError) as error:  # pandas and Arrow raise kinds of these
        line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UsageError(f"TABLE cannot be read as {path.suffix.lower()[1:]}: {line}") from None
    return found


def analysis_of(  # noqa: PLR0913 - as its command has them
    path: Path,
    *,
    x: str,
    y: str,
    value: str,
    seed: str | None = None,
    log: Sequence[str] = (),
    maximize: bool = False,
    worst: float | None = None,
    start: str | None = None,
    tolerance: float | None = None,
) -> Analysis:
    """Measure a file's table; ``log`` may say ``x`` and ``y`` for their columns, ``start`` is ``NAME=VALUE``.

    Raises
    ------
    UsageError
        The file cannot be read, or ``start`` is written otherwise.
    TableError
        The table does not hold what it is asked for.
    """
    table = table_of(path)
    roles = {"x": x, "y": y}
    return analyze(
        table,
        x=x,
        y=y,
        value=value,
        seed=seed,
        log=[name if name in table.columns else roles.get(name, name) for name in log],
        direction="maximize" if maximize else "minimize",
        worst=worst,
        start=None if start is None else _start(start, y),
        tolerance=tolerance,
    )


def _start(text: str, y: str) -> float | str:
    name, sign, value = text.partition("=")
    if not sign or name not in {y, "y"}:
        raise UsageError(f"--start must be {y}=VALUE, got {text!r}")
    try:
        return float(value)
    except ValueError:
        return value
