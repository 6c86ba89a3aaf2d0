"""Output: tables for people, JSON, CSV and Parquet for programs, all of them safe to print."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import chain, islice
from typing import Any

import typer

from study.errors import UsageError
from study.rows import write_csv, write_parquet
from study.words import cell

PAGE = 1_000
"""Rows that decide how wide the columns of a table are."""


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
        write_csv(rows, columns, sys.stdout)
    else:
        _print_parquet(rows, columns)


def print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows in aligned columns, as wide as the first page of rows needs."""
    lines = ([cell(row[name]) for name in columns] for row in rows)
    first = list(islice(lines, PAGE))
    widths = [max([len(name), *(len(line[i]) for line in first)]) for i, name in enumerate(columns)]
    for line in chain([columns], first, lines):
        typer.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _print_json_rows(rows: Iterable[Mapping[str, Any]]) -> None:
    separator = "[\n"
    for row in rows:
        sys.stdout.write(f"{separator}  {json.dumps(dict(row), allow_nan=False)}")
        separator = ",\n"
    sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")


def _print_parquet(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, type]) -> None:
    if sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal; redirect it, such as > trials.parquet")
    write_parquet(rows, columns, sys.stdout.buffer)
