"""Several drivers on one study at once, and a store of an earlier release."""

import shutil
from pathlib import Path

import pytest

from tests.acceptance.conftest import BACKENDS
from tests.acceptance.test_kill import assert_exact, wait_until

pytestmark = pytest.mark.acceptance

RELEASES = sorted((Path(__file__).parent / "releases").glob("*.db"))


def made(folder):
    try:
        return folder.rows("SELECT * FROM study")
    except Exception:  # noqa: BLE001 - the store is not there yet
        return []


@pytest.mark.parametrize("folder", BACKENDS, indirect=True)
def test_drivers_started_together_finish_one_study_exactly(small):
    drivers = [small.start("run", "small.yaml", "--workers", "1") for _ in range(4)]
    assert wait_until(lambda: made(small), 60)
    other = small.run("run", "small.yaml", "--set", "seeds=5", timeout=200)
    outputs = [driver.communicate(timeout=200)[0] for driver in drivers]
    # Who asks for another N is told both numbers, and changes nothing.
    assert other.returncode == 2, other.stderr
    assert "seeds: stored 2, given 5" in other.stderr
    assert [driver.returncode for driver in drivers] == [0] * 4, outputs
    assert_exact(small, {})
    assert small.json("db", "check", "--json")["findings"] == []


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_a_store_of_a_release_is_upgraded_and_its_study_resumed(small, release):
    shutil.copy(release, small.path / "basin.db")
    assert small.run("db", "upgrade").returncode == 0
    assert small.run("db", "check").returncode == 0
    before = {row["number"]: row for row in small.rows("SELECT * FROM trial WHERE state = 'complete'")}
    assert 0 < len(before) < 12
    done = small.run("run", "small.yaml")
    assert done.returncode == 0, done.stderr
    assert_exact(small, before)


def test_every_release_left_its_store():
    assert [path.stem for path in RELEASES] == ["0.1.0"]


def test_a_retry_and_an_extension_train_only_what_is_missing(small):
    assert small.run("run", "small.yaml").returncode == 0
    before = {row["number"]: row for row in small.rows("SELECT * FROM trial")}
    assert small.json("retry", "small", "--where", "number = 3", "--json")["retried"] == 1
    added = small.json("extend", "small", "small.yaml", "--set", "space.p.values=[0, 0.25, 0.5]", "--json")
    assert added["added"] == {"configurations": 3, "trials": 6}
    done = small.run("run", "small.yaml", "--set", "space.p.values=[0, 0.25, 0.5]")
    assert done.returncode == 0, done.stderr
    after = {row["number"]: row for row in small.rows("SELECT * FROM trial")}
    assert len(after) == 19
    unchanged = {number: row for number, row in before.items() if number != 3}
    assert all(after[number] == row for number, row in unchanged.items())
    assert after[3]["superseded"]
    assert {row["state"] for row in after.values()} == {"complete"}
    assert len(small.rows("SELECT * FROM attempt")) == 19
