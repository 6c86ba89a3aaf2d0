from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from study import guardian
from study.guardian import (
    LONGEST_FOLDER,
    MARK,
    OWNERS,
    clean,
    clean_after_the_dead,
    guarded,
    made_folder,
    started_in,
)
from study.hosts import Process
from tests.unit.study.common import eventually

LINGERER = "print('open', flush=True); input()"
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
    """Yield a function that starts a process in a folder, there when it returns; all of them end with the test.

    ``mark`` is the folder of the drive that is said to have started it.
    """
    started = []

    def start(folder, code=LINGERER, *arguments, mark=None):
        return begin([sys.executable, "-c", code, *map(str, arguments)], folder, marked(mark))

    def begin(command, folder, environment):
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout.readline() == b"open\n"
        return process

    start.begin = begin
    yield start
    for process in started:
        process.kill()
        process.communicate()


def marked(folder):
    plain = {name: value for name, value in os.environ.items() if name != MARK}
    return plain if folder is None else plain | {MARK: str(folder)}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "basin-cluster"
    (path / "inner").mkdir(parents=True)
    return path


@pytest.fixture
def killed(folder, tmp_path, start):
    """Return a process of a drive that was killed together with its guardian, and left it and the folder behind."""
    opener = start(tmp_path, OPENER, folder)
    victim = start(folder, mark=folder)
    both = [*guardians(opener.pid), opener]
    for process in both:
        process.kill()
    for process in reversed(both):  # whose parent lives stays as a zombie
        process.wait(10)
    return victim


def guardians(number):
    # A command line is empty for a moment while the process takes it over.
    assert eventually(lambda: all(child.cmdline() for child in psutil.Process(number).children()))
    return [child for child in psutil.Process(number).children() if "study.guardian" in child.cmdline()]


def test_what_the_drive_has_started_ends_with_the_block(folder, tmp_path, start):
    with guarded(folder):
        inherited = dict(os.environ)
        victims = [start.begin([sys.executable, "-c", LINGERER], place, inherited) for place in (folder, tmp_path)]
        assert [victim.poll() for victim in victims] == [None, None]
    assert [victim.wait(10) for victim in victims] == [-signal.SIGKILL] * 2
    assert MARK not in os.environ


