"""The outbox: reports of workers, kept in order until the store has them."""

from __future__ import annotations

from collections.abc import Callable

from study.drive.holdings import Holdings
from study.drive.outage import Outage
from study.store.results import Results
from study.trials import Report
from workers.messages import Key


class Outbox:
    """The reports that are still to be written.

    Parameters
    ----------
    results
        Where they are written.
    driver_id
        Whose they are.
    holdings
        Learns which leases a refusal shows to be lost.
    outage
        Ends when something was written.
    note
        Tells a person.
    """

    def __init__(
        self,
        results: Results,
        driver_id: str,
        holdings: Holdings,
        outage: Outage,
        note: Callable[[str], None],
    ) -> None:
        self._results, self._driver_id = results, driver_id
        self._holdings, self._outage, self._note = holdings, outage, note
        self._pending: list[Report] = []

    @property
    def unwritten(self) -> set[Key]:
        """The leases of which something is still to be written."""
        return {report.key for report in self._pending}

    def put(self, report: Report) -> None:
        """Keep a report."""
        self._pending.append(report)

    def flush(self, patience: float | None) -> list[Report]:
        """Write what is kept, and return those that the store has taken.

        Raises
        ------
        StoreError
            Nothing was written, and all of it stays here.
        """
        if not self._pending:
            return []
        batch = list(self._pending)
        refused = self._results.report(self._driver_id, batch, patience)
        del self._pending[: len(batch)]
        self._outage.over()
        if refused:
            self._holdings.lose(refused)
            self._note(f"leases lost: {len(refused)}; somebody else trains those trials")
        return [report for report in batch if report.key not in refused]
