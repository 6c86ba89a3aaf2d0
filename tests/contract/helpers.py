"""What the tests of the store share: specifications, reports, the clock, and whole rows."""

import json
from contextlib import contextmanager

from sqlalchemy import event, select, text

from search_spaces.validation import loads
from study.store.columns import TRIAL
from study.store.schema import metadata
from study.trials import Ending, Finish, Provenance, Report, State

CODE = "0.1.0+0123456789ab"
MADE = Provenance(host="node1", device="H200", libraries={"torch": "2.14.1"}, code_version=CODE)
HASH_0_1_0 = "1c65a6ba263528e3be89d9d8d1822855aa480eb7b91abdccb6e4cadf73bb20da"
TASK = {"dataset": "digits", "network": "mlp"}
LRS = {"values": [0.01, 0.1, 1.0]}
OPTIONS = [column.name for column in TRIAL if column.source == "options"]
TPE = {"name": "tpe", "configurations": 3}


def specification(**changes):
    """Return a specification of 3 configurations x 2 seeds x 3 epochs, with changes to its document."""
    document = {
        "name": "study",
        "task": TASK,
        "epochs": 3,
        "space": {"lr": LRS},
        "seeds": 2,
    }
    return loads(json.dumps(document | changes))


def make(store, **changes):
    """Create a study and return it."""
    wanted = specification(**changes)
    return store.studies.create(wanted, CODE)[0]


def age(store):
    """Write the study of :func:`make` as release 0.1.0 would have, with the hash that it gave, and return it."""
    (stored,) = rows(store, "study")
    document = json.loads(stored["document"])
    del document["task"]["remainder"]
    document["objective"]["statistic"] = "mean_last5"  # the default of its time
    run_sql(
        store,
        "UPDATE study SET document = :document, hash = :hash, identity = NULL, identity_version = 1, "
        "declarations = NULL",
        document=json.dumps(document),
        hash=HASH_0_1_0,
    )
    return store.studies.get("study")


def make_tpe(store, **changes):
    """Create a study whose configurations are proposed one by one."""
    space = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
    return make(store, **({"space": space, "design": TPE} | changes))


def claim(store, study, driver="ann", limit=1):
    """Lease trials of a study to a driver."""
    return store.leases.claim(study.id, driver, limit)


def claim_one(store, study, driver="ann"):
    """Lease the next trial of a study to a driver."""
    (lease,) = claim(store, study, driver)
    return lease


def epoch(number, error=50.0, **changes):
    """Return the record of one epoch."""
    record = {
        "epoch": number,
        "train_loss": 1.0 / number,
        "test_error": error,
        "test_error5": error / 5,
        "lr": 0.1,
        "p": 0.125,
        "log10_v": -4.0,
        "seconds": 0.5,
    }
    return record | changes


def epochs(*errors):
    """Return the records of the first epochs, one for each test error."""
    return [epoch(number, error) for number, error in enumerate(errors, start=1)]


def progress(lease, *errors):
    """Return a report of epochs alone."""
    return Report(trial=lease.trial, attempt=lease.attempt, epochs=epochs(*errors))


def completion(lease, *errors, **changes):
    """Return the report of a whole training, at 50, 40, 30, ... % unless errors are given."""
    curve = epochs(*(errors or [50.0 - 10.0 * n for n in range(lease.epochs)]))
    finish = Finish(ending=Ending.COMPLETE, **({"seconds": 2.0, "images_per_second": 1e3} | changes))
    return Report(trial=lease.trial, attempt=lease.attempt, epochs=curve, finish=finish)


def measured(lease, *metrics):
    """Return the report of a whole training of a task that has no columns of its own, metrics an epoch."""
    curve = [
        {"epoch": number, "lr": 0.1, "p": None, "log10_v": None, "seconds": 0.5, "metrics": it}
        for number, it in enumerate(metrics, start=1)
    ]
    finish = Finish(ending=Ending.COMPLETE, seconds=2.0)
    return Report(trial=lease.trial, attempt=lease.attempt, epochs=curve, finish=finish)


