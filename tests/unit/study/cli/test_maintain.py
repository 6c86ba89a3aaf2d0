from __future__ import annotations

from tests.unit.study.common import create, lease, sql


def test_cancelling_takes_what_has_no_outcome(basin, filled):
    assert basin("cancel", "small").out == "cancelled 1 trials of study small; what was finished stays\n"
    assert filled.studies.counts(1).to_dict() == {
        "total": 6, "complete": 3, "diverged": 1, "failed": 1, "cancelled": 1, "running": 0, "waiting": 0,
        "superseded": 0,
    }  # fmt: skip


def test_cancelling_again_takes_nothing(basin, filled):
    assert basin("cancel", "small", "--json").json == {"name": "small", "cancelled": 1}
    assert basin("cancel", "small", "--json").json == {"name": "small", "cancelled": 0}


def test_a_cancelled_study_says_so(basin, filled):
    basin("cancel", "small")
    assert basin("show", "small", "--json").json["state"] == "cancelled"


def test_reaping_takes_expired_leases_back(basin, store):
    lease(store, create(store), limit=2)
    sql(store, "UPDATE trial SET lease_until = 0.0 WHERE number = 1")
    assert basin("reap").out == "took back 1 expired leases\n"
    assert store.studies.counts(1).running == 1


def test_reaping_leaves_leases_in_force(basin, store):
    lease(store, create(store), limit=2)
    assert basin("reap", "--json").json == {"reaped": 0}
