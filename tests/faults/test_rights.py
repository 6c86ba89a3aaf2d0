"""A store that one may only read: every reading command works, and those that write say so and leave no trace."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import text

from study.errors import StoreUnreachableError, UsageError
from study.hosts import Process
from study.store import Store
from tests.contract.conftest import administer
from tests.contract.helpers import claim_one, completion, every_outcome, make, run_sql, tell

READING = [
    ("studies", "--json"), ("show", "study", "--json"), ("trials", "study", "--json"), ("curves", "study", "--json"),
    ("report", "study", "--out", "OUT", "--json"), ("db", "check", "--json"), ("db", "upgrade", "--json"),
]  # fmt: skip
WRITING = [
    ("cancel", "other"),
    ("reap",),
    ("retry", "study", "--failed"),
    ("extend", "study", "SPEC"),
    ("run", "SPEC"),
]
SPECIFICATION = """
name: fresh
task: {dataset: digits, network: mlp}
epochs: 3
space: {lr: {values: [0.01, 0.1, 1.0]}}
seeds: 3
"""

RUN = """
import contextlib, io, json, sys
from study.cli.app import run
done = []
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), contextlib.suppress(Exception):
        code = "it raised"
        try:
            run(arguments)
        except SystemExit as end:
            code = end.code or 0
    done.append((arguments[0], code, out.getvalue(), err.getvalue()))
