"""What becomes of a drive whose Ray cluster dies, with stand-ins for Ray; the acceptance tests kill real ones."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from study import tuning
from study.errors import TicketsError
from tests.unit.study.common import eventually


class Supply:
    """Notes what it is told."""

    def __init__(self):
        self.stopping = False
        self.notes = []

    def stranded(self, reason):
        self.notes.append(reason)


@pytest.fixture
def supply():
    return Supply()


# --- start again, or end ---


@pytest.fixture
def run(supply, monkeypatch):
    """Return a function that runs tickets in clusters that end as told: None, or why and whether a trial had ended.

    It returns for each cluster how many deaths had been told of when it was left.
    """
    left_at = []

    @contextlib.contextmanager
    def cluster(_address, _cpus):
        yield None
        left_at.append(len(supply.notes))

    def run(*ends, address=None):
        left = list(ends)

        def trained(_supply, watch, *_arguments, **_options):
            gone, watch.fruitful = left.pop(0) or (None, True)
            return gone

        monkeypatch.setattr(tuning, "_trained", trained)
        monkeypatch.setattr(tuning, "_cluster", cluster)
        monkeypatch.setattr(tuning, "_check_resources", lambda *_: None)
        monkeypatch.setattr(tuning, "_Member", lambda _address: tuning._Agents())
        tuning.run_tickets(supply, workers=1, cpus=1, gpus=0, address=address)
        return left_at

    return run


def test_a_cluster_that_died_is_started_again(run, supply):
    assert run(("raylet died", False), ("gcs died", False), None) == [1, 2, 2]
    assert supply.notes == ["raylet died", "gcs died"]


def test_clusters_that_die_before_a_trial_ends_are_started_so_often(run, supply):
    with pytest.raises(TicketsError, match="it died; nothing is lost, and the same command continues the study"):
        run(*[("it died", False)] * 10)
    assert len(supply.notes) == tuning.MAX_DEATHS


def test_a_trial_that_ended_sets_the_count_back(run):
    ends = [("it died", False)] * (tuning.MAX_DEATHS - 1)
    assert len(run(*ends, ("it died", True), *ends, None)) == 2 * tuning.MAX_DEATHS


def test_a_cluster_of_others_is_not_started_again(run, supply):
    with pytest.raises(TicketsError, match="silent; nothing is lost"):
        run(("silent", True), None, address="head:6379")
    assert supply.notes == ["silent"]


def test_a_drive_that_is_stopped_starts_no_other_cluster(run, supply):
    supply.stranded = lambda _reason: setattr(supply, "stopping", True)
    assert len(run(("it died", True), None)) == 1


# --- the processes of a cluster on this machine ---


@pytest.fixture
def raylet(tmp_path):
    """Yield a child of that name."""
    program = shutil.copy(shutil.which("sleep"), tmp_path / "raylet")
    child = subprocess.Popen([program, "600"])
    assert eventually(lambda: tuning.psutil.Process(child.pid).name() == "raylet")
    yield child
    child.kill()
    child.wait()


def test_a_dead_process_of_the_cluster_is_named(raylet):
    agents = tuning._Agents()
    assert agents.fault() is None
    raylet.kill()
    assert eventually(lambda: agents.fault() is not None)
    assert agents.fault() == "the Ray cluster on this machine is gone: its process raylet died"


def test_other_children_are_no_part_of_the_cluster():
    child = subprocess.Popen([shutil.which("sleep"), "600"])
    agents = tuning._Agents()
    child.kill()
    child.wait()
    assert agents.fault() is None


# --- a cluster of others ---


@pytest.fixture
def doors(monkeypatch):
    """Yield the sockets on which a head and an agent of this node listen, as Ray would name them."""
    head, agent = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    context = SimpleNamespace(gcs_address=f"127.0.0.1:{head.getsockname()[1]}", get_node_id=lambda: "mine")
    nodes = [
        {"NodeID": "other", "NodeManagerAddress": "192.0.2.1", "NodeManagerPort": 1},
        {"NodeID": "mine", "NodeManagerAddress": "127.0.0.1", "NodeManagerPort": agent.getsockname()[1]},
    ]
    monkeypatch.setattr(tuning.ray, "get_runtime_context", lambda: context)
    monkeypatch.setattr(tuning.ray, "nodes", lambda: nodes)
    monkeypatch.setattr(tuning, "ASK_SECONDS", 0.05)
    monkeypatch.setattr(tuning, "SILENCE_SECONDS", 0.5)
    yield [head, agent]
    head.close()
    agent.close()


def asked(member, seconds):
    """Ask for so long, and return what is wrong then."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        member.ask()
        time.sleep(0.01)
    return member.fault()


def test_a_cluster_that_answers_lives(doors):
    assert asked(tuning._Member("head:6379"), 1.0) is None


@pytest.mark.parametrize("which", [0, 1], ids=["head", "agent of this node"])
def test_a_cluster_that_is_silent_for_long_is_gone(doors, which):
    member = tuning._Member("head:6379")
    doors[which].close()
    assert member.fault() is None
    assert "the Ray cluster at 'head:6379' is gone: it has not answered for" in asked(member, 1.0)


# --- where Ray's loop waits inside Ray ---

STUCK = """
import sys, time
from study import tuning
tuning.LAST_RESORT_SECONDS = 0.5

class Cluster:
    def ask(self): pass
    def fault(self): return sys.argv[1] or None

class Supply:
    def stranded(self, reason): print("stranded:", reason, flush=True)

with tuning._last_resort(Supply(), Cluster()):
    time.sleep(float(sys.argv[2]))
print("left", flush=True)
"""


def stuck(fault, seconds):
    command = [sys.executable, "-c", STUCK, fault, str(seconds)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=200, env=dict(os.environ))


def test_a_loop_that_never_comes_back_is_ended_with_a_sentence():
    done = stuck("the cluster is gone", 150)
    assert done.returncode == TicketsError.exit_code
    assert done.stdout == "stranded: the cluster is gone\n"
    assert done.stderr == ("basin: the cluster is gone; nothing is lost, and the same command continues the study\n")


def test_a_loop_that_works_is_left_alone():
    done = stuck("", 4)
    assert (done.returncode, done.stdout, done.stderr) == (0, "left\n", "")
