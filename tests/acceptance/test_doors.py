"""Who else is on the machine or the network gets nothing: no way into the cluster, and no password."""

import contextlib
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from sqlalchemy import URL, create_engine, text

from tests.acceptance.conftest import stop
from tests.acceptance.test_kill import folder_epochs, wait_until
from tests.contract.conftest import administer

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900), pytest.mark.usefixtures("one_worker")]

LONG = ("run", "small.yaml", "--set", "epochs=100000")
VISITOR = """
import sys
from ray._raylet import GcsClient
print(GcsClient(address=sys.argv[1]).get_all_node_info(timeout=30))
"""

JOBS = """
import sys
from ray._raylet import GcsClient
print([job.entrypoint for job in GcsClient(address=sys.argv[1]).get_all_job_info(timeout=30).values()])
"""
PASSWORDS = {"PGPASSWORD": "-".join(("correct", "horse")), "BASIN_STORE": "-".join(("battery", "staple"))}


def port(folder):
    """Return the file that names the port of the folder's cluster, None while there is none."""
    return next(folder.temporary.glob("basin-*/ray/session_latest/gcs_server_port_*"), None)


def test_a_cluster_without_a_token_is_refused_before_anything_is_started(small):
    small.environment["RAY_AUTH_MODE"] = "disabled"
    done = small.run("run", "small.yaml")
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(
        "basin: RAY_AUTH_MODE must be token or not set where Basin starts a cluster, got 'disa"
    )
    assert [path.name for path in small.path.iterdir()] == ["small.yaml"]
    assert not small.living()


def test_a_visitor_without_the_token_is_turned_away(small):
    small.environment["RAY_AUTH_MODE"] = ""  # which Ray takes for "no token"
    process = small.start(*LONG)
    try:
        assert wait_until(lambda: port(small), 300), stop(process)
        address = f"127.0.0.1:{port(small).read_text(encoding='ascii')}"
        visit = subprocess.run(
            [sys.executable, "-c", VISITOR, address],
            env=small.environment | {"RAY_AUTH_MODE": "disabled"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        stop(process)
    assert visit.returncode == 1
    assert "AuthenticationError" in visit.stderr, visit.stderr


@pytest.fixture
def guarded_database(fresh_database):
    """Yield the URL, without its password, of an empty database that lets `ann` in with a password alone."""
    engine = create_engine(fresh_database)
    with engine.connect() as connection:
        rules = Path(connection.execute(text("SHOW hba_file")).scalar_one())
    engine.dispose()
    before = rules.read_text(encoding="utf-8")
    administer(fresh_database, f"CREATE ROLE ann SUPERUSER LOGIN PASSWORD '{PASSWORDS['PGPASSWORD']}'")
    rules.write_text(f"local all ann scram-sha-256\nhost all ann all scram-sha-256\n{before}", encoding="utf-8")
    administer(fresh_database, "SELECT pg_reload_conf()")
    yield URL.create("postgresql", "ann", database=fresh_database.database, query=fresh_database.query)
    rules.write_text(before, encoding="utf-8")
    administer(fresh_database, "SELECT pg_reload_conf()", "DROP OWNED BY ann CASCADE", "DROP ROLE ann")


def seen(folder, process):
    """Return everything that others can read of a drive, by where it stands."""
    found = {}
    drive = psutil.Process(process.pid)
    for one in [drive, *drive.children(recursive=True)]:
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                found[f"{one.pid} {one.name()} {name}"] = Path(f"/proc/{one.pid}/{name}").read_bytes()
    for path in folder.temporary.rglob("*"):
        if path.is_file() and not path.is_symlink():
            found[str(path)] = path.read_bytes()
    return found


def entrypoints(folder, found):
    """Return what the cluster tells its members of its jobs."""
    token = next(
        content.partition(b"RAY_AUTH_TOKEN=")[2][:32] for content in found.values() if b"AUTH_TOKEN=" in content
    )
    return subprocess.run(
        [sys.executable, "-c", JOBS, f"127.0.0.1:{port(folder).read_text(encoding='ascii')}"],
        env=folder.environment | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token.decode()},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout


@pytest.mark.postgres
@pytest.mark.parametrize("given", ["option", "variable"])
def test_nobody_sees_a_password_while_a_study_is_driven(small, guarded_database, given):
    with_password = guarded_database.set(password=PASSWORDS["PGPASSWORD"])
    elsewhere = guarded_database.set(password=PASSWORDS["BASIN_STORE"], database="elsewhere")
    small.store = with_password.render_as_string(hide_password=False)
    arguments = ["run", "small.yaml", "--set", "epochs=100", "--set", "seeds=1"]
    if given == "option":
        small.environment["BASIN_STORE"] = elsewhere.render_as_string(hide_password=False)
        arguments += ["--store", small.store]
    else:
        small.environment["BASIN_STORE"] = guarded_database.render_as_string()
        small.environment["PGPASSWORD"] = PASSWORDS["PGPASSWORD"]
    process = small.start(*arguments)
    try:
        assert wait_until(lambda: folder_epochs(small), 300), stop(process)
        found = seen(small, process)
        found["jobs"] = entrypoints(small, found).encode()
        # The drive has to connect once more, long after its environment lost the password.
        administer(
            with_password,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ann' "
            "AND pid <> pg_backend_pid()",
        )
        done = process.communicate(timeout=400)[0]
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, done
    assert {row["state"] for row in small.rows("SELECT state FROM trial")} == {"complete"}
    assert b"basin" in found["jobs"]
    assert sum("ray::" in place for place in found) > 0, sorted(found)
    assert sum(".log" in place for place in found) > 5, sorted(found)
    assert [
        place for place, text in found.items() for password in PASSWORDS.values() if password.encode() in text
    ] == []
    assert not any(password in done for password in PASSWORDS.values())
