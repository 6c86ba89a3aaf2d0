"""What Ray says of a worker that did not get far; the rest of the module runs in the acceptance tests."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
from ray import cloudpickle

from study import tuning
from study.tuning import _reason

REPORT = """Failure # 1 (occurred at 2026-11-21_12-00-00)
The actor died because of an error raised in its creation task, ray::Worker.__init__() (pid=1, ip=127.0.0.1)
  File "workers/trainable.py", line 45, in setup
    raise RuntimeError(
RuntimeError: workers must run the driver's code 1, got 2
"""


@pytest.fixture
def trial(tmp_path):
    """Return a function that makes a trial with its error in its local folder, in the storage, or nowhere."""

    def trial(local=None, stored=None):
        file = tmp_path / "error.txt"
        if local is not None:
            file.write_text(local, encoding="utf-8")
        return SimpleNamespace(error_file=str(file), get_error=lambda: stored)

    return trial


def test_the_error_in_the_local_folder_is_told(trial):
    assert _reason(trial(REPORT)) == "RuntimeError: workers must run the driver's code 1, got 2"


def test_the_error_in_the_storage_is_told(trial):
    assert _reason(trial(stored=REPORT)) == "RuntimeError: workers must run the driver's code 1, got 2"


def test_a_report_without_an_error_is_told_by_its_last_line(trial):
    assert _reason(trial("Failure # 1\nkilled by the kernel\n")) == "killed by the kernel"


@pytest.mark.parametrize("local", [None, "", " \n"])
def test_without_any_report_the_process_died(trial, local):
    assert _reason(trial(local)) == "the worker process died"


def test_a_trial_without_a_folder_has_no_report():
    assert _reason(SimpleNamespace(error_file=None, get_error=lambda: None)) == "the worker process died"


def test_a_long_line_is_cut(trial):
    assert len(_reason(trial("RuntimeError: " + "x" * 10_000))) == 500


class Listener:
    """Stands in for a supply of one ticket."""

    stopping = finished = False

    def __init__(self):
        self.told = []

    def next_ticket(self, _):
        return {"trials": [1, 2, 3]}

    def begun(self, *_):
        pass

    def received(self, _, reports):
        self.told.append(reports)

    def ended(self, name, error):
        self.told.append((name, error))


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def config(listener):
    """Return what Ray is given of a trial."""
    return tuning._Tickets(listener, waiting=False).suggest("one")


def test_workers_find_a_ticket_where_ray_has_a_sealed_one(config):
    assert cloudpickle.loads(cloudpickle.dumps(copy.deepcopy(config))) == {"ticket": {"trials": [1, 2, 3]}}


def test_ray_makes_no_copy_of_a_ticket_and_no_name_of_what_is_in_it(config):
    assert copy.deepcopy(config)["ticket"] is config["ticket"]
    assert "3" not in str(config["ticket"])


@pytest.mark.parametrize("error", [None, "KeyError: 1"])
def test_a_ticket_that_has_ended_is_let_go(listener, config, error):
    reports = tuning._Reports(listener, SimpleNamespace(look=lambda: None))
    trial = SimpleNamespace(trial_id="one", config=copy.deepcopy(config), error_file=None, get_error=lambda: error)
    (reports.on_trial_error if error else reports.on_trial_complete)(1, [trial], trial)
    assert listener.told == [("one", error)]
    assert cloudpickle.loads(cloudpickle.dumps(trial.config)) == {"ticket": {}}


def test_reports_are_passed_on_and_not_kept(listener):
    result = {"reports": [{"finish": None}], "done": False}
    watch = SimpleNamespace(look=lambda: None, fruitful=False)
    tuning._Reports(listener, watch).on_trial_result(1, [], SimpleNamespace(trial_id="one"), result)
    assert listener.told == [[{"finish": None}]]
    assert result == {"done": False}
