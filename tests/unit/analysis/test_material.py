"""Rows of a study become columns, arm by arm."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import CELLS, material
from tests.unit.analysis.studies import ARMS, armed


@pytest.mark.parametrize("held", [1, 2, 3, 8, 16])
@pytest.mark.parametrize(("rows", "changes"), [(trials(CELLS), {}), (armed(), {"arms": ARMS})], ids=["base", "arms"])
def test_rows_become_the_same_columns_however_many_are_held(monkeypatch, rows, changes, held):
    expected = material(rows, **changes).trials
    monkeypatch.setattr("analysis.material.CHUNK", held * len(expected))
    found = material(rows, **changes).trials
    assert found.keys() == expected.keys()
    for name, table in found.items():
        pd.testing.assert_frame_equal(table, expected[name])


def test_a_study_without_rows_has_columns_all_the_same():
    (table,) = material([]).trials.values()
    assert table.empty
    assert {"number", "seed", "state", "superseded", "lr", "p", "test_error_final"} <= set(table.columns)
    assert (str(table["state"].dtype), str(table["lr"].dtype)) == ("category", "float64")
