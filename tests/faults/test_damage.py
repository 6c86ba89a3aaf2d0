"""A store with damaged rows, or made by somebody who means harm: what is sound stays readable, and nothing is run."""

import json
import sqlite3

import pytest

from study.cli.app import run
from study.errors import StoreBrokenError
from study.hosts import Process
from study.store import Store
from tests.contract.helpers import claim_one, every_outcome, make, run_sql

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m"
RAW = ("\x1b", "\x07", "\x9b")


@pytest.fixture
def damaged(store):
    """Return a store with the studies ``study``, to be damaged, and ``sound``."""
    every_outcome(store, make(store))
    every_outcome(store, make(store, name="sound"))
    return store


@pytest.fixture
def basin(location, capsys, monkeypatch, tmp_path):
    """Return a function that runs a command on the store, and returns its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def basin(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run([*arguments, "--store", location])
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return basin


DAMAGES = {
    "UPDATE study SET document = 'x' WHERE name = 'study'": "study study: its specification is no JSON object",
    "UPDATE study SET document = '[]' WHERE name = 'study'": "study study: its specification is no JSON object",
    "UPDATE study SET document = '{\"epochs\": NaN}' WHERE name = 'study'": "its specification has faults, such as",
    "UPDATE configuration SET hyperparameters = 'x' WHERE number = 1 AND study_id = "
    "(SELECT id FROM study WHERE name = 'study')": "configuration 1 has hyperparameters that are no JSON",
    'UPDATE configuration SET hyperparameters = \'{"lr": "x"}\' WHERE number = 1 AND study_id = '
    "(SELECT id FROM study WHERE name = 'study')": "configuration 1 has a value that its option cannot have: lr",
    "UPDATE configuration SET hyperparameters = NULL WHERE number = 1 AND study_id = "
    "(SELECT id FROM study WHERE name = 'study')": "configuration 1 has hyperparameters that are no JSON",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_one_damaged_row_is_a_finding_and_hides_nothing(damaged, basin, damage):
    run_sql(damaged, damage.replace(":", r"\:"))
    run_sql(damaged, "UPDATE study SET hash = 'x' WHERE name = 'sound'")
    code, out, err = basin("db", "check")
    assert code == 1, err
    assert DAMAGES[damage] in out
    assert "study sound: its hash is not that of its specification" in out
    for command in ("show", "trials", "curves"):
        assert basin(command, "sound")[0] == 0
    code, out, _ = basin("studies", "--json")
    assert code == 0
    assert [row["name"] for row in json.loads(out)] == ["study", "sound"]
    assert [row["trials"]["total"] for row in json.loads(out)] == [6, 6]


@pytest.mark.parametrize("document", ["x", "[]", "{}", ""])
def test_a_study_that_cannot_be_read_is_listed_and_what_needs_no_specification_works(damaged, basin, document):
    run_sql(damaged, "UPDATE study SET document = :document WHERE name = 'study'", document=document)
    code, out, err = basin("studies")
    assert (code, [line.split()[:3] for line in out.splitlines()[1:]]) == (
        0,
        [["study", "unreadable", "6"], ["sound", "cancelled", "6"]],
    )
    assert "1 of them cannot be read" in err
    code, out, err = basin("show", "study")
    assert (code, out) == (4, "")
    assert err.startswith("basin: study study cannot be read: its specification ")
    assert len(json.loads(basin("trials", "study", "--json")[1])) == 6
    assert basin("cancel", "study")[0] == 0
    assert basin("retry", "study", "--failed")[0] == 0
    with pytest.raises(StoreBrokenError, match="restore the store from a copy"):
        make(damaged)


def test_a_study_without_trials_does_not_hide_the_others(damaged, basin):
    run_sql(damaged, "DELETE FROM trial WHERE study_id = (SELECT id FROM study WHERE name = 'study')")
    code, out, _ = basin("studies")
    assert (code, [line.split()[:3] for line in out.splitlines()[1:]]) == (
        0,
        [["study", "unreadable", "0"], ["sound", "cancelled", "6"]],
    )


def test_a_store_of_somebody_hostile_writes_to_no_terminal_and_no_page(damaged, basin, tmp_path):
    run_sql(damaged, "UPDATE study SET name = :e, code_version = :e WHERE name = 'study'", e=f"s{ESCAPES}")
    run_sql(damaged, "UPDATE study SET code_version = :e", e=ESCAPES)
    run_sql(damaged, "UPDATE trial SET reason = :e, optimizer = :e", e=ESCAPES)
    libraries = json.dumps({f"torch{ESCAPES}": ESCAPES})
    run_sql(damaged, "UPDATE attempt SET host = :e, device = :e, reason = :e, code_version = :e", e=ESCAPES)
    run_sql(damaged, "UPDATE attempt SET libraries = :l", l=libraries)
    values = json.dumps({f"lr{ESCAPES}": 0.1, "p": ESCAPES})
    run_sql(damaged, "UPDATE configuration SET hyperparameters = :v", v=values)
    columns = ("--columns", "number,reason,optimizer")
    commands = [
        ("studies",), ("studies", "--json"), ("show", "sound"), ("show", "sound", "--json"), ("show", f"s{ESCAPES}"),
        ("trials", "sound", *columns), ("trials", "sound", *columns, "--format", "csv"),
        ("trials", "sound", *columns, "--json"), ("curves", "sound", "--columns", "number,reason"),
        ("report", "sound", "--out", "out"), ("report", "sound", "--out", "out", "--json"), ("db", "check"),
        ("db", "check", "--json"), ("extend", "sound", "digits-lr-p"), ("retry", "sound", "--failed"),
        ("cancel", "sound"),
    ]  # fmt: skip
    for command in commands:
        code, out, err = basin(*command)
        assert code in {0, 1, 2, 3}, (command, err)
        assert not any(raw in out + err for raw in RAW), command
    for page in ("report.html", "summary.json", "trials.csv"):
        assert not any(raw in (tmp_path / "out" / page).read_text(encoding="utf-8") for raw in RAW), page


def test_libraries_that_cannot_be_read_do_not_stop_a_report(damaged, basin, tmp_path):
    run_sql(damaged, "UPDATE attempt SET libraries = 'x'")
    code, _, err = basin("report", "sound", "--out", "out")
    assert code == 0, err


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "basin.db"
    with Store(str(path), create=True) as store:
        store.leases.register("ann", Process.current())
        every_outcome(store, make(store))
        claim_one(store, make(store, name="sound"))
    return path


def test_text_that_is_none_hides_no_other(path):
    with sqlite3.connect(path) as other:
        other.execute("UPDATE trial SET reason = CAST(x'62c328ff' AS TEXT) WHERE number = 0 AND study_id = 1")
        other.execute("UPDATE study SET created_at = 'yesterday' WHERE id = 1")
    other.close()
    with Store(str(path)) as store:
        study = store.studies.get("study")
        assert next(row["reason"] for row in store.queries.trials(study.id)) == r"b\xc3(\xff"
        assert [it.created_at is None for it in store.studies.all()] == [True, False]


def test_pages_of_the_file_that_are_damaged_are_findings_and_the_check_goes_on(path):
    """The table of epochs is gone to noise; everything else can be read."""
    with sqlite3.connect(path) as other:
        size = other.execute("PRAGMA page_size").fetchone()[0]
        (page,) = other.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'epoch'").fetchone()
    other.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    with Store(str(path)) as store:
        run_sql(store, "UPDATE study SET hash = 'x' WHERE name = 'sound'")
        found = store.findings()
    assert any(line.startswith("the database: it ") for line in found), found
    assert any(line.startswith("study study: it cannot be read any further") for line in found), found
    assert "study sound: its hash is not that of its specification" in found
