"""Comparing: a study of the store beside numbers that others have published."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from search_spaces.documents import nearest
from search_spaces.errors import shown
from study.errors import UsageError
from study.operations.folder import check, publishing, unheard
from study.operations.replicates import replicates

if TYPE_CHECKING:
    from analysis.compare.comparison import Comparison
    from analysis.compare.reference import Reference
    from study.store import Store


def references() -> list[Reference]:
    """Return the bundled references, by name."""
    from analysis.compare.reference import reference, reference_names  # noqa: PLC0415

    return [reference(name) for name in reference_names()]


def find(name: str) -> Reference:
    """Return the bundled reference of a name.

    Raises
    ------
    UsageError
        There is none; the nearest is named.
    """
    from analysis.compare.reference import reference, reference_names  # noqa: PLC0415

    try:
        return reference(name)
    except KeyError:
        known = nearest(name, reference_names())
        stop = "" if known.endswith("?") else ";"
        raise UsageError(f"no reference {shown(name)}; {known}{stop} `basin compare --list` has all") from None


def compare(
    store: Store,
    study: str,
    reference: str,
    *,
    out: Path | None = None,
    force: bool = False,
    note: Callable[[str], None] = unheard,
) -> Comparison:
    """Return a study beside a reference; nothing but the store is read, and nothing written into it.

    Parameters
    ----------
    store, study
        Which study.
    reference
        Name of a bundled reference.
    out
        A folder for ``comparison.png``, ``.svg``, ``.pdf``, and the numbers in ``.json``: missing, empty, or an
        earlier comparison's.
    force
        Whether the folder may hold other files; those of the same names are lost.
    note
        Told that another report is being written into the folder, and waited for.

    Raises
    ------
    StudyNotFoundError
        There is no such study.
    UsageError
        There is no such reference, or the folder cannot be written.
    """
    published = find(reference)
    if out is not None:
        check(out, force=force, note=note)
    from analysis.compare import comparison  # noqa: PLC0415 - scipy

    found = comparison.compare(published, replicates(store, store.studies.get(study)))
    if out is not None:
        from analysis.compare.picture import draw  # noqa: PLC0415 - Matplotlib
        from analysis.figures.style import save  # noqa: PLC0415

        with publishing(out, force=force, note=note) as unfinished:
            save(draw(found), unfinished, "comparison")
            text = json.dumps(found.to_dict(), indent=2, allow_nan=False)
            (unfinished / "comparison.json").write_text(f"{text}\n", encoding="utf-8")
    return found
