"""Output: tables for people, JSON, CSV and Parquet for programs, all of them safe to print."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain, islice
from typing import Any

import typer

from analysis.tables import inert
from search_spaces.declarations import Metric
from search_spaces.errors import escaped
from study.errors import UsageError

PAGE = 1_000
"""Rows that decide how wide the columns of a table are."""

ROW_GROUP = 10_000
"""Rows of Parquet written at a time."""


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


def print_json(value: Any) -> None:
    """Print a value as JSON; NaN cannot occur."""
    typer.echo(json.dumps(value, indent=2, allow_nan=False))


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, type], form: Format) -> None:
    """Print rows in one of four formats, page by page: a million rows need no more memory than a thousand.

    Parameters
    ----------
    rows
        The rows.
    columns
        Names, in the order in which they are printed, and the types of their values: bool, int, float or str.
    form
        The format.
    """
    if form is Format.TABLE:
        print_table(rows, list(columns))
    elif form is Format.JSON:
        _print_json_rows(rows)
    elif form is Format.CSV:
        _print_csv(rows, columns)
    else:
        _print_parquet(rows, columns)


def print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows in aligned columns, as wide as the first page of rows needs."""
    lines = ([cell(row[name]) for name in columns] for row in rows)
    first = list(islice(lines, PAGE))
    widths = [max([len(name), *(len(line[i]) for line in first)]) for i, name in enumerate(columns)]
    for line in chain([columns], first, lines):
        typer.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def cell(value: Any) -> str:
    """Return a value as people read it; control characters are escaped."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.5g}"
    return escaped(str(value))


def lines(text: str) -> str:
    """Return a message of one line or more as a terminal can bear it: its control characters are escaped."""
    return "\n".join(escaped(line) for line in text.split("\n"))


def point(configuration: Mapping[str, Any]) -> str:
    """Return a configuration as people read it."""
    return ", ".join(f"{cell(name)}={setting(value)}" for name, value in configuration.items())


def setting(value: Any) -> str:
    """Return the value of an option as people write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else cell(value)


def measured(value: float, metric: Metric) -> str:
    """Return a value of a metric as people read it: with its unit, and its name where the unit does not tell it."""
    return f"{value:.2f} %" if metric.unit == "%" else f"{value:.4g} {metric.unit}".rstrip()


def over_seeds(count: int) -> str:
    """Return over how many seeds a number was taken."""
    return "one seed" if count == 1 else f"mean over {count} seeds"


def moment(seconds: float | None) -> str:
    """Return a time of the store as UTC text, or as it is where a damaged store holds what is no time."""
    if seconds is None:
        return "-"
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (TypeError, ValueError, OverflowError, OSError):
        return cell(seconds)


def duration(seconds: float | None) -> str:
    """Return a number of seconds as ``h:mm:ss``."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def spent(seconds: float) -> str:
    """Return time that was spent, in its two largest units."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    days, rest = divmod(round(seconds), 86_400)
    hours, minutes, left = rest // 3_600, rest // 60 % 60, rest % 60
    units = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    first = next(index for index, (count, _) in enumerate(units) if count)
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2])


def how_to_take_back(study: str) -> str:
    """Return the clause that says how cancelled trials are queued again."""
    return f"`basin retry {study} --where \"state = 'cancelled'\"` takes them back"


def _print_csv(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> None:
    lines = ([inert(row[name]) for name in columns] for row in rows)
    first = list(islice(lines, 1))  # a query that fails must fail before the head is printed
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerows(chain([columns], first, lines))


def _print_json_rows(rows: Iterable[Mapping[str, Any]]) -> None:
    separator = "[\n"
    for row in rows:
        sys.stdout.write(f"{separator}  {json.dumps(dict(row), allow_nan=False)}")
        separator = ",\n"
    sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")


def _print_parquet(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, type]) -> None:
    if sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal; redirect it, such as > trials.parquet")
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    types = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    remaining = iter(rows)
    page = list(islice(remaining, ROW_GROUP))  # a query that fails must fail before the first byte
    with pq.ParquetWriter(sys.stdout.buffer, schema) as writer:
        while page:
            writer.write_table(pa.table({name: [row[name] for row in page] for name in columns}, schema=schema))
            page = list(islice(remaining, ROW_GROUP))
    sys.stdout.buffer.flush()
