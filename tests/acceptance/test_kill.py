"""The driver is killed at any moment; the same command finishes the study exactly."""

import os
import random
import subprocess
import time

import psutil
import pytest

from tests.acceptance.conftest import BACKENDS, stop

pytestmark = pytest.mark.acceptance

FINISHED = "SELECT * FROM trial WHERE state IN ('complete', 'diverged', 'failed', 'cancelled') ORDER BY number"


def finished(folder):
    try:
        return {row["number"]: row for row in folder.rows(FINISHED)}
    except Exception:  # noqa: BLE001 - killed before the store was made
        return {}


def wait_until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def assert_exact(folder, before):
    trials = folder.rows("SELECT * FROM trial ORDER BY number")
    assert [t["number"] for t in trials] == list(range(12))
    assert {t["state"] for t in trials} == {"complete"}
    assert len({(t["configuration_id"], t["seed"]) for t in trials}) == 12
    after = {t["number"]: t for t in trials}
    assert all(after[number] == row for number, row in before.items()), "a finished row changed"
    winners = folder.rows("SELECT trial_id, count(*) AS n FROM attempt WHERE ending = 'complete' GROUP BY trial_id")
    assert len(winners) == 12
    assert all(row["n"] == 1 for row in winners)
    epochs = folder.rows(
        "SELECT t.number, count(*) AS n FROM trial t JOIN epoch e ON e.trial_id = t.id AND e.attempt = t.attempt "
        "GROUP BY t.number"
    )
    assert {row["n"] for row in epochs} == {2}


@pytest.mark.parametrize("folder", BACKENDS, indirect=True)
def test_a_driver_killed_again_and_again_finishes_with_exactly_n(small):
    seed = int(os.environ.get("BASIN_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"BASIN_TEST_SEED={seed}")  # noqa: T201 - shown where the test fails
    chance = random.Random(seed)  # noqa: S311
    before = {}
    kills = 0
    for delay in (0.0, *(chance.uniform(0.1, 14.0) for _ in range(5))):
        process = small.start("run", "small.yaml")
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            stop(process)
            kills += 1
        now = finished(small)
        assert all(now[number] == row for number, row in before.items())
        before = now
    done = small.run("run", "small.yaml")
    assert done.returncode == 0, done.stderr
    assert_exact(small, before)
    assert wait_until(lambda: not small.living()), small.living()
    assert kills


@pytest.mark.parametrize("folder", BACKENDS, indirect=True)
def test_killed_right_after_the_first_outcome_loses_nothing(small):
    process = small.start("run", "small.yaml")
    assert wait_until(lambda: finished(small), 90), stop(process)
    stop(process)
    before = finished(small)
    assert before
    assert wait_until(lambda: not small.living()), small.living()
    done = small.run("run", "small.yaml")
    assert done.returncode == 0, done.stderr
    assert_exact(small, before)


@pytest.mark.parametrize("folder", BACKENDS, indirect=True)
def test_a_killed_worker_costs_one_attempt(small):
    process = small.start("run", "small.yaml", "--set", "epochs=30", "--set", "name=killed-worker")
    driver = psutil.Process(process.pid)

    def workers():
        return [p for p in driver.children(recursive=True) if "Worker" in p.name() or "ray::With" in p.name()]

    assert wait_until(lambda: bool(folder_epochs(small)), 90), stop(process)
    victims = workers() or [p for p in driver.children(recursive=True) if p.name().startswith("ray::Resource")]
    assert victims, [p.name() for p in driver.children(recursive=True)]
    victims[0].kill()
    output = process.communicate(timeout=200)[0]
    assert process.returncode == 0, output
    assert {row["state"] for row in small.rows("SELECT state FROM trial")} == {"complete"}
    assert len(small.rows("SELECT * FROM attempt WHERE ending = 'error'")) == 1


def guardian_of(process):
    (found,) = [child for child in psutil.Process(process.pid).children() if "study.guardian" in child.cmdline()]
    return found


@pytest.mark.timeout(900)
def test_who_reads_the_log_of_a_drive_outlives_it(small):
    process = small.start("run", "small.yaml", "--set", "epochs=100000")
    assert wait_until(lambda: folder_epochs(small), 300), stop(process)
    (logs,) = small.temporary.glob("basin-*/ray/session_2*/logs")
    person = subprocess.Popen(["/bin/sh"], cwd=logs, stdin=subprocess.PIPE)
    try:
        stop(process)
        assert wait_until(lambda: not small.left(), 60)
        assert wait_until(lambda: len(small.living()) == 1, 60), small.living()
        assert person.poll() is None
    finally:
        person.kill()
        person.communicate()


@pytest.mark.timeout(900)
def test_the_next_drive_cleans_what_one_killed_with_its_guardian_has_left(small):
    process = small.start("run", "small.yaml")
    assert wait_until(lambda: folder_epochs(small), 300), stop(process)
    guardian_of(process).kill()
    stop(process)
    assert small.left()
    done = small.run("run", "small.yaml", timeout=300)
    assert done.returncode == 0, done.stderr
    assert_exact(small, {})
    assert wait_until(lambda: not small.living(), 60), small.living()
    assert not small.left()


def folder_epochs(folder):
    try:
        return folder.rows("SELECT * FROM epoch LIMIT 1")
    except Exception:  # noqa: BLE001 - the store is not there yet
        return []
