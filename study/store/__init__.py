"""The store: the SQL database that is the only truth.

Nothing outside this package speaks SQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from study.clock import Clock
from study.store.check import findings
from study.store.columns import Columns
from study.store.database import BUSY_SECONDS, Database
from study.store.growth import Growth
from study.store.imports import Imports
from study.store.leases import Leases
from study.store.location import parse_location
from study.store.migrate import ensure, upgrade
from study.store.proposals import Outcome, Proposals
from study.store.queries import Queries, curve_columns, epochs_too
from study.store.results import Results
from study.store.studies import Status, Studies, Study
from study.store.summaries import Summaries
from study.store.winners import Winners

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Outcome", "Status", "Store", "Study"]


class Store:
    """A store, opened; made where there is none only with ``create``.

    Parameters
    ----------
    location
        A file name or a database URL.
    lease_seconds
        How long a lease lasts without renewal.
    stall_seconds
        How long a trial may go without finishing an epoch.
    patience
        Seconds for which a transaction is tried again after an error that may pass.
    check_schema
        Whether to look at the schema at all.
    create
        Whether to make the file that is missing, and the schema in a database that has none of it.
    clock
        What this process waits by.

    Attributes
    ----------
    studies, proposals, leases, results, queries, summaries, growth, winners, imports
        The eight things that can be done with a store.

    Raises
    ------
    UsageError
        The location is none.
    StoreUnreachableError
        The database cannot be reached, or its file is not there and is not to be made.
    SchemaError
        Its schema is not this release's, or there is none and none is to be made.
    """

    def __init__(
        self,
        location: str,
        *,
        lease_seconds: float = 60.0,
        stall_seconds: float = 3600.0,
        patience: float = BUSY_SECONDS,
        check_schema: bool = True,
        create: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self.database = Database(parse_location(location), patience, create=create, clock=clock)
        if check_schema:
            try:
                ensure(self.database, create=create)
            except BaseException:
                self.database.close()
                raise
        self.studies = Studies(self.database)
        self.proposals = Proposals(self.database)
        self.leases = Leases(self.database, lease_seconds, stall_seconds)
        self.results = Results(self.database, stall_seconds)
        self.queries = Queries(self.database)
        self.summaries = Summaries(self.database)
        self.growth = Growth(self.database)
        self.winners = Winners(self.database)
        self.imports = Imports(self.database)

    @property
    def shown(self) -> str:
        """Where the store lies, without its password."""
        return self.database.shown

    def trials(self, study: str, *, where: str | None = None) -> pd.DataFrame:
        """Return the trials of a study as a table, one row a trial, superseded generations included.

        ``where`` is an expression of the query language, such as ``"p = 0 and lr < 0.1"``.
        """
        import pandas as pd  # noqa: PLC0415 - the command line does without

        found = self.studies.get(study)
        columns = self.queries.columns(found.id)
        rows = self.queries.trials(found.id, where=where)
        return _typed(pd.DataFrame(list(rows), columns=list(columns.printed)), columns)

    def curves(self, study: str, *, where: str | None = None) -> pd.DataFrame:
        """Return the epochs of the deciding attempts as a table, one row an epoch."""
        import pandas as pd  # noqa: PLC0415

        found = self.studies.get(study)
        rows, columns = self.queries.curves(found.id, where=where), self.queries.columns(found.id)
        return _typed(pd.DataFrame(list(rows), columns=list(curve_columns(columns))), columns)

    def upgrade(self) -> tuple[str | None, str]:
        """Bring the schema to this release's; return the revisions before and after."""
        return upgrade(self.database)

    def findings(self) -> list[str]:
        """Return what is inconsistent, one sentence each."""
        return findings(self.database)

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _typed(table: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Return a table whose columns have their types whatever they hold; a whole number that is missing is NaN."""
    for name in table.columns:
        kind = epochs_too(columns, name).type
        if kind in {float, bool} or (kind is int and not table[name].isna().any()):
            table[name] = table[name].astype(kind)
        elif kind is int:
            table[name] = table[name].astype(float)
    return table
