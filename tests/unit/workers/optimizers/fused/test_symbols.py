from __future__ import annotations

import pytest
import torch

from workers.optimizers.fused.source import source_of
from workers.optimizers.fused.symbols import Lines, Symbol, literal, power


def test_a_value_is_computed_once():
    lines = Lines()
    x = Symbol(lines, "x")
    assert (x * x).text == (x * x).text
    assert lines.statements() == ["const T x0 = x * x;"]


def test_the_order_of_operands_is_kept():
    lines = Lines()
    x = Symbol(lines, "x")
    for value in (1.0 - x, x - 1.0, 2.0 * x, 2.0 + x):
        assert isinstance(value, Symbol)
    assert [it.partition(" = ")[2] for it in lines.statements()] == [
        "T(1.0) - x;",
        "x - T(1.0);",
        "T(2.0) * x;",
        "T(2.0) + x;",
    ]


def test_conditions_are_truth_values():
    lines = Lines()
    x = Symbol(lines, "x")
    x.where(x != 0.0, 1.0)
    assert lines.statements() == ["const bool x0 = x != T(0.0);", "const T x1 = x0 ? x : T(1.0);"]


def test_what_is_neither_symbol_nor_number_is_refused():
    with pytest.raises(TypeError, match="tensors and numbers"):
        literal("1")


@pytest.mark.parametrize("exponent", [0.6, 0.9])
def test_powers_of_tensors_keep_single_precision(exponent):
    x = torch.logspace(-30, 30, 10_001)
    exact = x.double() ** exponent
    assert float(((power(x, exponent).double() - exact).abs() / exact).max()) < 1.2e-7


def test_a_source_names_what_the_rule_names():
    def rule(w, g, state, n):
        return g * n["rate"], {"sum": state["sum"] + g.abs() + w}

    source = source_of(rule, ("sum",), ("rate",), "float")
    for text in ("using T = float;", "n_rate = T(numbers[3])", "s_sum[i] = ", "magnitude(", "w[i] = "):
        assert text in source
