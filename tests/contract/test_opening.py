"""Opening a store: made where it is empty, by many at once; recognised; refused where it is another's."""

import gc
import subprocess
import sys

import optuna
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from study.errors import SchemaError, StoreBrokenError, StoreError, StoreUnreachableError
from study.hosts import Process
from study.store import Store, migrate
from study.store.database import SCHEMA
from study.store.schema import metadata
from tests.contract.helpers import claim_one, completion, make, rows, run_sql, tell

PROCESSES = 16
OPEN = """
import sys
from study.store import Store
print("ready", flush=True)
sys.stdin.readline()
with Store(sys.argv[1], create=True) as store:
    print(len(store.studies.all()), flush=True)
"""


@pytest.fixture(autouse=True)
def nothing_left_open():
    """Let a connection that a test left open warn, which is an error, within that test."""
    yield
    gc.collect()


def test_many_processes_may_open_an_empty_store_at_once(location):
    command = [sys.executable, "-c", OPEN, location]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    children = [subprocess.Popen(command, **pipes) for _ in range(PROCESSES)]
    assert [child.stdout.readline() for child in children] == ["ready\n"] * PROCESSES
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    answers = [child.communicate() for child in children]
    assert [out for out, _ in answers] == ["0\n"] * PROCESSES
    # Who waits for a lock for more than a moment says so, and nothing else is said.
    assert all(line.startswith("waiting for the store ") for _, err in answers for line in err.splitlines())
    assert [child.returncode for child in children] == [0] * PROCESSES
    with Store(location) as store:
        assert store.upgrade() == (migrate.HEAD, migrate.HEAD)


def test_a_store_that_is_not_there_is_made_only_when_asked_for(location):
    with pytest.raises(StoreError, match="`basin run` makes one") as refused:
        Store(location)
    assert refused.value.exit_code == 4
    Store(location, create=True).close()
    with Store(location) as store:
        assert store.studies.all() == []


@pytest.mark.parametrize("options", [{}, {"check_schema": False}], ids=["looked at", "not looked at"])
def test_looking_for_a_store_makes_no_file(tmp_path, options):
    with pytest.raises(StoreUnreachableError, match=r"no store at .*typo\.db"):
        Store(str(tmp_path / "typo.db"), **options)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_whose_file_goes_away_makes_none(tmp_path):
    path = tmp_path / "a b?c%20#.db"
    Store(str(path), create=True).close()
    with Store(str(path)) as reader:
        assert reader.studies.all() == []
        path.unlink()
        with pytest.raises(StoreBrokenError, match="was deleted or moved"):
            reader.studies.all()
    assert list(tmp_path.iterdir()) == []


def test_a_store_keeps_what_was_written_when_it_is_opened_again(location):
    with Store(location, create=True) as store:
        name = make(store).name
    with Store(location) as store:
        assert [study.name for study in store.studies.all()] == [name]


def test_the_head_is_the_newest_migration():
    script = ScriptDirectory.from_config(migrate._config())
    assert script.get_heads() == [migrate.HEAD]


def test_every_migration_is_named_by_its_number():
    script = ScriptDirectory.from_config(migrate._config())
    revisions = [revision.revision for revision in script.walk_revisions()]
    assert sorted(revisions, reverse=True) == revisions


def test_the_migrations_make_the_tables_of_the_code(store):
    def difference(connection):
        options = {"compare_type": True, "version_table": migrate.VERSION_TABLE}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert store.database.read(difference) == []


def test_the_migrations_make_every_constraint_and_default_of_the_code(store):
    migrated = store.database.read(described)
    run_sql(store, f"DROP TABLE {migrate.VERSION_TABLE}")
    store.database.write(metadata.drop_all)
    store.database.write(metadata.create_all)
    assert store.database.read(described) == migrated
    assert len(migrated["trial"]["checks"]) >= 9


def described(connection):
    """Return whatever a database tells of the tables: what autogeneration compares, and checks and defaults too."""
    inspector = inspect(connection)

    def column(of):
        return of["name"], str(of["type"]), of["nullable"], str(of["default"]).strip("()")

    def constraint(of):
        options = {key: str(value) for key, value in of.get("dialect_options", {}).items()}
        return sorted((key, str(value)) for key, value in (of | {"dialect_options": options}).items())

    return {
        table: {
            "columns": [column(of) for of in inspector.get_columns(table)],
            "checks": sorted(constraint(of) for of in inspector.get_check_constraints(table)),
            "uniques": sorted(constraint(of) for of in inspector.get_unique_constraints(table)),
            "keys": sorted(constraint(of) for of in inspector.get_foreign_keys(table)),
            "indexes": sorted(constraint(of) for of in inspector.get_indexes(table)),
            "primary": constraint(inspector.get_pk_constraint(table)),
        }
        for table in metadata.tables
    }


