"""The plug-ins of docs/plugins.md, each run as it stands there, also on a cluster of two nodes; and their rules."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.acceptance.clusters import head, node, token
from tests.acceptance.test_kill import folder_epochs, wait_until

pytestmark = pytest.mark.acceptance

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
KINDS = ("A network", "A data set", "An optimizer", "A task")


def block(kind, language):
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", SECTIONS[kind], re.MULTILINE | re.DOTALL)
    return found


def write(folder, kind, file="plugin.py"):
    """Write the plug-in and the specification of a section, and the files that its data set reads."""
    folder.write(file, block(kind, "python"))
    folder.write("study.yaml", block(kind, "yaml"))
    random = np.random.default_rng(0)
    for part, count in (("train", 2), ("test", 1)):
        place = folder.path / "data" / "my-images" / part
        place.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            labels = random.integers(0, 4, 64)
            images = random.integers(0, 100, (64, 3, 8, 8)) + 40 * labels[:, None, None, None]
            np.savez(place / f"{number}.npz", images=images, labels=labels)
    return re.search(r"^name: (\S+)", block(kind, "yaml")).group(1)


def outcomes(folder):
    """Return what every trial came to, in the order of their numbers."""
    return folder.rows(
        "SELECT number, seed, state, options, value_final, value_min, metrics, optimizer FROM trial ORDER BY number"
    )


def codes(folder):
    return {row["code_version"] for row in folder.rows("SELECT DISTINCT code_version FROM attempt")}


@pytest.mark.parametrize("kind", KINDS)
def test_each_of_the_page_has_less_than_forty_lines(kind):
    assert len(block(kind, "python").splitlines()) < 40


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("joined")
def test_a_plugin_of_the_page_is_trained_queried_and_reported(folder, kind):
    name = write(folder, kind)
    done = folder.run("run", "study.yaml", "--plugin", "plugin.py", "--data", "data", timeout=300)
    assert done.returncode == 0, done.stderr
    rows = outcomes(folder)
    assert {row["state"] for row in rows} == {"complete"}
    assert len(rows) >= 4
    (hashed,) = re.findall(r"\+([0-9a-f]{16})$", next(iter(codes(folder))))
    assert codes(folder) == {row["code_version"] for row in folder.rows("SELECT code_version FROM study")}
    # From here on nothing is loaded.
    (folder.path / "plugin.py").unlink()
    largest = max(row["lr"] for row in folder.json("trials", name, "--format", "json"))
    trials = folder.json("trials", name, "--format", "json", "--where", f"lr < {largest}")
    assert 0 < len(trials) < len(rows)
    assert all(row["lr"] < largest for row in trials)
    assert folder.json("show", name, "--json")["trials"]["complete"] == len(rows)
    report = folder.run("report", name, "--out", "report")
    assert report.returncode == 0, report.stderr
    provenance = json.loads((folder.path / "report" / "summary.json").read_text(encoding="utf-8"))["provenance"]
    assert hashed in json.dumps(provenance)
    assert folder.json("db", "check", "--json")["findings"] == []
    again = folder.run("run", "study.yaml", "--data", "data")
    assert again.returncode == 2
    assert f"study {name} is trained with " in again.stderr
    assert "of plug-in plugin.py, which is not here: name its file with --plugin" in again.stderr


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("joined")
def test_the_task_of_the_page_has_no_columns_of_an_optimizer(folder):
    name = write(folder, "A task")
    assert folder.run("run", "study.yaml", "--plugin", "plugin.py").returncode == 0
    table = folder.run("trials", name).stdout.splitlines()[0].split()
    assert {"task.lr", "task.hidden", "deviation_final", "explained_final"} <= set(table)
    assert not {"lr", "p", "beta2", "weight_decay", "test_error_final"} & set(table)
    (first, *_) = folder.json("trials", name, "--format", "json")
    assert first["lr"] == first["task.lr"] == 0.001
    assert first["optimizer"] is None
    curves = folder.run("curves", name).stdout.splitlines()[0].split()
    assert curves == ["number", "seed", "state", "epoch", "seconds", "deviation", "explained"]


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("joined")
def test_the_same_seed_comes_to_the_same_under_another_file_name(folder):
    name = write(folder, "A task")
    write(folder, "A task", "renamed.py")
    for file, study in (("plugin.py", name), ("renamed.py", "again")):
        done = folder.run("run", "study.yaml", "--plugin", file, "--set", f"name={study}")
        assert done.returncode == 0, done.stderr
    values = folder.rows("SELECT study_id, value_final FROM trial ORDER BY study_id, number")
    half = len(values) // 2
    assert [row["value_final"] for row in values[:half]] == [row["value_final"] for row in values[half:]]
    assert len(codes(folder)) == 1


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("joined")
def test_an_edited_plugin_goes_on_with_a_note_and_another_code_version(folder):
    name = write(folder, "A task")
    assert folder.run("run", "study.yaml", "--plugin", "plugin.py", "--set", "seeds=1").returncode == 0
    text = block("A task", "python").replace(
        "activation=basin", "noise=basin.Number(0.1, low=0),\n    activation=basin"
    )
    folder.write("plugin.py", text.replace("0.1 * torch.randn", "options.noise * torch.randn"))
    grown = folder.run("extend", name, "study.yaml", "--plugin", "plugin.py")
    assert grown.returncode == 0, grown.stderr
    done = folder.run("run", "study.yaml", "--plugin", "plugin.py")
    assert done.returncode == 0, done.stderr
    assert f"note: study {name} began with code " in done.stderr
    assert len(codes(folder)) == 2
    assert folder.json("db", "check", "--json")["findings"] == []
    (row, *_) = folder.json("trials", name, "--where", "noise = 0.1", "--format", "json")
    assert row["state"] == "complete"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("source", "told"),
    [
        (
            "import basin\n\n1 / 0\n",
            "plug-in plugin.py cannot be loaded: line 3: ZeroDivisionError: division",
        ),
        ("import basin\nraise SystemExit(0)\n", "plug-in plugin.py cannot be loaded: line 2: SystemExit: 0"),
        ("import beside\n", "plug-in plugin.py: line 1 imports beside, which lies beside it and is not installed"),
        ("def f():\n    import beside\n", "plug-in plugin.py: line 2 imports beside, which lies beside it"),
        ("from . import beside\n", "plug-in plugin.py: line 1 imports . from beside itself"),
        ("x = (\n", "plug-in plugin.py is no Python: line 1"),
        ("x = 1\n", "plug-in plugin.py must declare something"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_told_in_one_message_and_nothing_is_written(folder, source, told):
    write(folder, "A task")
    folder.write("plugin.py", source)
    folder.write("beside.py", "")
    done = folder.run("run", "study.yaml", "--plugin", "plugin.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder.path / "basin.db").exists()


@pytest.mark.timeout(300)
def test_data_that_is_missing_is_told_before_anything_is_written(folder):
    write(folder, "A data set")
    done = folder.run("run", "study.yaml", "--plugin", "plugin.py", "--data", "elsewhere")
    assert done.returncode == 2
    assert "data set my-images cannot be loaded from " in done.stderr
    assert "elsewhere/my-images/train must hold npz files" in done.stderr
    assert not (folder.path / "basin.db").exists()


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("one_worker")
def test_the_command_to_continue_names_the_plugins(folder):
    write(folder, "A task")
    process = folder.start("run", "study.yaml", "--plugin", "plugin.py", "--set", "epochs=5000")
    assert wait_until(lambda: folder_epochs(folder), 120)
    process.send_signal(2)
    output = process.communicate(timeout=120)[0]
    assert process.returncode == 130, output
    assert "basin run study.yaml --set epochs=5000 --plugin plugin.py" in output


@pytest.fixture
def installed(folder):
    """A plug-in that is installed: a module and the metadata of its package on the path of every process."""
    site = folder.path / "site"
    facts = site / "mine-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text("[basin.plugins]\nmine = mine_plugins\n", encoding="utf-8")
    write(folder, "A task")
    (folder.path / "plugin.py").rename(site / "mine_plugins.py")
    before = folder.environment.get("PYTHONPATH", "")
    folder.environment["PYTHONPATH"] = f"{site}:{before}".rstrip(":")
    return site / "mine_plugins.py"


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("one_worker")
def test_an_installed_plugin_is_found_without_an_option(folder, installed):
    assert [row["plugin"]["name"] for row in folder.json("tasks", "--json") if row["name"] == "sine"] == ["mine 1.0"]
    done = folder.run("run", "study.yaml")
    assert done.returncode == 0, done.stderr
    assert {row["state"] for row in outcomes(folder)} == {"complete"}
    clash = folder.run("tasks", "--plugin", str(installed))
    assert clash.returncode == 2
    assert "task sine is declared by plug-in mine 1.0 and by plug-in " in clash.stderr


@pytest.fixture
def closed(folder):
    """Set a token, which nodes and driver of the same folder have."""
    folder.environment |= token()


def nodes_at_work(folder):
    """Return the nodes of the cluster whose workers have a ticket: the parents of these workers."""
    found = set()
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if Path(one.cwd()).is_relative_to(folder.temporary) and one.name().startswith("ray::Resource"):
                found.add(one.ppid())
    return found


@pytest.fixture
def cluster(folder, closed):
    """Yield the address of a cluster of two nodes, each with a place for one worker."""
    with (
        head(folder.temporary, folder.environment) as address,
        node(folder.temporary, folder.environment, f"--address={address}"),
    ):
        yield address


@pytest.mark.timeout(900)
def test_the_plugins_of_the_page_are_trained_on_a_cluster_of_two_nodes(folder, cluster):
    seen = set()
    for kind in KINDS:
        write(folder, kind)
        process = folder.start(
            "run", "study.yaml", "--plugin", "plugin.py", "--data", "data", "--address", cluster, "--workers", "2"
        )
        wait_until(lambda p=process: seen.update(nodes_at_work(folder)) or p.poll() is not None, 300)
        assert process.wait(60) == 0, process.stdout.read()
    assert {row["state"] for row in outcomes(folder)} == {"complete"}
    assert len(seen) == 2, seen


@pytest.mark.timeout(600)
def test_a_worker_with_another_version_of_an_installed_plugin_trains_nothing(folder, installed, closed):
    other = folder.path / "other"
    other.mkdir()
    text = installed.read_text(encoding="utf-8")
    (other / "mine_plugins.py").write_text(text + "\n# older\n", encoding="utf-8")
    path = f"{other}:{folder.environment['PYTHONPATH']}"
    with head(folder.temporary, folder.environment | {"PYTHONPATH": path}) as address:
        done = folder.run("run", "study.yaml", "--address", address, timeout=300)
    assert done.returncode == 1, done.stderr
    assert "plug-in mine 1.0 must be installed here as it is where the study is driven" in done.stderr
    assert {row["state"] for row in outcomes(folder)} == {"waiting"}


def test_lion_of_the_page_agrees_with_its_paper(tmp_path, monkeypatch):
    """Against Algorithm 2 of arXiv:2302.06675 in plain numbers, with gradients of our own."""
    monkeypatch.chdir(tmp_path)
    script = textwrap.dedent("""
        import torch
        weights = torch.nn.Parameter(torch.tensor([0.5, -1.0, 2.0, 0.0], dtype=torch.float64))
        optimizer = lion([{"params": [weights]}], lr=0.01, beta1=0.8, beta2=0.95, weight_decay=0.3)
        theta, momentum = weights.tolist(), [0.0] * 4
        for t in range(50):
            gradient = [((7 * t + 3 * i) % 11 - 5) / 3 for i in range(4)]
            weights.grad = torch.tensor(gradient, dtype=torch.float64)
            optimizer.step()
            for i, g in enumerate(gradient):
                c = 0.8 * momentum[i] + (1 - 0.8) * g
                theta[i] = theta[i] - 0.01 * ((c > 0) - (c < 0) + 0.3 * theta[i])
                momentum[i] = 0.95 * momentum[i] + (1 - 0.95) * g
        assert all(abs(a - b) < 1e-12 for a, b in zip(weights.tolist(), theta, strict=True)), (weights, theta)
    """)
    (tmp_path / "lion.py").write_text(block("An optimizer", "python") + script, encoding="utf-8")
    done = subprocess.run([sys.executable, "lion.py"], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
