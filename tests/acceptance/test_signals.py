"""Signals end a drive soon, in good order, with the command to continue."""

import os
import signal
import time

import pytest

from tests.acceptance.conftest import BACKENDS, stop
from tests.acceptance.test_kill import assert_exact, folder_epochs, wait_until

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900), pytest.mark.usefixtures("one_worker")]

LONG = ("run", "small.yaml", "--set", "epochs=100000")
CONTINUED = "nothing is lost. Continue with:\n  basin run small.yaml --set epochs=100000\n"


def assert_ended(folder, process, output):
    """Check that an interrupted drive said how to go on, and that nothing of it is left."""
    assert process.returncode == 130, output
    assert output.endswith(CONTINUED)
    assert "Traceback" not in output
    assert not folder.rows("SELECT * FROM trial WHERE state IN ('complete', 'failed') OR errors > 0")
    assert wait_until(lambda: not folder.living() and not folder.left(), 60), (folder.living(), folder.left())


@pytest.mark.parametrize("folder", BACKENDS, indirect=True)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_signal_keeps_everything_and_names_the_command(small, number):
    arguments = ["run", "small.yaml", "--set", "epochs=2"]
    process = small.start(*arguments)
    assert wait_until(lambda: folder_epochs(small), 90), stop(process)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
        output = process.communicate(timeout=60)[0]
    else:
        output = stop(process, number)
    assert process.returncode in {0, 130}, output
    if process.returncode == 130:
        assert "basin run small.yaml --set epochs=2" in output
        assert "Traceback" not in output
        assert not small.rows("SELECT * FROM trial WHERE state = 'running'")
        assert not small.rows("SELECT * FROM trial WHERE errors > 0")
    assert wait_until(lambda: not small.living()), small.living()
    assert small.run(*arguments).returncode == 0
    assert_exact(small, {})


def test_a_signal_before_anything_runs_ends_quietly(small):
    process = small.start("run", "small.yaml")
    assert wait_until((small.path / "basin.db").exists, 30)
    output = stop(process, signal.SIGTERM)
    assert process.returncode in {130, -signal.SIGTERM}
    assert "Traceback" not in output


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP], ids=["batch-system", "terminal-closed"])
def test_a_signal_to_the_whole_group_ends_a_drive_like_ctrl_c(small, number):
    process = small.start(*LONG)
    assert wait_until(lambda: folder_epochs(small), 300), stop(process)
    os.killpg(process.pid, number)  # as both send them
    output = process.communicate(timeout=120)[0]
    assert_ended(small, process, output)
    assert not small.rows("SELECT * FROM trial WHERE state = 'running'")


STAGES = ["empty", "ray/session_*/sockets/raylet", "ray/session_*/logs/python-core-driver-*"]


@pytest.mark.parametrize("stage", STAGES, ids=["folder made", "raylet up", "driver joins"])
def test_a_signal_while_ray_starts_ends_in_good_order(small, stage):
    process = small.start(*LONG)
    assert wait_until(lambda: any(small.temporary.glob(f"basin-*/{stage}")), 300), stop(process)
    process.send_signal(signal.SIGTERM)
    assert_ended(small, process, process.communicate(timeout=120)[0])


def test_a_second_ctrl_c_ends_at_once_and_leaves_nothing(small):
    process = small.start(*LONG)
    assert wait_until(lambda: folder_epochs(small), 300), stop(process)
    start = time.monotonic()
    while process.poll() is None and time.monotonic() < start + 60:
        os.killpg(process.pid, signal.SIGINT)  # again and again, as people do, only faster
        time.sleep(0.01)
    assert_ended(small, process, process.communicate(timeout=1)[0])
