"""Studies from Python, as far as it goes without a cluster."""

from __future__ import annotations

import os
import signal
import sys
import threading
import types

import numpy as np
import pytest

import basin
from search_spaces.errors import SpecificationError
from search_spaces.plugins.decorators import DECLARED
from study import interruption
from study.errors import (
    SchemaError,
    StoreUnreachableError,
    StudyMismatchError,
    StudyNotFoundError,
    StudyUnfinishedError,
    UsageError,
)
from study.operations import driving
from study.python import watching as module
from study.python.watching import watching
from study.trials import Counts
from tests.unit.study.common import DOCUMENT, create, fill, sql


@pytest.fixture
def ends(monkeypatch):
    """Return a function that says how drives end."""

    def ends(results=(), happen=lambda _: None):
        def driven(store, study, interruption, **_options):
            fill(store, study, results)
            happen(interruption)
            return store.studies.status(study)

        monkeypatch.setattr(driving, "_driven", driven)

    return ends


def test_a_study_is_run_and_asked(folder, ends, capsys):
    ends([30.0, 10.0, 60.0, 60.0, "diverged", "failed"])
    study = basin.run(DOCUMENT)
    assert study.name == "small"
    assert study.state == "complete"
    assert study.best.mean == 20.0
    assert study.summary.counts == Counts(complete=4, diverged=1, failed=1)
    assert len(study.trials()) == 6
    assert set(study.trials("state = 'diverged'")["state"]) == {"diverged"}
    assert len(study.curves("number = 0")) == 2
    assert repr(study) == (
        "<basin.Study 'small' in basin.db: complete, 6/6 done, 0 running, 1 diverged, 1 failed; "
        "best lr=0.01: 20.00 % test error (final, mean over 2 seeds)>"
    )
    capsys.readouterr()
    study.show()
    assert capsys.readouterr().out.startswith("small: complete\n  task        digits, mlp")


def test_a_study_is_shown_as_a_table_whose_texts_are_escaped(folder, ends):
    ends([10.0] * 6)
    text = basin.run(DOCUMENT, "a&b.db")._repr_html_()
    assert "<table>" in text
    assert "a&amp;b.db" in text


def test_a_study_is_found_again_from_another_folder(folder, ends, tmp_path_factory, monkeypatch):
    ends([10.0] * 6)
    study = basin.run(DOCUMENT)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert study.state == "complete"


def test_the_store_is_the_argument_before_the_environment_before_the_file(folder, ends, monkeypatch):
    ends([10.0] * 6)
    (folder / "basin.toml").write_text('store = "file.db"\n')
    basin.run(DOCUMENT)
    monkeypatch.setenv("BASIN_STORE", "variable.db")
    basin.run(DOCUMENT)
    basin.run(DOCUMENT, folder / "argument.db")
    assert {path.name for path in folder.glob("*.db")} == {"file.db", "variable.db", "argument.db"}


def test_what_is_said_ahead_goes_to_standard_error(folder, ends, capsys):
    ends([10.0] * 6)
    basin.run(DOCUMENT)
    assert capsys.readouterr().err == (
        "study small created: 3 configurations x 2 seeds = 6 trials of 2 epochs, in basin.db\n"
    )


def test_it_can_be_silent(folder, ends, capfd):
    ends([10.0] * 6)
    basin.run(DOCUMENT, progress=False)
    assert capfd.readouterr() == ("", "")


def test_errors_are_those_of_the_command_line(folder, ends):
    ends([10.0] * 6)
    basin.run(DOCUMENT)
    with pytest.raises(StudyMismatchError, match="epochs: stored 2, given 3"):
        basin.run(DOCUMENT, set={"epochs": 3})
    with pytest.raises(SpecificationError, match="the dictionary has 1 fault"):
        basin.run(DOCUMENT | {"epochs": 0})
    with pytest.raises(UsageError, match=r"^workers must be a whole number from 1 on, got 0$"):
        basin.run(DOCUMENT, workers=0)
    with pytest.raises(UsageError, match="must be at most what this machine has"):
        basin.run(DOCUMENT, set={"name": "large", "resources.cpus": 1024})
    with pytest.raises(UsageError, match="no column 'nosuch'"):
        basin.run(DOCUMENT).trials("nosuch = 1")


