"""A real driver whose PostgreSQL goes away in the middle of its study."""

import time

import pytest

from tests.acceptance.conftest import SPECIFICATION, Folder
from tests.acceptance.test_kill import assert_exact, folder_epochs, wait_until

pytestmark = [pytest.mark.acceptance, pytest.mark.postgres]


def test_a_drive_survives_seconds_without_its_database(tmp_path, proxy, fresh_database):
    folder = Folder(tmp_path, proxy.url)
    folder.write("small.yaml", SPECIFICATION)
    process = folder.start("run", "small.yaml")
    folder.store = fresh_database.render_as_string(hide_password=False)  # this test looks past the proxy
    assert wait_until(lambda: folder_epochs(folder), 90), process.kill()
    proxy.cut()
    time.sleep(5.0)  # the outage itself, not a wait for something
    proxy.restore()
    output = process.communicate(timeout=200)[0]
    assert process.returncode == 0, output
    assert_exact(folder, {})
    assert {row["attempt"] for row in folder.rows("SELECT attempt FROM trial")} == {1}
