"""Documents: what the store keeps as text, read back; a damaged row costs what stands in it, and no more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from search_spaces.configurations import Configuration
from search_spaces.declarations import Declaration
from search_spaces.errors import SpecificationError, printable
from search_spaces.specification import Specification
from search_spaces.validation import restored
from study.errors import StoreBrokenError


def specification_of(
    text: str, declared: str | None, source: str, today: Mapping[tuple[str, str], Declaration] | None = None
) -> Specification | str:
    """Return the specification that is stored as a text, or why it is none, as a clause.

    Parameters
    ----------
    text
        The document.
    declared
        The declarations it was stored with, by which it is read where plug-ins made them.
    source
        What it is, for a message.
    today
        What plug-ins declare now, by kind and name, in place of what they did.
    """
    document = object_of(text)
    if document is None:
        return "its specification is no JSON object"
    try:
        return restored(document, source, None if declared is None else object_of(declared), today or {})
    except SpecificationError as error:
        return printable(f"its specification has faults, such as {error.faults[0]}", 500)


def point_of(text: str, number: int) -> Configuration:
    """Return the hyperparameters stored for a configuration.

    Raises
    ------
    StoreBrokenError
        What is stored for configuration ``number`` is no JSON object.
    """
    point = object_of(text)
    if point is None:
        raise StoreBrokenError(
            f"configuration {number} has hyperparameters that are no JSON object; restore the store from a copy"
        )
    return point


def object_of(text: str) -> dict[str, Any] | None:
    """Return a JSON object, None where a damaged row holds something else."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
