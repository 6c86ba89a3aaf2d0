"""What a worker sees to before it trains; how it trains is run in the acceptance tests."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tests.unit.workers.tasks.test_surface import recipe as descent
from workers.messages import Ending, Job, Report, Ticket
from workers.precision import numeric_mode
from workers.provenance import code_version
from workers.states import packed
from workers.tasks import begin
from workers.trainable import Worker


@pytest.fixture
def worker():
    return Worker.__new__(Worker)  # Ray's own constructor wants a cluster


@pytest.mark.usefixtures("precision")
def test_a_worker_computes_float32_in_full(worker):
    worker.setup({"ticket": {"code": code_version(), "data": None, "threads": 1, "trials": []}})
    assert numeric_mode() == "float32 without TF32"


def test_a_worker_of_other_code_trains_nothing(worker):
    with pytest.raises(RuntimeError, match="must run the driver's code 0, got"):
        worker.setup({"ticket": {"code": "0", "data": None, "threads": 1, "trials": []}})


def test_a_worker_of_other_code_reads_nothing_of_a_ticket_but_that(worker):
    with pytest.raises(RuntimeError, match="must run the driver's code 0, got"):
        worker.setup({"ticket": {"code": "0", "of": "another release"}})


def test_a_worker_does_not_send_its_ticket_back(worker):
    """Ray adds the configuration to every result."""
    worker.config = {"ticket": {"code": code_version(), "data": None, "threads": 1, "trials": []}}
    worker.setup(worker.config)
    assert worker.config == {}


TRAINING = descent("adam", lr=0.01, noise=0.5)


def told(worker, *jobs):
    """Return what a worker reports of a ticket."""
    ticket = Ticket(code=code_version(), data=None, threads=1, jobs=jobs)
    worker.setup({"ticket": ticket.to_dict()})
    reports = []
    while True:
        result = worker.step()
        reports += map(Report.from_dict, result["reports"])
        if result["done"]:
            return reports


def epochs_of(reports):
    return [dict(epoch) | {"seconds": 0.0} for report in reports for epoch in report.epochs]


@pytest.mark.usefixtures("precision")
def test_a_worker_tells_every_epoch_and_the_end_of_each_trial(worker):
    reports = told(worker, Job(key=(7, 1), recipe=TRAINING), Job(key=(8, 2), recipe=TRAINING))
    assert [report.key for report in reports] == [(7, 1)] * 4 + [(8, 2)] * 4
    assert [report.finish.ending for report in reports if report.finish] == [Ending.COMPLETE] * 2
    end = reports[3].finish
    assert (end.images_per_second, end.provenance.code_version) == (None, code_version())
    assert [epoch["epoch"] for report in reports[:4] for epoch in report.epochs] == [1, 2, 3]


@pytest.mark.usefixtures("precision")
def test_a_ticket_may_carry_where_to_start(worker):
    whole = epochs_of(told(worker, Job(key=(7, 1), recipe=TRAINING)))
    session = begin(TRAINING, None, torch.device("cpu"))
    session.advance()
    later = told(worker, Job(key=(7, 2), recipe=TRAINING, state=packed(session.state())))
    assert epochs_of(later) == whole[1:]
    assert later[-1].finish.ending is Ending.COMPLETE


@pytest.mark.usefixtures("precision")
@pytest.mark.parametrize("state", [b"", b"junk", packed({"epoch": 9}), packed({"epoch": 1})], ids=repr)
def test_a_state_that_cannot_be_taken_is_an_error_of_its_trial_alone(worker, state):
    damaged = Job(key=(7, 2), recipe=TRAINING, state=state)
    reports = told(worker, damaged, Job(key=(8, 1), recipe=TRAINING))
    assert reports[0].finish.ending is Ending.ERROR
    assert reports[0].finish.reason
    assert reports[0].finish.provenance.rule.rule == "adam torch"  # there was an optimizer when it was raised
    assert [report.finish.ending for report in reports[1:] if report.finish] == [Ending.COMPLETE]


@pytest.mark.usefixtures("precision")
def test_a_training_that_diverges_or_raises_leaves_the_others_alone(worker):
    jobs = [
        Job(key=(1, 1), recipe=descent("sgd", lr=10.0)),
        Job(key=(2, 1), recipe=replace(TRAINING, task="unheard-of")),
        Job(key=(3, 1), recipe=TRAINING),
    ]
    ends = {report.key: report.finish for report in told(worker, *jobs) if report.finish}
    assert [end.ending for end in ends.values()] == [Ending.DIVERGED, Ending.ERROR, Ending.COMPLETE]
    assert (ends[1, 1].diverged_epoch, ends[2, 1].reason.split(":")[0]) == (1, "KeyError")
    rules = [end.provenance.rule for end in ends.values()]
    assert (rules[0].rule, rules[0].total_steps, rules[1]) == ("sgd", 60, None)
    assert rules[2] == begin(TRAINING, None, torch.device("cpu")).facts
