"""Faults between a driver and PostgreSQL: outage, unknown commit, deadlock."""

import threading
import time

import pytest
from sqlalchemy import text

from study.errors import StoreUnreachableError
from study.hosts import Process
from study.store import Store
from tests.contract.helpers import claim_one, completion, make, rows, tell
from tests.unit.study.drives import Watcher, complete, driver_of, inline

pytestmark = pytest.mark.postgres


@pytest.fixture
def away(proxy):
    """Yield a store behind the proxy, patient for a second only."""
    with Store(proxy.url, patience=1.0, lease_seconds=60.0, create=True) as store:
        store.leases.register("ann", Process.current())
        yield store


def test_an_outage_ends_in_one_clear_error_and_the_store_works_again_after_it(away, proxy):
    study = make(away)
    proxy.cut()
    with pytest.raises(StoreUnreachableError) as caught:
        away.studies.counts(study.id)
    assert caught.value.exit_code == 4
    proxy.restore()
    assert away.studies.counts(study.id).total == 6


def test_a_connection_that_breaks_in_the_midst_of_a_read_is_an_outage_like_any_other(away, proxy):
    def work(connection):
        connection.execute(text("SELECT 1"))
        proxy.cut()
        connection.execute(text("SELECT 1"))

    with pytest.raises(StoreUnreachableError):
        away.database.read(work)


def test_training_goes_on_through_an_outage_of_seconds_and_nothing_is_lost(away, proxy):
    study = make(away)
    watcher = Watcher()
    cuts = []

    def train(trial):
        if len(cuts) < 2 and not cuts[1:]:
            cuts.append(time.monotonic())
            proxy.cut()
            threading.Timer(3.0, proxy.restore).start()
        return complete(trial)

    status = driver_of(away, study, inline(train), watcher).run()
    assert (status.counts.total, status.counts.complete) == (6, 6)
    assert [row["attempt"] for row in rows(away)] == [1] * 6
    assert any("training goes on" in note for note in watcher.notes)
    # By name: the proxy has two threads for each connection that the pool keeps, and how many that are is chance.
    assert not [it.name for it in threading.enumerate() if it.name.startswith("basin-")]
    assert away.findings() == []


def test_a_commit_whose_answer_is_lost_is_written_once(away, proxy):
    study = make(away)
    lease = claim_one(away, study)
    proxy.swallow = b"COMMIT"
    assert tell(away, completion(lease)) == set()
    assert proxy.swallowed == 1
    found = rows(away)[0]
    assert (found["state"], found["attempt"]) == ("complete", 1)
    assert len(rows(away, "epoch")) == 3
    assert away.findings() == []


def test_a_claim_whose_answer_is_lost_is_given_back_at_the_next_renewal(away, proxy):
    study = make(away)
    proxy.swallow = b"COMMIT"
    claimed = claim_one(away, study)
    held = away.leases.renew("ann")
    assert claimed.key in held
    unknown = held - {claimed.key}
    assert len(unknown) == 1
    away.leases.release("ann", unknown)
    assert away.leases.renew("ann") == {claimed.key}


def test_a_deadlock_is_tried_again_and_both_writes_happen(away):
    study = make(away)
    barrier = threading.Barrier(2)
    tries = {"a": 0, "b": 0}

    def swap(name, first, second):
        def work(connection):
            tries[name] += 1
            touch = text("UPDATE trial SET reason = coalesce(reason, '') || :n WHERE study_id = :s AND number = :i")
            connection.execute(touch, {"n": name, "s": study.id, "i": first})
            if tries[name] == 1:
                barrier.wait(10)
            connection.execute(touch, {"n": name, "s": study.id, "i": second})

        away.database.write(work, patience=20.0)

    threads = [threading.Thread(target=swap, args=args) for args in (("a", 0, 1), ("b", 1, 0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(tries.values()) == [1, 2]
    assert [sorted(row["reason"]) for row in rows(away)[:2]] == [["a", "b"], ["a", "b"]]
