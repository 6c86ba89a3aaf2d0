"""Columns: what a trial's options are to whoever reads them, whatever stands in its row."""

import random
import re
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from study.store import schema
from study.store.columns import TRIAL, option
from tests.contract.helpers import claim, completion, divergence, make, make_tpe, run_sql, tell

PAGE = (Path(__file__).parents[2] / "docs" / "queries.md").read_text(encoding="utf-8")
LARGEST = 1e300
EDGES = (5e-324, 2.2250738585072014e-308, 0.1 + 2**-56, 1 / 3, 1e22, 9007199254740993.0, LARGEST, -LARGEST, 0.0)


def write(store, options):
    """Give each trial its options, by number."""

    def work(connection):
        for number, values in enumerate(options):
            connection.execute(update(schema.trial).where(schema.trial.c.number == number).values(options=values))

    store.database.write(work)


def read(store, *columns):
    statement = select(*(column.sql for column in columns)).order_by(schema.trial.c.number)
    return store.database.read(lambda connection: connection.execute(statement).all())


def doubles(count):
    """Return numbers of every size, each of which needs its last bit."""
    chance = random.Random(0)  # noqa: S311
    found = []
    while len(found) < count:
        (number,) = struct.unpack("d", chance.randbytes(8))
        if abs(number) < LARGEST:  # which NaN is not
            found.append(number)
    return found


def test_every_number_comes_back_as_it_went_in(store):
    given = [*EDGES, *doubles(500 - len(EDGES))]
    make(store, space={"lr": {"values": [0.1]}}, seeds=500)
    write(store, [{"lr": number, "p": -number} for number in given])
    lr, p = option("lr", float), option("p", float)
    assert [tuple(row) for row in read(store, lr, p)] == [(number, -number) for number in given]
    found = run_sql(store, "SELECT lr, p FROM basin_trials ORDER BY number")
    assert [tuple(row.values()) for row in found] == [(number, -number) for number in given]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-LARGEST, LARGEST))
def test_a_number_is_equal_to_itself_in_an_expression(store, number):
    study = next(iter(store.studies.all()), None) or make(store)
    write(store, [{"lr": number}] * 6)
    sign, size = ("-" if number < 0 else ""), repr(abs(number))
    found = store.queries.trials(study.id, columns=["number"], where=f"lr = {sign}{size}")
    assert len(list(found)) == 6


def test_a_new_generation_has_the_options_of_the_old_one_to_the_last_digit(store):
    study = make(store)
    write(store, [{"lr": number, "wide": 3, "name": "x", "on": False} for number in EDGES[:6]])
    store.studies.cancel(study)
    assert store.growth.retry(study) == 6
    found = run_sql(store, "SELECT options, lr, generation FROM basin_trials ORDER BY number")
    assert [row["lr"] for row in found] == [*EDGES[:6]] * 2
    assert [row["options"] for row in found[:6]] == [row["options"] for row in found[6:]]
    assert [row["generation"] for row in found] == [0] * 6 + [1] * 6


KINDS = {
    float: ({"it": 0.5}, 0.5),
    int: ({"it": 7}, 7),
    str: ({"it": "naïve ' \" ☃"}, "naïve ' \" ☃"),
    bool: ({"it": True}, True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_option_of_every_kind_is_read_and_is_empty_where_it_is_another(store, kind):
    make(store)
    options, expected = KINDS[kind]
    wrong = [{"it": ["x"]}, {"it": {"x": 1}}, {}, {"it": None}, {"it": 3 if kind in {str, bool} else "3"}]
    write(store, [options, *wrong])
    found = [value for (value,) in read(store, option("it", kind))]
    assert found == [expected, *[None] * 5]
    assert type(found[0]) is kind


def test_a_name_may_have_dots_and_quotes_of_its_own(store):
    make(store)
    names = ["schedules.p.gamma", "it's", "$", "a b", "0"]
    write(store, [dict(zip(names, range(5), strict=True))] * 6)
    assert tuple(read(store, *(option(name, int) for name in names))[0]) == (0, 1, 2, 3, 4)


def test_options_of_another_kind_hide_no_row_and_no_column(store):
    study = make(store)
    run_sql(store, 'UPDATE trial SET options = \'{"lr"\\: "x", "p"\\: [1], "beta2"\\: 0.5}\' WHERE number = 0')
    first, second = list(store.queries.trials(study.id))[:2]
    assert (first["lr"], first["p"], first["beta2"]) == (None, None, 0.5)
    assert (second["lr"], second["p"], second["beta2"]) == (0.01, 0.125, 0.999)
    assert [row["number"] for row in store.queries.trials(study.id, where="lr < 1", sort="-lr")] == [2, 3, 1]


def test_every_column_is_named_once_and_typed():
    names = [column.name for column in TRIAL]
    assert len(names) == len(set(names))
    assert {column.type for column in TRIAL} <= {int, float, str, bool}


def test_what_an_epoch_measured_beside_its_columns_is_kept(store):
    (lease,) = claim(store, make(store))
    report = completion(lease)
    report.epochs[0]["metrics"] = {"value": 1 / 3}
    assert tell(store, report) == set()
    statement = select(schema.epoch.c.metrics).order_by(schema.epoch.c.epoch)
    found = store.database.read(lambda connection: connection.execute(statement).scalars().all())
    assert found == [{"value": 1 / 3}, None, None]


def test_the_view_has_every_column_that_is_printed(store):
    make_tpe(store)
    row = run_sql(store, "SELECT * FROM basin_trials ORDER BY number")[0]
    shown = {column.name for column in TRIAL} - {"beta1", "eps", "momentum"}
    assert shown <= row.keys()
    assert (row["study"], row["arm"], row["number"], row["configuration"]) == ("study", "base", 0, 0)
    assert (row["options"], row["lr"], row["value_final"], row["state"]) == (None, None, None, "waiting")


def test_the_statement_of_the_page_gives_the_map(store):
    ((statement),) = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    study = make(store, name="digits-mlp-divergence")
    make(store, name="other")
    first, second, third, *_ = claim(store, study, limit=4)
    tell(store, completion(first, 9.0, 9.0, 40.0), completion(second, 9.0, 9.0, 20.0), divergence(third))
    store.growth.retry(study, where="number = 1")
    with store.database.engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(statement))]
    assert rows == [(0.01, 0.125, 2, 1, 40.0), (0.1, 0.125, 2, 0, None), (1.0, 0.125, 2, 0, None)]