def divergence(lease, at=2, **changes):
    """Return the report of a training that met a loss that is not finite in epoch ``at``."""
    finish = Finish(ending=Ending.DIVERGED, diverged_epoch=at, last_finite_loss=7.5, seconds=1.0, **changes)
    return Report(trial=lease.trial, attempt=lease.attempt, epochs=epochs(*[80.0] * (at - 1)), finish=finish)


def failure(lease, reason="out of memory"):
    """Return the report of a training that raised."""
    return Report(trial=lease.trial, attempt=lease.attempt, finish=Finish(ending=Ending.ERROR, reason=reason))


def tell(store, *reports, driver="ann"):
    """Deliver reports and return the refused."""
    return store.results.report(driver, reports)


def run_sql(store, statement, **values):
    """Run one statement past every rule of the store's own code and return its rows, if it has any."""
    with store.database.engine.begin() as connection:
        result = connection.execute(text(statement), values)
        return [dict(row) for row in result.mappings()] if result.returns_rows else []


@contextmanager
def statements(store):
    """Yield the list of all statements that the store runs meanwhile, each with the parameters of its first run."""
    said = []

    def note(_connection, _cursor, statement, parameters, _context, many):
        said.append((statement, parameters[0] if many else parameters))

    event.listen(store.database.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(store.database.engine, "before_cursor_execute", note)


def rows(store, table="trial"):
    """Return every whole row of a table, in the order of its key; a trial's with its options beside its columns."""
    key = ", ".join(column.name for column in metadata.tables[table].primary_key)
    found = run_sql(store, f"SELECT * FROM {table} ORDER BY {key}")
    return [with_options(row) for row in found] if table == "trial" else found


def with_options(row):
    """Return the row of a trial with its options beside its columns, empty where they do not apply."""
    options = row.pop("options") or {}
    return dict.fromkeys(OPTIONS) | (json.loads(options) if isinstance(options, str) else options) | row


def row(store, lease):
    """Return the whole row of a leased trial."""
    return next(row for row in rows(store) if row["id"] == lease.trial)


def everything(store):
    """Return every trial, attempt and epoch."""
    return {table: rows(store, table) for table in ("trial", "attempt", "epoch")}


def expire_leases(store, driver=None):
    """Let the leases of a driver, or all, run out: move the clock by moving them."""
    which = "" if driver is None else "AND driver_id = :driver"
    values = {} if driver is None else {"driver": driver}
    # With the store's patience: whoever races for it waits for a lock as the store itself does.
    statement = text(f"UPDATE trial SET lease_until = lease_until - 1e6 WHERE state = 'running' {which}")
    store.database.write(lambda connection: connection.execute(statement, values))


def expire_progress(store):
    """Let the deadline for progress of every running trial pass, while the leases stay in force."""
    run_sql(store, "UPDATE trial SET progress_until = progress_until - 1e6 WHERE state = 'running'")


def now(store):
    """Return the time of the database's clock."""
    return store.database.read(lambda connection: connection.scalar(select(store.database.now)))


def every_outcome(store, study):
    """Bring one trial of a study to each terminal outcome, cancel what is left, and return a lease of each."""
    done, dead, broken, _ = leases = claim(store, study, limit=4)
    assert tell(store, completion(done), divergence(dead), failure(broken)) == set()
    for _ in range(2):
        again = next(lease for lease in claim(store, study, limit=1) if lease.trial == broken.trial)
        assert tell(store, failure(again)) == set()
    store.studies.cancel(study)
    return dict(zip(("complete", "diverged", "failed", "cancelled"), leases, strict=True)) | {"failed": again}


def states(store):
    """Return the states of all trials, by number."""
    return [State(row["state"]) for row in sorted(rows(store), key=lambda row: row["number"])]
