"""Scripts of users, as processes: runs one after the other, Ctrl-C, a store that lies elsewhere."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys

import pytest
from sqlalchemy.exc import SQLAlchemyError

from tests.acceptance.conftest import stop
from tests.unit.study.common import eventually

pytestmark = pytest.mark.acceptance

HEAD = """
import os, signal, sys, threading
import basin
SMALL = {
    "name": "small",
    "task": {"name": "beale", "steps": 5},
    "epochs": 2,
    "space": {"lr": {"values": (0.01, 0.1)}, "p": {"values": [0, 0.5]}},
    "seeds": 1,
}
LONG = SMALL | {"name": "long", "epochs": 100_000}
"""


class Script:
    """A user's script, which imports what stands beside these sources."""

    def __init__(self, folder):
        self.folder = folder

    def start(self, code):
        (self.folder.path / "script.py").write_text(HEAD + code, encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "script.py"],
            cwd=self.folder.path,
            env=self.folder.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.folder._started.append(process)
        return process

    def run(self, code):
        process = self.start(code)
        out, _ = process.communicate(timeout=150)
        return process.returncode, out


@pytest.fixture
def script(folder):
    return Script(folder)


def trained(folder):
    """Wait until a trial of the store is in training."""
    asked = "SELECT count(*) AS n FROM trial WHERE state = 'running'"

    def training():
        with contextlib.suppress(SQLAlchemyError):  # no store yet
            return (folder.path / "basin.db").exists() and folder.rows(asked)[0]["n"] > 0
        return False

    assert eventually(training, 90)


def test_studies_are_run_one_after_the_other_and_in_a_thread(script, folder):
    code, out = script.run("""
first = basin.run(SMALL, workers=2)
found = []
thread = threading.Thread(target=lambda: found.append(basin.run(SMALL, set={"name": "second"}, progress=False)))
thread.start()
thread.join()
again = basin.run(SMALL, workers=2)
print(first.state, found[0].state, again.state, len(again.trials()), "RAY_AUTH_TOKEN" in os.environ)
""")
    assert code == 0, out
    assert out.splitlines()[-1] == "complete complete complete 4 False"
    assert "\x1b" not in out
    assert [one["state"] for one in folder.json("studies", "--json")] == ["complete", "complete"]
    assert folder.living() == []
    assert folder.left() == []


def test_ctrl_c_stops_in_good_order_and_says_how_to_continue(script, folder):
    process = script.start("""
try:
    basin.run(LONG, workers=1)
except KeyboardInterrupt as stopped:
    print("stopped:", stopped)
    print(basin.run(SMALL, workers=1).state)
""")
    trained(folder)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    assert "stopped: study long: 0/4 done" in out
    assert "nothing is lost, and the same call continues it" in out
    assert out.splitlines()[-1] == "complete"
    counts = folder.json("show", "long", "--json")["trials"]
    assert (counts["running"], counts["waiting"]) == (0, 4)
    assert folder.living() == []


def test_an_interruption_that_nobody_catches_ends_the_script(script, folder):
    process = script.start("basin.run(LONG, workers=1)\n")
    trained(folder)
    out = stop(process, signal.SIGINT)
    assert process.returncode == -signal.SIGINT
    assert out.strip().splitlines()[-1].startswith("KeyboardInterrupt: study long: 0/4 done")


def test_a_cluster_that_the_script_has_joined_is_left_to_it(script):
    code, out = script.run("""
import ray
ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, _temp_dir=os.environ["TMPDIR"] + "/ray")
try:
    basin.run(SMALL)
except basin.BasinError as error:
    print(error)
print(ray.is_initialized())
ray.shutdown()
print(basin.run(SMALL).state)
""")
    assert code == 0, out
    lines = out.splitlines()
    assert any("this process has joined a Ray cluster already" in line for line in lines)
    assert "True" in lines
    assert lines[-1] == "complete"
