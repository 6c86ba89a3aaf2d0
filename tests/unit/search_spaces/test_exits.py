"""Exit codes: one place, and two that tell them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from search_spaces.exits import Exit

ROOT = Path(__file__).parents[3]
SOURCES = [
    path
    for name in ("search_spaces", "workers", "study", "analysis", "basin")
    for path in (ROOT / name).rglob("*.py")
]
ENDINGS = {"exit", "_exit", "SystemExit", "Exit"}


def literals(tree):
    """Yield the lines where a whole number is given to what ends a process, or is an error's code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = node.args if name in ENDINGS else []
        elif isinstance(node, ast.Assign):
            names = {getattr(target, "id", getattr(target, "attr", "")) for target in node.targets}
            given = [node.value] if names & {"exit_code", "code"} else []
        else:
            continue
        yield from (node.lineno for it in given if isinstance(it, ast.Constant) and isinstance(it.value, int))


def test_the_codes_are_those_that_were_released():
    assert [one.value for one in Exit] == [0, 1, 2, 3, 4, 5, 130]


def test_every_code_has_a_meaning_of_its_own():
    assert len({one.meaning for one in Exit}) == len(Exit)


def test_the_readme_lists_the_same_codes():
    assert Exit.listed() in " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("line", ["sys.exit(3)", "os._exit(1)", "raise SystemExit(2)", "class E:\n    exit_code = 4"])
def test_a_code_written_out_is_found(line):
    assert list(literals(ast.parse(line)))


def test_no_code_is_written_out_elsewhere():
    found = [f"{path.relative_to(ROOT)}:{line}" for path in SOURCES for line in literals(ast.parse(path.read_text()))]
    assert found == []
