"""Analyzing: the measures of a table that lies in a file, or comes through a pipe."""

from __future__ import annotations

import csv
import gzip
import io
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pandas as pd

from analysis.analyze import Analysis, analyze
from analysis.foreign import LINE
from analysis.importances import Decided, importances
from search_spaces.errors import printable, shown
from study.errors import UsageError

SEPARATORS = {".csv": ",", ".tsv": "\t"}
"""What stands between two values, by what the name of a file ends in."""

ENDINGS = (*SEPARATORS, *(f"{it}.gz" for it in SEPARATORS), ".parquet")
"""What the name of a table may end in."""

ABSENT = ("", "nan", "NaN", "NAN", "NA", "N/A", "n/a", "#N/A", "null", "NULL", "None", "<NA>", "-nan")
"""What stands where a training has no value."""

PIPE = "-"
"""The name of standard input, which is CSV."""


def table_of(path: Path, columns: Collection[str], *, value: str = "") -> pd.DataFrame:
    """Read columns of a table; where one of them is not there, no row, but all of its columns.

    The index of what is read of text is the lines of the file on which its rows begin.

    Parameters
    ----------
    path
        A CSV, TSV or Parquet file, by its name; ``-`` is CSV from standard input.
    columns
        The columns to read.
    value
        The column of them in which words such as ``NaN`` stand for no value; in others an empty one alone does.

    Raises
    ------
    UsageError
        There is no such file, or it holds no table.
    """
    ending = ".csv" if str(path) == PIPE else _ending(path)
    if str(path) != PIPE and not path.is_file():
        kind = "a folder" if path.is_dir() else "nothing"
        raise UsageError(f"TABLE must be a file, and there is {kind} at {str(path)!r}")
    try:
        if ending == ".parquet":
            return _parquet(path, columns)
        if str(path) == PIPE:
            return _text(io.BytesIO(_piped()), SEPARATORS[ending], columns, value)
        with gzip.open(path, "rb") if ending.endswith(".gz") else path.open("rb") as file:
            return _text(file, SEPARATORS[ending.removesuffix(".gz")], columns, value)  # type: ignore[arg-type]
    except UnicodeError:
        raise UsageError(f"TABLE must be text in UTF-8 to be read as {ending}, and is not; save it as that") from None
    except (OSError, EOFError, ValueError, zlib.error, csv.Error) as error:  # pandas and Arrow raise kinds of these
        line = printable((str(error).strip() or type(error).__name__).splitlines()[0], 200)
        raise UsageError(f"TABLE cannot be read as {ending}: {line}") from None


def _piped() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(f"TABLE {PIPE} must come through a pipe, such as cat table.csv | basin analyze {PIPE}")
    return sys.stdin.buffer.read()


def _ending(path: Path) -> str:
    found = next((it for it in reversed(ENDINGS) if path.name.lower().endswith(it)), None)
    if found is None:
        raise UsageError(
            f"TABLE must end in {', '.join(ENDINGS)}, or be {PIPE} for CSV from a pipe, got {str(path)!r}"
        )
    return found


def _parquet(path: Path, columns: Collection[str]) -> pd.DataFrame:
    import pyarrow.parquet as pq  # noqa: PLC0415 - for such files alone

    found: pd.DataFrame
    if set(columns) <= set(pq.read_schema(path).names):
        found = pd.read_parquet(path, columns=list(dict.fromkeys(columns)))
    else:
        found = pd.read_parquet(path)
    named = [name for name in found.index.names if name in columns and name not in found.columns]
    return found.reset_index(named) if named else found


def _text(file: IO[bytes], separator: str, columns: Collection[str], value: str) -> pd.DataFrame:
    """Read what is written line by line, once for the names and once for the columns."""
    lines = _lines(file, separator)
    names = lines.names
    file.seek(0)
    double = [name for name, count in Counter(names).items() if count > 1 and name in columns]
    if double:
        raise UsageError(f"TABLE must have each column once, and has {printable(double[0])} more often; rename one")
    if not set(columns) <= set(names):
        if len(names) == 1:
            raise UsageError(
                f"TABLE must have {'tabs' if separator != ',' else 'commas'} between its values, and its first line "
                f"has none, got {shown(names[0])}; save it with them"
            )
        return pd.DataFrame(columns=names)
    wanted = {str(place): name for place, name in enumerate(names) if name in columns}
    found: pd.DataFrame = pd.read_csv(
        file,
        sep=separator,
        encoding="utf-8-sig",
        header=None,
        skiprows=lines.skipped,
        names=[str(place) for place in range(len(names))],  # a table's own names may be anything
        usecols=list(wanted),
        index_col=False,
        keep_default_na=False,
        na_values={place: list(ABSENT) if name == value else [""] for place, name in wanted.items()},
        low_memory=False,  # one type a column, whatever its length
    )
    if len(found) == len(lines.numbers):
        found.index = pd.Index(lines.numbers, name=LINE)
    return found.rename(columns=wanted)


