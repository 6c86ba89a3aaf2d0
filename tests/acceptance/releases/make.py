"""Write the store that a release leaves in the tests: ``python -m tests.acceptance.releases.make 0.1.0``.

A study of twelve trials, five of them complete, or one or two more, and one leased to a driver that is gone.
"""

import sys
import tempfile
from pathlib import Path

from search_spaces.validation import loads
from study.drive import Driver, World
from study.environment import prepare
from study.hosts import Process
from study.store import Store
from tests.acceptance.conftest import SPECIFICATION
from workers.provenance import code_version


class Five:
    """Stops its driver after five trials."""

    def __init__(self):
        self.driver = None

    def progressed(self, counts, _eta):
        if counts.terminal >= 5:
            self.driver.stop()

    def noted(self, text):
        print(text)  # noqa: T201


def main(release):
    """Train some trials and leave one leased."""
    prepare(local=True)
    from study.tuning import run_tickets  # Ray reads its environment when it is imported

    specification = loads(SPECIFICATION)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "basin.db"
        with Store(str(path), create=True) as store:
            study, _ = store.studies.create(specification, code_version())
            observer = Five()
            world = World(executor=lambda supply: run_tickets(supply, workers=1, cpus=1, gpus=0, address=None))
            observer.driver = Driver(store, study, world=world, data=None, observer=observer)
            observer.driver.run()
            store.leases.register("gone", Process(host="elsewhere", pid=1, started=0.0))
            store.leases.lease_seconds = 0.0
            store.leases.claim(study.id, "gone", 1)
            with store.database.engine.begin() as connection:
                # Where it was made is nobody's business.
                connection.exec_driver_sql("UPDATE driver SET host = 'elsewhere', pid = 1")
                connection.exec_driver_sql("UPDATE attempt SET host = 'elsewhere' WHERE host IS NOT NULL")
            with store.database.engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
        target = Path(__file__).with_name(f"{release}.db")
        target.write_bytes(path.read_bytes())


if __name__ == "__main__":
    main(sys.argv[1])
