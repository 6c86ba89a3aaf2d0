from __future__ import annotations

import sys

import pytest

from search_spaces.catalogue import BUILT_IN
from search_spaces.errors import PluginError
from search_spaces.plugins import Plugins, collect
from search_spaces.plugins.decorators import DECLARED
from search_spaces.plugins.loading import load
from tests.unit.search_spaces.plugins.common import QUADRATIC, WORDS, loaded, write


def test_the_catalogue_has_what_comes_with_basin_and_what_plugins_add(tmp_path):
    found = loaded(tmp_path, QUADRATIC, WORDS).catalogue
    assert {kind: found[kind].keys() - BUILT_IN[kind].keys() for kind in found.entries} == {
        "optimizer": {"lion"}, "network": {"flat"}, "dataset": {"dots"}, "schedule": set(), "task": {"quadratic"},
    }  # fmt: skip
    assert "lion" not in BUILT_IN["optimizer"]


def test_a_name_of_two_plugins_is_refused_naming_both(tmp_path):
    with pytest.raises(PluginError, match=r"task quadratic is declared by plug-in .*0\.py and by plug-in .*1\.py"):
        loaded(tmp_path, QUADRATIC, QUADRATIC.replace("parabola", "bowl"))


def test_a_name_of_basin_is_refused(tmp_path):
    with pytest.raises(PluginError, match=r"network mlp of plug-in .* must have another name: Basin's has it"):
        loaded(tmp_path, WORDS.replace('"flat"', '"mlp"'))


def test_only_what_is_used_is_handed_on(tmp_path):
    plugins = loaded(tmp_path, QUADRATIC, WORDS)
    used = plugins.only([plugins.catalogue["task"]["quadratic"], BUILT_IN["network"]["mlp"]])
    assert [it.name for it in used.travelling] == [str(tmp_path / "plugin0.py")]
    assert used.hashes == (plugins.loaded[0].plugin.hash,)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A package that is installed, with an entry point to one of its modules."""
    facts, package = tmp_path / "site" / "mine-1.0.dist-info", tmp_path / "site" / "mine_of_tests"
    facts.mkdir(parents=True)
    package.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text("[basin.plugins]\nm = mine_of_tests.tasks\n", encoding="utf-8")
    (package / "__init__.py").write_text("", encoding="utf-8")
    write(package, QUADRATIC, "tasks.py")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield package
    for name in [it for it in (*sys.modules, *DECLARED) if it.startswith("mine_of_tests")]:
        sys.modules.pop(name, None)
        DECLARED.pop(name, None)


def test_an_installed_package_is_known_by_all_its_sources(site):
    (one,) = collect().loaded
    assert (one.plugin.name, one.plugin.module, one.plugin.source) == ("mine 1.0", "mine_of_tests.tasks", None)
    assert one.entries[0].declaration.implementation == "mine_of_tests.tasks:quadratic"
    (site / "helper.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(PluginError, match=f"plug-in mine 1.0 must be installed here .* hash {one.plugin.hash}, got "):
        load(one.plugin)


def test_an_installed_package_that_raises_is_told(site):
    (site / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    entry = site.parent / "mine-1.0.dist-info" / "entry_points.txt"
    entry.write_text("[basin.plugins]\nm = mine_of_tests.broken\n", encoding="utf-8")
    with pytest.raises(PluginError, match=r"plug-in mine 1.0, .*broken.py, line 1: ZeroDivisionError.* uninstall it"):
        collect()


def test_no_plugins_are_the_catalogue_of_basin():
    assert Plugins().catalogue == BUILT_IN
