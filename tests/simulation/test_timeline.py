"""Virtual time: tasks take turns in an order that follows from what they wait for."""

from types import SimpleNamespace

import pytest

from tests.simulation.timeline import Crashed, Lock, Signal, Timeline


@pytest.fixture
def timeline():
    return Timeline("a test")


def test_who_sleeps_less_goes_on_first(timeline):
    seen = []

    def sleeper(seconds):
        timeline.sleep(seconds)
        seen.append((seconds, timeline.now))

    for seconds in (3.0, 1.0, 2.0):
        timeline.start(f"{seconds}", lambda seconds=seconds: sleeper(seconds))
    assert timeline.run(10.0)
    assert seen == [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]


def test_what_is_not_over_in_time_is_told(timeline):
    timeline.start("long", lambda: timeline.sleep(100.0))
    assert not timeline.run(50.0)


def test_a_signal_wakes_who_waits_and_a_deadline_those_for_whom_it_comes_too_late(timeline):
    signal, seen = Signal(timeline), []
    timeline.start("patient", lambda: seen.append((signal.wait(10.0), timeline.now)))
    timeline.start("hasty", lambda: seen.append((signal.wait(1.0), timeline.now)))

    def set_it():
        timeline.sleep(2.0)
        signal.set()

    timeline.start("setter", set_it)
    assert timeline.run(100.0)
    assert seen == [(False, 1.0), (True, 2.0)]


def test_a_lock_is_held_by_one_task_who_may_take_it_again(timeline):
    lock, seen = Lock(timeline), []

    def holder(name):
        with lock, lock:
            seen.append(f"{name} has it")
            timeline.sleep(1.0)
            seen.append(f"{name} goes")

    for name in ("one", "other"):
        timeline.start(name, lambda name=name: holder(name))
    assert timeline.run(10.0)
    assert seen == ["one has it", "one goes", "other has it", "other goes"]


def test_a_lock_is_waited_for_no_longer_than_asked(timeline):
    lock, seen = Lock(timeline), []

    def holder():
        with lock:
            timeline.sleep(5.0)

    timeline.start("holder", holder)
    timeline.start("other", lambda: seen.append((lock.acquire(timeout=1.0), timeline.now)))
    assert timeline.run(10.0)
    assert seen == [(False, 1.0)]


def test_a_task_of_a_killed_process_is_unwound_and_does_nothing_more(timeline):
    process, seen = SimpleNamespace(dead=False, paused_until=0.0), []

    def work():
        try:
            timeline.sleep(5.0)
            seen.append("it went on")
        finally:
            with pytest.raises(Crashed):
                timeline.sleep(0.0)
            seen.append("unwound")

    task = timeline.start("killed", work, process)

    def kill():
        timeline.sleep(1.0)
        process.dead = True
        timeline.wake(task)

    timeline.start("killer", kill)
    assert timeline.run(10.0)
    assert seen == ["unwound"]
    assert task.over


def test_a_task_of_a_process_that_stands_still_goes_on_later(timeline):
    seen = []

    def work():
        timeline.sleep(1.0)
        seen.append(timeline.now)

    timeline.start("paused", work, SimpleNamespace(dead=False, paused_until=7.0))
    assert timeline.run(10.0)
    assert seen == [8.0]