def test_what_the_drive_s_processes_have_started_ends_with_the_block(folder, tmp_path, start):
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], env={})"
    with guarded(folder):
        parent = start(tmp_path, child, LINGERER, mark=folder)
        (grandchild,) = psutil.Process(parent.pid).children()
    assert parent.wait(10) == -signal.SIGKILL
    assert eventually(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


def test_who_stands_in_the_folder_is_left_alone(folder, start):
    with guarded(folder):
        person = start(folder / "inner")
        without = start.begin(["/bin/sh", "-c", "echo open; read line"], folder, {})
    assert [person.poll(), without.poll()] == [None, None]
    assert not folder.exists()


def test_a_process_of_ray_that_took_a_title_ends_with_the_block(folder, tmp_path, start):
    # Its environment is wiped out by that, so that only its title and its place are left to know it by.
    title = tmp_path / "ray::Agent"
    title.symlink_to("/bin/sh")
    command = [str(title), "-c", "echo open; read line"]
    with guarded(folder):
        victim = start.begin(command, folder / "inner", {})
        other = start.begin(command, tmp_path, {})
    assert victim.wait(10) == -signal.SIGKILL
    assert other.poll() is None


def test_another_drive_is_left_alone(folder, tmp_path, start):
    neighbour = tmp_path / "basin-cluster-of-another"
    neighbour.mkdir()
    with guarded(folder):
        others = [start(tmp_path), start(neighbour, mark=neighbour), start(folder, mark=neighbour)]
    assert [other.poll() for other in others] == [None, None, None]


def test_the_folder_goes_with_the_block(folder):
    with guarded(folder):
        (folder / "inner" / "log").write_text("a log", encoding="utf-8")
    assert not folder.exists()


def test_the_folder_goes_when_the_block_fails(folder):
    with pytest.raises(KeyError), guarded(folder):
        raise KeyError
    assert not folder.exists()


def test_a_killed_opener_leaves_nothing_behind(folder, tmp_path, start):
    opener = start(tmp_path, OPENER, folder)
    victim, other = start(folder, mark=folder), start(tmp_path)
    opener.kill()
    assert victim.wait(20) == -signal.SIGKILL
    assert eventually(lambda: not folder.exists())
    assert other.poll() is None


def test_without_its_guardian_a_drive_cleans_up_itself(folder, start):
    with guarded(folder):
        (guardian,) = guardians(os.getpid())
        guardian.kill()
        victim = start(folder, mark=folder)
    assert victim.wait(10) == -signal.SIGKILL
    assert not folder.exists()


def test_no_guardian_outlives_its_work(folder):
    with guarded(folder):
        mine = guardians(os.getpid())
        assert len(mine) == 1
    assert not mine[0].is_running()


def test_the_next_drive_cleans_what_a_drive_killed_with_its_guardian_has_left(folder, tmp_path, killed):
    assert (killed.poll(), folder.exists()) == (None, True)
    clean_after_the_dead(tmp_path)
    assert killed.wait(10) == -signal.SIGKILL
    assert not folder.exists()


def test_the_next_drive_leaves_the_living_alone(folder, tmp_path, start):
    start(tmp_path, OPENER, folder)
    process = start(folder, mark=folder)
    clean_after_the_dead(tmp_path)
    assert (process.poll(), folder.exists()) == (None, True)


def test_the_next_drive_leaves_a_dead_drive_to_its_guardian(folder, tmp_path, killed):
    owners = json.loads((folder / OWNERS).read_text(encoding="utf-8"))
    owners[1] |= asdict(Process.current())
    (folder / OWNERS).write_text(json.dumps(owners), encoding="utf-8")
    clean_after_the_dead(tmp_path)
    assert (killed.poll(), folder.exists()) == (None, True)


def test_the_next_drive_leaves_those_of_other_hosts_alone(folder, tmp_path, killed):
    owners = json.loads((folder / OWNERS).read_text(encoding="utf-8"))
    (folder / OWNERS).write_text(json.dumps([owner | {"host": "another"} for owner in owners]), encoding="utf-8")
    clean_after_the_dead(tmp_path)
    assert (killed.poll(), folder.exists()) == (None, True)


@pytest.mark.parametrize("content", [None, "", "[]", "{", "null", "[1]", '[{"pid": 1}]', '[{"host": 1, "x": 2}]'])
def test_a_folder_of_nobody_known_is_left_alone(folder, tmp_path, content):
    if content is not None:
        (folder / OWNERS).write_text(content, encoding="utf-8")
    clean_after_the_dead(tmp_path)
    assert folder.exists()


def test_a_link_is_not_followed(folder, tmp_path, killed):
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    clean_after_the_dead(tmp_path)
    assert elsewhere.exists()


def test_the_dead_are_not_among_those_a_drive_has_started(folder, start):
    victim = start(folder, mark=folder)
    assert [process.pid for process in started_in(folder)] == [victim.pid]
    victim.kill()
    victim.wait(10)
    assert started_in(folder) == []


def test_a_folder_that_is_gone_is_clean(tmp_path):
    clean(tmp_path / "nowhere")
    assert not Path(tmp_path / "nowhere").exists()


def test_a_temporary_folder_with_a_name_too_long_for_sockets_is_not_used(tmp_path, monkeypatch):
    long = tmp_path / ("x" * 60)
    long.mkdir()
    monkeypatch.setattr(guardian.tempfile, "tempdir", str(long))
    folder = made_folder()
    try:
        assert len(str(folder)) <= LONGEST_FOLDER
        assert list(long.iterdir()) == []
        assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        folder.rmdir()
