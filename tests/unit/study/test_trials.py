from __future__ import annotations

import pytest

from study.trials import TERMINAL, Counts, Lease, Report, State

COUNTS = Counts(waiting=1, running=2, complete=4, diverged=8, failed=16, cancelled=32, superseded=64)


def test_n_counts_every_slot_in_force():
    assert COUNTS.total == 63


def test_outcomes_are_the_terminal_states():
    assert COUNTS.terminal == sum(getattr(COUNTS, state) for state in TERMINAL)


def test_counts_as_values_begin_with_n():
    assert next(iter(COUNTS.to_dict().items())) == ("total", 63)


def test_counts_as_values_have_every_state():
    assert {*State, "total", "superseded"} == COUNTS.to_dict().keys()


@pytest.mark.parametrize(
    "one",
    [Lease(trial=3, attempt=2, number=0, seed=0, epochs=1, configuration={}, arm="base"), Report(trial=3, attempt=2)],
    ids=["lease", "report"],
)
def test_a_key_is_trial_and_attempt(one):
    assert one.key == (3, 2)
