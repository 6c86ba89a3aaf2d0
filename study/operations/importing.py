"""Importing: results of others as a study of the store, which can be read and never trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search_spaces.errors import printable, shown
from search_spaces.specification import NAME
from study.errors import UsageError
from study.operations.opening import opened
from study.trials import Counts

if TYPE_CHECKING:
    from study.interchange.records import Results
    from study.interchange.table_reading import Mapped
    from study.store import Store


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How results become a study, whatever they lie in.

    Attributes
    ----------
    name
        Of the study; that of the results, in small letters, where it is None.
    renames
        What hyperparameters are to be called, by their names there.
    whole
        Whether to count a training that says that it is complete although it reported fewer steps than others.
    store
        Where; None where the settings say.
    """

    name: str | None = None
    renames: Mapping[str, str] | None = None
    whole: bool = False
    store: str | None = None

    @classmethod
    def of(cls, *, name: str | None, renames: Sequence[str], whole: bool, store: str | None) -> Wanted:
        """Return what is wanted, of ``OLD=NEW`` texts.

        Raises
        ------
        UsageError
            One of them is not as it must be.
        """
        if name is not None and not NAME.fullmatch(name):
            rule = "--name must be 1 to 64 of a-z 0-9 . _ - beginning with a letter or digit"
            raise UsageError(f"{rule}, got {shown(name)}")
        pairs = [text.rpartition("=")[::2] for text in renames]
        wrong = [text for text, (old, new) in zip(renames, pairs, strict=True) if not old or not new]
        if wrong:
            raise UsageError(f"--rename must be OLD=NEW, got {', '.join(map(shown, wrong))}")
        return cls(name=name, renames=dict(pairs), whole=whole, store=store)


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A study that was imported.

    Attributes
    ----------
    name, source
        Of the study; what its results lay in.
    counts
        Its trials by state.
    notes
        What its user should know, a sentence each.
    store
        Where it is, without a password.
    """

    name: str
    source: str
    counts: Counts
    notes: Sequence[str]
    store: str

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin import --json`` prints."""
        return {
            "name": self.name,
            "source": self.source,
            "trials": self.counts.to_dict(),
            "notes": list(self.notes),
        }


def import_optuna(
    url: str,
    study: str,
    wanted: Wanted,
    *,
    objective: str | None = None,
    metric: str | None = None,
    unit: str = "",
    worst: float | None = None,
    failed_diverged: bool = False,
) -> Imported:
    """Import a study of an Optuna database, which is read and never written.

    Raises
    ------
    UsageError
        There is no such database, or a study of Basin's has the name.
    StudyNotFoundError
        It holds no such study.
    StoreUnreachableError
        The database cannot be read.
    SpecificationError
        Its trials make no study; every fault is listed.
    """
    from study.interchange.optuna_reading import read  # noqa: PLC0415 - Optuna
    from study.store.location import foreign  # noqa: PLC0415

    results = read(
        foreign(url),
        study,
        objective=objective,
        metric=metric,
        unit=unit,
        worst=worst,
        failed_diverged=failed_diverged,
    )
    return _imported(results, study, wanted)


def import_table(path: Path, mapped: Mapped, wanted: Wanted) -> Imported:
    """Import a table, one row a training.

    Raises
    ------
    UsageError
        There is no such file, or it holds no table; or a study has the name.
    SpecificationError
        Its rows make no study; every fault is listed.
    """
    from study.interchange.table_reading import read  # noqa: PLC0415 - pandas

    return _imported(read(path, mapped), path.name.partition(".")[0], wanted)


def _imported(results: Results, known_as: str, wanted: Wanted) -> Imported:
    from study.interchange.building import built  # noqa: PLC0415
    from study.interchange.names import study_name  # noqa: PLC0415
    from workers.provenance import code_version  # noqa: PLC0415

    name = wanted.name or study_name(known_as)
    made = built(results, name, renames=wanted.renames, whole=wanted.whole)
    with opened(wanted.store, create=True) as store:
        study = store.imports.add(made.specification, code_version(), made.trials)
        return _told(store, study.name, study.id, results.source, made.notes)


def _told(store: Store, name: str, study_id: int, source: str, notes: Sequence[str]) -> Imported:
    return Imported(
        name=name,
        source=source,
        counts=store.studies.counts(study_id),
        notes=[printable(note, 2_000) for note in notes],
        store=store.shown,
    )
