from __future__ import annotations

import pytest

from search_spaces.declarations import KINDS
from search_spaces.defaults import FIRST, first_default
from search_spaces.options import Name
from tests.unit.search_spaces.common import OLD, specification

OPTIONS = [
    (kind, name, option)
    for kind in FIRST
    for name, entry in KINDS[kind].items()
    for option, it in entry.options.items()
    if not isinstance(it, Name)
]


@pytest.mark.parametrize(("kind", "name", "option"), OPTIONS)
def test_a_default_is_the_first_one_or_its_change_is_known(kind, name, option):
    today = KINDS[kind][name].options[option].default
    today = list(today) if isinstance(today, tuple) else today
    changed = {("task", "remainder")}
    assert (first_default(kind, name, option, today) != today) == ((kind, option) in changed)


def test_an_option_that_came_later_has_its_own_default():
    assert first_default("optimizer", "padam", "unheard_of", 3) == 3
    assert first_default("optimizer", "unheard_of", "lr", 3) == 3


def test_the_first_defaults_are_those_of_release_0_1_0():
    written = {key: it for key, it in OLD["task"].items() if key not in {"dataset", "network"}}
    assert FIRST["task"]["classification"] == written | {"remainder": "keep"}
    forms = {"decay_on": "all", "amsgrad": True}
    assert {key: FIRST["optimizer"]["padam"][key] for key in forms} == {key: OLD["optimizer"][key] for key in forms}
    assert specification().base.hyperparameters({}) == {
        key: it for key, it in FIRST["optimizer"]["padam"].items() if type(it) is float
    }
