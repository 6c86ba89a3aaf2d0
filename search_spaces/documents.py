"""Reading a study document: YAML 1.2 from untrusted hands, with its dangers refused before anything is built.

A document is scanned as a stream of events first. Aliases, tags, directives, merge keys, deep nesting and long
documents end the scan at the first event that shows them, so that refusing costs milliseconds and builds nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from search_spaces.errors import Fault, SpecificationError, shown

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_EVENTS = 5_000

Document = dict[str, Any]


def nearest(word: object, known: Iterable[str]) -> str:
    """Return a clause that names the nearest of ``known``, or all of them where none is near."""
    names = list(known)
    close = difflib.get_close_matches(str(word)[:100], names, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"


def read_document(path: Path) -> Document:
    """Read a YAML file.

    Raises
    ------
    SpecificationError
        The file is missing, not a regular file, larger than 64 KiB, not UTF-8, not YAML 1.2, or uses a
        refused feature.
    """
    source = shown(str(path), 200)
    if not path.is_file():
        raise SpecificationError(
            [Fault(path="", message=f"no such file: {source}; name a YAML file or one of `basin presets`")]
        )
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecificationError([Fault(path="", message=f"cannot be read: {error.strerror}")], source) from error
    return parse_document(raw, source)


def parse_document(raw: bytes | str, source: str = "the document") -> Document:
    """Parse the bytes or the text of a study document into plain dictionaries, lists and scalars.

    Raises
    ------
    SpecificationError
        With the line and the column where the text is refused.
    """
    data = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    if len(data) > MAX_BYTES:
        raise _refused(source, f"must be at most {MAX_BYTES // 1024} KiB, got more; a study needs a page")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(source, f"must be UTF-8 text, got byte {data[error.start]:#04x} at {error.start}") from None
    if _flow_depth(text) > MAX_DEPTH:
        raise _refused(source, f"must nest at most {MAX_DEPTH} levels deep, got more")

    from ruamel.yaml import YAML  # noqa: PLC0415 - kept out of the start of commands that read no YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

    try:
        _scan(YAML(typ="safe", pure=True).parse(text), source)
        document = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = str(error.problem or error.context or "is not YAML")
        raise SpecificationError([Fault(path=where, message=shown(problem, 160).strip("'\""))], source) from None
    except (YAMLError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise _refused(source, f"is not YAML 1.2: {shown(first, 160)}") from None
    if not isinstance(document, dict):
        raise _refused(source, f"must be a mapping of keys to values, got {shown(document)}")
    return document


def assign(document: Document, assignment: str) -> None:
    """Carry out one ``KEY=VALUE``: ``KEY`` is a dotted path, ``VALUE`` a YAML value.

    Raises
    ------
    SpecificationError
        The assignment has no ``=``, or its path runs through something that is not a mapping.
    """
    path, equals, text = assignment.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise SpecificationError(
            [Fault(path=shown(assignment), message="must have the form KEY=VALUE, such as seeds=3")], "--set"
        )
    value = parse_document(f"value: {text.strip() or 'null'}", f"--set {shown(path)}").get("value")
    here = document
    for key in keys[:-1]:
        here = here.setdefault(key, {})
        if not isinstance(here, dict):
            raise SpecificationError(
                [Fault(path=path, message=f"{key!r} holds {shown(here)}, not a mapping")], "--set"
            )
    here[keys[-1]] = value


def _refused(source: str, message: str) -> SpecificationError:
    return SpecificationError([Fault(path="", message=message)], source)


def _flow_depth(text: str) -> int:
    """Return the deepest nesting of brackets, counted on the raw text.

    The scanner below looks ahead through brackets, which is quadratic in their depth, so they are counted first.
    """
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth = max(depth - 1, 0)
    return deepest


def _scan(events: Iterable[Any], source: str) -> None:
    from ruamel.yaml import events as kinds  # noqa: PLC0415

    depth = documents = 0
    for count, event in enumerate(events):
        if isinstance(event, kinds.DocumentStartEvent):
            documents += 1
        elif isinstance(event, kinds.CollectionStartEvent):
            depth += 1
        elif isinstance(event, kinds.CollectionEndEvent):
            depth -= 1
        rules = {
            f"must hold at most {MAX_EVENTS} values, got more": count > MAX_EVENTS,
            f"must nest at most {MAX_DEPTH} levels deep, got more": depth > MAX_DEPTH,
            "must be one document, got a second one": documents > 1,
            "must be without % directives": bool(getattr(event, "version", None) or getattr(event, "tags", None)),
            "must be without anchors and aliases (& and *); write the value out": (
                getattr(event, "anchor", None) is not None
            ),
            "must be without tags (!); plain values only": getattr(event, "tag", None) is not None,
            "must be without merge keys (<<); write the keys out": getattr(event, "value", None) == "<<",
        }
        broken = next((rule for rule, holds in rules.items() if holds), None)
        if broken is not None:
            where = f"line {event.start_mark.line + 1}, column {event.start_mark.column + 1}"
            raise SpecificationError([Fault(path=where, message=broken)], source)
