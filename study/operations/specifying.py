"""Specifying: what is to be trained, read with the plug-ins that a user names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from search_spaces.errors import BasinError, Fault, SpecificationError
from search_spaces.plugins.decorators import DECLARED
from search_spaces.specification import Specification
from search_spaces.validation import Draft
from study.operations.opening import opened
from study.plugins import HOW, require

if TYPE_CHECKING:
    from search_spaces.plugins import Plugins
    from study.store import Study

UNKNOWN = re.compile(r"(arms\.[^.]+\.)?(task\.(dataset|network|network\.name|dataset\.name|name)|optimizer\.name)")
"""Where a specification names what a plug-in may declare."""


def specified(draft: Draft, plugins: Plugins, store: str | None) -> Specification:
    """Return the specification of a draft; where it cannot be read, a plug-in that a stored study misses comes first.

    Parameters
    ----------
    draft
        As it was handed over.
    plugins
        What it may name beside what comes with Basin.
    store
        Where a study of its name may be; None where the settings say.

    Raises
    ------
    SpecificationError
        With every fault found.
    UsageError
        A study of that name is stored, and was made with a plug-in that is not here.
    """
    try:
        return draft.read(plugins.catalogue)
    except SpecificationError as error:
        study = _stored(draft.name, store)
        if study is not None:
            require(study, plugins)
        unknown = [it for it in error.faults if UNKNOWN.fullmatch(it.path) and it.message.startswith("unknown")]
        if unknown:
            hints = [*_declared_here(unknown), f"where a plug-in has such a name, {HOW}"]
            faults = [*error.faults, *(Fault(path="", message=hint) for hint in hints)]
            raise SpecificationError(faults, error.source) from error
        raise


def _declared_here(unknown: Sequence[Fault]) -> Iterator[str]:
    """Yield what to do with what a script or a cell of a notebook declares, where a specification names it."""
    for entry in DECLARED.get("__main__", ()):
        name = entry.declaration.name
        if any(repr(name) in fault.message.partition(";")[0] for fault in unknown):
            yield (
                f"{name!r} is declared in this script or notebook, and workers are given files: put it into a file "
                "of its own and name that with plugins=; in a notebook, %%writefile at the top of a cell makes one"
            )
            return


def _stored(name: str, store: str | None) -> Study | None:
    """Return the study of a name that is stored with plug-ins, None where there is none, or no store."""
    with suppress(BasinError), opened(store) as it:
        study = it.studies.get(name)
        return study if study.specification.plugged() else None
    return None
