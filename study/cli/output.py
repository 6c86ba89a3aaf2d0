"""Output: tables for people, JSON, CSV and Parquet for programs, all of them safe to print."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import typer

from analysis.tables import inert
from study.errors import UsageError


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


def print_json(value: Any) -> None:
    """Print a value as JSON; NaN cannot occur."""
    typer.echo(json.dumps(value, indent=2, allow_nan=False))


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], form: Format) -> None:
    """Print rows in one of four formats; JSON, CSV and Parquet are written as the rows arrive."""
    if form is Format.TABLE:
        print_table(rows, columns)
    elif form is Format.JSON:
        _print_json_rows(rows)
    elif form is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([inert(row[name]) for name in columns])
    else:
        _print_parquet(rows, columns)


def print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows in aligned columns."""
    cells = [[cell(row[name]) for name in columns] for row in rows]
    widths = [max([len(name), *(len(line[i]) for line in cells)]) for i, name in enumerate(columns)]
    for line in ([*columns], *cells):
        typer.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def cell(value: Any) -> str:
    """Return a value as people read it; control characters are escaped."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.5g}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(value))


def moment(seconds: float | None) -> str:
    """Return a time of the store as UTC text."""
    return "-" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(seconds: float | None) -> str:
    """Return a number of seconds as ``h:mm:ss``."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _print_json_rows(rows: Iterable[Mapping[str, Any]]) -> None:
    separator = "[\n"
    for row in rows:
        sys.stdout.write(f"{separator}  {json.dumps(dict(row), allow_nan=False)}")
        separator = ",\n"
    sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")


def _print_parquet(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    if sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal; redirect it, such as > trials.parquet")
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    collected = list(rows)
    table = pa.table({name: [row[name] for row in collected] for name in columns})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    sys.stdout.buffer.write(buffer.getvalue())
    sys.stdout.buffer.flush()
