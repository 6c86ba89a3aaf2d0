"""A study from its specification to its report, through the command line alone."""

import csv
import io
import json
import shutil

import pyarrow.parquet as pq
import pytest

from tests.acceptance.conftest import stop
from tests.acceptance.test_kill import folder_epochs, wait_until

pytestmark = pytest.mark.acceptance

KEYS = (
    "number", "state", "seed", "generation", "attempt", "optimizer", "lr", "p", "beta2", "weight_decay", "epochs",
    "test_error_final", "test_error_mean_last5", "test_error_min", "train_loss_final", "diverged_epoch",
)  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    from tests.acceptance.conftest import SPECIFICATION, Folder

    folder = Folder(tmp_path_factory.mktemp("finished"), "basin.db")
    # Files of these names in the user's folder must not shadow the packages, in the driver or in the workers.
    for name in ("study", "workers", "analysis", "search_spaces", "torch"):
        folder.write(f"{name}.py", "raise RuntimeError('a file of the working directory was imported')\n")
    folder.write("small.yaml", SPECIFICATION)
    done = folder.run("run", "small.yaml")
    assert done.returncode == 0, done.stderr
    assert "12/12 done" in done.stdout
    yield folder
    shutil.rmtree(folder.temporary, ignore_errors=True)


def test_run_again_trains_nothing(finished):
    attempts = finished.rows("SELECT * FROM attempt")
    again = finished.run("run", "small.yaml", "--set", "resources.cpus=2")
    assert again.returncode == 0
    assert "finished already" in again.stderr
    assert finished.rows("SELECT * FROM attempt") == attempts


def test_another_specification_of_that_name_is_refused(finished):
    refused = finished.run("run", "small.yaml", "--set", "epochs=3")
    assert refused.returncode == 2
    assert "epochs: stored 2, given 3" in refused.stderr
    assert "extend" in refused.stderr


def test_show_has_the_documented_keys(finished):
    shown = finished.json("show", "small", "--json")
    assert shown["name"] == "small"
    assert shown["state"] == "complete"
    assert {"total", "complete", "diverged", "failed", "cancelled", "running", "waiting"} <= shown["trials"].keys()
    assert shown["trials"]["total"] == shown["trials"]["complete"] == 12


def test_studies_lists_it(finished):
    assert [row["name"] for row in finished.json("studies", "--json")] == ["small"]


def test_trials_in_four_formats_agree(finished):
    rows = finished.json("trials", "small", "--format", "json")
    assert len(rows) == 12
    assert all(set(KEYS) <= row.keys() for row in rows)
    listed = list(csv.DictReader(io.StringIO(finished.run("trials", "small", "--format", "csv").stdout)))
    assert [float(row["test_error_final"]) for row in listed] == [row["test_error_final"] for row in rows]
    table = finished.run("trials", "small").stdout
    assert len(table.splitlines()) == 13
    import subprocess

    from tests.acceptance.conftest import BASIN

    raw = subprocess.run(
        [BASIN, "trials", "small", "--format", "parquet"],
        cwd=finished.path,
        env=finished.environment,
        capture_output=True,
        check=True,
    ).stdout
    assert pq.read_table(io.BytesIO(raw)).to_pylist() == rows


def test_trials_sort_and_limit(finished):
    rows = finished.json("trials", "small", "--json", "--sort", "-lr", "--limit", "3")
    assert [row["lr"] for row in rows] == [1.0, 1.0, 1.0]


def test_every_attempt_has_its_provenance(finished):
    for row in finished.rows("SELECT * FROM attempt"):
        assert row["host"]
        assert row["device"].startswith(("cpu", "NVIDIA"))
        assert {"python", "torch", "ray", "optuna"} <= json.loads(row["libraries"]).keys()
        assert "+" in row["code_version"]
        assert row["seconds"] > 0
        assert row["images_per_second"] > 0


