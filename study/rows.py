"""Rows: what is printed and what lies in files, as CSV and Parquet, page by page."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import IO, Any

from analysis.tables import inert

ROW_GROUP = 10_000
"""Rows of Parquet written at a time."""


def write_csv(rows: Iterable[Mapping[str, Any]], columns: Iterable[str], file: IO[str]) -> None:
    """Write rows as CSV; no cell of it is run by a spreadsheet."""
    columns = list(columns)
    lines = ([inert(row[name]) for name in columns] for row in rows)
    first = list(islice(lines, 1))  # a query that fails must fail before the head is written
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows(chain([columns], first, lines))


def write_parquet(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, type], file: IO[bytes]) -> None:
    """Write rows as Parquet, each column of its type: bool, int, float or str."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    types = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    remaining = iter(rows)
    page = list(islice(remaining, ROW_GROUP))  # a query that fails must fail before the first byte
    with pq.ParquetWriter(file, schema) as writer:
        while page:
            writer.write_table(pa.table({name: [row[name] for row in page] for name in columns}, schema=schema))
            page = list(islice(remaining, ROW_GROUP))
    file.flush()
