from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from study.hosts import UNSEEN, Process, host_identity


@pytest.fixture
def child():
    """Yield a process that lives until its standard input ends."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_the_current_process_is_alive():
    assert not Process.current().is_dead()


def test_the_current_process_has_its_number():
    assert Process.current().pid == os.getpid()


def test_the_current_process_is_the_same_each_time():
    assert Process.current() == Process.current()


def test_a_running_process_is_alive(child):
    assert not Process.of(child.pid).is_dead()


def test_a_process_that_exited_is_not_alive(child):
    known = Process.of(child.pid)
    child.communicate()
    assert known.is_dead()


def test_a_process_that_nobody_waited_for_is_not_alive(child):
    known = Process.of(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert known.is_dead()


@pytest.mark.parametrize("ticks", [-360_000.0, -1.0, 1.0, 360_000.0])
def test_another_process_of_that_number_is_not_it(ticks):
    here = Process.current()
    assert replace(here, started=here.started + ticks).is_dead()


# --- what cannot be judged may live ---


@pytest.mark.parametrize("seconds", [-3600.0, -1.0, 1.0, 3600.0])
def test_a_clock_that_is_set_kills_nobody(child, monkeypatch, seconds):
    known = Process.of(child.pid)
    boot, now = psutil.boot_time(), time.time
    # What moves with the clock: the hour, and the hour of the boot, from which psutil tells the hour of a start.
    monkeypatch.setattr(time, "time", lambda: now() + seconds)
    monkeypatch.setattr(psutil, "boot_time", lambda: boot + seconds)
    monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: boot + seconds)
    assert not known.is_dead()
    assert Process.of(child.pid) == known


def test_a_process_of_another_host_cannot_be_judged():
    assert not Process(host="elsewhere", pid=2**22, started=1.0).is_dead()


def test_a_process_that_an_older_release_wrote_down_cannot_be_judged(child):
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    host = f"{socket.gethostname()} {boot} {Path('/proc/self/ns/pid').readlink().name}"
    known = Process(host=host, pid=child.pid, started=psutil.Process(child.pid).create_time())
    child.communicate()
    assert not known.is_dead()


def test_a_process_whose_start_was_never_seen_is_dead_only_when_it_is_gone(child):
    known = replace(Process.of(child.pid), started=UNSEEN)
    assert not known.is_dead()
    child.communicate()
    assert known.is_dead()


def test_a_process_out_of_sight_may_live(child, monkeypatch):
    known = Process.of(child.pid)
    real = Path.read_text

    def hidden(path, *arguments, **options):
        if path.parts[:3] == ("/", "proc", str(child.pid)):
            raise FileNotFoundError
        return real(path, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", hidden)
    assert not known.is_dead()
    child.communicate()
    assert known.is_dead()


JUDGE = """
import os, sys
from study.hosts import Process
Process.current().is_dead()  # everything that it takes is read while it may be
os.setgid(65534)
os.setuid(65534)
seen = os.path.exists(f"/proc/{sys.argv[2]}")
print(seen, Process(host=sys.argv[1], pid=int(sys.argv[2]), started=float(sys.argv[3])).is_dead(), flush=True)
"""


def judged_by_another_user(known, *before):
    """Return what a process of another user sees of one: whether its folder is there, and whether it is dead."""
    command = [*before, sys.executable, "-c", JUDGE, known.host, str(known.pid), repr(known.started)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [word == "True" for word in done.stdout.split()]


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts processes of another user")


@as_root
def test_another_user_can_tell_the_living_from_the_dead(child):
    known = Process.of(child.pid)
    assert judged_by_another_user(known) == [True, False]
    child.communicate()
    assert judged_by_another_user(known) == [False, True]


@as_root
def test_another_user_from_whom_processes_are_hidden_takes_none_for_dead(child):
    mounted = 'mount -t proc -o hidepid=2 proc /proc && exec "$@"'
    private = ["unshare", "--mount", "sh", "-c", mounted, "sh"]
    if subprocess.run([*private, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    known = Process.of(child.pid)
    assert judged_by_another_user(known, *private) == [False, False]
    child.communicate()
    assert judged_by_another_user(known, *private) == [False, True]


# --- hosts ---


def test_a_host_is_the_same_each_time():
    assert host_identity() == host_identity()


def test_a_host_is_the_same_for_its_processes():
    command = "from study.hosts import host_identity; print(host_identity())"
    printed = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == host_identity()


def test_a_host_is_known_by_its_name():
    assert host_identity().startswith(socket.gethostname())


def test_two_boots_are_two_hosts(monkeypatch):
    def unreadable(*_arguments, **_options):
        raise OSError

    monkeypatch.setattr("study.hosts.Path.read_text", unreadable)
    monkeypatch.setattr(psutil, "boot_time", lambda: 1.0)
    first = host_identity()
    monkeypatch.setattr(psutil, "boot_time", lambda: 2.0)
    assert first != host_identity()
