"""Tables in files and pipes: what is read of them, and what is refused."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import TableError
from study.errors import UsageError
from study.operations.analyzing import analysis_of, table_of

TABLE = pd.DataFrame({"lr": [0.1, 0.1, 0.01, 0.01], "p": [0.5, 0.25, 0.5, 0.25], "v": [4.0, 1.0, 2.0, 3.0]})
TEXT = TABLE.to_csv(index=False)


def found(path, **options):
    return analysis_of(path, **{"x": "lr", "y": "p", "value": "v", **options})


def put(folder, text, name="t.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(path, **options):
    with pytest.raises((UsageError, TableError)) as error:
        found(path, **options)
    assert error.value.exit_code == 2
    assert "\n" not in str(error.value)
    return str(error.value)


WRITERS = {
    "t.csv": lambda path: path.write_text(TEXT, encoding="utf-8"),
    "T.CSV": lambda path: path.write_text(TEXT, encoding="utf-8-sig"),
    "t.csv.gz": lambda path: path.write_bytes(gzip.compress(TEXT.encode())),
    "t.tsv": lambda path: path.write_text(TABLE.to_csv(index=False, sep="\t"), encoding="utf-8"),
    "t.tsv.gz": lambda path: path.write_bytes(gzip.compress(TABLE.to_csv(index=False, sep="\t").encode())),
    "t.parquet": TABLE.to_parquet,
    "indexed.parquet": TABLE.set_index("lr").to_parquet,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_file_is_read(tmp_path, name):
    WRITERS[name](tmp_path / name)
    assert found(tmp_path / name).grid.mean.tolist() == [[3.0, 1.0], [2.0, 4.0]]


def piped(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_a_dash_is_csv_from_a_pipe(monkeypatch):
    piped(monkeypatch, TEXT)
    assert found(Path("-")).grid.mean.tolist() == [[3.0, 1.0], [2.0, 4.0]]


def test_without_a_pipe_a_dash_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert refusal(Path("-")).startswith("TABLE - must come through a pipe")


WANDB = """,Name,State,Runtime,Notes,config.lr,config.p,test_error
0,dry-sun-1,finished,102,"a, b",0.1,None,4
1,dry-sun-2,crashed,102,,0.1,cosine,
2,dry-sun-3,finished,102,,0.01,None,2
3,dry-sun-4,finished,102,,0.01,cosine,NaN
"""


def test_an_export_is_read_as_it_comes(tmp_path):
    """Nothing, and NaN, is no value of what was measured; of what was set, ``None`` is one."""
    it = found(put(tmp_path, WANDB), x="config.lr", y="config.p", value="test_error")
    assert it.to_dict()["diverged"] == 2
    assert it.grid.y_axis.choices == ("None", "cosine")


def test_only_what_is_asked_for_is_kept(tmp_path):
    assert list(table_of(put(tmp_path, WANDB), {"config.lr", "test_error"})) == ["config.lr", "test_error"]


@pytest.mark.parametrize(
    "name", ["value", "a b", "$x$", "[bold]", "\x1b[31mx", "a,b", "--x", "", "x", "y", "0", "1", "é"]
)
def test_a_column_may_be_called_anything(tmp_path, name):
    path = put(tmp_path, TABLE.rename(columns={"lr": name}).to_csv(index=False))
    it = found(path, x=name, log=[name])
    assert (it.x, it.log) == (name, (True, False))


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (["x,y"], (True, True)), (["lr, p"], (True, True)), (["lr", "y"], (True, True)), (["p"], (False, True)),
        (["x,,"], (True, False)), ([""], (False, False)), ([], (False, False)),
    ],
)  # fmt: skip
def test_axes_are_named_by_column_or_role_at_once_or_one_by_one(tmp_path, log, expected):
    assert found(put(tmp_path, TEXT), log=log).log == expected


def test_a_column_x_that_is_no_axis_does_not_take_the_name_from_the_axis(tmp_path):
    assert found(put(tmp_path, TABLE.assign(x=1).to_csv(index=False)), log=["x"]).log == (True, False)


def test_columns_that_are_called_like_the_other_role_are_meant(tmp_path):
    path = put(tmp_path, TABLE.rename(columns={"lr": "y", "p": "x"}).to_csv(index=False))
    assert found(path, x="y", y="x", log=["x"]).log == (False, True)


@pytest.mark.parametrize("start", ["p=0.5", "y=.5"])
def test_a_start_is_named_by_column_or_role(tmp_path, start):
    number = found(put(tmp_path, TEXT), start=start).numbers["coordinate_tuning_regret"]
    assert number.value == pytest.approx(1.0)  # lr 0.01 at p = 0.5; both p there are 2 and 3, and the best cell is 1


def test_a_start_of_a_column_with_an_equals_sign(tmp_path):
    path = put(tmp_path, TABLE.rename(columns={"p": "p=q"}).to_csv(index=False))
    assert found(path, y="p=q", start="p=q=0.5").numbers["coordinate_tuning_regret"].value == pytest.approx(1.0)


@pytest.mark.parametrize("start", ["0.5", "p", "q=0.5", ""])
def test_a_start_that_is_written_otherwise_is_refused(tmp_path, start):
    assert refusal(put(tmp_path, TEXT), start=start) == f"--start must be p=VALUE, got {start!r}"


# --- what is no table ---

JUNK = {
    "empty": (b"", "must begin with a line of the names"),
    "blank lines": (b"\n\n\n", "must begin with a line of the names"),
    "only names": (b"lr,p,v\n", "must have at least one row"),
    "no names": (b"0.1,0.5,4\n0.1,0.25,1\n", "x must name a column of the table, got 'lr'; known: 0.1, 0.5, 4"),
    "utf-16": (TEXT.encode("utf-16"), "must be text in UTF-8"),
    "random": (np.random.default_rng(0).bytes(5000), "must be text in UTF-8"),
    "zeros": (bytes(5000), "holds bytes that are none"),
    "semicolons": (TEXT.replace(",", ";").encode(), "must have commas between its values"),
    "decimal commas": (TEXT.replace(",", ";").replace(".", ",").encode(), "must have commas between its values"),
    "a longer row": (b"lr,p,v\n1,2,3\n1,3,3,5\n", "as its first line has names, 3, and line 3 has 4"),
    "longer rows": (b"lr,p,v\n1,2,3,4\n1,3,3,5\n", "as its first line has names, 3, and line 2 has 4"),
    "a shorter row": (b"lr,p,v\n1,2,3\n\n,,\n1,3\n1\n", "as its first line has names, 3, and line 5 has 2"),
    "a shorter row after one of two lines": (b'lr,p,v,"a\nb"\n1,2,3,"\n"\n1\n', "names, 4, and line 5 has 1"),
    "a gap": (b"lr,p,v\n\n1,2,3\n,,\n,3,4\n", "got none in 1, the first of them line 5"),
    "infinite": (b"lr,p,v\n\n1,2,3\n,,\ninf,3,4\n", "got inf in line 5"),
    "a word": (b"lr,p,v\n\n1,2,3\n,,\n1,3,high\n", "got 'high' in line 5"),
    "a column twice": (b"lr,lr,p,v\n1,2,3,4\n", "must have each column once, and has lr more often"),
    "an open quote": (b'lr,p,v\n1,2,"3\n', ""),
}


@pytest.mark.parametrize("name", JUNK)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path, name):
    content, told = JUNK[name]
    said = refusal(put(tmp_path, content))
    assert told in said
    assert said.isprintable()
    assert len(said) < 400


def test_a_comma_at_the_end_of_every_row_is_none(tmp_path):
    rows = "\n".join(f"{line}," for line in TEXT.splitlines()[1:])
    assert found(put(tmp_path, f"lr,p,v\n{rows}\n")).grid.mean.tolist() == [[3.0, 1.0], [2.0, 4.0]]


@pytest.mark.parametrize("nothing", ["", "   ", ",,", " , ,", ",,,,", '"","",""'])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_spreadsheets_write_of_rows_without_anything_is_no_row(tmp_path, nothing, ends):
    first, *rows = TEXT.replace(".0\n", "\n").splitlines()
    lines = [nothing, first, nothing, *rows[:2], nothing, *rows[2:], nothing, nothing, ""]
    it = put(tmp_path, ends.join(lines))
    table = table_of(it, {"lr", "p", "v"}, value="v")
    assert found(it).grid.mean.tolist() == [[3.0, 1.0], [2.0, 4.0]]
    assert table.index.name == "line"
    assert [it.read_text(encoding="utf-8").splitlines()[line - 1] for line in table.index] == rows
    assert pd.api.types.is_integer_dtype(table["v"])


@pytest.mark.parametrize("name", ["t.parquet", "t.csv.gz"])
def test_a_file_that_is_not_what_it_is_called_is_refused(tmp_path, name):
    assert f"TABLE cannot be read as {name[1:]}: " in refusal(put(tmp_path, TEXT, name))


def test_a_gzipped_file_that_was_cut_off_is_refused(tmp_path):
    whole = gzip.compress(np.random.default_rng(0).bytes(5000).hex().encode())
    assert "TABLE cannot be read as .csv.gz: " in refusal(put(tmp_path, whole[:-2000], "t.csv.gz"))


def test_a_name_without_a_known_ending_is_refused(tmp_path):
    assert "TABLE must end in .csv, .tsv, .csv.gz, .tsv.gz, .parquet, or be -" in refusal(
        put(tmp_path, TEXT, "t.xlsx")
    )


def test_a_folder_and_nothing_are_refused(tmp_path):
    (tmp_path / "t.csv").mkdir()
    assert "there is a folder at " in refusal(tmp_path / "t.csv")
    assert "there is nothing at " in refusal(tmp_path / "nosuch.csv")
