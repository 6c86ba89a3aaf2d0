"""The upgrade of a store of an earlier schema: everything is kept, or nothing is changed."""

import json

import pytest
from sqlalchemy import event, inspect, text

from study.errors import SchemaError
from study.store import Store, migrate
from study.store.database import SCHEMA
from study.store.schema import metadata
from tests.contract.helpers import run_sql
from tests.contract.old import HYPERPARAMETERS, ODD, TABLES, old_store, whole

STATISTICS = ("final", "mean_last5", "min")


class KilledError(Exception):
    """What stands for the end of the process."""


@pytest.fixture
def old(location):
    """Return the rows of a store of the first schema."""
    return old_store(location)


@pytest.fixture
def store(location, old):
    """Yield that store, opened by this release without a look at its schema."""
    with Store(location, check_schema=False) as opened:
        yield opened


@pytest.fixture
def second(location):
    """Yield a store of schema 0002 with the same rows."""
    old_store(location, revision="0002")
    with Store(location, check_schema=False) as opened:
        yield opened


def rows(store, table):
    """Return every whole row of a table, truth as truth and objects as objects."""
    key = ", ".join(column.name for column in metadata.tables[table].primary_key)
    found = run_sql(store, f"SELECT * FROM {table} ORDER BY {key}")
    for row in found:
        row |= {name: bool(row[name]) for name in ("superseded", "filled") if name in row}
        if isinstance(row.get("options"), str):
            row["options"] = json.loads(row["options"])
        if row.get("options"):  # a whole number is one to JSON, however large
            row["options"] = {name: float(value) for name, value in row["options"].items()}
    return found


def assert_kept(store, old):
    """Look at every row that there was."""
    for table in TABLES:
        key = [column.name for column in metadata.tables[table].primary_key]
        before = sorted(old[table], key=lambda row: tuple(row[name] for name in key))
        after = rows(store, table)
        gone = HYPERPARAMETERS if table == "trial" else ()
        assert [{name: row[name] for name in row if name not in gone} for row in before] == [
            {name: now[name] for name in row if name not in gone} for row, now in zip(before, after, strict=True)
        ]


def test_an_older_schema_is_refused_with_the_command_to_run(location, old):
    with pytest.raises(SchemaError, match=r"must have schema 0003, got '0001'; run `basin db upgrade` once") as no:
        Store(location)
    assert no.value.exit_code == 4


def test_an_upgrade_keeps_every_row_and_every_digit(store, old):
    assert store.upgrade() == ("0001", migrate.HEAD)
    assert_kept(store, old)
    given = {row["id"]: row for row in old["trial"]}
    found = rows(store, "trial")
    for row in found:
        columns = {name: given[row["id"]][name] for name in HYPERPARAMETERS}
        inner = {name: value for name, value in columns.items() if value is not None}
        assert row["options"] == (inner if row["filled"] else None)
        assert row["arm"] == "base"
    assert {row["options"]["eps"] for row in found if row["options"]} >= set(ODD)
    assert [row["options"] is None for row in found].count(True) == 1
    assert store.upgrade() == (migrate.HEAD, migrate.HEAD)


def test_the_values_are_those_of_each_studys_objective(store, old):
    store.upgrade()
    splits = {1: "test", 2: "validation"}
    complete = {1: 0, 2: 0}
    for row in rows(store, "trial"):
        expected = [None] * 3
        if row["state"] == "complete":
            complete[row["study_id"]] += 1
            expected = [row[f"{splits[row['study_id']]}_error_{statistic}"] for statistic in STATISTICS]
        assert [row[f"value_{statistic}"] for statistic in STATISTICS] == expected
    assert min(complete.values()) >= 5


@pytest.mark.parametrize("document", ["x", "[]", '{"objective": 3}'])
def test_a_study_that_cannot_be_read_is_upgraded_by_the_default(store, old, document):
    run_sql(store, "UPDATE study SET document = :document WHERE id = 2", document=document)
    store.upgrade()
    found = [row for row in rows(store, "trial") if row["state"] == "complete"]
    assert [row["value_min"] for row in found] == [row["test_error_min"] for row in found]


def test_an_upgraded_store_has_the_schema_of_a_new_one(store, old, tmp_path, request):
    store.upgrade()
    upgraded = {table: parts[:-1] for table, parts in whole(store).items()}
    if store.database.is_sqlite:
        new = Store(str(tmp_path / "new.db"), create=True)
    else:
        run_sql(store, f"DROP SCHEMA {SCHEMA} CASCADE")
        new = Store(store.database.url.render_as_string(hide_password=False), create=True)
    with new:
        assert {table: parts[:-1] for table, parts in whole(new).items()} == upgraded


def test_the_view_is_that_of_the_code(store):
    store.upgrade()
    migrated = store.database.read(view)
    store.database.write(metadata.drop_all)
    store.database.write(metadata.create_all)
    assert store.database.read(view) == migrated


def view(connection):
    return inspect(connection).get_view_definition("basin_trials")


def test_an_upgrade_killed_before_any_of_its_statements_leaves_the_old_store(store, old):
    before = whole(store)
    count = 0
    while killed(store, count):
        assert whole(store) == before
        count += 1
    assert count > 40
    assert store.upgrade() == (migrate.HEAD, migrate.HEAD)  # the last one went through
    assert_kept(store, old)
    assert store.findings() == []


