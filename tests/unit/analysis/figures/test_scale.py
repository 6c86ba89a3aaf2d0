from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.figures.scale import APART, BAR, draw_bar, right_of, scale_of
from analysis.findings import Limits
from tests.unit.analysis.common import MEASURE, measure, scored


def bar(limits, height=2.0, shown=MEASURE):
    """Return a figure as wide as the bar takes, and the bar."""
    right = right_of(limits, shown)
    figure = Figure(figsize=(right, height + 0.4), dpi=100)
    axes = figure.add_axes((0.0, 0.2 / (height + 0.4), BAR / right, height / (height + 0.4)))
    draw_bar(figure, axes, limits, shown)
    figure.draw_without_rendering()
    return figure, axes


def ticks(limits, height=2.0):
    """Return the ticks and what stands beside them."""
    _, axes = bar(limits, height)
    return axes.get_yticks().tolist(), [label.get_text() for label in axes.get_yticklabels()]


RANGES = [
    (11.0, 19.0),
    (3.1, 4.8),
    (5.2, 9.5),
    (0.002, 0.003),
    (15.0, 85.0),
    (0.02, 90.0),
    (1e-5, 100.0),
    (0.5, 60.0),
]


@pytest.mark.parametrize("height", [1.24, 6.2])
@pytest.mark.parametrize("ends", RANGES, ids=str)
def test_the_colour_bar_can_be_read(ends, height):
    found, labels = ticks(Limits(low=ends[0], high=ends[1]), height)
    assert len(found) == len(set(labels)) >= 2
    assert all(ends[0] <= tick <= ends[1] for tick in found)


@pytest.mark.parametrize("ends", RANGES, ids=str)
def test_ticks_of_the_lowest_bar_do_not_lie_on_one_another(ends):
    _, axes = bar(Limits(low=ends[0], high=ends[1]), 1.24)
    boxes = sorted((label.get_window_extent() for label in axes.get_yticklabels()), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(boxes))


def test_limits_with_no_number_between_them_have_their_ticks():
    ends = (np.nextafter(100.0, 0.0), 100.0)
    found, labels = ticks(Limits(low=ends[0], high=ends[1]))
    assert found == list(ends)
    assert len(labels) == 2


def test_a_high_bar_has_more_ticks_than_a_low_one():
    limits = Limits(low=0.5, high=60.0)
    assert len(ticks(limits, 6.2)[0]) > len(ticks(limits, 1.24)[0])
    assert APART < 0.2


@pytest.mark.parametrize(
    ("beyond", "extend", "words"),
    [
        ({}, "neither", None),
        ({"above": True}, "max", "colours clipped above 10 %"),
        ({"below": True}, "min", "colours clipped below 2 %"),
        ({"below": True, "above": True}, "both", "colours clipped below 2 % and above 10 %"),
    ],
)
def test_the_bar_says_where_colours_are_clipped(beyond, extend, words):
    _, axes = bar(Limits(low=2.0, high=10.0, **beyond))
    label = axes.get_ylabel().replace("\n", " ")
    assert (words in label) if words else ("clipped" not in label)
    assert axes._colorbar.extend == extend


def test_the_bar_names_the_measure_and_its_scale():
    _, axes = bar(Limits(low=2.0, high=10.0))
    assert axes.get_ylabel() == "final test error (%)\nmean over seeds, log scale"


@pytest.mark.parametrize("clipped", [False, True])
@pytest.mark.parametrize("epochs", [3, 30])
@pytest.mark.parametrize("height", [1.24, 3.0])
def test_the_label_lies_within_the_room_it_says_it_takes(clipped, epochs, height):
    limits = Limits(low=0.15, high=12.5, below=clipped, above=clipped)
    figure, axes = bar(limits, height + 0.9, measure("mean_last5", "validation", epochs))
    box = axes.yaxis.label.get_window_extent()
    assert 0 <= box.y0 < box.y1 <= figure.bbox.height
    assert box.x1 <= figure.bbox.width


def test_colours_beyond_the_limits_are_those_of_the_ends():
    colours = scale_of(Limits(low=2.0, high=10.0))
    assert colours.to_rgba([1.0, 2.0]).tolist()[0] == colours.to_rgba([2.0]).tolist()[0]
    assert colours.to_rgba([99.0]).tolist() == colours.to_rgba([10.0]).tolist()


LINEAR = [(-5.0, 30.0), (0.0, 1.0), (0.31, 0.42), (-3e-4, 2e-5), (1e6, 3e6), (99.97, 100.02)]


@pytest.mark.parametrize("height", [1.24, 6.2])
@pytest.mark.parametrize("ends", LINEAR, ids=str)
def test_a_linear_bar_has_round_numbers_that_do_not_lie_on_one_another(ends, height):
    _, axes = bar(Limits(low=ends[0], high=ends[1], log=False), height, scored())
    found, labels = axes.get_yticks(), [label.get_text() for label in axes.get_yticklabels()]
    assert len(set(labels)) == len(labels) >= 2
    assert np.allclose([float(label) for label in labels], found, rtol=1e-9)
    assert np.allclose(np.diff(found), found[1] - found[0])
    boxes = sorted((label.get_window_extent() for label in axes.get_yticklabels()), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(boxes))


def test_a_bar_without_logarithms_does_not_speak_of_them():
    _, axes = bar(Limits(low=-5.0, high=30.0, below=True, log=False), 2.0, scored())
    label = axes.get_ylabel().replace("\n", " ")
    assert label == "final score (points) mean over seeds colours clipped below -5 points"
    assert axes.get_yscale() == "linear"


def test_a_bar_of_many_powers_of_ten_has_plain_numbers_where_they_are_short():
    _, axes = bar(Limits(low=1.8e-7, high=1.8e5), 2.0, scored(1e5, "minimize", log=True))
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["1e-06", "0.0001", "0.01", "1", "100", "10000"]
