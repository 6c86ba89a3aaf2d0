"""The numeric mode: set without a warning, whatever was set before, and told as it is."""

from __future__ import annotations

import pytest

from workers.precision import numeric_mode, use_float32


def values(settings):
    return {name: setting.fp32_precision for name, setting in settings.items() if name != "all"}


@pytest.mark.parametrize("before", ["none", "tf32"])
def test_every_operation_is_computed_in_full(precision, before):
    precision["all"].fp32_precision = before
    precision["gpu matmul"].fp32_precision = before
    use_float32()
    assert set(values(precision).values()) == {"ieee"}


def test_what_is_set_for_all_of_them_later_changes_nothing(precision):
    use_float32()
    precision["all"].fp32_precision = "tf32"
    assert set(values(precision).values()) == {"ieee"}


def test_setting_it_twice_is_setting_it_once(precision):
    use_float32()
    use_float32()
    assert numeric_mode() == "float32 without TF32"


def test_the_mode_is_told_as_it_is(precision):
    assert numeric_mode() == "float32 with TF32 in convolutions, recurrent layers"
    precision["gpu matmul"].fp32_precision = "tf32"
    precision["gpu conv"].fp32_precision = "ieee"
    assert numeric_mode() == "float32 with TF32 in matrix products, recurrent layers"
    precision["gpu rnn"].fp32_precision = "ieee"
    precision["gpu matmul"].fp32_precision = "none"
    assert numeric_mode() == "float32 without TF32"
