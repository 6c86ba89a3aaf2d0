from __future__ import annotations

import sys

import pytest

from study.cli.progress import Progress, described
from study.trials import Counts


@pytest.mark.parametrize(
    ("counts", "eta", "text"),
    [
        (Counts(complete=4), None, "4/4 done, 0 running, 0 diverged"),
        (Counts(complete=2, diverged=1, running=1), 61.0, "3/4 done, 1 running, 1 diverged, ETA 0:01:01"),
        (Counts(waiting=4), None, "0/4 done, 0 running, 0 diverged, ETA ?"),
        (Counts(failed=3), None, "3/3 done, 0 running, 0 diverged, 3 failed"),
        (Counts(cancelled=3), None, "3/3 done, 0 running, 0 diverged, 3 cancelled"),
    ],
)
def test_counts_are_one_line(counts, eta, text):
    assert described(counts, eta) == text


def test_without_a_terminal_progress_is_a_line(capsys):
    with Progress("small") as progress:
        progress.progressed(Counts(complete=1, waiting=1), 5.0)
    assert capsys.readouterr().err == "small: 1/2 done, 0 running, 0 diverged, ETA 0:00:05\n"


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
