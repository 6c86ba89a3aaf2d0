"""Workers that stall and clusters that die under a drive: it ends all the same, and soon."""

import contextlib
import time
from pathlib import Path

import psutil
import pytest

from tests.acceptance.clusters import head
from tests.acceptance.conftest import stop
from tests.acceptance.test_kill import folder_epochs, wait_until

pytestmark = pytest.mark.acceptance

LONG = ("--set", "epochs=60")  # so long that whoever is stopped or killed is at work
SECONDS = 240  # for what takes fifteen on an idle machine


def living(folder, *names):
    """Return the processes of the clusters in a folder whose names begin like this."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if Path(process.cwd()).is_relative_to(folder.temporary) and process.name().startswith(names):
                found.append(process)
    return found


def workers(folder):
    return living(folder, "ray::Resource")


def started(folder, *arguments, **settings):
    """Start a drive and return it once a worker has reported."""
    folder.environment |= settings
    process = folder.start("run", "small.yaml", *LONG, *arguments)
    assert wait_until(lambda: folder_epochs(folder) and workers(folder), SECONDS), stop(process)
    return process


def endings(folder):
    rows = folder.rows("SELECT ending, count(*) AS n FROM attempt GROUP BY ending")
    return {row["ending"]: row["n"] for row in rows}


def assert_finished(folder, process, output):
    assert process.returncode == 0, output
    assert {row["state"] for row in folder.rows("SELECT state FROM trial")} == {"complete"}
    assert len(folder.rows("SELECT * FROM trial")) == 12
    assert endings(folder)["complete"] == 12
    assert folder.json("db", "check", "--json")["findings"] == []
    assert "Traceback" not in output
    assert wait_until(lambda: not folder.living()), folder.living()


@pytest.mark.timeout(900)
def test_a_worker_that_stalls_is_killed_at_its_deadline_and_its_trial_trained_by_another(small):
    process = started(small, BASIN_LEASE_SECONDS="8", BASIN_STALL_SECONDS="20")
    victim = workers(small)[0]
    victim.suspend()
    output = process.communicate(timeout=600)[0]
    assert not victim.is_running()
    assert endings(small)["expired"] >= 1
    assert "they finished no epoch in 20 s and wait for another attempt" in output
    assert_finished(small, process, output)


@pytest.mark.timeout(600)
def test_a_cancelled_study_ends_although_no_worker_reports(small):
    """Stopped workers stand for an epoch that takes minutes."""
    process = started(small, BASIN_LEASE_SECONDS="8")
    victims = workers(small)
    for victim in victims:
        victim.suspend()
    assert small.run("cancel", "small").returncode == 0
    output = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 0, output
    assert "the study was cancelled" in output
    assert set(endings(small)) <= {"cancelled", "complete"}
    assert not any(victim.is_running() for victim in victims)
    assert wait_until(lambda: not small.living()), small.living()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "names",
    [("raylet",), ("gcs_server",), ("ray::DashboardAgent", "ray::RuntimeEnvAgent"), ("",)],
    ids=["raylet", "gcs", "agents", "everything"],
)
def test_a_cluster_that_dies_is_started_again_and_no_trial_is_blamed(small, names):
    process = started(small)
    for victim in living(small, *names):
        with contextlib.suppress(psutil.Error):
            victim.kill()
    output = process.communicate(timeout=700)[0]
    assert "the Ray cluster on this machine is gone: its process" in output
    assert "[state-dump]" not in output
    assert "Failed to connect to GCS" not in output
    assert endings(small).get("error", 0) <= 2  # workers that died before their cluster did
    assert_finished(small, process, output)


@pytest.mark.timeout(600)
def test_a_drive_outlives_all_of_its_workers(small):
    process = started(small)
    victims = workers(small)
    for victim in victims:
        victim.kill()
    output = process.communicate(timeout=500)[0]
    assert 1 <= endings(small)["error"] <= len(victims)
    assert_finished(small, process, output)


@pytest.fixture
def cluster(small):
    """Yield the address of a cluster of somebody else's."""
    with head(small.temporary, small.environment) as address:
        yield address


@pytest.mark.timeout(600)
def test_a_cluster_of_others_that_dies_ends_the_drive_in_a_sentence(small, cluster):
    process = started(small, "--address", cluster)
    since = time.monotonic()
    for victim in living(small, "gcs_server"):
        victim.kill()
    output = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 1, output
    assert time.monotonic() - since < 60
    assert f"basin: the Ray cluster at {cluster!r} is gone: it has not answered" in output
    assert "nothing is lost, and the same command continues the study" in output
    assert "Traceback" not in output
    assert not small.rows("SELECT * FROM trial WHERE state = 'running'")
    assert endings(small).get("error", 0) == 0
