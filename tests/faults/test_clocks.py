"""Clocks and identities: only the database's clock and the attempt number decide."""

import threading
import time

import pytest

from study.hosts import Process
from study.store import Store
from tests.contract.helpers import (
    claim,
    claim_one,
    completion,
    expire_leases,
    make,
    rows,
    tell,
)


@pytest.mark.parametrize("skew", [-600.0, 600.0, 1e7])
def test_a_driver_with_a_wrong_clock_neither_loses_nor_steals(store, monkeypatch, skew):
    study = make(store)
    mine = claim_one(store, study)
    true = time.time
    monkeypatch.setattr(time, "time", lambda: true() + skew)
    monkeypatch.setattr(time, "time_ns", lambda: int((true() + skew) * 1e9))
    assert store.leases.renew("ann") == {mine.key}
    assert store.leases.reap() == 0
    assert mine.trial not in {one.trial for one in claim(store, study, "ben", limit=10)}
    assert tell(store, completion(mine)) == set()
    found = rows(store)[0]
    assert abs(found["finished_at"] - true()) < 60


def test_reapers_that_race_take_each_lease_back_once(store, location):
    study = make(store, seeds=20)
    claim(store, study, limit=60)
    expire_leases(store)
    barrier, taken = threading.Barrier(4), []

    def reap():
        with Store(location) as mine:
            barrier.wait(10)
            taken.append(mine.leases.reap())

    threads = [threading.Thread(target=reap) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 60
    assert {row["expiries"] for row in rows(store)} == {1}


def test_a_completion_and_a_reaper_that_race_leave_one_outcome(store, location):
    study = make(store, seeds=20)
    leases = claim(store, study, limit=60)
    expire_leases(store)
    barrier, refused = threading.Barrier(2), set()

    def finish():
        with Store(location) as mine:
            barrier.wait(10)
            for lease in leases:
                refused.update(tell(mine, completion(lease)))

    def reap():
        with Store(location) as mine:
            barrier.wait(10)
            for _ in range(20):
                mine.leases.reap()

    threads = [threading.Thread(target=work) for work in (finish, reap)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = {row["id"]: row["state"] for row in rows(store)}
    assert {trial for trial, state in found.items() if state == "waiting"} == {trial for trial, _ in refused}
    assert set(found.values()) <= {"waiting", "complete"}
    assert store.findings() == []


def test_a_new_driver_with_the_dead_ones_process_number_holds_nothing_of_it(store):
    study = make(store)
    mine = claim_one(store, study)
    here = Process.current()
    impostor = Process(host=here.host, pid=here.pid, started=here.started + 100.0)
    store.leases.register("cyd", impostor)
    assert tell(store, completion(mine), driver="cyd") == {mine.key}
    assert store.leases.renew("cyd") == set()
    assert tell(store, completion(mine)) == set()
