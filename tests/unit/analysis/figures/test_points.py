from __future__ import annotations

import numpy as np
import pytest

from analysis.figures import save
from analysis.figures.points import draw_points
from tests.unit.analysis.common import MEASURE, caption_of, drawn_through, stars, table

POINTS = {
    (0.01, 0.1): [10.0, 12.0],
    (0.1, 0.2): [8.0, 9.0],
    (1.0, 0.3): [20.0, "diverged"],
    (10.0, 0.4): ["diverged", "diverged"],
    (0.5, 0.5): ["failed", "waiting"],
    (None, None): ["waiting", "waiting"],
}

SITUATIONS = {
    "every outcome": POINTS,
    "one point": {(0.1, 0.0): [10.0]},
    "all missing": {(0.1, 0.0): ["waiting"], (1.0, 0.5): ["failed"]},
    "nothing proposed": {(None, None): ["waiting", "waiting"]},
    "all diverged": {(0.1, 0.0): ["diverged"], (1.0, 0.5): ["diverged"]},
    "partly diverged": {(0.1, 0.0): [10.0, "diverged"], (1.0, 0.5): [12.0, 13.0]},
    "zero errors": {(0.1, 0.0): [0.0], (1.0, 0.5): [0.0]},
    "many": {(10.0 ** (-x / 9), y / 20): [5.0 + x] for x in range(12) for y in range(9)},
}


def drawn(cells, y="p", caption="", log=()):
    return draw_points(table(cells), "lr", y, MEASURE, caption, log=log)


def markers(figure):
    """Return how many points each collection holds."""
    return [len(collection.get_offsets()) for collection in figure.axes[0].collections]


@pytest.mark.parametrize("log", [(), ("lr",)], ids=["linear", "log"])
@pytest.mark.parametrize("y", ["p", None], ids=["two axes", "one axis"])
@pytest.mark.parametrize("cells", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_points_are_drawn_in_every_situation(cells, y, log):
    assert drawn_through(drawn(cells, y, "A caption.", log))


def test_a_configuration_with_a_complete_trial_is_a_coloured_point():
    assert markers(drawn(POINTS))[0] == 3


def test_where_every_trial_diverged_there_is_no_star():
    assert stars(drawn(SITUATIONS["all diverged"])) == []


def test_with_one_hyperparameter_an_error_of_zero_is_on_the_axis():
    axes = drawn({(0.1, 0.0): [0.0], (1.0, 0.5): [5.0]}, None).axes[0]
    assert axes.get_yscale() == "linear"


def test_a_configuration_where_a_seed_diverged_is_a_cross():
    assert markers(drawn(POINTS))[1] == 2


def test_with_one_hyperparameter_every_seed_is_a_point():
    assert markers(drawn(POINTS, None)) == [5, 3]


def test_with_one_hyperparameter_a_diverged_seed_lies_at_chance():
    crosses = drawn(POINTS, None).axes[0].collections[1].get_offsets()
    assert np.unique(np.asarray(crosses)[:, 1]).tolist() == [90.0]


def test_the_star_lies_at_the_lowest_median():
    assert stars(drawn(POINTS)) == [(0.1, 0.2)]


def test_with_one_hyperparameter_the_star_lies_at_the_lowest_median():
    assert stars(drawn(POINTS, None)) == [(0.1, 8.5)]


def test_of_equal_medians_the_star_takes_the_lower_mean():
    assert stars(drawn({(0.1, 0.0): [10.0, 10.0, 40.0], (1.0, 0.5): [9.0, 10.0, 11.0]})) == [(1.0, 0.5)]


def test_without_outcomes_there_is_no_star():
    assert stars(drawn(SITUATIONS["all missing"])) == []


def test_an_axis_is_logarithmic_where_its_hyperparameter_is():
    axes = drawn(POINTS, log=["lr"]).axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")


def test_a_logarithmic_axis_has_plain_numbers():
    figure = drawn(POINTS, log=["lr"])
    figure.draw_without_rendering()
    assert {"0.01", "0.1", "1", "10"} <= {label.get_text() for label in figure.axes[0].get_xticklabels()}


def test_configurations_that_differ_elsewhere_lie_on_one_another_with_the_best_on_top():
    cells = {(0.1, 0.0, 0.9): [30.0], (0.1, 0.0, 0.99): [10.0], (0.1, 0.0, 0.999): [20.0]}
    figure = draw_points(table(cells, ("lr", "p", "beta2")), "lr", "p", MEASURE, "", others=["beta2"])
    assert list(figure.axes[0].collections[0].get_array()) == [30.0, 20.0, 10.0]
    assert stars(figure) == [(0.1, 0.0)]


def test_the_colour_bar_names_the_measure():
    assert "final test error (%)" in drawn(POINTS).axes[1].get_ylabel()


def test_with_one_hyperparameter_the_axis_names_the_measure():
    assert drawn(POINTS, None).axes[0].get_ylabel() == "final test error (%)"


def test_the_caption_stands_below():
    assert "n = 4 trials" in caption_of(drawn(POINTS, caption="n = 4 trials"))


def test_the_same_points_drawn_twice_give_the_same_bytes(tmp_path):
    found = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        paths = save(drawn(POINTS, caption="A caption."), folder, "map")
        found.append({kind: path.read_bytes() for kind, path in paths.items()})
    assert found[0] == found[1]
