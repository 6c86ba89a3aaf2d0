"""What Python hands over as a specification: a file, a preset's name, YAML text, or a dictionary."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from search_spaces.documents import MAX_BYTES, MAX_DEPTH, Document, parse_document
from search_spaces.errors import Fault, SpecificationError, printable, shown
from search_spaces.validation import Draft, document_at, drafted

Given = str | os.PathLike[str] | Mapping[str, Any]
"""A specification as it is handed over."""

MAX_VALUES = 20_000
"""Values of a dictionary; a document of 64 KiB can hold about as many."""


def draft_of(spec: Given, assignments: Mapping[str, Any] | None = None) -> Draft:
    """Return the draft that is handed over, after assignments.

    Parameters
    ----------
    spec
        A path, the name of a preset, YAML text (of more than one line, or in braces), or a dictionary. Tuples, numpy
        scalars and arrays in a dictionary count as the lists and numbers they hold.
    assignments
        Values by dotted path, such as ``{"seeds": 4, "space.lr.points": 5}``.

    Raises
    ------
    SpecificationError
        It is no document.
    """
    changes: Any = {} if assignments is None else assignments
    if not isinstance(changes, Mapping):
        fault = f"must be a dictionary of values by dotted path, got {shown(changes)}"
        raise SpecificationError([Fault(path="", message=fault)], "the assignments")
    document, source = _document(spec)
    return drafted(document, source, [_assignment(path, value) for path, value in changes.items()])


def described(spec: Given) -> str:
    """Return what messages call a specification."""
    if isinstance(spec, Mapping):
        return "the dictionary"
    text = os.fspath(spec)
    return "the text" if _is_text(spec) else shown(text, 200)


def _document(spec: Any) -> tuple[Document, str]:
    if isinstance(spec, Mapping):
        return _dictionary(spec, described(spec)), described(spec)
    if isinstance(spec, os.PathLike):
        return document_at(os.fspath(spec))
    if not isinstance(spec, str):
        fault = f"must be a path, the name of a preset, YAML text or a dictionary, got {shown(spec)}"
        raise SpecificationError([Fault(path="", message=fault)])
    return (parse_document(spec, described(spec)), described(spec)) if _is_text(spec) else document_at(spec)


def _is_text(spec: Given) -> bool:
    return isinstance(spec, str) and ("\n" in spec or spec.lstrip().startswith("{"))


def _dictionary(spec: Mapping[str, Any], source: str) -> Document:
    budget = [MAX_VALUES]
    document = plain(spec, "", budget)
    size = len(json.dumps(document))
    if size > MAX_BYTES:
        rule = f"must be at most {MAX_BYTES // 1024} KiB as text, got {size // 1024} KiB; a study needs a page"
        raise SpecificationError([Fault(path="", message=rule)], source)
    return dict(document)


def _assignment(path: Any, value: Any) -> str:
    """Return an assignment as the command line has it."""
    if not isinstance(path, str):
        fault = f"must be named by a dotted path, such as 'space.lr.points', got {shown(path)}"
        raise SpecificationError([Fault(path="", message=fault)], "the assignments")
    return f"{path}={json.dumps(plain(value, path, [MAX_VALUES]))}"


def plain(value: Any, path: str, budget: list[int], depth: int = 0) -> Any:
    """Return a value as YAML would give it: dictionaries, lists, text, numbers, true, false, null.

    Raises
    ------
    SpecificationError
        There is something else in it, or too much.
    """
    budget[0] -= 1
    if budget[0] < 0 or depth > MAX_DEPTH:
        rule = f"must hold at most {MAX_VALUES} values, nested at most {MAX_DEPTH} levels deep, got more"
        raise SpecificationError([Fault(path=printable(path), message=rule)])
    if value is None or type(value) in {bool, int, float, str}:
        return value
    if isinstance(value, Mapping):
        wrong = next((key for key in value if not isinstance(key, str)), None)
        if wrong is not None:
            fault = f"must have keys of text, got {shown(wrong)}"
            raise SpecificationError([Fault(path=printable(path), message=fault)])
        within = {key: f"{path}.{key}" if path else key for key in value}
        return {str(key): plain(it, within[key], budget, depth + 1) for key, it in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(it, f"{path}[{index}]", budget, depth + 1) for index, it in enumerate(value)]
    return plain(_unwrapped(value, path), path, budget, depth + 1)


def _unwrapped(value: Any, path: str) -> Any:
    """Return what a subclass of a plain type is, and what a scalar or an array of numpy, pandas or torch holds."""
    kind = next((kind for kind in (str, bool, int, float) if isinstance(value, kind)), None)
    if kind is not None:
        return kind(value)
    if hasattr(value, "tolist") and callable(value.tolist):
        if str(getattr(value, "dtype", "")) in {"float16", "float32"} and not getattr(value, "shape", ()):
            return float(str(value))  # the decimal it is written as, not the double nearest to its bits
        return value.tolist()
    fault = f"must be text, a number, true, false, null, a list or a dictionary, got {shown(value)}"
    raise SpecificationError([Fault(path=printable(path), message=fault)])
