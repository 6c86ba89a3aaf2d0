from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from study.hosts import Process, host_identity


def of(child):
    return Process(host=host_identity(), pid=child.pid, started=psutil.Process(child.pid).create_time())


@pytest.fixture
def child():
    """Yield a process that lives until its standard input ends."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_the_current_process_is_alive():
    assert Process.current().is_alive()


def test_the_current_process_has_its_number():
    assert Process.current().pid == os.getpid()


def test_the_current_process_is_the_same_each_time():
    assert Process.current() == Process.current()


def test_a_running_process_is_alive(child):
    assert of(child).is_alive()


def test_a_process_that_exited_is_not_alive(child):
    known = of(child)
    child.communicate()
    assert not known.is_alive()


def test_a_process_that_nobody_waited_for_is_not_alive(child):
    known = of(child)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not known.is_alive()


@pytest.mark.parametrize("seconds", [-3600.0, -2.0, 2.0, 3600.0])
def test_another_process_of_that_number_is_not_it(seconds):
    here = Process.current()
    assert not replace(here, started=here.started + seconds).is_alive()


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
