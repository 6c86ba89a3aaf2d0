from __future__ import annotations

import csv
import io
import json
import sys

import pyarrow.parquet as pq
import pytest

from analysis.tables import inert
from study.cli.output import Format, print_json, print_rows, print_table
from study.errors import UsageError

ROWS = [
    {"number": 0, "state": "complete", "lr": 0.1, "reason": None, "superseded": False},
    {"number": 10, "state": "failed", "lr": 0.0316227766017, "reason": "=1+1, 'x'\nnext", "superseded": True},
]
COLUMNS = {"number": int, "state": str, "lr": float, "reason": str, "superseded": bool}


FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\r\n=1", " =1", "\x00=1", "\u00a0=1", "\ufeff=1",
    "\x0b\n -1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)", "\t", "\r",
]  # fmt: skip


@pytest.mark.parametrize("value", FORMULAS, ids=ascii)
def test_text_like_a_formula_is_made_inert(value):
    assert inert(value) == f"'{value}"


@pytest.mark.parametrize("value", ["complete", "", "a=1", "\na=1", " ", "☃", None, -1.5, -3, True])
def test_whatever_is_no_formula_stays(value):
    assert inert(value) == value


def test_json_is_indented(capsys):
    print_json({"a": [1, None]})
    assert capsys.readouterr().out == '{\n  "a": [\n    1,\n    null\n  ]\n}\n'


def test_json_refuses_nan():
    with pytest.raises(ValueError, match="not JSON compliant"):
        print_json({"a": float("nan")})


def test_a_table_is_aligned(capsys):
    print_table(ROWS, ("number", "state", "lr"))
    assert capsys.readouterr().out == (
        "number  state     lr\n0       complete  0.1\n10      failed    0.031623\n"
    )  # fmt: skip


def test_a_table_without_rows_is_its_head(capsys):
    print_table([], ("number", "state"))
    assert capsys.readouterr().out == "number  state\n"


def test_a_table_has_one_line_a_row(capsys):
    print_rows(iter(ROWS), COLUMNS, Format.TABLE)
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_json_rows_are_one_list(capsys):
    print_rows(iter(ROWS), COLUMNS, Format.JSON)
    assert json.loads(capsys.readouterr().out) == ROWS


def test_no_json_rows_are_an_empty_list(capsys):
    print_rows(iter(()), COLUMNS, Format.JSON)
    assert json.loads(capsys.readouterr().out) == []


def test_json_rows_refuse_nan():
    with pytest.raises(ValueError, match="not JSON compliant"):
        print_rows([{"lr": float("inf")}], {"lr": float}, Format.JSON)


def test_csv_rows_have_a_head(capsys):
    print_rows(iter(ROWS), COLUMNS, Format.CSV)
    assert capsys.readouterr().out.splitlines()[0] == "number,state,lr,reason,superseded"


def test_csv_rows_can_be_read_back(capsys):
    print_rows(iter(ROWS), COLUMNS, Format.CSV)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [float(row["lr"]) for row in rows] == [0.1, 0.0316227766017]
    assert rows[1]["reason"] == "'=1+1, 'x'\nnext"


def test_no_csv_rows_are_the_head(capsys):
    print_rows(iter(()), {"number": int, "state": str}, Format.CSV)
    assert capsys.readouterr().out == "number,state\n"


@pytest.mark.parametrize("form", [Format.JSON, Format.CSV])
def test_rows_are_printed_as_they_arrive(capsys, form):
    def rows():
        yield ROWS[0]
        assert "complete" in capsys.readouterr().out
        yield ROWS[1]

    print_rows(rows(), COLUMNS, form)


def test_columns_come_in_the_order_asked_for(capsys):
    print_rows(iter(ROWS), {"lr": float, "number": int}, Format.CSV)
    assert capsys.readouterr().out.splitlines()[1] == "0.1,0"


def test_parquet_is_refused_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(UsageError, match="not for a terminal"):
        print_rows(iter(ROWS), COLUMNS, Format.PARQUET)
    assert capsys.readouterr().out == ""


def parquet(capsysbinary, rows, columns=COLUMNS):
    print_rows(iter(rows), columns, Format.PARQUET)
    return pq.read_table(io.BytesIO(capsysbinary.readouterr().out))


def test_parquet_that_is_redirected_can_be_read(capsysbinary):
    assert parquet(capsysbinary, ROWS).to_pylist() == ROWS


def test_parquet_has_the_columns_asked_for(capsysbinary):
    assert parquet(capsysbinary, ROWS, {"lr": float, "number": int}).column_names == ["lr", "number"]


def test_parquet_without_rows_has_its_columns_still(capsysbinary):
    assert parquet(capsysbinary, []).column_names == list(COLUMNS)


def test_parquet_types_do_not_depend_on_the_rows(capsysbinary):
    empty = parquet(capsysbinary, []).schema
    assert empty == parquet(capsysbinary, [ROWS[0] | {"lr": None, "reason": None}]).schema
    assert [str(field.type) for field in empty] == ["int64", "string", "double", "string", "bool"]


class Slow:
    """Rows that note how far ahead of the output they are asked for."""

    def __init__(self, count, written):
        self.count, self.written, self.furthest = count, written, 0

    def __iter__(self):
        for number in range(self.count):
            self.furthest = max(self.furthest, number - self.written())
            yield ROWS[number % 2] | {"number": number}


@pytest.mark.parametrize("form", list(Format))
def test_no_format_runs_far_ahead_of_its_output(capsysbinary, monkeypatch, form):
    monkeypatch.setattr("study.cli.output.PAGE", 50)
    monkeypatch.setattr("study.rows.ROW_GROUP", 50)
    seen = bytearray()

    def written():
        seen.extend(capsysbinary.readouterr().out)
        # Parquet is binary: each row group that was written holds 50 rows.
        return 50 * seen.count(b"=1+1, 'x'") if form is Format.PARQUET else seen.count(b"\n")

    rows = Slow(1_000, written)
    print_rows(iter(rows), COLUMNS, form)
    assert rows.furthest <= 101


def test_parquet_of_many_pages_is_whole(capsysbinary, monkeypatch):
    monkeypatch.setattr("study.rows.ROW_GROUP", 3)
    rows = [ROWS[1] | {"number": number} for number in range(10)]
    assert parquet(capsysbinary, rows)["number"].to_pylist() == list(range(10))


def test_a_cell_wider_than_the_first_page_is_still_whole(capsys, monkeypatch):
    monkeypatch.setattr("study.cli.output.PAGE", 1)
    print_table([{"a": 1, "b": "x"}, {"a": 1234567, "b": "y"}], ("a", "b"))
    assert capsys.readouterr().out == "a  b\n1  x\n1234567  y\n"
