"""What goes between driver and worker is the same on both sides, and plain in between."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.unit.workers.recipes import recipe
from workers.messages import Ending, Finish, Job, Provenance, Report, Ticket
from workers.records import Facts

MADE = Provenance(host="node1", device="cpu", libraries={"torch": "2.14.1"}, code_version="a")
FACTS = Facts(
    rule="sgdw",
    steps_per_epoch=5,
    total_steps=70,
    cycle_steps=10,
    schedules={"lr": {"name": "multistep", "milestones": [3]}},
    decay_per_step=1 / 3,
)
ENDS = [
    Finish(ending=Ending.COMPLETE, seconds=1.5, images_per_second=1e3, provenance=MADE),
    Finish(ending=Ending.DIVERGED, diverged_epoch=3, last_finite_loss=7.5, provenance=MADE),
    Finish(ending=Ending.COMPLETE, seconds=1.5, provenance=replace(MADE, rule=FACTS)),
    Finish(ending=Ending.ERROR, reason="out of memory"),
]


def through_json(values):
    return json.loads(json.dumps(values))


@pytest.mark.parametrize("finish", [None, *ENDS], ids=str)
@pytest.mark.parametrize("epochs", [[], [{"epoch": 1, "metrics": {"excess": 0.5}, "lr": None}]], ids=len)
def test_a_report_comes_out_as_it_went_in(finish, epochs):
    given = Report(trial=3, attempt=2, epochs=epochs, finish=finish)
    found = Report.from_dict(through_json(given.to_dict()))
    assert (found, found.key) == (given, (3, 2))


def test_an_end_that_was_written_before_there_were_facts_has_none():
    given = through_json(ENDS[0].to_dict())
    del given["provenance"]["rule"]
    assert Finish.from_dict(given) == ENDS[0]


def test_a_ticket_comes_out_as_it_went_in():
    jobs = tuple(Job(key=(number, 1), recipe=recipe(seed=number)) for number in range(3))
    given = Ticket(code="a", data="/data", threads=2, jobs=jobs)
    assert Ticket.from_dict(through_json(given.to_dict())) == given


def test_a_job_carries_a_state_as_bytes():
    given = Job(key=(3, 2), recipe=recipe(), state=b"\x00\xff")
    assert Job.from_dict(given.to_dict()) == given
