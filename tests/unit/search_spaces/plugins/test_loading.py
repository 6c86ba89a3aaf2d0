from __future__ import annotations

import hashlib
import subprocess
import sys
import textwrap

import pytest

from search_spaces.errors import PluginError
from search_spaces.plugins import Plugin, collect
from search_spaces.plugins.loading import MAX_BYTES, load, read_file
from tests.unit.search_spaces.plugins.common import QUADRATIC, WORDS, loaded, write


def refused(path):
    with pytest.raises(PluginError) as caught:
        collect([str(path)])
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_file_runs_as_a_module_of_its_hash(tmp_path):
    path = write(tmp_path, QUADRATIC)
    (one,) = collect([path]).loaded
    hashed = hashlib.sha256((tmp_path / "plugin.py").read_bytes()).hexdigest()[:16]
    (entry,) = one.entries
    assert one.plugin.hash == entry.declaration.origin.hash == hashed
    assert entry.declaration.implementation == f"basin_plugin_{hashed}:quadratic"
    assert entry.function.__module__ == f"basin_plugin_{hashed}"
    assert entry.declaration.origin.name == path


def test_the_same_source_is_one_plugin_under_whatever_name(tmp_path):
    paths = [write(tmp_path, QUADRATIC, name) for name in ("a.py", "b.py")]
    (one,) = collect(paths).loaded
    assert one.plugin.name == paths[0]
    (again,) = collect(paths[1:]).loaded
    assert again.entries[0].function is one.entries[0].function


def test_a_plugin_travels_as_plain_values(tmp_path):
    (one,) = loaded(tmp_path, WORDS).loaded
    assert Plugin.from_dict(one.plugin.to_dict()) == one.plugin
    assert load(one.plugin) == one


@pytest.mark.parametrize("caught", ["ImportError", "(KeyError, ModuleNotFoundError)", "Exception", ""])
def test_an_import_that_is_tried_may_miss_what_is_not_installed(tmp_path, caught):
    guarded = f"try:\n    import nowhere_at_all\nexcept {caught}:\n    nowhere_at_all = None\n"
    assert loaded(tmp_path, guarded + WORDS).loaded


def test_an_import_that_is_tried_may_not_miss_what_lies_beside(tmp_path):
    (tmp_path / "beside_it.py").touch()
    path = tmp_path / "plugin.py"
    path.write_text(f"try:\n    import beside_it\nexcept ImportError:\n    pass\n{WORDS}")
    assert "line 2 imports beside_it, which lies beside it" in refused(path)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"x = (\n", "is no Python: line 1"),
        (b"x = 1\0\n", "is no Python"),
        (b"# \xff\n", "must be UTF-8 text, got byte 0xff at 2"),
        (b"#" * (MAX_BYTES + 1), "must be at most 64 KiB, got more"),
        (b"x = 1\n", "must declare something"),
        (b"import basin\n\nbasin.nothing\n", "line 3: AttributeError"),
        (b"import basin\n@basin.network('tiny')\ndef f(shape): ...\n", "line 2: network 'tiny': it is called as"),
        (
            b"from nowhere_at_all import x\n",
            "line 1 imports nowhere_at_all, which is not installed: a plug-in is one",
        ),
        (b"def f():\n    import nowhere_at_all\n", "line 2 imports nowhere_at_all"),
        (b"from . import x\n", "line 1 imports . from beside itself"),
        (b"try:\n    import nowhere_at_all\nexcept KeyError:\n    pass\n", "line 2 imports nowhere_at_all"),
        (b"try:\n    pass\nexcept ImportError:\n    import nowhere_at_all\n", "line 4 imports nowhere_at_all"),
        (b"try:\n    import nowhere_at_all\nexcept ImportError: ...\nimport nowhere_at_all\n", "line 4 imports"),
        (b"try:\n    from . import x\nexcept ImportError: ...\n", "line 2 imports . from beside itself"),
    ],
)
def test_a_file_that_is_no_plugin_is_refused_with_its_line(tmp_path, raw, told):
    path = tmp_path / "plugin.py"
    path.write_bytes(raw)
    assert told in refused(path)
    assert str(path) in refused(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "must be a Python file; there is none" in refused(tmp_path / "nothing.py")
    assert "must be a Python file; there is none" in refused(tmp_path)


@pytest.mark.parametrize("beside", ["cwd", "file"])
def test_nothing_is_imported_from_the_working_directory_or_from_beside_the_file(tmp_path, monkeypatch, beside):
    place, work = tmp_path / "place", tmp_path / "work"
    place.mkdir()
    work.mkdir()
    monkeypatch.chdir(work)
    folder = {"cwd": work, "file": place}[beside]
    monkeypatch.syspath_prepend(str(folder))
    (folder / "helper_of_mine.py").write_text("x = 1\n", encoding="utf-8")
    path = write(place, "import helper_of_mine\n" + textwrap.dedent(QUADRATIC))
    assert "imports helper_of_mine, which lies beside it and is not installed" in refused(path)


def test_all_imports_that_are_not_installed_are_told_at_once(tmp_path):
    path = write(tmp_path, "import aaa_nowhere, bbb_nowhere.c\ntry:\n    import ccc_nowhere\nfinally: ...\n")
    assert all(f"imports {name}_nowhere" in refused(path) for name in ("aaa", "bbb", "ccc"))


def test_the_import_path_is_as_it_was_also_after_an_error(tmp_path):
    before = list(sys.path)
    refused(write(tmp_path, "1 / 0\n"))
    assert sys.path == before


def test_nothing_stays_of_a_plugin_that_raises(tmp_path):
    path = write(tmp_path, textwrap.dedent(QUADRATIC) + "\n1 / 0\n")
    assert "line 19: ZeroDivisionError" in refused(path)
    assert f"basin_plugin_{read_file(path).hash}" not in sys.modules
    assert "line 19: ZeroDivisionError" in refused(path)


def test_what_it_prints_is_no_answer(tmp_path, capsys):
    collect([write(tmp_path, "print('hello')\n" + textwrap.dedent(QUADRATIC))])
    out, err = capsys.readouterr()
    assert (out, err) == ("", "hello\n")


def test_a_name_that_is_declared_twice_is_refused_naming_both(tmp_path):
    twice = textwrap.dedent(QUADRATIC) + textwrap.dedent(QUADRATIC).replace("def quadratic", "def other")
    assert "declares task quadratic twice: " in refused(write(tmp_path, twice))


def test_a_plugin_loads_nothing_heavy(tmp_path):
    path = write(tmp_path, WORDS)
    code = (
        f"import sys; from search_spaces.plugins import collect; collect([{path!r}]); "
        "print(sorted({'torch', 'ray', 'optuna', 'sqlalchemy', 'pandas', 'pydantic'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
