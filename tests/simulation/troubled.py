"""A troubled store: the real one, in which others may always come first, and anything may go wrong."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from sqlalchemy import event

from study.clock import Clock
from study.errors import StoreUnreachableError
from study.store import Store

if TYPE_CHECKING:
    from tests.simulation.process import Running
    from tests.simulation.universe import Universe

DRAWN = "database is locked: drawn"
"""What is said of a lock that nobody holds."""


def troubled(universe: Universe) -> Store:
    """Open the store of a universe, once for all its processes: whose task runs tells who asks."""
    timeline = universe.timeline
    store = Store(
        str(universe.path),
        lease_seconds=universe.lease_seconds,
        stall_seconds=universe.stall_seconds,
        patience=5.0,
        clock=Clock(
            now=lambda: timeline.now, sleep=timeline.sleep, uniform=universe.chance.uniform, wall=universe.wall
        ),
    )
    trouble = Trouble(universe)
    engine = store.database.engine
    event.listen(engine, "connect", lambda connection, _record: trouble.before(connection))
    event.listen(engine, "before_cursor_execute", lambda *_of_it: trouble.within(), named=False)
    event.listen(engine, "handle_error", trouble.failed)
    commit = engine.dialect.do_commit

    def do_commit(connection) -> None:
        trouble.committing(lambda: commit(connection))

    engine.dialect.do_commit = do_commit
    answer = store.results.report

    def report(driver_id, reports, patience=None):
        trouble.reporting()
        refused = answer(driver_id, reports, patience)
        universe.witness.judge_an_answer(driver_id, reports, refused)
        return refused

    store.results.report = report
    return store


class Trouble:
    """What may happen to a transaction."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._silent_until = 0.0

    @property
    def _process(self) -> Running:
        process = self._universe.timeline.current.process
        assert process is not None
        return process

    def before(self, connection) -> None:
        """Before a transaction: others may come first, the store may be away, or the process stand still."""
        universe, process = self._universe, self._process
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA synchronous = OFF")
        if universe.fates.strikes("process paused"):
            process.pause(universe.chance.choice([1.0, 10.0, 2.0 * universe.lease_seconds]))
        universe.timeline.sleep(universe.chance.choice([0.0, 0.0, 0.001, 0.02]))
        if universe.fates.strikes("store away"):
            seconds = [0.5, 5.0, universe.lease_seconds, 3.0 * universe.lease_seconds, universe.stall_seconds + 2.0]
            universe.away_until = universe.timeline.now + universe.chance.choice(seconds)
        if universe.timeline.now < universe.away_until:
            process.disturbed()
            raise sqlite3.OperationalError("unable to open database file")
        if universe.fates.strikes("store busy"):
            process.disturbed()
            raise sqlite3.OperationalError(DRAWN)

    def reporting(self) -> None:
        """Before reports are written: that may fail for a while, although all else goes on."""
        universe, process = self._universe, self._process
        if universe.fates.strikes("reports not written"):
            seconds = universe.chance.choice([0.5, 2.0 * universe.stall_seconds])
            self._silent_until = universe.timeline.now + seconds
        if universe.timeline.now < self._silent_until:
            process.disturbed()
            raise StoreUnreachableError("reports cannot be written")

    def within(self) -> None:
        """Within a transaction: others may look, or try to write; or the process is killed."""
        universe = self._universe
        if universe.chance.random() < 0.03:
            universe.timeline.sleep(universe.chance.choice([0.0, 0.02, 0.3]))  # or nobody else is due just then
        if universe.fates.strikes("killed in a transaction"):
            self._process.crash()

    def failed(self, context) -> None:
        """A transaction that writes has its lock from its beginning: no later statement meets another's."""
        error = str(context.original_exception)
        statement = context.statement or ""
        if "locked" in error and error != DRAWN and statement and not statement.startswith("BEGIN"):
            self._universe.witness.blame(f"a lock was met after a transaction had begun: {statement[:60]}")

    def committing(self, commit) -> None:
        """At a commit: it may fail, it may not be acknowledged, and the process may be killed before or after."""
        universe, process = self._universe, self._process
        fate = universe.fates.strikes(
            "error before commit", "error after commit", "killed before commit", "killed after commit"
        )
        if fate is not None:
            process.disturbed()
            universe.timeline.note(fate)
        if fate == "killed before commit":
            process.crash()
        if fate == "error before commit":
            raise sqlite3.OperationalError(universe.chance.choice([DRAWN, "disk I/O error"]))
        commit()
        universe.witness.look(process)
        if fate == "killed after commit":
            process.crash()
        if fate == "error after commit":
            raise sqlite3.OperationalError(universe.chance.choice([DRAWN, "disk I/O error"]))
