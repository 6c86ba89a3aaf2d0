"""Real processes: the command as a user starts it, in a folder of its own, judged from outside."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, text

from tests.acceptance.clusters import head, token
from tests.contract.conftest import BACKENDS, fresh_database, postgres

__all__ = ["BACKENDS", "fresh_database", "postgres"]

BASIN = str(Path(sys.executable).with_name("basin"))

SPECIFICATION = """
name: small
task: {dataset: digits, network: mlp, batch_size: 64}
epochs: 2
space:
  lr: {low: 1e-2, high: 1, log: true, points: 3}
  p: {values: [0, 0.5]}
seeds: 2
objective: {statistic: final, split: test}
"""


def outside() -> dict[str, str]:
    """Return the environment without what configures Basin or Ray."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("BASIN_", "RAY_"))}


class Folder:
    """A user's working directory, and the command in it."""

    def __init__(self, path: Path, store: str) -> None:
        self.path = path
        self.store = store
        self.environment = outside()
        self.environment["BASIN_STORE"] = store
        # Short, for Ray's sockets; of its own, so that a test sees the processes of its own clusters alone.
        self.temporary = Path(tempfile.mkdtemp(prefix="b-", dir="/tmp")).resolve()
        self.environment["TMPDIR"] = str(self.temporary)
        # A home of its own: Ray keeps a token in one, and looks there for it. Caches stay where they are.
        self.environment.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        self.environment["HOME"] = str(self.temporary)
        self._started: list[subprocess.Popen] = []

    def write(self, name: str, content: str) -> Path:
        path = self.path / name
        path.write_text(content, encoding="utf-8")
        return path

    def run(self, *arguments: str, timeout: float = 150) -> subprocess.CompletedProcess:
        return subprocess.run(
            [BASIN, *arguments],
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [BASIN, *arguments],
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def close(self) -> None:
        """End what was started, close its pipes also where it ended by itself, and remove what is temporary."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.wait(60)
            process.stdout.close()
        shutil.rmtree(self.temporary, ignore_errors=True)

    def json(self, *arguments: str):
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def rows(self, statement: str) -> list[dict]:
        """Return rows of the database, read without the project's own code."""
        url = self.store if "://" in self.store else f"sqlite:///{self.path / self.store}"
        engine = create_engine(url)
        try:
            with engine.connect() as connection:
                if engine.dialect.name == "postgresql":
                    connection.execute(text("SET search_path TO basin"))
                return [dict(row) for row in connection.execute(text(statement)).mappings()]
        finally:
            engine.dispose()

    def living(self) -> list[str]:
        """Return the processes of the clusters that this folder's commands started."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if Path(process.cwd()).is_relative_to(self.temporary):
                    found.append(f"{process.pid} {process.name()} {process.cwd()}")
        return found

    def left(self) -> list[str]:
        """Return the folders of drives that are still there."""
        return [path.name for path in self.temporary.glob("basin-*")]


@pytest.fixture
def folder(tmp_path, request):
    """A folder with an SQLite store, or with one on PostgreSQL where a test asks for both."""
    location = "basin.db"
    if getattr(request, "param", "sqlite") == "postgres":
        location = request.getfixturevalue("fresh_database").render_as_string(hide_password=False)
    it = Folder(tmp_path, location)
    yield it
    it.close()


@pytest.fixture(scope="session")
def cluster_of_all():
    """Yield the settings by which a drive joins a cluster that many tests share: to start one is most of a drive."""
    temporary = Path(tempfile.mkdtemp(prefix="b-", dir="/tmp")).resolve()
    closed = token()
    own = outside() | closed | {"HOME": str(temporary), "TMPDIR": str(temporary)}
    try:
        with head(temporary, own, cpus=2) as address:
            yield closed | {"BASIN_ADDRESS": address, "BASIN_WORKERS": "1"}
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@pytest.fixture
def joined(folder, cluster_of_all):
    """A folder whose drives join the cluster that many tests share."""
    folder.environment |= cluster_of_all
    return folder


@pytest.fixture
def one_worker(folder):
    """A folder whose drives have one worker unless they ask for more: to start one is a third of a short drive."""
    folder.environment["BASIN_WORKERS"] = "1"
    return folder


@pytest.fixture
def small(folder):
    folder.write("small.yaml", SPECIFICATION)
    return folder


def stop(process: subprocess.Popen, number: int = signal.SIGKILL) -> str:
    """Send a signal and return what the process had printed."""
    process.send_signal(number)
    return process.communicate(timeout=60)[0]
