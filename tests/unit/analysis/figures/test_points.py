from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from analysis.figures import points
from analysis.figures.style import BEST, save
from analysis.findings import Clip
from tests.unit.analysis.common import caption_of, drawn_through, marks, stars, trials
from tests.unit.analysis.reports import PLANE, findings, space_of

POINTS = {
    (0.02, 0.1): [10.0, 12.0],
    (0.1, 0.2): [8.0, 9.0],
    (1.0, 0.3): [20.0, "diverged"],
    (2.0, 0.35): [20.0, 89.0],
    (9.0, 0.4): ["diverged", "diverged"],
    (0.5, 0.5): ["failed", "waiting"],
    (None, None): ["waiting", "waiting"],
}
LINES = {
    (0.02,): [10.0, 12.0],
    (0.1,): [8.0, 9.0],
    (1.0,): [20.0, "diverged"],
    (2.0,): [20.0, 89.0],
    (9.0,): ["diverged", "diverged"],
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


def scattered(cells, names=("lr", "p"), space=PLANE, **options):
    """Return the result for a design without a grid."""
    design = {"name": "tpe", "configurations": len(cells)}
    (found,) = points.compute(findings(trials(cells, names), space=space, design=design, **options))
    return found


def lined(cells=LINES, names=("lr",), **options):
    """Return the result for a grid of one hyperparameter."""
    (found,) = points.compute(findings(trials(cells, names), space=space_of(cells, names), **options))
    return found


def axes_of(result):
    axes = Figure(figsize=(6, 4)).add_subplot()
    points.draw(result, ax=axes)
    return axes


def offsets(axes):
    """Return the points of each collection."""
    return [np.asarray(collection.get_offsets()).tolist() for collection in axes.collections]


@pytest.mark.parametrize("cells", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_points_are_drawn_in_every_situation(cells):
    assert drawn_through(points.draw(scattered(cells)))


@pytest.mark.parametrize("log", [False, True], ids=["linear", "log"])
@pytest.mark.parametrize("cells", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_points_of_one_hyperparameter_are_drawn_in_every_situation(cells, log):
    single = {cell[:1]: results for cell, results in cells.items()}
    space = {"lr": {"low": 0.01, "high": 10.0, "log": log}}
    assert drawn_through(points.draw(scattered(single, ("lr",), space)))


def test_a_line_of_a_grid_is_drawn():
    assert drawn_through(points.draw(lined()))


def test_a_configuration_that_trained_is_a_coloured_point_and_a_square_where_seeds_learned_nothing():
    circles, squares, *_ = offsets(axes_of(scattered(POINTS)))
    assert sorted(circles) == [[0.02, 0.1], [0.1, 0.2], [1.0, 0.3]]
    assert squares == [[2.0, 0.35]]


def test_a_configuration_where_a_seed_diverged_is_a_cross():
    *_, crosses = offsets(axes_of(scattered(POINTS)))
    assert sorted(crosses) == [[1.0, 0.3], [9.0, 0.4]]


def test_colours_are_means():
    circles, *_ = axes_of(scattered(POINTS)).collections
    assert sorted(circles.get_array()) == [8.5, 11.0, 55.0]


def test_with_one_hyperparameter_every_seed_is_a_point():
    seeds, nothing, crosses = offsets(axes_of(lined()))
    assert sorted(seeds) == [[0.02, 10.0], [0.02, 12.0], [0.1, 8.0], [0.1, 9.0], [1.0, 20.0], [2.0, 20.0]]
    assert nothing == [[2.0, 89.0]]
    assert sorted(crosses) == [[1.0, 90.0], [9.0, 90.0], [9.0, 90.0]]


def test_with_one_hyperparameter_the_line_goes_through_the_means():
    line = axes_of(lined()).lines[0]
    assert list(line.get_ydata()) == [11.0, 8.5, 55.0, 54.5, 90.0]


def test_with_one_hyperparameter_an_error_of_zero_is_on_the_axis():
    assert axes_of(lined({(0.1,): [0.0], (1.0,): [5.0]})).get_yscale() == "linear"
    assert axes_of(lined()).get_yscale() == "log"


def test_the_star_lies_at_the_lowest_mean():
    assert stars(axes_of(scattered(POINTS))) == [(0.1, 0.2)]
    assert stars(axes_of(lined())) == [(0.1, 8.5)]


@pytest.mark.parametrize("name", ["all missing", "all diverged", "nothing proposed"])
def test_without_a_best_there_is_no_star(name):
    assert stars(axes_of(scattered(SITUATIONS[name]))) == []


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_bar_below_covers_the_candidates(seeds):
    cells = {(0.1,): [1.0, 2.0, 1.5], (1.0,): [1.1, 2.1, 1.6], (10.0,): [40.0, 44.0, 43.0]}
    result = lined({cell: errors[:seeds] for cell, errors in cells.items()}, seeds=seeds)
    bars = marks(axes_of(result), "s")
    if seeds == 1:
        assert (result.likely, bars) == ((), [])
        return
    (bar,) = bars
    assert list(bar.get_xdata()) == [0.1, 1.0]
    assert to_rgba(bar.get_color()) == to_rgba(BEST)


def test_one_candidate_alone_is_marked_too():
    cells = {(0.1,): [1.0, 2.0, 1.5], (1.0,): [31.0, 32.0, 31.5], (10.0,): [40.0, 44.0, 43.0]}
    (bar,) = marks(axes_of(lined(cells, seeds=3)), "s")
    assert list(bar.get_xdata()) == [0.1]


def test_an_axis_is_logarithmic_where_its_hyperparameter_is():
    axes = axes_of(scattered(POINTS))
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")


def test_a_logarithmic_axis_has_plain_numbers():
    axes = axes_of(scattered(POINTS))
    axes.get_figure().draw_without_rendering()
    assert {"0.1", "1", "10"} <= {label.get_text() for label in axes.get_xticklabels()}


def test_configurations_that_differ_elsewhere_lie_on_one_another_with_the_best_on_top():
    cells = {(0.1, 0.0, 0.9): [30.0], (0.1, 0.0, 0.99): [10.0], (0.1, 0.0, 0.95): [20.0]}
    axes = axes_of(scattered(cells, ("lr", "p", "beta2"), PLANE | {"beta2": {"low": 0.9, "high": 0.99}}))
    assert list(axes.collections[0].get_array()) == [30.0, 20.0, 10.0]
    assert stars(axes) == [(0.1, 0.0)]


def test_a_plane_has_a_colour_bar_and_a_line_has_none():
    plane, line = points.draw(scattered(POINTS)), points.draw(lined())
    assert plane.axes[1].get_ylabel().startswith("final test error (%)")
    assert len(line.axes) == 1
    assert line.axes[0].get_ylabel() == "final test error (%)"


def test_the_label_of_a_clipped_colour_bar_lies_on_the_figure():
    figure = points.draw(scattered(POINTS, statistic="mean_last5", clip=Clip(low=10.0, high=12.0)))
    figure.draw_without_rendering()
    bar = figure.axes[1]
    assert "clipped below 10 % and above 12 %" in bar.get_ylabel().replace("\n", " ")
    assert bar.yaxis.label.get_window_extent().x1 <= figure.bbox.width
    assert figure.axes[0].get_window_extent().x1 < bar.get_window_extent().x0


def test_the_title_says_what_is_shown():
    assert scattered(POINTS).title == "test error over learning rate and partial-adaptivity exponent p"
    assert lined().title == "test error over learning rate"


def test_the_caption_stands_below():
    result = scattered(POINTS)
    assert points.caption(result) == result.caption
    assert caption_of(points.draw(result)).replace("- ", "-") == result.caption.replace("- ", "-")


def test_on_axes_of_ones_own_there_is_no_caption_and_no_colour_bar():
    figure = Figure()
    _, right = figure.subplots(1, 2)
    assert points.draw(scattered(POINTS), ax=right) is figure
    assert (len(figure.axes), figure.texts) == (2, [])


def test_a_grid_of_two_hyperparameters_has_no_points():
    cells = {(lr, p): [lr + p] for lr in (0.1, 1.0) for p in (0.0, 0.5)}
    assert points.compute(findings(trials(cells))) == []


def test_the_same_points_drawn_twice_give_the_same_bytes(tmp_path):
    found = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        paths = save(points.draw(scattered(POINTS)), folder, "map")
        found.append({kind: path.read_bytes() for kind, path in paths.items()})
    assert found[0] == found[1]
