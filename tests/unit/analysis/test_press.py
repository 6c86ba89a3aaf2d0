import os

import pytest

from analysis import figures, press
from analysis.figures import write
from analysis.press import MANY, MOST, Press
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import CELLS, findings


@pytest.fixture(scope="module")
def drawn():
    """Return three pictures of a study."""
    found = findings(trials(CELLS))
    kinds = (figures.optima, figures.curves, figures.divergence)
    return [(kind, result) for kind in kinds for result in kind.compute(found)]


@pytest.fixture
def mine(monkeypatch):
    """Return the names of what this process drew."""
    names = []

    def noted(kind, result, folder, width):
        names.append(result.name)
        return write(kind, result, folder, width)

    monkeypatch.setattr(figures, "write", noted)
    return names


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_who_draws_shows_in_no_byte(drawn, mine, tmp_path, monkeypatch):
    (tmp_path / "pickle.py").write_text("raise SystemExit\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)  # what lies in the folder of the user hides nothing from a helper
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    for folder in (alone, shared):
        folder.mkdir()
    first = Press().write(drawn, alone)
    assert len(mine) == len(drawn) == 3
    mine.clear()
    with Press(1) as both:
        process = both._helpers[0]._process
        files = both.write(drawn, shared)
        assert process.poll() is None
    assert process.returncode is not None
    assert len(mine) < 3  # a helper takes what has most in it before anything is drawn here
    assert contents(shared) == contents(alone)
    assert [{kind: path.name for kind, path in it.items()} for it in files] == [
        {kind: path.name for kind, path in it.items()} for it in first
    ]


def test_how_many_are_drawn_is_told_before_each(drawn, tmp_path):
    told = []
    Press(progressed=lambda *both: told.append(both)).write(drawn, tmp_path)
    assert told == [(0, 3), (1, 3), (2, 3)]


def test_what_a_helper_does_not_bring_to_an_end_is_drawn_here(drawn, mine, tmp_path, monkeypatch):
    monkeypatch.setattr(press, "COMMAND", "import sys, pickle; pickle.load(sys.stdin.buffer); sys.exit(3)")
    with Press(2) as three:
        files = three.write(drawn, tmp_path)
    assert sorted(mine) == sorted(result.name for _, result in drawn)
    assert all(path.exists() for it in files for path in it.values())


def test_what_cannot_be_drawn_is_an_error_here(drawn, tmp_path):
    with Press(1) as both, pytest.raises(FileNotFoundError):
        both.write(drawn, tmp_path / "missing")


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the processors of a process are asked for on Linux")
@pytest.mark.parametrize(("trials", "processors", "helpers"), [(MANY - 1, 8, 0), (MANY, 1, 0), (MANY, 8, MOST - 1)])
def test_helpers_are_begun_where_they_are_worth_it(monkeypatch, trials, processors, helpers):
    monkeypatch.setattr(press, "Helper", lambda: None)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(processors))
    assert len(Press.for_trials(trials, lambda *_: None)._helpers) == helpers
