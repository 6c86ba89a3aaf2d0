from __future__ import annotations

import numpy as np
import pytest

from analysis.curves import CurveBundle
from analysis.figures import save, short
from analysis.figures.curves import ENTRIES, HIGHEST_LOSS, ROWS, draw_curves
from tests.unit.analysis.common import caption_of, drawn_through

NAN = float("nan")


def bundle(x=0.1, y=0.0, errors=((50.0, 25.0), (40.0, 20.0)), diverged=(False, False), splits=("test",), **others):
    values = np.array(errors, dtype=float)
    return CurveBundle(
        x=x,
        y=y,
        others=others,
        epochs=np.arange(1, values.shape[1] + 1),
        train_loss=values / 50.0 + 0.01,
        errors=dict.fromkeys(splits, values),
        diverged=np.array(diverged),
    )


HALF = bundle(1.0, errors=((50.0, 25.0, 12.0), (60.0, NAN, NAN)), diverged=(False, True))
GONE = bundle(10.0, errors=((), ()), diverged=(True, True))

SITUATIONS = {
    "one cell": [bundle()],
    "one row": [bundle(x) for x in (0.01, 0.1, 1.0)],
    "one column": [bundle(0.1, y) for y in (0.0, 0.25, 0.5)],
    "partly diverged": [bundle(), HALF],
    "all diverged": [GONE],
    "some cells all diverged": [bundle(), HALF, GONE],
    "zero errors": [bundle(errors=((0.0, 0.0), (0.0, 0.0)))],
    "x of zero": [bundle(0.0), bundle(1.0)],
    "negative x": [bundle(-1.0), bundle(1.0)],
    "one epoch": [bundle(errors=((50.0,), (40.0,)))],
    "one seed": [bundle(errors=((50.0, 25.0),), diverged=(False,))],
    "two splits": [bundle(x, y, splits=("validation", "test")) for x in (0.1, 1.0) for y in (0.0, 0.5)],
    "no rows": [bundle(x, None) for x in (0.1, 1.0)],
    "scattered": [bundle(0.1 + i / 10, None, p=i / 16, beta2=0.9) for i in range(6)],
    "twelve by nine": [bundle(10.0 ** (x - 9), y / 16) for x in range(12) for y in range(9)],
}


def drawn(bundles, caption=""):
    return draw_curves(bundles, "lr", "p", caption)


def crosses(axes):
    return [line for line in axes.lines if line.get_marker() == "x"]


@pytest.mark.parametrize("bundles", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_curves_are_drawn_in_every_situation(bundles):
    assert drawn_through(drawn(bundles, "A caption."))


def test_the_line_is_the_median():
    (line,) = drawn([bundle()]).axes[1].lines
    assert list(line.get_ydata()) == [45.0, 22.5]


def test_the_band_is_the_range_over_seeds():
    (band,) = drawn([bundle()]).axes[1].collections
    assert set(map(tuple, band.get_paths()[0].vertices)) == {(1, 40), (1, 50), (2, 20), (2, 25)}


def test_one_seed_has_no_band():
    assert not drawn(SITUATIONS["one seed"]).axes[1].collections


def test_every_split_has_a_column_in_the_order_given():
    axes = drawn(SITUATIONS["two splits"]).axes
    assert [a.get_ylabel() for a in axes[:3]] == ["train loss", "validation error (%)", "test error (%)"]
    assert len(axes) == 6


def test_without_rows_there_is_one_without_title():
    axes = drawn(SITUATIONS["no rows"]).axes
    assert [a.get_title(loc="left") for a in axes] == ["", ""]


def test_scattered_configurations_are_named_whole():
    (legend,) = drawn([bundle(0.2, None, p=0.25), bundle(0.1, None, p=0.5)]).legends
    assert [text.get_text() for text in legend.get_texts()] == ["0.1 (1/2)", "0.2 (1/4)"]
    assert "(p)" in legend.get_title().get_text()


def test_a_cross_marks_the_last_epoch_before_divergence():
    (cross,) = crosses(drawn([HALF]).axes[1])
    assert (list(cross.get_xdata()), list(cross.get_ydata())) == ([1], [60.0])


def test_a_seed_that_diverged_at_once_has_no_cross():
    assert crosses(drawn([bundle(), GONE]).axes[1]) == []


def test_rows_go_from_the_largest_value_down():
    figure = drawn([bundle(0.1, y) for y in (0.0, 0.5, 0.25)])
    assert [axes.get_title(loc="left") for axes in figure.axes[::2]] == ["p = 1/2", "p = 1/4", "p = 0"]


def test_of_many_rows_evenly_chosen_ones_are_drawn():
    figure = drawn([bundle(0.1, y / 16) for y in range(9)], "A caption.")
    assert len(figure.axes) == 2 * ROWS
    assert "8 of 9 values of p are drawn" in caption_of(figure)


def test_every_value_of_x_stands_in_the_legend():
    (legend,) = drawn(SITUATIONS["one row"]).legends
    assert [text.get_text() for text in legend.get_texts()] == ["0.01", "0.1", "1"]


def test_loss_is_logarithmic_and_error_is_not():
    loss, error = drawn([bundle()]).axes
    assert (loss.get_yscale(), error.get_yscale()) == ("log", "linear")


def test_the_same_curves_drawn_twice_give_the_same_bytes(tmp_path):
    found = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        paths = save(drawn([bundle(), HALF], "A caption."), folder, "curves")
        found.append({kind: path.read_bytes() for kind, path in paths.items()})
    assert found[0] == found[1]


def test_every_error_has_one_scale():
    axes = drawn([bundle(splits=("validation", "test"))]).axes
    assert axes[1].get_ylim() == axes[2].get_ylim() == (0.0, 52.0)


def test_a_loss_far_above_that_of_guessing_lies_beyond_the_axis():
    low, high = drawn([bundle(errors=((50.0, 5e9), (50.0, 0.0)))]).axes[0].get_ylim()
    assert low < 0.01
    assert high == HIGHEST_LOSS


def test_a_loss_near_zero_hides_no_other():
    low, high = drawn([bundle(errors=((115.0, 1e-6), (115.0, 50.0)))]).axes[0].get_ylim()
    assert low < 0.011
    assert high > 2.3


def test_configurations_that_differ_in_late_digits_have_entries_of_their_own():
    (legend,) = drawn([bundle(0.03121, None, p=0.25), bundle(0.03123, None, p=0.25)]).legends
    assert [text.get_text() for text in legend.get_texts()] == ["0.03121 (0.25)", "0.03123 (0.25)"]


def test_a_long_legend_is_thinned_out():
    (legend,) = drawn([bundle(1.1**n, None) for n in range(40)]).legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert len(texts) == ENTRIES
    assert (texts[0], texts[-1]) == ("1", "41.1")


@pytest.mark.parametrize("best", range(9))
def test_of_many_rows_the_best_is_drawn(best):
    figure = draw_curves([bundle(0.1, y / 16) for y in range(9)], "lr", "p", "", best / 16)
    titles = [axes.get_title(loc="left") for axes in figure.axes[::2]]
    assert f"p = {short(best / 16)}" in titles
    assert len(titles) == ROWS
