"""How many trials a ticket takes."""

import pytest

from study.drive.pace import GROWTH, MOST, TICKET_SECONDS, Pace
from study.trials import Ending, Finish


def ended(ending, seconds):
    return Finish(ending=ending, seconds=seconds)


def paced(*seconds, arm="base"):
    pace = Pace()
    for one in seconds:
        pace.note(arm, ended(Ending.COMPLETE, one))
    return pace


def test_one_of_what_is_not_known():
    assert (Pace().pack("base"), Pace().pack(None), paced(1e-3).pack("other")) == (1, 1, 1)


def test_one_where_trials_last_longer_than_a_ticket():
    assert paced(2 * TICKET_SECONDS).pack("base") == 1


def test_as_many_as_last_as_long_as_a_ticket():
    assert paced(*[TICKET_SECONDS / 5.5] * 9).pack("base") == 5


def test_no_more_than_what_is_known_can_vouch_for():
    assert [paced(*[1e-6] * known).pack("base") for known in (1, 2, 3)] == [GROWTH, 2 * GROWTH, 3 * GROWTH]


@pytest.mark.parametrize("seconds", [0.0, 1e-9])
def test_no_more_than_there_may_be(seconds):
    assert paced(*[seconds] * MOST).pack("base") == MOST


@pytest.mark.parametrize("ending", [Ending.DIVERGED, Ending.ERROR])
def test_a_training_that_was_cut_short_tells_nothing(ending):
    pace = Pace()
    pace.note("base", ended(ending, 1e-6))
    assert pace.pack("base") == 1


def test_recent_trials_count_for_more():
    pace = paced(*[1e-3] * 50)
    for _ in range(20):
        pace.note("base", ended(Ending.COMPLETE, 10 * TICKET_SECONDS))
    assert pace.pack("base") == 1
