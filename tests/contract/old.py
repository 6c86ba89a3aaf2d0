"""Stores of earlier schemas, on either database, with rows of every kind."""

import json
import sqlite3
from pathlib import Path

from alembic import command
from sqlalchemy import MetaData, inspect, text

from search_spaces.validation import restored
from study.store import Store, migrate
from study.store.database import SCHEMA

RELEASE = Path(__file__).parents[1] / "acceptance" / "releases" / "0.2.0.db"
TABLES = ("driver", "study", "configuration", "trial", "attempt", "epoch")
HYPERPARAMETERS = ("lr", "p", "beta1", "beta2", "eps", "momentum", "weight_decay")
ODD = (0.1 + 2**-56, 5e-324, 9.876543210987654e299, 1 / 3, 123456789012.0, 2.0**-1022)
"""Numbers that every digit is needed for, within what a column takes."""


def old_store(location, split="validation", revision="0001"):
    """Make a store of an earlier schema and return its rows, as schema 0001 had them, by table.

    It holds the study of a release, and a copy of that whose objective is another split, with a trial that diverged,
    one that failed, one that no proposal has filled, and numbers that every digit is needed for.
    """
    found = released()
    add_study(found, split)
    with Store(location, check_schema=False, create=True) as store:

        def work(connection):
            if not store.database.is_sqlite:
                connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
            config = migrate._config()
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            fill(connection, found)
            command.upgrade(config, revision)

        if store.database.is_sqlite:
            migrate._use_wal(store.database)
        store.database.rebuild(work)
    return found


def released():
    """Return the rows of a release's store, by table."""
    with sqlite3.connect(f"file:{RELEASE}?mode=ro&immutable=1", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        found = {table: [dict(row) for row in connection.execute(f"SELECT * FROM {table}")] for table in TABLES}
    connection.close()
    for row in found["trial"]:
        row |= {"superseded": bool(row["superseded"]), "filled": bool(row["filled"])}
    return found


def add_study(found, split):
    """Add a study like the first, whose trials differ in what the release's own do not show."""
    (study,) = found["study"]
    document = json.loads(study["document"])
    document |= {"name": "other", "objective": {"statistic": "final", "split": split}}
    document["task"]["validation"] = 100
    hashed = restored(document, "the other study").hash()
    found["study"].append(study | {"id": 2, "name": "other", "document": json.dumps(document), "hash": hashed})
    for table, changes in {
        "configuration": {"id": 100, "study_id": 2},
        "trial": {"id": 100, "study_id": 2, "configuration_id": 100},
        "attempt": {"trial_id": 100},
        "epoch": {"trial_id": 100},
    }.items():
        more = [dict(row) for row in found[table]]
        for row in more:
            row |= {name: row[name] + by if by == 100 else by for name, by in changes.items()}
        found[table] += more
    trials = [row for row in found["trial"] if row["study_id"] == 2]
    for row, number in zip(trials, ODD, strict=False):
        row |= {"eps": number, "momentum": -number}
    for row in trials:
        if row["state"] == "complete":
            for statistic in ("final", "mean_last5", "min"):
                row[f"validation_error_{statistic}"] = row[f"test_error_{statistic}"] / 4
    for row in found["epoch"]:
        row["validation_error"] = row["test_error"] / 4 if row["trial_id"] > 100 else None
    open_ones = [row for row in trials if row["state"] == "waiting"]
    open_ones[0] |= {"state": "diverged", "diverged_epoch": 1, "finished_at": 2e9, "last_finite_loss": 1 / 3}
    open_ones[1] |= {"state": "failed", "reason": "naïve ☃", "finished_at": 2e9}
    open_ones[2] |= dict.fromkeys(HYPERPARAMETERS) | {"filled": False}


def fill(connection, found):
    """Write rows into the tables of a database as it is."""
    described = MetaData()
    described.reflect(connection, only=TABLES)
    for table in TABLES:
        connection.execute(described.tables[table].insert(), found[table])
        if connection.dialect.name == "postgresql" and "id" in described.tables[table].c and table != "driver":
            connection.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
            )


def whole(store):
    """Return all that a database holds: tables and views as they are described, and every row."""

    def work(connection):
        inspector = inspect(connection)
        return {
            table: (
                [str(column) for column in inspector.get_columns(table)],
                sorted(str(check) for check in inspector.get_check_constraints(table)),
                sorted(str(unique) for unique in inspector.get_unique_constraints(table)),
                sorted(str(key) for key in inspector.get_foreign_keys(table)),
                sorted(_index(index) for index in inspector.get_indexes(table)),
                sorted(map(repr, connection.execute(text(f"SELECT * FROM {table}")).all())),
            )
            for table in (*inspector.get_table_names(), *inspector.get_view_names())
        }

    return store.database.read(work)


def _index(index):
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str(index | {"dialect_options": options})
