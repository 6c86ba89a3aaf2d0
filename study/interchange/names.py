"""Names: what hyperparameters and metrics of others are called here."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Mapping

from search_spaces.documents import nearest
from search_spaces.errors import Fault, shown
from search_spaces.plugins.names import ATTRIBUTES, EPOCH, PLACES, STATISTICS, TRIAL, WORD, WORDS

LONGEST = 48
"""Characters of a word that is made here; a number and a statistic may follow."""


def word(text: str) -> str:
    """Return a text as a word of the query language: small letters, digits and underscores, a letter first."""
    found = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:LONGEST].rstrip("_")
    return found if found[:1].isalpha() else f"x_{found}".rstrip("_")


def study_name(text: str) -> str:
    """Return a text as the name of a study."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:64].strip("-._") or "imported"


def metric_name(text: str) -> str:
    """Return what a metric of this name is called here; ``metric_`` comes before the name of a column of Basin's."""
    found = word(text)
    return f"metric_{found}" if _is_taken_metric(found) else found


def metric_fault(name: str) -> str | None:
    """Return what is wrong with the name that somebody gave a metric, None where it will do."""
    if not WORD.fullmatch(name):
        return f"a metric must be a word of a-z 0-9 _ beginning with a letter, got {shown(name)}"
    taken = _is_taken_metric(name)
    return f"a metric must have another name than {name}, which is a column already" if taken else None


def option_names(
    outside: Iterable[str], renames: Mapping[str, str], metrics: Collection[str]
) -> tuple[dict[str, str], list[Fault]]:
    """Return what each hyperparameter is called here, and what is wrong with the names that were asked for.

    Parameters
    ----------
    outside
        Their names elsewhere.
    renames
        Names that are asked for, by those.
    metrics
        What was measured has these names.
    """
    outside = list(outside)
    faults = [Fault(path="--rename", message=f"no hyperparameter {shown(it)}; {nearest(it, outside)}")
              for it in renames if it not in outside]  # fmt: skip
    columns = {f"{name}_{statistic}" for name in metrics for statistic in STATISTICS} | set(metrics) | TRIAL
    columns |= PLACES | WORDS | ATTRIBUTES
    found = {it: name for it, name in renames.items() if it in outside}
    for it, name in found.items():
        if not WORD.fullmatch(name) or _is_taken(name, columns):
            rule = "must be a word of a-z 0-9 _ beginning with a letter that is no column and no word of a query"
            faults.append(Fault(path="--rename", message=f"the new name of {shown(it)} {rule}, got {shown(name)}"))
        if list(found.values()).count(name) > 1:
            faults.append(Fault(path="--rename", message=f"{shown(name)} is asked for more than once"))
    used = set(found.values())
    for it in outside:
        if it in found:
            continue
        name = word(it)
        name = f"param_{name}" if _is_taken(name, columns) else name
        number, free = 2, name
        while free in used:
            number, free = number + 1, f"{name}_{number}"
        used.add(free)
        found[it] = free
    return {it: found[it] for it in outside}, list(dict.fromkeys(faults))


def _is_taken(name: str, columns: Collection[str]) -> bool:
    return name in columns or keyword.iskeyword(name) or name.startswith("model_")


def _is_taken_metric(name: str) -> bool:
    columns = {f"{name}_{statistic}" for statistic in STATISTICS}
    return name in EPOCH | TRIAL | WORDS or not TRIAL.isdisjoint(columns)
