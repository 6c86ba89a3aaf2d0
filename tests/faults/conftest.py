"""What the fault tests share: both databases, and a proxy in front of one of them."""

from pathlib import Path

import pytest

from tests.contract.conftest import fresh_database, location, postgres, store
from tests.faults.proxy import Proxy

__all__ = ["fresh_database", "location", "postgres", "store"]


@pytest.fixture
def proxy(fresh_database):
    """Yield a proxy in front of an empty PostgreSQL database, and the URL through it."""
    folder = Path(fresh_database.query["host"])
    socket = next(path for path in folder.glob(".s.PGSQL.*") if path.suffix != ".lock")
    it = Proxy(str(socket))
    it.url = fresh_database.set(query={}, host="127.0.0.1", port=it.port).render_as_string(hide_password=False)
    yield it
    it.close()
