"""Reading a study document: YAML 1.2 from untrusted hands, with its dangers refused before anything is built.

A document is scanned as a stream of events first. Aliases, tags, directives, merge keys, deep nesting and long
documents end the scan at the first event that shows them, so that refusing costs milliseconds and builds nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from search_spaces.errors import Fault, SpecificationError, printable, shown

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_EVENTS = 5_000

Document = dict[str, Any]


def closest(word: object, known: Iterable[str]) -> str | None:
    """Return the nearest of ``known``, None where none is near."""
    return next(iter(difflib.get_close_matches(str(word)[:100], known, n=1, cutoff=0.6)), None)


def nearest(word: object, known: Iterable[str]) -> str:
    """Return a clause that names the nearest of ``known``, or all of them where none is near."""
    names = list(known)
    close = closest(word, names)
    return f"did you mean {close!r}?" if close is not None else f"known: {', '.join(names)}"


def read_document(path: Path) -> Document:
    """Read a YAML file.

    Raises
    ------
    SpecificationError
        The file is missing, not a regular file, larger than 64 KiB, not UTF-8, not YAML 1.2, or uses a
        refused feature.
    """
    source = shown(str(path), 200)
    if not is_file(path):
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
    if text.startswith("%") or "\n%" in text:
        raise _refused(source, "must be without % directives")
    if _flow_depth(text) > MAX_DEPTH:
        raise _refused(source, f"must nest at most {MAX_DEPTH} levels deep, got more")

    from ruamel.yaml import YAML  # noqa: PLC0415 - kept out of the start of commands that read no YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

    try:
        _scan(YAML(typ="safe", pure=True).parse(text), source)
        loader = YAML(typ="safe", pure=True)
        loader.Constructor = _core_constructor()
        document = loader.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = str(error.problem or error.context or "is not YAML")
        raise SpecificationError([Fault(path=where, message=printable(problem, 160))], source) from None
    except (YAMLError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise _refused(source, f"is not YAML 1.2: {printable(first, 160)}") from None
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
    if len(keys) > MAX_DEPTH:
        raise SpecificationError(
            [Fault(path=shown(path), message=f"must nest at most {MAX_DEPTH} levels deep")], "--set"
        )
    if not equals or not all(keys):
        raise SpecificationError(
            [Fault(path=shown(assignment), message="must have the form KEY=VALUE, such as seeds=3")], "--set"
        )
    parsed = parse_document(f"value: {text.strip() or 'null'}", f"--set {shown(path)}")
    if parsed.keys() != {"value"}:
        raise SpecificationError([Fault(path=path, message=f"must be one value, got {shown(text)}")], "--set")
    here = document
    for key in keys[:-1]:
        here = here.setdefault(key, {})
        if not isinstance(here, dict):
            raise SpecificationError(
                [Fault(path=path, message=f"{key!r} holds {shown(here)}, not a mapping")], "--set"
            )
    here[keys[-1]] = parsed["value"]


def is_file(path: Path) -> bool:
    """Tell whether a path is a regular file; a name that no file can have is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


@cache
def _core_constructor() -> Any:
    """Return a constructor of the YAML 1.2 core schema: no dates, no underscores or binary digits in numbers."""
    from ruamel.yaml.constructor import SafeConstructor  # noqa: PLC0415

    class Core(SafeConstructor):
        """Builds scalars by the core schema."""

        def scalar(self, node: Any) -> Any:
            """Return a number where the core schema sees one, else the text."""
            text = self.construct_scalar(node)
            if node.style is None and _INTEGER.fullmatch(text):
                return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
            if node.style is None and _FLOAT.fullmatch(text):
                return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
            return text

    for kind in ("str", "int", "float", "timestamp"):
        Core.add_constructor(f"tag:yaml.org,2002:{kind}", Core.scalar)
    return Core


_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII
)


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
            "must be without anchors and aliases (& and *); write the value out": (
                getattr(event, "anchor", None) is not None
            ),
            "must be without tags (!); plain values only": getattr(event, "tag", None) is not None,
            "must be without merge keys (<<); write the keys out": (
                getattr(event, "value", None) == "<<" and event.style is None
            ),
        }
        broken = next((rule for rule, holds in rules.items() if holds), None)
        if broken is not None:
            where = f"line {event.start_mark.line + 1}, column {event.start_mark.column + 1}"
            raise SpecificationError([Fault(path=where, message=broken)], source)