def killed(store, statement):
    """Upgrade, and tell whether that was killed before the statement of this number, or before the commit."""
    left = [statement]

    def before(*_):
        if left[0] == 0:
            raise KilledError
        left[0] -= 1

    events = [("before_cursor_execute", before), ("commit", before)]
    for name, hook in events:
        event.listen(store.database.engine, name, hook)
    try:
        store.upgrade()
    except KilledError:
        return True
    else:
        return False
    finally:
        for name, hook in events:
            event.remove(store.database.engine, name, hook)


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("DELETE FROM epoch WHERE epoch = 2", "rows of table epoch"),
        ("DELETE FROM attempt WHERE attempt = 1 AND trial_id = 1", "rows of table attempt"),
        ("UPDATE trial SET test_error_final = test_error_final + 1e-9 WHERE id = 101", "final test errors"),
        ("UPDATE trial SET options = '{}' WHERE id = 101", "hyperparameters of the trials"),
    ],
)
def test_an_upgrade_that_would_lose_something_is_refused(store, old, loss, said):
    before = whole(store)

    def lose(connection, _cursor, statement, *_):
        if statement.startswith("CREATE VIEW"):
            connection.exec_driver_sql(loss)

    event.listen(store.database.engine, "before_cursor_execute", lose)
    with pytest.raises(SchemaError, match=f"{said}.*nothing was written") as refused:
        store.upgrade()
    assert refused.value.exit_code == 4
    event.remove(store.database.engine, "before_cursor_execute", lose)
    assert whole(store) == before
    store.upgrade()
    assert_kept(store, old)


def test_a_store_of_the_second_schema_keeps_every_row_and_gains_a_column_that_is_empty(second):
    before = content(second)
    assert second.upgrade() == ("0002", migrate.HEAD)
    after = content(second)
    assert after.keys() == before.keys()
    for table in after.keys() - {migrate.VERSION_TABLE}:
        gained = dict.fromkeys(GAINED.get(table, ()))
        assert after[table] == [row | gained for row in before[table]]
        assert [[*row] for row in after[table]] == [[*row, *gained] for row in before[table]]
    assert len(before["attempt"]) > 10
    assert second.findings() == []


GAINED = {
    "attempt": ("rule",),
    "basin_trials": ("rule", "decay_per_step", "weight_decay_norm", "eps_at", "total_steps", "facts"),
}


def content(store):
    """Return every row of every table and view, in an order of its own."""
    with store.database.engine.connect() as connection:
        inspector = inspect(connection)
        names = (*inspector.get_table_names(), *inspector.get_view_names())
        found = {name: connection.execute(text(f"SELECT * FROM {name}")).mappings().all() for name in names}
        return {name: sorted((dict(row) for row in rows), key=_order) for name, rows in found.items()}


def _order(row):
    return repr([row.get(name) for name in ("study_id", "study", "trial_id", "id", "number", "attempt", "epoch")])


def test_an_upgrade_of_the_second_schema_killed_before_any_of_its_statements_changes_nothing(second):
    before = whole(second)
    count = 0
    while killed(second, count):
        assert whole(second) == before
        count += 1
    assert count >= 5
    assert second.upgrade() == (migrate.HEAD, migrate.HEAD)
    assert second.findings() == []


def test_a_store_of_the_second_schema_comes_to_the_schema_of_the_first_one(second, tmp_path, request):
    second.upgrade()
    found = {table: parts[:-1] for table, parts in whole(second).items()}
    if second.database.is_sqlite:
        location = str(tmp_path / "first.db")
    else:
        run_sql(second, f"DROP SCHEMA {SCHEMA} CASCADE")
        location = second.database.url.render_as_string(hide_password=False)
    old_store(location)
    with Store(location, check_schema=False) as first:
        first.upgrade()
        assert {table: parts[:-1] for table, parts in whole(first).items()} == found


def test_who_could_read_the_view_of_the_second_schema_still_can(second):
    if second.database.is_sqlite:
        pytest.skip("SQLite has no roles")
    run_sql(second, "CREATE ROLE looker")
    try:
        run_sql(second, "GRANT SELECT ON basin_trials TO looker")
        run_sql(second, "CREATE VIEW mine AS SELECT number, lr FROM basin_trials")
        second.upgrade()
        (row,) = run_sql(second, "SELECT has_table_privilege('looker', 'basin_trials', 'SELECT') AS may")
        assert row["may"]
        assert run_sql(second, "SELECT count(*) AS n FROM mine")[0]["n"] > 0
    finally:
        run_sql(second, "DROP OWNED BY looker")
        run_sql(second, "DROP ROLE looker")


def test_rows_that_no_release_writes_are_named_and_left(store, old):
    """A complete trial must have a value; the objective of this study was never measured."""
    run_sql(store, "UPDATE trial SET validation_error_final = NULL WHERE study_id = 2")
    before = whole(store)
    with pytest.raises(SchemaError, match=r"holds rows that no release writes.*complete_result"):
        store.upgrade()
    assert whole(store) == before


def test_a_table_that_somebody_reads_is_waited_for_and_named(location, store, old):
    if store.database.is_sqlite:
        pytest.skip("SQLite's readers are in nobody's way")
    with Store(location, check_schema=False, patience=0.1) as hasty, store.database.reading() as reading:
        reading.execute(text("SELECT count(*) FROM trial")).all()
        with pytest.raises(Exception, match="another session holds it"):
            hasty.upgrade()
    assert store.upgrade() == ("0001", migrate.HEAD)


def test_a_view_of_somebody_else_stops_no_upgrade_on_sqlite_and_is_named_on_a_server(store, old):
    run_sql(store, "CREATE VIEW mine AS SELECT number, lr FROM trial")
    if not store.database.is_sqlite:
        with pytest.raises(Exception, match="a view of somebody else reads what is to change; drop it"):
            store.upgrade()
        run_sql(store, "DROP VIEW mine")
    assert store.upgrade() == ("0001", migrate.HEAD)
    assert_kept(store, old)
