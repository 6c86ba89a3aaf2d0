"""Tables as others will open them."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FORMULA = frozenset("=+-@")


def inert(value: Any) -> Any:
    """Return a CSV cell that no spreadsheet takes for a formula.

    Spreadsheets skip white space and control characters before the sign, and take its full-width forms for it.
    """
    if not isinstance(value, str):
        return value
    first = next((c for c in value if c.isprintable() and not c.isspace()), "")
    if unicodedata.normalize("NFKC", first) in FORMULA or value[:1] in {"\t", "\r"}:
        return f"'{value}"
    return value


def gathered(parts: Mapping[str, Path], table: Path) -> None:
    """Write several CSV files into one, row by row: every column of any of them, and which one a row is of.

    Parameters
    ----------
    parts
        The files by what the column ``study`` says of their rows; one without rows may be empty.
    table
        The file to write.
    """
    heads = {name: _head(path) for name, path in parts.items()}
    columns = list(dict.fromkeys(column for head in heads.values() for column in head))
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["study", *columns])
        for name, path in parts.items():
            places = [heads[name].index(column) if column in heads[name] else None for column in columns]
            with path.open(encoding="utf-8", newline="") as rows:
                reader = csv.reader(rows)
                next(reader, None)
                writer.writerows([name, *("" if at is None else row[at] for at in places)] for row in reader)


def _head(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as rows:
        return next(csv.reader(rows), [])