print(json.dumps(done))
"""

# Root may do anything; without these two capabilities the modes of its own files hold for it as for everybody.
OBEDIENT = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]


@pytest.fixture
def place(tmp_path):
    """Yield a folder with a store, whose modes are put back so that it can be taken away."""
    place = tmp_path / "there"
    place.mkdir()
    with Store(str(place / "basin.db"), create=True) as store:
        filled(store)
    yield place
    place.chmod(0o755)


def filled(store):
    store.leases.register("ann", Process.current())
    every_outcome(store, make(store))
    make(store, name="other")


@pytest.fixture
def guest(tmp_path):
    """Return a function that runs commands on a store; the modes of its files hold for their process."""
    (tmp_path / "spec.yaml").write_text(SPECIFICATION, encoding="utf-8")
    prefix = OBEDIENT if os.geteuid() == 0 else []
    if prefix and shutil.which("setpriv") is None:
        pytest.skip("root ignores the modes of files, and there is no setpriv to change that")

    def guest(location, commands, before=()):
        names = {"OUT": str(tmp_path / "out"), "SPEC": str(tmp_path / "spec.yaml")}
        words = [[*(names.get(word, word) for word in command), "--store", str(location)] for command in commands]
        bound = [] if "://" in str(location) else prefix
        command = [*before, *bound, sys.executable, "-c", RUN, json.dumps(words)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=280, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return guest


def assert_readable(done):
    codes = {name: (code, err) for name, code, _, err in done}
    assert all(code == 0 for code, _ in codes.values()), codes
    out = {name: json.loads(text) for name, _, text, _ in done if name != "db"}
    assert {row["name"] for row in out["studies"]} == {"study", "other"}
    assert (out["show"]["trials"]["complete"], len(out["trials"]), len(out["curves"])) == (1, 6, 4)


def assert_refused(done):
    for name, code, out, err in done:
        assert (code, out, err.count("\n")) == (4, "", 1), (name, code, out, err)
        assert err.startswith("basin: the store "), err


def contents(place):
    return {path.name: path.read_bytes() for path in place.iterdir()}


MODES = {"file and folder": (0o444, 0o555), "file alone": (0o444, 0o777), "folder alone": (0o644, 0o555)}


@pytest.mark.acceptance
@pytest.mark.parametrize("modes", MODES)
def test_files_that_one_may_only_read_can_be_read_and_nothing_is_left_beside_them(place, guest, modes):
    file, folder = MODES[modes]
    (place / "basin.db").chmod(file)
    place.chmod(folder)
    before = contents(place)
    done = guest(place / "basin.db", READING + WRITING)
    assert_readable(done[: len(READING)])
    assert_refused(done[len(READING) :])
    assert "must be writable" in done[-1][3]
    assert contents(place) == before


@pytest.mark.acceptance
def test_a_mount_that_is_read_only_can_be_read(place, guest):
    unshared = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]
    mounted = f"mount --bind {place} {place} && mount -o remount,bind,ro {place}"
    if subprocess.run([*unshared, mounted], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount anything here")
    done = guest(place / "basin.db", READING + WRITING[:1], before=[*unshared, f'{mounted} && exec "$@"', "sh"])
    assert_readable(done[: len(READING)])
    assert_refused(done[len(READING) :])


@pytest.mark.acceptance
def test_what_a_writer_has_in_its_log_can_be_read_by_who_may_write_nothing(place, guest):
    with Store(str(place / "basin.db")) as writer, writer.database.engine.connect() as kept:
        kept.execute(text("SELECT count(*) FROM trial")).all()  # the log is not written back while this reads
        assert writer.studies.cancel(writer.studies.get("other")) == 6
        for file in place.iterdir():
            file.chmod(0o444)
        place.chmod(0o555)
        assert (place / "basin.db-wal").stat().st_size
        done = guest(place / "basin.db", [*READING, ("cancel", "other")])
        assert_readable(done[: len(READING)])
        assert json.loads(done[0][2])[1]["trials"]["cancelled"] == 6
        assert_refused(done[len(READING) :])


@pytest.mark.acceptance
def test_a_log_that_only_a_writer_can_take_in_is_named_and_not_passed_over(place, guest):
    left_behind(place)
    place.chmod(0o555)
    (place / "basin.db").chmod(0o444)
    ((_, code, out, err),) = guest(place / "basin.db", [("studies",)])
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert "has a log beside it (basin.db-wal)" in err
    place.chmod(0o755)
    (place / "basin.db").chmod(0o644)
    assert guest(place / "basin.db", [("studies", "--json")])[0][1] == 0


def left_behind(place):
    """Leave a log as a computer does that lost its power."""
    kept = sqlite3.connect(place / "basin.db")
    kept.execute("UPDATE study SET code_version = 'new'")
    kept.commit()
    shutil.copy(place / "basin.db-wal", place / "kept")
    kept.close()
    (place / "kept").rename(place / "basin.db-wal")


@pytest.mark.acceptance
def test_a_file_that_one_may_not_read_is_said_to_be_such(place, guest):
    (place / "basin.db").chmod(0o000)
    ((_, code, out, err),) = guest(place / "basin.db", [("studies",)])
    assert (code, out) == (4, "")
    assert "must be readable" in err


@pytest.mark.acceptance
def test_a_store_is_not_made_in_a_folder_that_one_may_only_read(place, guest):
    place.chmod(0o555)
    ((_, code, out, err),) = guest(place / "new.db", [("run", "SPEC")])
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert "cannot be made" in err
    assert not (place / "new.db").exists()


# --- what was read without locks ---


@pytest.fixture
def unlocked(place, monkeypatch):
    """Yield a store that is read without locks."""
    with Store(str(place / "basin.db")) as store:
        monkeypatch.setattr("study.store.file._may", lambda _, mode: mode == os.R_OK)
        yield store


def written(place, value):
    """Write to a store as another process, which takes its log in when it ends."""
    with sqlite3.connect(place / "basin.db") as other:
        other.execute("UPDATE study SET code_version = ?", (value,))
    other.close()


def test_what_is_written_while_it_is_read_without_locks_is_read_again(unlocked, place):
    tries = []

    def work(connection):
        first = connection.execute(text("SELECT min(code_version) FROM study")).scalar()
        if not tries:
            written(place, "new")
        tries.append(first)
        return first, connection.execute(text("SELECT max(code_version) FROM study")).scalar()

    assert unlocked.database.read(work) == ("new", "new")
    assert len(tries) == 2


def test_rows_that_were_written_while_they_were_read_without_locks_are_not_taken_for_true(unlocked, place):
    rows = unlocked.queries.trials(unlocked.studies.get("study").id)
    next(rows)
    written(place, "new")
    with pytest.raises(StoreUnreachableError, match="written while it was read"):
        list(rows)


def test_a_log_that_begins_while_a_store_is_read_without_locks_is_no_fault(unlocked, place):
    rows = unlocked.queries.trials(unlocked.studies.get("study").id)
    next(rows)
    kept = sqlite3.connect(place / "basin.db")
    kept.execute("UPDATE study SET code_version = 'new'")
    kept.commit()
    assert len(list(rows)) == 5
    assert {it.code_version for it in unlocked.studies.all()} == {"new"}
    kept.close()


# --- PostgreSQL ---


@pytest.fixture
def server(fresh_database):
    """Yield a store on PostgreSQL."""
    with Store(fresh_database.render_as_string(hide_password=False), create=True) as store:
        filled(store)
        yield store


@pytest.fixture
def role(fresh_database):
    """Yield a role without any right of its own, and the URL with which it logs in."""
    drop = ("DROP OWNED BY guest CASCADE", "DROP ROLE guest")
    administer(fresh_database, "CREATE ROLE guest LOGIN")
    yield fresh_database.set(username="guest").render_as_string(hide_password=False)
    administer(fresh_database, *drop)


GRANTS = ("GRANT USAGE ON SCHEMA basin TO guest", "GRANT SELECT ON ALL TABLES IN SCHEMA basin TO guest")


@pytest.mark.postgres
def test_a_role_that_may_only_read_reads_everything_and_writes_nothing(server, role, guest):
    administer(server.database.url, *GRANTS)
    done = guest(role, READING + WRITING)
    assert_readable(done[: len(READING)])
    assert_refused(done[len(READING) :])
    assert all("permission denied" in err for _, _, _, err in done[len(READING) :])


@pytest.mark.postgres
def test_transactions_that_may_only_read_read_everything_and_write_nothing(server, guest):
    url = server.database.url.update_query_dict({"options": "-c default_transaction_read_only=on"})
    done = guest(url.render_as_string(hide_password=False), READING + WRITING)
    assert_readable(done[: len(READING)])
    assert_refused(done[len(READING) :])
    assert all("read-only transaction" in err for _, _, _, err in done[len(READING) :])


@pytest.mark.postgres
def test_a_role_without_any_right_is_told_which_it_needs(server, role):
    for create in (True, False):
        with pytest.raises(StoreUnreachableError, match="GRANT USAGE ON SCHEMA basin") as refused:
            Store(role, create=create)
        assert refused.value.exit_code == 4
    administer(server.database.url, GRANTS[0])
    with pytest.raises(StoreUnreachableError, match="permission denied for table"):
        Store(role, create=False)


@pytest.mark.postgres
def test_a_role_that_may_make_no_schema_needs_one_made_for_it(fresh_database, role):
    with pytest.raises(StoreUnreachableError, match="permission denied for database"):
        Store(role, create=True)
    administer(fresh_database, "CREATE SCHEMA basin AUTHORIZATION guest")
    with Store(role, create=True) as store:
        filled(store)
        assert store.findings() == []


@pytest.mark.postgres
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_keep_every_text_is_refused(fresh_database, encoding):
    made = f"CREATE DATABASE narrow ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    administer(fresh_database, made)
    url = fresh_database.set(database="narrow").render_as_string(hide_password=False)
    try:
        with pytest.raises(StoreUnreachableError, match=f"must keep its text as UTF8, got {encoding}") as refused:
            Store(url, create=True)
        assert refused.value.exit_code == 4
    finally:
        administer(fresh_database, "DROP DATABASE narrow WITH (FORCE)")


@pytest.mark.postgres
def test_a_text_that_an_older_database_cannot_keep_is_a_sentence(server, fresh_database):
    administer(
        fresh_database, "CREATE DATABASE narrow ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    url = fresh_database.set(database="narrow")
    try:
        administer(url, "CREATE SCHEMA basin")
        with Store(url.render_as_string(hide_password=False), create=True) as store:
            store.leases.register("ann", Process.current())
            study = make(store)
            run_sql(store, "UPDATE trial SET reason = :reason WHERE number = 1", reason="é")
            assert len(list(store.queries.trials(study.id, where="reason = 'é'"))) == 1
            with pytest.raises(StoreUnreachableError, match="must keep its text as UTF8"):
                list(store.queries.trials(study.id, where="reason = '☃'"))
            assert tell(store, completion(claim_one(store, study))) == set()
    finally:
        administer(fresh_database, "DROP DATABASE narrow WITH (FORCE)")


@pytest.mark.postgres
@pytest.mark.parametrize("option", ["foo=bar", "sslmode=foo", "connect_timeout=abc", "port=abc", "conninfo=abc"])
def test_an_option_that_there_is_not_is_refused_at_once(fresh_database, option):
    url = fresh_database.render_as_string(hide_password=False)
    with pytest.raises(UsageError, match="options of the store's URL must be those of PostgreSQL"):
        Store(f"{url}&{option}")


@pytest.mark.postgres
def test_options_of_the_url_hold_beside_those_of_the_store(fresh_database):
    url = fresh_database.update_query_dict({"options": "-c statement_timeout=7s", "connect_timeout": "3"})
    with Store(url.render_as_string(hide_password=False), create=True) as store:
        assert run_sql(store, "SHOW statement_timeout") == [{"statement_timeout": "7s"}]
        assert run_sql(store, "SHOW search_path") == [{"search_path": "basin"}]


def test_a_file_takes_no_options(tmp_path):
    with pytest.raises(UsageError, match="takes no options, got 'mode'"):
        Store(f"sqlite:///{tmp_path}/basin.db?mode=ro")