@pytest.mark.parametrize("wrong", [3, [3], [["a.py"]]])
def test_files_of_plugins_are_names(folder, wrong):
    with pytest.raises(UsageError, match=r"^plugins must be the name of a file, or a list of them, got "):
        basin.run(DOCUMENT, plugins=wrong)


def test_an_empty_name_of_a_plugin_is_told_by_the_name_of_the_argument(folder):
    with pytest.raises(UsageError, match=r"^plugins must be "):
        basin.run(DOCUMENT, plugins="")


def test_no_plugins_are_those_of_the_settings(folder, ends):
    ends([10.0] * 6)
    assert basin.run(DOCUMENT, plugins=None).state == "complete"


@pytest.mark.parametrize("wrong", [["seeds=2"], "seeds=2", 3])
def test_changes_are_a_dictionary(folder, wrong):
    with pytest.raises(SpecificationError, match="must be a dictionary of values by dotted path"):
        basin.run(DOCUMENT, set=wrong)


def test_what_a_script_declares_must_be_in_a_file(folder, monkeypatch):
    monkeypatch.setitem(DECLARED, "__main__", [])
    cell = """
import basin
@basin.network("cell-net")
def cell_net(shape, classes): ...
"""
    exec(cell, {"__name__": "__main__"})  # noqa: S102 - as a cell of a notebook is
    task = {"dataset": "digits", "network": "cell-net"}
    with pytest.raises(SpecificationError, match=r"'cell-net' is declared in this script .* name that with plugins="):
        basin.run(DOCUMENT | {"task": task})
    with pytest.raises(SpecificationError, match="unknown network") as caught:
        basin.run(DOCUMENT | {"task": task | {"network": "other"}})
    assert "in this script" not in str(caught.value)


def test_a_refusal_makes_no_store(folder):
    with pytest.raises(basin.BasinError):
        basin.run(DOCUMENT | {"epochs": 0})
    assert list(folder.iterdir()) == []


def test_an_interruption_raises_with_the_way_to_continue(folder, ends):
    def happen(interruption):
        interruption.happened = True

    ends([10.0], happen)
    with pytest.raises(
        KeyboardInterrupt, match=r"study small: 1/6 done, .*; nothing is lost, and the same call continues"
    ):
        basin.run(DOCUMENT)
    ends([10.0] * 5)
    assert basin.run(DOCUMENT).state == "complete"


def test_an_interruption_of_a_study_that_ended_is_still_one(folder, ends):
    def happen(interruption):
        interruption.happened = True

    ends([10.0] * 6, happen)
    with pytest.raises(KeyboardInterrupt, match="it is finished"):
        basin.run(DOCUMENT)


def test_a_drive_that_ends_before_its_study_is_an_error(folder, ends):
    ends([10.0])
    with pytest.raises(StudyUnfinishedError, match="the same call continues it"):
        basin.run(DOCUMENT)


def test_signals_and_environment_are_left_as_they_were(folder, ends, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "-".join(("correct", "horse")))
    seen = []
    ends([10.0] * 6, lambda _: seen.append((signal.getsignal(signal.SIGINT), dict(os.environ))))
    handlers, variables = [signal.getsignal(number) for number in interruption.SIGNALS], dict(os.environ)
    basin.run(DOCUMENT)
    ((handler, within),) = seen
    assert handler != handlers[0]
    assert within["RAY_AUTH_MODE"] == "token"
    assert "PGPASSWORD" not in within
    assert [signal.getsignal(number) for number in interruption.SIGNALS] == handlers
    assert dict(os.environ) == variables


def test_an_answer_to_a_signal_that_the_process_has_is_left(folder, ends):
    seen = []
    ends([10.0] * 6, lambda _: seen.append(signal.getsignal(signal.SIGUSR1)))
    before = signal.signal(signal.SIGUSR1, mine := lambda *_: None)
    try:
        basin.run(DOCUMENT)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [mine]


