"""What figures for a column of a paper are put together of."""

from __future__ import annotations

import matplotlib as mpl
import pytest
from matplotlib.lines import Line2D

from analysis.figures import narrow
from analysis.figures.style import COLUMN, COLUMN_WIDTH
from analysis.findings import Limits
from tests.unit.analysis.common import MEASURE, faults, outside


@pytest.fixture(autouse=True)
def _column():
    with mpl.rc_context(COLUMN):
        yield


def inches(axes):
    """Return the left, lower, right and upper edge of axes in inches."""
    width, high = axes.figure.get_size_inches()
    box = axes.get_position()
    return [round(it, 4) for it in (box.x0 * width, box.y0 * high, box.x1 * width, box.y1 * high)]


def lines(count):
    return [Line2D([], [], color="black") for _ in range(count)]


def test_panels_stand_row_by_row():
    figure, axes = narrow.stacked(3, 1.0, across=2, left=0.5, between=0.3, apart=0.1, head=0.2, foot=0.4)
    assert figure.get_size_inches().tolist() == pytest.approx([COLUMN_WIDTH, 0.2 + 2 * 1.0 + 0.3 + 0.4])
    left = inches(axes[0])[2] + 0.1
    assert [inches(it)[0] for it in axes] == pytest.approx([0.5, left, 0.5])
    assert [inches(it)[1] for it in axes] == pytest.approx([1.7, 1.7, 0.4])
    assert all(inches(it)[3] - inches(it)[1] == pytest.approx(1.0) for it in axes)


def test_what_is_written_beyond_an_edge_gets_room():
    figure, (axes,) = narrow.stacked(1, 1.0, left=0.1, head=0.0, foot=0.0)
    axes.set(xlabel="across", ylabel="up")
    axes.set_yticks([0.5], ["a value with a long name"])
    axes.set_title("a title", loc="left")
    assert {"across", "up", "a title", "a value with a long name"} <= set(outside(figure))
    assert faults(narrow.settled(figure)) == []
    assert inches(axes)[3] - inches(axes)[1] == pytest.approx(1.0)
    once = inches(axes), figure.get_size_inches().tolist()
    narrow.settled(figure)
    assert (inches(axes), figure.get_size_inches().tolist()) == (pytest.approx(once[0]), pytest.approx(once[1]))


def test_letters_are_no_larger_than_a_column_bears_and_labels_no_longer_than_their_axes():
    figure, (axes,) = narrow.stacked(1, 0.8)
    axes.set_ylabel("final test error of the last epoch (%)", fontsize=12)
    narrow.settled(figure)
    assert axes.yaxis.label.get_fontsize() == narrow.LARGEST
    assert axes.get_ylabel().count("\n") > 0
    assert axes.yaxis.label.get_window_extent().height <= 1.1 * axes.get_window_extent().height
    axes.set_ylabel("weight_decay_of_kernels")
    assert narrow.settled(figure).axes[0].get_ylabel() == "weight_decay_of_kernels"  # words stay whole


LEGENDS = {
    "few": ["a", "b", "c"],
    "long": ["a long name of an arm " * 4, "b"],
    "many": [f"arm {i}" for i in range(14)],
}


@pytest.mark.parametrize("labels", LEGENDS.values(), ids=LEGENDS)
def test_a_legend_stands_below_and_takes_its_room(labels):
    figure, (axes,) = narrow.stacked(1, 1.0)
    axes.set_xlabel("epoch")
    high, before = figure.get_size_inches()[1], inches(axes)
    narrow.key(figure, lines(len(labels)), labels, head="learning rate")
    assert figure.get_size_inches()[1] > high
    assert inches(axes)[3] - inches(axes)[1] == pytest.approx(before[3] - before[1])
    assert faults(figure) == []
    (legend,) = figure.legends
    assert [" ".join(it.get_text().split()) for it in legend.get_texts()] == [" ".join(it.split()) for it in labels]
    assert legend.get_title().get_text() == "learning rate"
    assert legend.get_window_extent().y1 <= axes.xaxis.label.get_window_extent().y0


def test_a_colour_bar_lies_below_with_its_numbers_and_its_words():
    figure, (axes,) = narrow.stacked(1, 1.0)
    axes.set_xlabel("lr")
    narrow.bar(figure, Limits(low=1.0, high=90.0, below=True), MEASURE)
    assert faults(narrow.settled(figure)) == []
    bar = figure.axes[-1]
    assert bar.get_xlabel().startswith("final test error (%)\n")  # the lines are as they were written
    assert "colours clipped below 1 %" in bar.get_xlabel()
    assert [it.get_text() for it in bar.get_xticklabels()][:2] == ["1", "2"]
    assert bar.get_window_extent().y1 < axes.xaxis.label.get_window_extent().y0


def test_one_line_has_no_legend_and_no_title():
    def draw(axes, *, alone):
        axes.plot([1, 2], [1, 2], label="the only one")
        axes.set_title("a title", loc="left")
        assert not alone

    figure = narrow.single(draw)
    assert (figure.legends, figure.axes[0].get_title(loc="left")) == ([], "")
