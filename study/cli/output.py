"""Output: tables for people, JSON, CSV and Parquet for programs, all of them safe to print."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import chain, islice
from typing import Any

import typer

from analysis.tables import inert
from study.errors import UsageError
from study.words import cell

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
