"""Filters: expressions of the query language as bound SQL over a closed list of columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Integer,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)

from study.expressions import Node, parse
from study.store.columns import EPOCH, Columns


def trial_filter(text: str, columns: Columns) -> ColumnElement[bool]:
    """Return the condition that an expression over the columns of a study's trials stands for.

    Raises
    ------
    ExpressionError
        The expression cannot be read.
    """
    kinds = {name: column.kind for name, column in columns.known.items()}
    node = parse(text, kinds, {column.name for column in EPOCH}.difference(kinds))
    return _compiled(node, {name: column.value for name, column in columns.known.items()})


def _compiled(node: Node, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    if node.operator == "column":
        return columns[str(node.value)]
    if node.operator == "value":
        if isinstance(node.value, bool):
            return true() if node.value else false()
        return literal(node.value, Text() if node.kind == "text" else Double())
    parts = [_compiled(part, columns) for part in node.parts]
    if node.operator in {"negative", "+", "-", "*", "/"}:
        # Whole numbers would divide to whole numbers; what is computed from doubles is one already.
        parts = [cast(part, Double) if isinstance(part.type, Integer) else part for part in parts]
    first = parts[0]
    if node.operator in {"and", "or"}:
        return and_(*parts) if node.operator == "and" else or_(*parts)
    simple: dict[str, Any] = {
        "not": lambda: not_(first),
        "is null": lambda: first.is_(None),
        "in": lambda: first.in_(parts[1:]),
        "negative": lambda: -first,
        "=": lambda: first == parts[1],
        "!=": lambda: first != parts[1],
        "<": lambda: first < parts[1],
        "<=": lambda: first <= parts[1],
        ">": lambda: first > parts[1],
        ">=": lambda: first >= parts[1],
        "+": lambda: first + parts[1],
        "-": lambda: first - parts[1],
        "*": lambda: first * parts[1],
        # A division by zero is unknown on both backends, as it is on one of them anyway.
        "/": lambda: first / func.nullif(parts[1], 0.0, type_=Double()),
    }
    result: ColumnElement[Any] = simple[node.operator]()
    return result
