"""The recipes of docs/python.md, run from top to bottom in one process, and the notebook of the docs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.acceptance.conftest import outside
from tests.unit.basin.editable import EDITABLE

pytestmark = pytest.mark.acceptance

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "python.md").read_text(encoding="utf-8")
RECIPES = {
    heading: "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    for heading, text in re.findall(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
DRIVER = """
import contextlib, io, json, pathlib, sys
recipes, told, names = json.loads(sys.stdin.read()), {}, {}
for heading, code in recipes.items():
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, heading, "exec"), names)
    told[heading] = out.getvalue()
pathlib.Path("told.json").write_text(json.dumps(told))
"""


def environment(**more):
    return outside() | {"MPLBACKEND": "agg"} | more


@pytest.fixture(scope="module")
def page(tmp_path_factory, cluster_of_all):
    """Run the page; return what each recipe printed, and the folder."""
    folder = tmp_path_factory.mktemp("page")
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        cwd=folder,
        env=environment(**cluster_of_all),
        input=json.dumps(RECIPES),
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "told.json").read_text()), folder


TOLD = {
    "A study from a dictionary": r"<basin\.Study 'valley' in python\.db: complete, 16/16 done, .*>\n",
    "The same study with a change": r"12\n",
    "A task of one's own": r"\{'task.step': 0.4\}\n",
    "What came of it": r"complete \{'lr': .*, 'p': .*\} \d.*\nvalley: complete\n  task        beale.*",
    "Trials and epochs as tables": r"\d+ 12\n",
    "A report": r".*/valley/report\.html\n",
    "The winner on fresh seeds": r"2 2 2\n",
    "A store that is there": r"valley complete\nvalley-3 complete\nhill complete\n",
    "An error in a sentence": r"study valley exists with another specification:\n  epochs: stored 3, given 4\n.*",
    "A map of a study's trials": r"",
    "A map of a table from elsewhere": r"",
    "The numbers of a table": r"0\.415 -4\.02 one replicate: no interval\n",
    "Maps beside one another": r"",
}


@pytest.mark.parametrize("heading", TOLD)
def test_a_recipe_says_what_it_should(page, heading):
    assert re.fullmatch(TOLD[heading], page[0][heading], re.DOTALL), page[0][heading]


def test_every_recipe_is_checked_and_has_code():
    assert list(RECIPES) == list(TOLD)
    assert all(RECIPES.values())


def test_the_page_leaves_its_report_and_its_maps(page):
    _, folder = page
    assert (folder / "valley" / "report.html").is_file()
    assert all((folder / name).stat().st_size > 5_000 for name in ("trials.png", "elsewhere.png", "beside.png"))


def run(name, folder):
    """Run a notebook of the docs, as it stands there; return its cells."""
    before = os.environ.copy()
    found = nbformat.read(DOCS / name, 4)
    client = NotebookClient(found, timeout=200, resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment() | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"})
    assert os.environ == before
    return found.cells


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """Run the notebook that trains; return its cells, and the folder."""
    folder = tmp_path_factory.mktemp("notebook")
    return run("notebook.ipynb", folder), folder


def kinds(cell):
    """Return what a cell has put out: the richest kind of each output."""
    order = ("image/png", "text/html", "text/plain")
    return [
        next(kind for kind in order if kind in out["data"]) if "data" in out else out["name"] for out in cell.outputs
    ]


def results(cells):
    """Return what the cells came to, as text."""
    outputs = [out for cell in cells if cell.cell_type == "code" for out in cell.outputs]
    return [out["data"]["text/plain"] for out in outputs if out.output_type == "execute_result"]


def shape(cells):
    return [kinds(cell) for cell in cells if cell.cell_type == "code"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_notebook_runs_and_shows_what_the_docs_show(notebook):
    cells, folder = notebook
    stored = nbformat.read(DOCS / "notebook.ipynb", 4).cells
    assert shape(cells) == shape(stored)
    assert (folder / "report" / "report.html").is_file()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_notebook_of_results_from_elsewhere_runs_and_shows_what_the_docs_show(tmp_path):
    cells, stored = run("elsewhere.ipynb", tmp_path), nbformat.read(DOCS / "elsewhere.ipynb", 4).cells
    assert shape(cells) == shape(stored)
    assert results(cells) == results(stored)


def test_the_bar_of_the_notebook_is_full(notebook):
    first = next(cell for cell in notebook[0] if cell.cell_type == "code")
    assert '<progress value="24" max="24"' in first.outputs[0]["data"]["text/html"]


def test_a_file_that_hides_a_package_from_a_notebook_is_named(tmp_path):
    (tmp_path / "study.py").touch()
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(EDITABLE)])
    client = NotebookClient(book, timeout=60, resources={"metadata": {"path": str(tmp_path)}})
    sentence = (
        f"basin has a package of the name study, and Python finds {tmp_path}/study.py in its place: rename that"
    )
    with pytest.raises(CellExecutionError, match=re.escape(sentence)):
        client.execute(env=environment())


def test_the_notebook_of_the_docs_is_small_and_names_no_place():
    text = (DOCS / "notebook.ipynb").read_text(encoding="utf-8")
    assert len(text) < 150_000
    assert not re.search(r"/(tmp|home|root|work)/", text)