@pytest.mark.parametrize("revision", ["9999", "1975ea83b712"])
def test_a_schema_of_a_newer_release_is_refused(location, revision):
    with Store(location, create=True) as store:
        run_sql(store, f"UPDATE {migrate.VERSION_TABLE} SET version_num = :revision", revision=revision)
    with pytest.raises(SchemaError, match=f"must have schema {migrate.HEAD}, got '{revision}'.*newer release") as no:
        Store(location)
    assert no.value.exit_code == 4
    with Store(location, check_schema=False) as store, pytest.raises(SchemaError, match="upgrade Basin"):
        store.upgrade()


def test_a_database_with_a_table_of_the_same_name_is_refused_and_left_alone(location):
    with Store(location, check_schema=False, create=True) as foreign:
        if not foreign.database.is_sqlite:
            run_sql(foreign, f"CREATE SCHEMA {SCHEMA}")
        run_sql(foreign, "CREATE TABLE trial (id INTEGER PRIMARY KEY, treatment TEXT)")
        run_sql(foreign, "INSERT INTO trial VALUES (1, 'placebo')")
    with pytest.raises(SchemaError) as refused:
        Store(location, create=True)
    assert refused.value.exit_code == 4
    with Store(location, check_schema=False) as foreign:
        assert run_sql(foreign, "SELECT * FROM trial") == [{"id": 1, "treatment": "placebo"}]
        assert foreign.database.read(lambda connection: inspect(connection).get_table_names()) == ["trial"]


def test_a_database_that_optuna_owns_can_hold_a_store_beside_it(location):
    assert optimized(location, n_trials=2) == 2
    with Store(location, create=True) as store:
        store.leases.register("ann", Process.current())
        study = make(store)
        tell(store, completion(claim_one(store, study)))
        assert store.studies.counts(study.id).complete == 1
    assert optimized(location, n_trials=1) == 3
    with Store(location) as store:
        assert len(rows(store)) == 6


def test_optuna_can_begin_a_study_in_the_database_of_a_store(location):
    Store(location, create=True).close()
    assert optimized(location, n_trials=2) == 2
    with Store(location) as store:
        make(store)
        assert len(run_sql(store, "SELECT * FROM basin_trials")) == 6


@pytest.mark.parametrize("taken", ["CREATE TABLE basin_trials (id INTEGER)", "CREATE VIEW basin_trials AS SELECT 1"])
def test_a_database_with_a_view_of_the_same_name_is_refused(location, taken):
    with Store(location, check_schema=False, create=True) as foreign:
        if not foreign.database.is_sqlite:
            run_sql(foreign, f"CREATE SCHEMA {SCHEMA}")
        run_sql(foreign, taken)
    with pytest.raises(SchemaError, match="tables named basin_trials that are not Basin's"):
        Store(location, create=True)


def optimized(location, n_trials):
    """Let Optuna work on a study of its own in a database, and return how many trials that has then."""
    storage = optuna.storages.RDBStorage(location if "://" in location else f"sqlite:///{location}")
    study = optuna.create_study(storage=storage, study_name="theirs", load_if_exists=True)
    study.optimize(lambda trial: trial.suggest_float("x", 0.0, 1.0), n_trials=n_trials)
    count = len(study.trials)
    storage.engine.dispose()
    return count


@pytest.mark.postgres
def test_the_tables_of_a_server_stand_in_a_schema_of_their_own(fresh_database):
    with Store(fresh_database.render_as_string(hide_password=False), create=True):
        engine = create_engine(fresh_database)
        with engine.connect() as connection:
            assert inspect(connection).get_table_names(schema="public") == []
            assert {*metadata.tables, migrate.VERSION_TABLE} == set(
                inspect(connection).get_table_names(schema=SCHEMA)
            )
        engine.dispose()


def test_readers_of_a_file_are_not_blocked_by_its_writer(tmp_path):
    path = str(tmp_path / "basin.db")
    with Store(path, create=True) as writer, Store(path, patience=0.1) as reader:
        make(writer)
        with writer.database._writer.begin() as connection:
            connection.execute(text("UPDATE study SET code_version = 'new'"))
            assert [study.code_version != "new" for study in reader.studies.all()] == [True]
        assert [study.code_version for study in reader.studies.all()] == ["new"]


def test_a_file_locked_by_another_for_too_long_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("study.store.database.BUSY_SECONDS", 0.0)
    path = str(tmp_path / "basin.db")
    with Store(path, create=True) as holder, Store(path, patience=0.05) as waiting:
        study = make(holder)
        with holder.database._writer.begin(), pytest.raises(StoreError, match=r"basin\.db cannot be used.*locked"):
            waiting.studies.cancel(study)
        assert waiting.studies.cancel(study) == 6
