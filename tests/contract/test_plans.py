"""The plans of what is asked often: one study is read from an index, however large the store."""

import re

import pytest
from sqlalchemy import text

from tests.contract.helpers import claim, completion, make, progress, statements, tell

FILLED = """
INSERT INTO trial (study_id, number, configuration_id, seed, epochs, generation, superseded, filled, state, attempt,
                   errors, expiries, created_at, finished_at, optimizer, options, epochs_done, test_error_final,
                   test_error_mean_last5, test_error_min, train_loss_final, value_final, value_mean_last5, value_min)
SELECT study_id, number + 1000 * n.n, configuration_id, seed + 1000 * n.n, epochs, generation, superseded, filled,
       state, attempt, errors, expiries, created_at, finished_at, optimizer, options, epochs_done, test_error_final,
       test_error_mean_last5, test_error_min, train_loss_final, value_final, value_mean_last5, value_min
FROM trial JOIN (WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400) SELECT n FROM n) AS n
  ON study_id = :study
"""


@pytest.mark.parametrize(
    "arms", [{}, {"arms": {"padam": {}, "adamw": {"optimizer": {"name": "adamw"}}}}], ids=["none", "arms"]
)
def test_the_map_of_one_study_is_read_from_its_covering_index(store, arms):
    study = make(store, **arms)
    tell(store, *(completion(lease) for lease in claim(store, study, limit=12)))
    others = [make(store, name=f"other-{n}") for n in range(3)]
    for other in others:
        tell(store, *(completion(lease) for lease in claim(store, other, limit=6)))
        with store.database.engine.begin() as connection:
            connection.execute(text(FILLED), {"study": other.id})
    statement = store.queries.cells_statement(study.id).compile(
        store.database.engine, compile_kwargs={"literal_binds": True}
    )
    prefix = "EXPLAIN QUERY PLAN" if store.database.is_sqlite else "EXPLAIN"
    with store.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not store.database.is_sqlite:
            connection.execute(text("VACUUM ANALYZE trial"))
        plan = " ".join(str(row) for row in connection.execute(text(f"{prefix} {statement}")))
    expected = "COVERING INDEX ix_trial_map" if store.database.is_sqlite else "Index Only Scan using ix_trial_map"
    assert expected in plan, plan
    found = store.queries.cells(study.id)
    assert [(cell.trials, cell.complete, cell.mean, cell.lowest) for cell in found] == [
        (2, 2, 30.0, 30.0)
    ] * study.specification.configurations


def plans(store, said):
    """Return the plan of each statement that was run, with the parameters that it had; nothing is changed."""
    prefix = "EXPLAIN QUERY PLAN" if store.database.is_sqlite else "EXPLAIN"
    kept = [(it, values) for it, values in said if re.match("SELECT|INSERT|UPDATE|WITH", it)]
    with store.database.engine.connect() as connection:
        return {
            it: "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{prefix} {it}", values))
            for it, values in kept
        }


@pytest.fixture
def large(store):
    """Return a study of which most is done and some is waiting, in a store with as much of others."""
    for name in ("other", "study"):
        study = make(store, name=name)
        tell(store, *(completion(lease) for lease in claim(store, study, limit=6)))
        with store.database.engine.begin() as connection:
            connection.execute(text(FILLED), {"study": study.id})
            connection.execute(text(ATTEMPTED))
            connection.execute(text(EPOCHS))
            connection.execute(text(WAITING), {"study": study.id})
    with store.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not store.database.is_sqlite:
            connection.execute(text("VACUUM ANALYZE"))
    return study


ATTEMPTED = """
INSERT INTO attempt (trial_id, attempt, driver_id, started_at, ended_at, ending)
SELECT id, 1, 'ann', 1, 2, 'complete' FROM trial
WHERE id NOT IN (SELECT trial_id FROM attempt) AND state = 'complete'
"""

EPOCHS = """
INSERT INTO epoch (trial_id, attempt, epoch, test_error, seconds)
SELECT id, 1, 1, 50, 0.5 FROM trial WHERE id NOT IN (SELECT trial_id FROM epoch) AND state = 'complete'
"""

WAITING = """
UPDATE trial SET state = 'waiting', finished_at = NULL, epochs_done = 0, test_error_final = NULL,
                 test_error_mean_last5 = NULL, test_error_min = NULL, train_loss_final = NULL, value_final = NULL,
                 value_mean_last5 = NULL, value_min = NULL
WHERE study_id = :study AND number >= 300000
"""

WHOLE = re.compile(r"(SCAN|Seq Scan on) (trial|attempt|epoch)\b")


@pytest.mark.parametrize("arm", [None, "base"], ids=["any", "arm"])
def test_a_claim_passes_by_nothing_that_has_ended(store, large, arm):
    with statements(store) as said:
        leases = store.leases.claim(large.id, "ben", 100, arm=arm)
        store.leases.release("ben", [lease.key for lease in leases])
        store.leases.claim(large.id, "ben", 100, arm=arm)  # whose trials have had an attempt before
    assert len(leases) == 100
    found = plans(store, said)
    assert not [plan for plan in found.values() if WHOLE.search(plan)], found
    (picked,) = [plan for it, plan in found.items() if it.startswith("WITH")]
    used = r"INDEX ix_trial_claim \(study_id=\? AND state>\? AND state<\?\)|Scan using ix_trial_claim on trial"
    assert re.search(used, picked), picked
    assert "(study_id=?)" not in picked, picked


def test_reports_and_the_question_whether_there_is_more_read_no_whole_table(store, large):
    leases = store.leases.claim(large.id, "ben", 50)
    with statements(store) as said:
        tell(store, *(progress(lease, 50.0) for lease in leases), *map(completion, leases), driver="ben")
        assert store.leases.unfinished(large.id)
    found = plans(store, said)
    assert len(found) > 5
    assert not [plan for plan in found.values() if WHOLE.search(plan)], found
