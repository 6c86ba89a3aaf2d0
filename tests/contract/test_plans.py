"""The plan of the map's query: one study is read from an index, however large the store."""

import pytest
from sqlalchemy import text

from tests.contract.helpers import claim, completion, make, tell

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
