"""``import basin``: its names, what it imports, and what may hide it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import basin
from analysis.analyze import analyze
from analysis.heatmap import heatmap
from search_spaces.errors import BasinError
from study.python.opened import Studies
from study.python.run import run
from study.python.study import Study
from tests.unit.basin.editable import EDITABLE
from workers.optimizers import Padam

ROOT = Path(__file__).parents[3]
HEAVY = (
    "torch",
    "ray",
    "optuna",
    "sqlalchemy",
    "pandas",
    "matplotlib",
    "pydantic",
    "numpy",
    "study",
    "search_spaces",
)


def python(*arguments, cwd, **options):
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False, **options
    )


def test_every_name_is_what_is_defined_elsewhere():
    assert (basin.run, basin.analyze, basin.heatmap, basin.Padam) == (run, analyze, heatmap, Padam)
    assert (basin.Study, basin.Studies, basin.BasinError) == (Study, Studies, BasinError)


@pytest.mark.parametrize("name", basin.HOMES)
def test_every_name_is_there_and_listed(name):
    assert getattr(basin, name) is not None
    assert name in dir(basin)


def test_a_name_that_is_not_there_is_said_so():
    with pytest.raises(AttributeError, match="module 'basin' has no attribute 'rnu'"):
        _ = basin.rnu


def test_a_star_leaves_the_built_in_open_alone(tmp_path):
    done = python("-c", "from basin import *\nimport builtins; print(open is builtins.open, run)", cwd=tmp_path)
    assert done.stdout.startswith("True <function run"), done.stderr


def test_importing_imports_nothing_heavy(tmp_path):
    command = f"import sys, basin; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = python("-c", command, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("\n", "")


def test_importing_loads_few_modules(tmp_path):
    command = "import sys; before = set(sys.modules); import basin; print(*sorted(set(sys.modules) - before))"
    added = python("-c", command, cwd=tmp_path).stdout.split()
    assert {"basin", "basin.shadows"} <= set(added)
    assert len(added) < 40, added


# --- what hides our packages ---

PACKAGES = ("study", "workers", "analysis", "search_spaces")


def hide(folder, name, kind):
    """Put something of the name of a package into a folder; return its path and what it is called."""
    if kind == "file":
        path = folder / f"{name}.py"
        path.write_text("print('mine')\n")
        return path, "file"
    path = folder / name
    path.mkdir()
    (path / "__init__.py").touch()
    return path, "folder"


def is_named(done, name, path, kind):
    """Tell whether the last line of an error is the sentence that names what hides a package."""
    last = done.stderr.strip().splitlines()[-1]
    return done.returncode == 1 and last == (
        f"ImportError: basin has a package of the name {name}, and Python finds {path} in its place: rename that "
        f"{kind}, or start Python in another folder"
    )


@pytest.mark.parametrize("kind", ["file", "package"])
@pytest.mark.parametrize("name", PACKAGES)
def test_what_hides_a_package_from_a_command_is_named(tmp_path, name, kind):
    path, called = hide(tmp_path, name, kind)
    done = python("-c", "import basin; basin.run", cwd=tmp_path)
    assert is_named(done, name, path, called), done.stderr
    assert "mine" not in done.stdout


@pytest.mark.parametrize("kind", ["file", "package"])
def test_what_lies_beside_a_script_is_named(tmp_path, kind):
    beside = tmp_path / "project"
    beside.mkdir()
    path, called = hide(beside, "study", kind)
    (beside / "script.py").write_text("import basin\nbasin.run\n")
    done = python(str(beside / "script.py"), cwd=tmp_path)
    assert is_named(done, "study", path, called), done.stderr


def test_a_script_that_is_called_like_a_package_is_named(tmp_path):
    script = tmp_path / "study.py"
    script.write_text("import basin\n")
    assert is_named(python(str(script), cwd=tmp_path), "study", script, "file")


def test_a_module_of_the_name_that_was_imported_before_is_named(tmp_path):
    path, called = hide(tmp_path, "analysis", "file")
    done = python("-c", "import analysis, basin", cwd=tmp_path)
    assert is_named(done, "analysis", path, called), done.stderr


def test_what_came_after_the_import_is_named(tmp_path):
    command = "import basin, pathlib; pathlib.Path('workers.py').touch(); basin.Padam"
    done = python("-c", command, cwd=tmp_path)
    assert is_named(done, "workers", tmp_path / "workers.py", "file"), done.stderr


def test_a_folder_of_data_without_modules_is_no_obstacle_where_ours_is_found(tmp_path):
    (tmp_path / "analysis").mkdir()
    (tmp_path / "analysis" / "notes.txt").touch()
    done = python("-c", "import basin; print(basin.BasinError.__name__)", cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
    assert done.stdout == "BasinError\n", done.stderr


def test_a_folder_of_data_that_hides_an_editable_installation_is_named(tmp_path):
    assert python("-c", EDITABLE, cwd=tmp_path).returncode == 0
    (tmp_path / "analysis").mkdir()
    done = python("-c", EDITABLE, cwd=tmp_path)
    assert is_named(done, "analysis", tmp_path / "analysis", "folder"), done.stderr


def test_other_files_are_no_obstacle(tmp_path):
    (tmp_path / "studies.py").touch()
    assert python("-c", "import basin; basin.BasinError", cwd=tmp_path).returncode == 0
