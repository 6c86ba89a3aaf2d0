"""The errors of tables that others have made."""

from __future__ import annotations

from search_spaces.errors import BasinError
from search_spaces.exits import Exit


class TableError(BasinError, ValueError):
    """A table cannot be read as it was asked for; the message names column and row."""

    exit_code = Exit.INVALID
