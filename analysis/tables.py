"""Tables as others will open them."""

from __future__ import annotations

import unicodedata
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
