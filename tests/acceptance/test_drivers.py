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
@pytest.mark.usefixtures("joined")
def test_a_store_of_a_release_is_upgraded_and_its_study_resumed(small, release):
    shutil.copy(release, small.path / "basin.db")
    assert small.run("db", "upgrade").returncode == 0
    assert small.run("db", "check").returncode == 0
    before = {row["number"]: row for row in small.rows("SELECT * FROM trial WHERE state = 'complete'")}
    assert 0 < len(before) < 12
    done = small.run("run", "small.yaml")
    assert done.returncode == 0, done.stderr
    assert_exact(small, before)


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
@pytest.mark.usefixtures("joined")
def test_a_study_of_a_release_goes_on_and_grows_by_the_rules_it_began_with(small, release):
    shutil.copy(release, small.path / "basin.db")
    assert small.run("db", "upgrade").returncode == 0
    began = small.json("show", "small", "--json")["specification"]
    complete = small.json("show", "small", "--json")["trials"]["complete"]
    assert 0 < complete < 12
    assert small.json("extend", "small", "small.yaml", "--set", "seeds=3", "--json")["added"]["trials"] == 6
    assert small.json("retry", "small", "--where", "state = 'complete'", "--json")["retried"] == complete
    done = small.run("run", "small.yaml", "--set", "seeds=3")
    assert done.returncode == 0, done.stderr
    assert small.json("show", "small", "--json")["specification"] == began | {"seeds": 3}
    assert small.json("db", "check", "--json")["findings"] == []
    # Trained anew, each gives the number it gave then; a step more or less an epoch would show in the third digit.
    rows = [row for row in small.json("trials", "small", "--json") if row["state"] == "complete"]
    then, now = (
        {
            (row["lr"], row["p"], row["seed"]): row["train_loss_final"]
            for row in rows
            if row["generation"] == generation
        }
        for generation in (0, 1)
    )
    assert len(now) == complete
    assert now == pytest.approx({cell: then[cell] for cell in now}, rel=1e-4)


def test_every_release_left_its_store():
    assert [path.stem for path in RELEASES] == ["0.1.0", "0.2.0"]


@pytest.mark.usefixtures("joined")
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
