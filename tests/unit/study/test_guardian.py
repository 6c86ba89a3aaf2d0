from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from study.guardian import clean, guarded, living_in
from tests.unit.study.common import eventually

OPENER = """
import sys
from pathlib import Path
from study.guardian import guarded
with guarded(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def start():
    """Yield a function that starts a process in a folder, there when it returns; all of them end with the test."""
    started = []

    def start(folder, code="print('open', flush=True); input()", *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout.readline() == b"open\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "cluster"
    (path / "inner").mkdir(parents=True)
    return path


def test_processes_of_the_folder_end_with_the_block(folder, start):
    with guarded(folder):
        victims = [start(folder), start(folder / "inner")]
        assert [victim.poll() for victim in victims] == [None, None]
    assert [victim.wait(10) for victim in victims] == [-signal.SIGKILL] * 2


def test_the_folder_goes_with_the_block(folder):
    with guarded(folder):
        (folder / "inner" / "log").write_text("a log", encoding="utf-8")
    assert not folder.exists()


def test_the_folder_goes_when_the_block_fails(folder):
    with pytest.raises(KeyError), guarded(folder):
        raise KeyError
    assert not folder.exists()


def test_processes_elsewhere_survive(folder, tmp_path, start):
    neighbour = tmp_path / "cluster-of-another"
    neighbour.mkdir()
    with guarded(folder):
        others = [start(tmp_path), start(neighbour)]
    assert [other.poll() for other in others] == [None, None]


def test_a_killed_opener_leaves_nothing_behind(folder, tmp_path, start):
    opener = start(tmp_path, OPENER, folder)
    victim, other = start(folder), start(tmp_path)
    opener.kill()
    assert victim.wait(20) == -signal.SIGKILL
    assert eventually(lambda: not folder.exists())
    assert other.poll() is None


def test_no_guardian_outlives_its_work(folder):
    with guarded(folder):
        mine = [child for child in psutil.Process().children() if "study.guardian" in child.cmdline()]
        assert len(mine) == 1
    assert not mine[0].is_running()


def test_those_who_live_in_a_folder_are_found(folder, start):
    victim = start(folder / "inner")
    assert [process.pid for process in living_in(folder)] == [victim.pid]


def test_the_dead_are_not_living_in_a_folder(folder, start):
    victim = start(folder)
    victim.kill()
    victim.wait(10)
    assert living_in(folder) == []


def test_a_folder_that_is_gone_is_clean(tmp_path):
    clean(tmp_path / "nowhere")
    assert not Path(tmp_path / "nowhere").exists()