def test_it_runs_in_another_thread_without_signals(folder, ends):
    handlers = [signal.getsignal(number) for number in interruption.SIGNALS]
    seen, found = [], []
    ends([10.0] * 6, lambda _: seen.append([signal.getsignal(number) for number in interruption.SIGNALS]))
    thread = threading.Thread(target=lambda: found.append(basin.run(DOCUMENT).state))
    thread.start()
    thread.join(60)
    assert (found, seen) == (["complete"], [handlers])


def test_one_study_is_driven_at_a_time(folder, ends):
    refused = []

    def second(_interruption):
        def call():
            with pytest.raises(UsageError, match="this process drives a study already"):
                basin.run(DOCUMENT, "other.db")
            refused.append(True)

        thread = threading.Thread(target=call)
        thread.start()
        thread.join(60)

    ends([10.0] * 6, second)
    basin.run(DOCUMENT)
    assert refused == [True]
    assert not (folder / "other.db").exists()


def test_an_answer_of_others_to_a_signal_stops_the_work_in_good_order():
    ended = threading.Event()

    class AlarmError(Exception):
        pass

    def ring(*_):
        raise AlarmError

    before = signal.signal(signal.SIGALRM, ring)
    try:
        with interruption.interruptible(yielding=True) as it:
            it.stop = ended.set
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(AlarmError):
                it.wait_for(lambda: ended.wait(30))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert ended.is_set()
    assert not interruption.is_left_behind()


# --- reports ---


def test_a_report_is_written(folder, ends):
    ends([60.0, 50.0, 40.0, 30.0, 20.0, 10.0])
    written = basin.run(DOCUMENT).report(folder / "out", clip=(None, 50))
    assert written.page == folder / "out" / "report.html"
    assert written.page.is_file()


def test_a_folder_of_others_is_refused(folder, ends):
    ends([10.0] * 6)
    (folder / "out").mkdir()
    (folder / "out" / "mine.txt").touch()
    with pytest.raises(UsageError, match="must be empty"):
        basin.run(DOCUMENT).report("out")


# --- stores that are read ---


def test_a_store_is_read_by_names(store):
    create(store, name="first")
    create(store, name="second")
    with basin.open() as studies:
        assert list(studies) == studies.names() == ["first", "second"]
        assert len(studies) == 2
        assert "first" in studies
        assert "third" not in studies
        assert studies["second"].state == "waiting"
        assert repr(studies) == "<basin.Studies in basin.db: first, second>"
        with pytest.raises(StudyNotFoundError, match="did you mean 'first'"):
            studies["firsst"]


def test_a_store_that_is_not_there_is_not_made(folder):
    with pytest.raises(StoreUnreachableError):
        basin.open("none.db")
    assert list(folder.iterdir()) == []


def test_a_store_of_another_schema_is_refused(store):
    sql(store, "UPDATE basin_version SET version_num = '9999'")
    with pytest.raises(SchemaError):
        basin.open()


def test_a_closed_store_says_so(store):
    create(store)
    with basin.open() as studies:
        study = studies["small"]
    assert repr(studies) == "<basin.Studies in basin.db: closed>"
    with pytest.raises(UsageError, match=r"was closed; open it again with basin\.open"):
        study.trials()
    assert "cannot be read: the store basin.db was closed" in repr(study)
    assert study._repr_html_() is None


# --- what is shown ---


class Display:
    """Stands for the output of a cell."""

    def __init__(self):
        self.shown = []

    def __call__(self, data, **_options):
        return self.update(data)

    def update(self, data, **_options):
        self.shown.append(data)
        return self


@pytest.fixture
def notebook(monkeypatch):
    """Stand in the kernel of a notebook."""
    display = Display()
    shell = types.SimpleNamespace(kernel=True)
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", types.SimpleNamespace(display=display))
    return display


def test_in_a_notebook_there_is_one_bar(notebook, capfd):
    with watching("small", lambda: None, ["study small created"], progress=True)() as bar:
        bar.noted("trial 3: <b>\x1b[2J")
        bar.progressed(Counts(complete=1, waiting=1), 5.0)
    last = notebook.shown[-1]
    assert '<progress value="1" max="2"' in last["text/html"]
    assert "small created" in last["text/html"]
    assert r"trial 3: &lt;b&gt;\x1b[2J" in last["text/html"]
    assert last["text/plain"].startswith("small: 1/2 done, 0 running, 0 diverged, ETA 0:00:05\n")
    assert capfd.readouterr() == ("", "")


