"""Every mutant is a change of the sources as they are now."""

import ast

import pytest

from tests.mutants import MUTANTS, ROOT, mutated


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda it: it.name)
def test_a_mutant_can_be_put_into_the_sources(mutant):
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    changed = mutated(mutant, text)
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text))
