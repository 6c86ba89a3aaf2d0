"""Ctrl-C and SIGTERM end a drive soon, in good order, with the command to continue."""

import os
import signal

import pytest

from tests.acceptance.conftest import BACKENDS, stop
from tests.acceptance.test_kill import assert_exact, folder_epochs, wait_until

pytestmark = pytest.mark.acceptance


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