def test_a_bar_is_not_drawn_at_every_report(notebook):
    with watching("small", lambda: None, [], progress=True)() as bar:
        for _ in range(1_000):
            bar.progressed(Counts(complete=1, waiting=1), 5.0)
        assert len(notebook.shown) < 100


def test_a_bar_keeps_the_last_sentences(notebook):
    with watching("small", lambda: None, [], progress=True)() as bar:
        for number in range(20):
            bar.noted(f"sentence {number}.")
    assert notebook.shown[-1]["text/html"].count("sentence") == module.NOTES


def test_a_script_is_told_seldom(capsys):
    with watching("small", lambda: None, [], progress=True)() as lines:
        for _ in range(1_000):
            lines.progressed(Counts(complete=1, waiting=1), 5.0)
        lines.progressed(Counts(complete=2), None)
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_silence_is_silence(capfd):
    with watching("small", lambda: None, ["said"], progress=False)() as nobody:
        nobody.progressed(Counts(complete=1), None)
        nobody.noted("a sentence")
    assert capfd.readouterr() == ("", "")


def test_this_is_no_notebook():
    assert not module.in_notebook()


@pytest.fixture
def finished(folder, ends):
    """A study whose second learning rate is the best, by two seeds each."""
    ends([30.0, 40.0, 10.0, 12.0, 50.0, 60.0])
    return basin.run(DOCUMENT, progress=False)


@pytest.mark.parametrize("found", ["as it was run", "as it is read"])
def test_the_winner_gets_fresh_seeds_that_the_same_call_trains(finished, ends, found):
    ends([20.0, 22.0])
    with basin.open() as studies:
        study = finished if found == "as it was run" else studies["small"]
        assert study.check_winner(2, dry_run=True).trials == 2
        assert len(study.trials()) == 6
        added = study.check_winner(2)
        assert (added.trials, added.total, study.state) == (2, 8, "waiting")
    again = basin.run(DOCUMENT, progress=False)
    fresh = again.trials("seed >= 2")
    assert sorted(zip(fresh["lr"], fresh["seed"], fresh["test_error_final"], strict=True)) == [
        (0.1, 2, 20.0),
        (0.1, 3, 22.0),
    ]
    assert (again.best.mean, again.best.seeds) == (11.0, 2)
    assert again.check_winner(2).trials == 0


def test_before_a_study_has_ended_it_has_no_winner(store):
    create(store)
    with basin.open() as studies, pytest.raises(StudyMismatchError, match="6 of its trials have not ended"):
        studies["small"].check_winner(2)


@pytest.mark.parametrize("seeds", [0, -1, 1.5, "2", None, True])
def test_fresh_seeds_are_counted(finished, seeds):
    with pytest.raises(UsageError, match=f"fresh seeds?, got {seeds!r}$"):
        finished.check_winner(seeds)
    assert len(finished.trials()) == 6


def test_there_are_no_more_fresh_seeds_than_a_study_may_have_trials(finished):
    with pytest.raises(UsageError, match=r"^--winner must be at most 1,000,000 fresh seeds, got 1,000,001$"):
        finished.check_winner(1_000_001)


def test_fresh_seeds_are_counted_by_numpy_too(finished):
    assert finished.check_winner(np.int64(3)).trials == 3


def test_a_study_is_compared_as_the_command_does(store, folder):
    create(store)
    with basin.open() as studies:
        study = studies["small"]
        found = study.compare("report-table-2", folder / "out")
        with pytest.raises(UsageError, match="did you mean 'report-table-3'"):
            study.compare("report-table3")
        with pytest.raises(UsageError, match="did you mean 'report-table-3'"):
            study.report(folder / "laid", overlay="report-table3")
        with pytest.raises(UsageError, match="--width must be page or column, got 'wide'"):
            study.report(folder / "laid", width="wide")
        assert not (folder / "laid").exists()
    assert {str(row.verdict) for row in found.rows} == {"not run"}
    assert (folder / "out" / "comparison.png").stat().st_size > 0
