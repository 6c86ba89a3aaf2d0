"""Objects: values read out of the JSON columns, each in its own type, and empty where another kind stands there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, Double, Integer, Text, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


def value_in(place: Column[Any], name: str, kind: type) -> ColumnElement[Any]:
    """Return what reads the value of a name in the objects of a column: bool, int, float or str."""
    return _READERS[kind](place, name)


class _Value(FunctionElement[Any]):
    """A value of an object: the object, its name, and its path in it."""

    inherit_cache = True
    sqlite: str
    postgresql: str

    def __init__(self, place: Column[Any], name: str) -> None:
        super().__init__(place, literal(name, Text()), literal(f'$."{name}"', Text()))


class _Real(_Value):
    inherit_cache = True
    type: TypeEngine[Any] = Double()
    sqlite = "CASE WHEN json_type({0}, {2}) IN ('real', 'integer') THEN CAST(json_extract({0}, {2}) AS REAL) END"
    postgresql = "CASE WHEN jsonb_typeof({0} -> {1}) = 'number' THEN CAST({0} ->> {1} AS double precision) END"


class _Whole(_Value):
    inherit_cache = True
    type: TypeEngine[Any] = Integer()
    sqlite = "CASE WHEN json_type({0}, {2}) = 'integer' THEN json_extract({0}, {2}) END"
    postgresql = "CASE WHEN jsonb_typeof({0} -> {1}) = 'number' THEN CAST(CAST({0} ->> {1} AS numeric) AS bigint) END"


class _Text(_Value):
    inherit_cache = True
    type: TypeEngine[Any] = Text()
    sqlite = "CASE WHEN json_type({0}, {2}) = 'text' THEN json_extract({0}, {2}) END"
    postgresql = "CASE WHEN jsonb_typeof({0} -> {1}) = 'string' THEN {0} ->> {1} END"


class _Truth(_Value):
    inherit_cache = True
    type: TypeEngine[Any] = Boolean()
    sqlite = "CASE WHEN json_type({0}, {2}) IN ('true', 'false') THEN json_extract({0}, {2}) END"
    postgresql = "CASE WHEN jsonb_typeof({0} -> {1}) = 'boolean' THEN CAST({0} ->> {1} AS boolean) END"


_READERS: Mapping[type, type[_Value]] = {float: _Real, int: _Whole, str: _Text, bool: _Truth}


@compiles(_Value, "sqlite")
def _on_sqlite(element: _Value, compiler: SQLCompiler, **options: Any) -> str:
    return element.sqlite.format(*(compiler.process(part, **options) for part in element.clauses))


@compiles(_Value, "postgresql")
def _on_postgresql(element: _Value, compiler: SQLCompiler, **options: Any) -> str:
    return element.postgresql.format(*(compiler.process(part, **options) for part in element.clauses))
