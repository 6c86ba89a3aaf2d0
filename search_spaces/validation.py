"""From a document to a specification: all faults together, each with its path, the rule and what was got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from search_spaces.arms import read_arms
from search_spaces.catalogue import BUILT_IN, Catalogue, stored_entries
from search_spaces.declarations import Declaration
from search_spaces.defaults import FIRST
from search_spaces.documents import Document, assign, is_file, nearest, parse_document, read_document
from search_spaces.errors import Fault, SpecificationError, printable, shown
from search_spaces.presets import preset_document, preset_names
from search_spaces.reading import COMMON, read_sections
from search_spaces.sections import DECLARED, PAIR
from search_spaces.specification import BASE, Specification, declarations_of


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A specification as it is handed over, before it is known what it can name.

    Attributes
    ----------
    document
        With the assignments in it.
    source
        What messages call it.
    assignments
        ``KEY=VALUE``, as they were given.
    faults
        Of the assignments.
    """

    document: Document
    source: str
    assignments: Sequence[str] = ()
    faults: Sequence[Fault] = ()

    @property
    def name(self) -> str:
        """The name of the study, as it is written."""
        return str(self.document.get("name"))

    def read(self, catalogue: Catalogue = BUILT_IN) -> Specification:
        """Return the specification.

        Raises
        ------
        SpecificationError
            With every fault found, each under what brought it in.
        """
        faults = list(self.faults)
        try:
            specification = validate(self.document, self.source, catalogue)
        except SpecificationError as error:
            origin = ((fault, _origin(fault.path, self.source, self.assignments)) for fault in error.faults)
            faults += [replace(fault, source=source) for fault, source in origin]
        if faults:
            raise SpecificationError(faults, self.source)
        return specification


def drafted(document: Document, source: str, assignments: Sequence[str] = ()) -> Draft:
    """Return the draft of a document, which ``KEY=VALUE`` assignments change."""
    faults: list[Fault] = []
    for assignment in assignments:
        try:
            assign(document, assignment)
        except SpecificationError as error:
            faults += [replace(fault, source=error.source) for fault in error.faults]
    return Draft(document=document, source=source, assignments=tuple(assignments), faults=tuple(faults))


def document_at(spec: str) -> tuple[Document, str]:
    """Return the document in a YAML file or of a preset, and what messages call it.

    Raises
    ------
    SpecificationError
        There is neither, or it is no document.
    """
    path = Path(spec)
    if spec in preset_names():
        return preset_document(spec), f"preset {spec}"
    if not is_file(path) and path.suffix not in {".yaml", ".yml", ".json"}:
        fault = f"no file and no preset of the name {shown(spec)}; {nearest(spec, preset_names())}"
        raise SpecificationError([Fault(path="", message=fault)])
    return read_document(path), shown(spec, 200)


def load(spec: str, assignments: Sequence[str] = (), catalogue: Catalogue = BUILT_IN) -> Specification:
    """Return the specification in a YAML file or of a preset, after ``KEY=VALUE`` assignments.

    Parameters
    ----------
    spec
        Path or name.
    assignments
        Changes.
    catalogue
        What it can name.

    Raises
    ------
    SpecificationError
        With every fault found; nothing was written.
    """
    return drafted(*document_at(spec), assignments).read(catalogue)


def _origin(path: str, source: str, assignments: Sequence[str]) -> str:
    """Return what wrote the value at a path: the last assignment to it or to what holds it, else the document."""
    assigned = [(one.partition("=")[0].strip(), f"--set {printable(one)}") for one in assignments]
    wrote = [name for key, name in assigned if _is_within(path, key)]
    if wrote:
        return wrote[-1]
    # What holds an assigned value is of both.
    shared = [name for key, name in assigned if _is_within(key, path)]
    return f"{source} with {', '.join(shared)}" if shared else source


def _is_within(path: str, top: str) -> bool:
    return path == top or path.startswith((f"{top}.", f"{top}["))


def loads(text: str, catalogue: Catalogue = BUILT_IN) -> Specification:
    """Return the specification written in a YAML text."""
    return validate(parse_document(text), catalogue=catalogue)


def restored(
    document: Document,
    source: str,
    declarations: Mapping[str, Any] | None = None,
    today: Mapping[tuple[str, str], Declaration] = MappingProxyType({}),
) -> Specification:
    """Return the specification of a document as a store keeps it: every option written, those of its release.

    An option that is not there, or null, is as that release did (:mod:`search_spaces.defaults`).

    Parameters
    ----------
    document
        As stored.
    source
        What it is, for a message.
    declarations
        Those it was stored with: what plug-ins declared is read by them, and no plug-in is loaded.
    today
        What plug-ins declare now, by kind and name, in place of what they did.

    Raises
    ------
    SpecificationError
        The document was written by a later release, or changed by other hands.
    """
    document = _as_first(document)
    arms = document.get("arms")
    if isinstance(arms, dict):
        whole = {name: _as_first(arm) if isinstance(arm, dict) else arm for name, arm in arms.items()}
        document = document | {"arms": whole}
    names = arms if isinstance(arms, dict) else (BASE,)
    stored = {name: stored_entries(declarations_of(declarations, name)) for name in names}
    by_arm = {
        name: BUILT_IN.with_entries((kind, today.get((kind, it.name), it)) for kind, it in added)
        for name, added in stored.items()
        if added
    }
    return validate(document, source, by_arm=by_arm)


def _as_first(document: Document) -> Document:
    """Return a document with the first defaults where its sections are silent."""
    for kind in ("task", "optimizer", "schedule"):
        written = document.get(kind)
        if isinstance(written, dict):
            said = {key: it for key, it in written.items() if it is not None}
            first = FIRST[kind].get(str(said.get("name", DECLARED[kind])), {})
            short = PAIR if "betas" in said else ()
            document = document | {kind: {key: it for key, it in first.items() if key not in short} | said}
    task, schedules = document.get("task"), document.get("schedules")
    if isinstance(task, dict):
        network = task.get("network")
        written = {"name": network} if isinstance(network, str) else network
        first = FIRST["network"].get(str(written.get("name")), {}) if isinstance(written, dict) else {}
        if first and isinstance(written, dict):
            document = document | {"task": task | {"network": first | written}}
    if isinstance(schedules, dict):
        filled = {
            name: FIRST["schedule"].get(str(it.get("name")), {}) | it if isinstance(it, dict) else it
            for name, it in schedules.items()
        }
        document = document | {"schedules": filled}
    return document


def validate(
    document: Document,
    source: str = "the study specification",
    catalogue: Catalogue = BUILT_IN,
    by_arm: Mapping[str, Catalogue] | None = None,
) -> Specification:
    """Return the specification a document stands for.

    Each section is checked on its own and then against the others, so that one fault hides no other.

    Parameters
    ----------
    document
        As it was read.
    source
        What it is, for a message.
    catalogue
        What it can name.
    by_arm
        Catalogues of arms that have their own.

    Raises
    ------
    SpecificationError
        With every fault found.
    """
    faults, arms = read_arms(document, catalogue, by_arm or {})
    found, sections = read_sections({key: it for key, it in document.items() if key in COMMON}, catalogue)
    faults += [fault for fault in found if fault.path.split(".")[0] in COMMON]
    if faults:
        raise SpecificationError(list(dict.fromkeys(faults)), source)
    common = {key: sections[key] for key in COMMON} | {"objective": next(iter(arms.values())).objective}
    return Specification(arms=arms, **common)
