"""``--plugin``, and what says the same: listings, run and extend."""

from __future__ import annotations

import json

import pytest

from study.store import Store
from tests.unit.search_spaces.plugins.common import QUADRATIC, WORDS, write

OWN = {"name": "q", "task": {"name": "quadratic"}, "epochs": 2, "space": {"lr": {"values": [0.1]}}, "seeds": 1}


@pytest.fixture
def own(folder):
    write(folder, QUADRATIC, "q.py")
    write(folder, WORDS, "w.py")
    (folder / "q.yaml").write_text(json.dumps(OWN), encoding="utf-8")
    return folder


def names(done):
    return {row["name"] for row in done.json}


def test_listings_have_what_plugins_add(basin, own):
    assert "quadratic" not in names(basin("tasks", "--json"))
    assert "quadratic" in names(basin("tasks", "--json", "--plugin", "q.py"))
    (row,) = (row for row in basin("networks", "--json", "--plugin", "w.py").json if row["name"] == "flat")
    assert row["plugin"]["name"] == "w.py"
    assert row["parameters"] is None
    shown = basin("optimizers", "--plugin", "w.py", "--plugin", "q.py").out
    assert f"lion (plug-in w.py {row['plugin']['hash']})" in shown
    assert "dots" in basin("datasets", "--plugin", "w.py").out


def test_the_option_wins_over_the_environment_and_that_over_the_file(basin, own, monkeypatch):
    (own / "basin.toml").write_text('plugins = ["q.py", "w.py"]', encoding="utf-8")
    assert {"quadratic"} <= names(basin("tasks", "--json"))
    monkeypatch.setenv("BASIN_PLUGINS", "w.py")
    assert "quadratic" not in names(basin("tasks", "--json"))
    assert "quadratic" in names(basin("tasks", "--json", "--plugin", "q.py"))
    monkeypatch.setenv("BASIN_PLUGINS", "w.py:q.py")
    assert "quadratic" in names(basin("tasks", "--json"))


@pytest.mark.parametrize("wrong", ["3", "[3]", '[""]'])
def test_a_list_of_files_is_one(basin, own, wrong):
    (own / "basin.toml").write_text(f"plugins = {wrong}", encoding="utf-8")
    done = basin("tasks")
    assert done.code == 2
    assert "plugins in basin.toml must be a list of file names" in done.err


def test_a_name_that_is_not_known_may_be_that_of_a_plugin(basin, own):
    done = basin("run", "q.yaml")
    assert (done.code, done.out) == (2, "")
    assert "task.name: unknown name 'quadratic'" in done.err
    assert (
        "where a plug-in has such a name, name its file with --plugin, in BASIN_PLUGINS or as `plugins`" in done.err
    )
    assert not (own / "basin.db").exists()


def test_run_and_extend_say_which_plugin_is_missing(basin, own):
    from search_spaces.plugins import collect
    from search_spaces.validation import validate

    with Store("basin.db", create=True) as store:
        store.studies.create(validate(OWN, catalogue=collect(["q.py"]).catalogue), "1")
    for command in (("run", "q.yaml"), ("extend", "q", "q.yaml"), ("run", "q.yaml", "--plugin", "w.py")):
        done = basin(*command)
        assert (done.code, done.out) == (2, "")
        assert done.err == (
            "basin: study q is trained with task quadratic of plug-in q.py, which is not here: name its file with "
            "--plugin, in BASIN_PLUGINS or as `plugins` in basin.toml, or install the package it is in\n"
        )
    with_arm = ("--plugin", "q.py", "--set", "arms={base: {}, more: {task: {name: unheard-of}}}")
    done = basin("extend", "q", "q.yaml", *with_arm)
    assert done.code == 2
    assert "where a plug-in has such a name, name its file with --plugin" in done.err
    assert basin("extend", "q", "q.yaml", "--set", "seeds=2", "--plugin", "q.py").code == 0


def test_readers_load_nothing(basin, own, monkeypatch):
    from search_spaces.plugins import collect
    from search_spaces.validation import validate

    with Store("basin.db", create=True) as store:
        store.studies.create(validate(OWN, catalogue=collect(["q.py"]).catalogue), "1")
    (own / "q.py").write_text("1 / 0", encoding="utf-8")
    monkeypatch.setenv("BASIN_PLUGINS", "q.py")
    assert basin("tasks").code == 2
    shown = basin("show", "q")
    assert (shown.code, shown.err) == (0, "")
    assert "  task        quadratic, noise=0, start=near, exact=true, 2 epochs\n" in shown.out
    assert "  plug-in     q.py " in shown.out
    assert basin("show", "q", "--json").json["plugins"][0]["name"] == "q.py"
    for command in (("studies",), ("trials", "q"), ("curves", "q"), ("db", "check"), ("cancel", "q")):
        assert basin(*command).code == 0
    assert basin("retry", "q", "--where", "lr < 1").code == 0
