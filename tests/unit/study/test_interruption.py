from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from study import interruption as module
from study.interruption import SIGNALS, interruptible, is_left_behind
from tests.unit.study.common import eventually

pytestmark = pytest.mark.usefixtures("handlers")


@pytest.fixture
def go_on():
    """Yield an event; work that waits for it ends with the test."""
    event = threading.Event()
    yield event
    event.set()
    assert eventually(lambda: not is_left_behind())


def test_what_batch_systems_and_terminals_send_is_taken():
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1} == set(SIGNALS)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_stops_in_good_order(number):
    stopped = []
    with interruptible() as interruption:
        interruption.stop = lambda: stopped.append(number)
        signal.raise_signal(number)
        assert interruption.happened
    assert stopped == [number]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_second_signal_leaves_the_work_behind_wherever_it_comes(number, go_on):
    with interruptible() as interruption:
        interruption.stop = lambda: None
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(number)  # nothing is raised where nothing waits yet
        with pytest.raises(KeyboardInterrupt):
            interruption.wait_for(lambda: go_on.wait(30))


@pytest.mark.parametrize("number", SIGNALS)
def test_what_gives_back_is_ended_by_no_signal_but_one_that_comes_after_seconds(number, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with interruptible() as interruption:
        interruption.stop = lambda: None
        for now[0] in (100.0, 101.0, 104.9):
            signal.raise_signal(number)
        now[0] = 105.1
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        signal.raise_signal(number)


def test_a_command_that_ends_where_it_stands_is_not_disturbed_while_it_does():
    with interruptible():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_before_there_is_anything_to_stop_ends_at_once(number):
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.raise_signal(number)


def test_without_a_signal_nothing_happened():
    with interruptible() as interruption:
        assert not interruption.happened


@pytest.mark.parametrize("number", SIGNALS)
def test_handlers_are_put_back(number):
    before = signal.getsignal(number)
    with pytest.raises(LookupError), interruptible():
        raise LookupError
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("late", SIGNALS)
def test_handlers_are_put_back_whatever_signal_comes_meanwhile(late, monkeypatch):
    before = {number: signal.getsignal(number) for number in SIGNALS}
    put = signal.signal

    def interrupted(number, handler):
        if handler == before[number] and signal.getsignal(late) != before[late]:
            signal.raise_signal(late)
        return put(number, handler)

    with contextlib.suppress(KeyboardInterrupt), interruptible():
        monkeypatch.setattr(signal, "signal", interrupted)
    assert {number: signal.getsignal(number) for number in SIGNALS} == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_command_that_was_interrupted_hears_no_more_until_it_has_ended(number):
    with interruptible() as interruption:
        interruption.stop = lambda: None
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(number) == interruption.handle  # or the next line ended the tests
    signal.raise_signal(number)


def test_a_process_that_goes_on_after_an_interruption_has_its_handlers_again(handlers):
    with interruptible(yielding=True) as interruption:
        interruption.stop = lambda: None
        signal.raise_signal(signal.SIGINT)
    assert interruption.happened
    assert {number: signal.getsignal(number) for number in SIGNALS} == handlers


def test_a_command_that_outlives_its_terminal_goes_on(monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    try:
        with interruptible() as interruption:
            signal.raise_signal(signal.SIGHUP)
            assert not interruption.happened
    finally:
        signal.signal(signal.SIGHUP, before)


def test_work_is_waited_for():
    done = []
    with interruptible() as interruption:
        interruption.wait_for(lambda: done.append(threading.current_thread()))
    assert done != [threading.main_thread()]
    assert not is_left_behind()


def test_an_error_of_the_work_is_raised():
    def failing():
        raise LookupError

    with interruptible() as interruption, pytest.raises(LookupError):
        interruption.wait_for(failing)


@pytest.mark.parametrize("number", SIGNALS)
def test_no_signal_is_raised_within_the_work(number, go_on):
    seen = []

    def work():
        os.kill(os.getpid(), number)
        seen.append(go_on.wait(30))

    with interruptible() as interruption:
        interruption.stop = go_on.set
        interruption.wait_for(work)
        assert interruption.happened
    assert seen == [True]


def test_the_second_signal_leaves_the_work_behind(go_on):
    def work():
        os.kill(os.getpid(), signal.SIGTERM)
        go_on.wait(30)

    with interruptible() as interruption:
        interruption.stop = lambda: os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            interruption.wait_for(work)
        assert is_left_behind()


def test_work_that_does_not_stop_is_left_behind(go_on, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.2)

    def work():
        os.kill(os.getpid(), signal.SIGTERM)
        go_on.wait(30)

    with interruptible() as interruption:
        interruption.stop = lambda: None
        with pytest.raises(KeyboardInterrupt):
            interruption.wait_for(work)
        assert is_left_behind()


def test_what_the_work_starts_gets_no_signal_but_the_one_to_end():
    code = "import signal; print(*sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))))"
    blocked = []

    def work():
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        blocked.extend(map(int, done.stdout.split()))

    with interruptible() as interruption:
        interruption.wait_for(work)
    assert set(blocked) == set(SIGNALS) - {signal.SIGTERM}
    assert not set(SIGNALS) & signal.pthread_sigmask(signal.SIG_BLOCK, [])
