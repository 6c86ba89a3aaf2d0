from __future__ import annotations

import sys
import threading
import time

import pytest

from study.errors import StoreUnreachableError
from study.progress import Latest, Progress, paced
from study.trials import Counts
from study.words import counted
from tests.unit.study.common import eventually


@pytest.mark.parametrize(
    ("counts", "eta", "text"),
    [
        (Counts(complete=4), None, "4/4 done, 0 running, 0 diverged"),
        (Counts(complete=2, diverged=1, running=1), 61.0, "3/4 done, 1 running, 1 diverged, ETA 0:01:01"),
        (Counts(waiting=4), None, "0/4 done, 0 running, 0 diverged, ETA ?"),
        (Counts(failed=3), None, "3/3 done, 0 running, 0 diverged, 3 failed"),
        (Counts(cancelled=3), None, "0/3 done, 0 running, 0 diverged, 3 cancelled"),
        (Counts(complete=1, cancelled=3), None, "1/4 done, 0 running, 0 diverged, 3 cancelled"),
        (Counts(cancelled=3, waiting=1), None, "0/4 done, 0 running, 0 diverged, 3 cancelled, ETA ?"),
    ],
)
def test_counts_are_one_line(counts, eta, text):
    assert counted(counts, eta) == text


def test_without_a_terminal_progress_is_a_line(capsys):
    with Progress("small") as progress:
        progress.progressed(Counts(complete=1, waiting=1), 5.0)
    assert capsys.readouterr().err == "small: 1/2 done, 0 running, 0 diverged, ETA 0:00:05\n"


def test_how_far_work_is_is_said_now_and_then(monkeypatch):
    said, now = [], [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progressed = paced(said.append, "figures drawn")
    for done, now[0] in enumerate([100.0, 104.9, 105.0, 106.0, 111.0]):
        progressed(done, 9)
    assert said == ["figures drawn: 2 of 9", "figures drawn: 4 of 9"]


def test_progress_goes_to_standard_error(capsys):
    with Progress("small") as progress:
        progress.progressed(Counts(complete=1, waiting=1), 5.0)
        progress.noted("a note")
    assert capsys.readouterr().out == ""


def test_lines_do_not_follow_at_once(capsys):
    with Progress("small") as progress:
        for complete in range(3):
            progress.progressed(Counts(complete=complete, waiting=5), 5.0)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_end_is_always_told_and_once(capsys):
    with Progress("small") as progress:
        progress.progressed(Counts(complete=1, waiting=1), 5.0)
        progress.progressed(Counts(complete=2), 0.0)
        progress.progressed(Counts(complete=2), 0.0)
    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == [
        "small: 1/2 done",
        "small: 2/2 done",
    ]


def test_a_note_is_told(capsys):
    with Progress("small") as progress:
        progress.noted("leases lost: 1")
    assert capsys.readouterr().err == "small: leases lost: 1\n"


def test_the_best_so_far_is_told(capsys):
    with Progress("small", lambda: "15.00 % test error (final)") as progress:
        assert eventually(lambda: progress._best.text)
        progress.progressed(Counts(complete=1, waiting=1), 5.0)
    assert capsys.readouterr().err.endswith(", ETA 0:00:05; best so far 15.00 % test error (final)\n")


def test_the_end_tells_no_best_so_far(capsys):
    with Progress("small", lambda: "15.00 % test error (final)") as progress:
        assert eventually(lambda: progress._best.text)
        progress.progressed(Counts(complete=2), 0.0)
    assert "best" not in capsys.readouterr().err


def test_looking_for_the_best_holds_nobody_up(capsys):
    asked, answered = threading.Event(), threading.Event()

    def slow():
        asked.set()
        assert answered.wait(20)

    with Progress("small", slow) as progress:
        assert asked.wait(20)
        progress.progressed(Counts(complete=1, waiting=1), 5.0)
        assert capsys.readouterr().err
        answered.set()
    assert "basin-best" not in {thread.name for thread in threading.enumerate()}


def test_a_look_that_fails_leaves_what_was_seen_and_the_next_one_comes(monkeypatch):
    monkeypatch.setattr("study.progress.LOOK_SECONDS", 0.0)
    looks = []

    def look():
        looks.append(1)
        if len(looks) == 2:
            raise StoreUnreachableError("the store is away")
        return str(len(looks))

    with Latest(look) as latest:
        assert eventually(lambda: latest.text == "1" or len(looks) > 1)
        assert eventually(lambda: int(latest.text) >= 3)


def test_a_slow_look_is_rarer(monkeypatch):
    pauses = []
    monkeypatch.setattr("study.progress.LOOK_SECONDS", 0.0)
    latest = Latest(lambda: time.sleep(0.05))
    monkeypatch.setattr(latest._ended, "wait", lambda pause: pauses.append(pause) or len(pauses) > 1)
    with latest:
        assert eventually(lambda: len(pauses) > 1)
    assert pauses[1] >= 20 * 0.05


def test_on_a_terminal_a_note_is_not_markup(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Progress("small") as progress:
        progress.progressed(Counts(complete=1, waiting=1), 5.0)
        progress.noted("[red]a note")
    assert "[red]a note" in capsys.readouterr().err


@pytest.mark.parametrize("terminal", [True, False])
def test_a_note_moves_no_cursor(capsys, monkeypatch, terminal):
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    with Progress("small") as progress:
        progress.noted("trial 3: \x1b]0;owned\x07")
    assert r"small: trial 3: \x1b]0;owned\x07" in capsys.readouterr().err