def test_report_writes_everything(finished):
    done = finished.run("report", "small", "--out", "out")
    assert done.returncode == 0, done.stderr
    out = finished.path / "out"
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    drawn = ("heatmap", "optima", "effective-rate", "sensitivity", "curves")
    pictures = {f"figures/{name}.{kind}" for name in drawn for kind in ("png", "svg", "pdf")}
    assert names == {"SHA256SUMS", "report.html", "summary.json", "trials.csv", "figures/map.html"} | pictures
    assert json.loads((out / "summary.json").read_text())["trials"]["total"] == 12
    again = finished.run("report", "small", "--out", "again")
    assert again.returncode == 0
    for name in names:
        assert (out / name).read_bytes() == (finished.path / "again" / name).read_bytes(), name


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "nosuch"], 3),
        (["report", "nosuch", "--out", "x"], 3),
        (["trials", "small", "--columns", "lrr"], 2),
        (["trials", "small", "--sort", "x y"], 2),
        (["report", "small", "--out", "y", "--statistic", "best"], 2),
        (["report", "small", "--out", "small.yaml"], 2),
        (["run", "nosuch.yaml"], 2),
        (["run", "small.yaml", "--set", "epochs"], 2),
        (["studies", "--store", "nowhere/basin.db"], 4),
        (["studies", "--store", "absent.db"], 4),
        (["studies", "--store", "small.yaml"], 4),
        (["studies", "--store", "mysql://u:secret@h/d"], 2),
        (["studies", "--store", "postgresql://u:secret@127.0.0.1:9/d"], 4),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_errors_are_one_message_with_their_exit_code(finished, arguments, code):
    done = finished.run(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    waited = done.stderr.startswith("waiting for the store ")  # which is told before it is given up
    assert done.stderr.splitlines()[int(waited)].startswith("basin: ")
    assert "secret" not in done.stderr + done.stdout


def test_a_faulty_specification_writes_nothing(folder):
    folder.write("bad.yaml", "name: Bad\nepochs: 0\n")
    done = folder.run("run", "bad.yaml")
    assert done.returncode == 2
    assert all(word in done.stderr for word in ("name", "epochs", "task", "space"))
    assert not (folder.path / "basin.db").exists()


@pytest.mark.usefixtures("joined")
def test_divergence_is_an_outcome(folder):
    folder.write(
        "cliff.yaml",
        "name: cliff\ntask: {dataset: digits, network: mlp, batch_size: 64}\nepochs: 3\n"
        "space: {lr: {values: [0.1, 1.0e+6]}, p: {values: [0, 0.125]}}\nseeds: 1\n",
    )
    done = folder.run("run", "cliff.yaml")
    assert done.returncode == 0, done.stderr
    rows = {(row["lr"], row["p"]): row for row in folder.json("trials", "cliff", "--json")}
    gone = rows[1e6, 0.0]
    assert gone["state"] == "diverged"
    assert gone["diverged_epoch"] == 1
    assert gone["test_error_final"] is None
    assert rows[0.1, 0.0]["state"] == "complete"


@pytest.mark.usefixtures("joined")
def test_an_adaptive_study_has_exactly_n(folder):
    folder.write(
        "tpe.yaml",
        "name: tpe\ntask: {dataset: digits, network: mlp, batch_size: 64}\nepochs: 1\n"
        "space: {lr: {low: 1e-4, high: 10, log: true}, p: {low: 0, high: 0.5}}\n"
        "design: {name: tpe, configurations: 6}\nseeds: 2\n",
    )
    assert folder.run("run", "tpe.yaml").returncode == 0
    rows = folder.json("trials", "tpe", "--json")
    assert len(rows) == 12
    assert len({(row["lr"], row["p"]) for row in rows}) == 6
    assert folder.run("report", "tpe", "--out", "out").returncode == 0


@pytest.mark.usefixtures("one_worker")
def test_a_study_can_be_cancelled_and_deleted_while_it_is_driven(small):
    process = small.start("run", "small.yaml", "--set", "epochs=200")
    assert wait_until(lambda: folder_epochs(small), 240), stop(process)
    refused = small.run("delete", "small", "--yes")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "basin cancel small" in refused.stderr
    assert small.run("cancel", "small").returncode == 0
    assert small.run("delete", "small", "--yes").returncode == 0
    output = process.communicate(timeout=90)[0]
    assert process.returncode == 3, output
    assert "study small was deleted while it was driven" in output
    assert "Traceback" not in output
    assert all(not small.rows(f"SELECT * FROM {table}") for table in ("study", "trial", "attempt", "epoch", "driver"))
    assert wait_until(lambda: not small.living()), small.living()


@pytest.mark.usefixtures("joined")
def test_cancel_and_reap(folder):
    folder.write(
        "small.yaml", "name: a\ntask: {dataset: digits, network: mlp}\nepochs: 1\nspace: {lr: {values: [1]}}\n"
    )
    assert folder.run("run", "small.yaml").returncode == 0
    assert folder.json("cancel", "a", "--json") == {"name": "a", "cancelled": 0}
    assert folder.json("reap", "--json") == {"reaped": 0}
