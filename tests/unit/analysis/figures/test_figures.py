from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from analysis.figures import label_of, plain, save, short


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (10.0, "10"),
        (0.001, "0.001"),
        (1e-5, "1e-05"),
        (0.0316227766017, "0.0316"),
        (3162.27766017, "3160"),
        (12345.0, "12300"),
        (-0.5, "-0.5"),
    ],
)
def test_plain_has_three_significant_digits(value, text):
    assert plain(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "1/2"),
        (0.25, "1/4"),
        (0.125, "1/8"),
        (0.0625, "1/16"),
        (0.03125, "1/32"),
        (0.375, "3/8"),
        (0.0, "0"),
        (1.0, "1"),
        (1.5, "1.5"),
        (0.1, "0.1"),
        (-0.5, "-0.5"),
    ],
)
def test_short_writes_fractions_of_two_as_fractions(value, text):
    assert short(value) == text


@given(st.floats(min_value=1e-12, max_value=1e12))
def test_plain_is_near_its_number(value):
    assert float(plain(value)) == pytest.approx(value, rel=0.006)


@pytest.mark.parametrize(
    ("name", "label"),
    [("lr", "learning rate"), ("p", "partial-adaptivity exponent p"), ("momentum", "momentum")],
)
def test_an_axis_says_what_it_shows(name, label):
    assert label_of(name) == label


def test_a_figure_is_kept_as_png_and_svg(tmp_path):
    paths = save(Figure(figsize=(1, 1)), tmp_path, "empty")
    assert paths == {"png": tmp_path / "empty.png", "svg": tmp_path / "empty.svg"}
    assert paths["png"].read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in paths["svg"].read_bytes()
