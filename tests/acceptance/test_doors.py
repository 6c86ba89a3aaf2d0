"""Who else is on the machine or the network gets nothing: no way into the cluster."""

import subprocess
import sys

import pytest

from tests.acceptance.conftest import stop
from tests.acceptance.test_kill import wait_until

pytestmark = pytest.mark.acceptance

LONG = ("run", "small.yaml", "--set", "epochs=100000")
VISITOR = """
import sys
from ray._raylet import GcsClient
print(GcsClient(address=sys.argv[1]).get_all_node_info(timeout=30))
"""


def port(folder):
    """Return the file that names the port of the folder's cluster, None while there is none."""
    return next(folder.temporary.glob("basin-*/ray/session_latest/gcs_server_port_*"), None)


def test_a_cluster_without_a_token_is_refused_before_anything_is_started(small):
    small.environment["RAY_AUTH_MODE"] = "disabled"
    done = small.run("run", "small.yaml")
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(
        "basin: RAY_AUTH_MODE must be token or not set where Basin starts a cluster, got 'disa"
    )
    assert [path.name for path in small.path.iterdir()] == ["small.yaml"]
    assert not small.living()


def test_a_visitor_without_the_token_is_turned_away(small):
    small.environment["RAY_AUTH_MODE"] = ""  # which Ray takes for "no token"
    process = small.start(*LONG)
    try:
        assert wait_until(lambda: port(small), 120), stop(process)
        address = f"127.0.0.1:{port(small).read_text(encoding='ascii')}"
        visit = subprocess.run(
            [sys.executable, "-c", VISITOR, address],
            env=small.environment | {"RAY_AUTH_MODE": "disabled"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        stop(process)
    assert visit.returncode == 1
    assert "AuthenticationError" in visit.stderr, visit.stderr