@dataclass(frozen=True, kw_only=True)
class _Lines:
    """What stands where in a file of text.

    Attributes
    ----------
    names
        Of the columns, from the first line that holds anything.
    skipped
        Places, from 0, among all rows of the file, of what is no row of the table: the names, and what holds nothing.
    numbers
        Lines of the file, from 1, on which the rows of the table begin.
    """

    names: list[str]
    skipped: list[int]
    numbers: list[int]


def _lines(file: IO[bytes], separator: str) -> _Lines:
    """Look through a file of text: every row must have as many values as there are names.

    pandas drops what a row has too much of, or shifts the columns by it, without a word, and takes what a row lacks
    for empty. A row of separators alone is what spreadsheets write of rows without anything.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    names: list[str] = []
    skipped, numbers = array("q"), array("q")
    wrong = ""
    try:
        reader = csv.reader(text, delimiter=separator)
        before = 0
        for place, row in enumerate(reader):
            line, before = before + 1, reader.line_num
            if not any(it.strip() for it in row):
                skipped.append(place)
            elif not names:
                names = row
                skipped.append(place)
            else:
                numbers.append(line)
                least = max((at for at, it in enumerate(names, 1) if it.strip()), default=0)
                if not wrong and (len(row) < least or any(row[len(names) :])):
                    wrong = f"line {line} has {len(row)}"
    finally:
        text.detach()
    if not names:
        raise UsageError("TABLE must begin with a line of the names of its columns, and is empty")
    if any("\0" in name for name in names):
        raise UsageError("TABLE must be text, and holds bytes that are none")
    if wrong and len(names) > 1:  # else the separator is another one
        raise UsageError(
            f"TABLE must have as many values in a row as its first line has names, {len(names)}, and {wrong}; put "
            "values that hold a separator between quotes, and leave an empty one between two separators"
        )
    return _Lines(names=names, skipped=list(skipped), numbers=list(numbers))


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
    scale: str = "raw",
    unit: str = "",
) -> Analysis:
    """Measure a file's table.

    ``log`` holds columns, or ``x`` and ``y`` for theirs, several with commas between them; ``start`` is
    ``NAME=VALUE``.

    Raises
    ------
    UsageError
        The file cannot be read, or ``start`` is written otherwise.
    TableError
        The table does not hold what it is asked for.
    """
    begin = None if start is None else _start(start, y)
    return analyze(
        table_of(path, {x, y, value} | ({seed} if seed is not None else set()), value=value),
        x=x,
        y=y,
        value=value,
        seed=seed,
        log=_logarithmic(log, x, y),
        direction="maximize" if maximize else "minimize",
        worst=worst,
        start=begin,
        tolerance=tolerance,
        scale=scale,
        unit=unit,
    )


def importances_of(
    path: Path,
    hyperparameters: Sequence[str],
    *,
    value: str,
    log: Sequence[str] = (),
    maximize: bool = False,
    worst: float | None = None,
    design: str = "",
) -> Decided:
    """Say what decides a column of a file's table; several names stand with commas between them.

    Raises
    ------
    UsageError
        The file cannot be read.
    TableError
        The table does not hold what it is asked for.
    """
    names, logarithmic = (
        [part.strip() for text in given for part in text.split(",") if part.strip()]
        for given in (hyperparameters, log)
    )
    return importances(
        table_of(path, {*names, value}, value=value),
        names,
        value=value,
        log=logarithmic,
        direction="maximize" if maximize else "minimize",
        worst=worst,
        design=design,
    )


def _logarithmic(given: Sequence[str], x: str, y: str) -> list[str]:
    """Return the columns that are named; a name of a column is one, even with a comma in it."""
    roles = {"x": x, "y": y}
    found = []
    for text in given:
        parts = [text] if text in {x, y} else [part.strip() for part in text.split(",") if part.strip()]
        found += [name if name in {x, y} else roles.get(name, name) for name in parts]
    return found


def _start(text: str, y: str) -> str:
    for name in (y, "y"):
        if text.startswith(f"{name}="):
            return text.removeprefix(f"{name}=")
    raise UsageError(f"--start must be {printable(y)}=VALUE, got {printable(text)!r}")
