from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from analysis.figures import heatmap
from analysis.figures.cells import LOST
from analysis.figures.columns import columns_of
from analysis.figures.scale import scale_of
from analysis.figures.style import BEST, save
from analysis.findings import Clip, Limits
from tests.unit.analysis.common import caption_of, drawn_through, marks, rectangles, stars, texts
from tests.unit.analysis.reports import cube, findings, findings_of
from tests.unit.analysis.studies import armed

DIVERGED, NOTHING = "////", ".."
CELLS = {
    (0.1, 0.0): [10.0, 12.0, 14.0],
    (1.0, 0.0): [8.5, "diverged", "diverged"],
    (0.1, 0.5): ["diverged", "diverged", "diverged"],
    (1.0, 0.5): ["failed", "cancelled", "failed"],
    (10.0, 0.0): [15.0, 89.0, 95.0],
    (10.0, 0.5): [15.0, 89.0, "diverged"],
}


def surface(columns, rows, result=lambda x, y: [10.0 + x + y]):
    """Return cells of powers of ten against multiples of 1/64."""
    return {(10.0 ** (x - 6), y / 64): result(x, y) for x in range(columns) for y in range(rows)}


SITUATIONS = {
    "one cell": surface(1, 1),
    "one row": surface(5, 1),
    "one column": surface(1, 4),
    "two by two": surface(2, 2),
    "all missing": surface(3, 2, lambda _x, _y: ["waiting"]),
    "all diverged": surface(3, 2, lambda _x, _y: ["diverged", "diverged"]),
    "partly diverged": surface(3, 2, lambda x, _y: [10.0, "diverged"] if x else [5.0, 6.0]),
    "zero errors": surface(3, 2, lambda _x, _y: [0.0, 0.0]),
    "some zero errors": surface(3, 2, lambda x, _y: [10.0 * x]),
    "weight decays from zero": {(x, y): [1.0 + x + y] for x in (0.1, 1.0) for y in (0.0, 0.5)},
    "rates side by side": {(x, y): [1.0 + x + y] for x in (0.001, 0.1, 0.1001) for y in (0.0, 0.5)},
}


def result_of(cells, names=("lr", "p"), **options):
    return heatmap.compute(findings_of(cells, names, **options))[0]


def drawn(cells, names=("lr", "p"), **options):
    return heatmap.draw(result_of(cells, names, **options))


def alone(cells, **options):
    """Return the axes of one map on a figure of one's own, which is fast."""
    axes = Figure(figsize=(6, 4)).add_subplot()
    heatmap.draw(result_of(cells, **options), ax=axes)
    return axes


@pytest.mark.parametrize("cells", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_a_heatmap_is_drawn_in_every_situation(cells):
    assert drawn_through(drawn(cells))


@pytest.mark.parametrize("cells", [*SITUATIONS.values(), CELLS], ids=[*SITUATIONS.keys(), "every outcome"])
def test_as_many_cells_are_drawn_and_marked_as_there_are(cells):
    axes, grid = alone(cells), result_of(cells).maps[0].grid
    assert len(rectangles(axes)) == (grid.n > 0).sum()
    assert len(rectangles(axes, hatch=DIVERGED)) == grid.diverged.any(axis=2).sum()
    assert len(rectangles(axes, hatch=NOTHING)) == grid.learned_nothing.any(axis=2).sum()


def test_the_share_of_lost_seeds_is_written():
    found = texts(alone(CELLS, seeds=3))
    assert "62.8\n2/3 div." in found
    assert "66.3\n2/3 guess" in found
    assert "64.7\n1/3 div.\n1/3 guess" in found


def test_a_cell_where_all_diverged_says_so_without_a_number_and_has_no_colour_of_the_scale():
    axes = alone(CELLS, seeds=3)
    assert "3/3 div." in texts(axes)
    assert [patch.get_facecolor() for patch in rectangles(axes)].count(LOST) == 1


@pytest.mark.parametrize(
    ("error", "text"),
    [(0.0, "0.00"), (0.126, "0.13"), (9.87, "9.87"), (9.996, "10.0"), (12.34, "12.3"), (100.0, "100.0")],
)
def test_the_mean_is_written_in_its_cell(error, text):
    assert texts(alone({(0.1, 0.0): [error], (0.1, 0.5): [50.0]}))[0].split("\n")[0] == text


def test_a_cell_without_outcome_is_blank():
    assert len(texts(alone(CELLS))) == 5


def test_a_cell_lies_between_its_edges():
    (cell,) = rectangles(alone({(0.1, 0.0): [5.0]}))
    assert (cell.get_x(), cell.get_x() + cell.get_width()) == pytest.approx(columns_of(np.array([0.1])).edges)
    assert (cell.get_y(), cell.get_height()) == (-0.5, 1)


@pytest.mark.parametrize(
    "cells",
    [surface(4, 3, lambda x, y: [10.0 + abs(x - 2) + abs(y - 1)]), {(x, 0.5): [x] for x in (0.1, 0.11, 1.0)}],
    ids=["log", "even"],
)
def test_the_star_lies_in_the_best_cell(cells):
    grid = result_of(cells).maps[0].grid
    ((x, y),) = stars(alone(cells))
    row, column = grid.best
    left, right = columns_of(grid.xs).edges[column : column + 2]
    assert left < x < right
    assert row - 0.5 < y < row + 0.5


@pytest.mark.parametrize("name", ["all missing", "all diverged"])
def test_without_a_best_there_is_no_star(name):
    assert stars(alone(SITUATIONS[name])) == []


@pytest.mark.parametrize(
    ("xs", "scale", "words"),
    [([0.1, 1.0], "log", "log scale"), ([0.1, 0.11, 1.0], "linear", "evenly spaced")],
)
def test_the_axis_says_its_scale(xs, scale, words):
    axes = alone({(x, 0.0): [1.0] for x in xs})
    assert axes.get_xscale() == scale
    assert axes.get_xlabel() == f"learning rate ({words})"


def test_an_axis_from_zero_is_linear_and_says_nothing():
    cells = {(p, b): [1.0] for p in (0.0, 0.25, 0.5) for b in (0.9, 0.99)}
    axes = alone(cells, names=("p", "beta2"))
    assert (axes.get_xscale(), axes.get_xlabel()) == ("linear", "partial-adaptivity exponent p")


def test_rows_are_labelled_with_their_value():
    axes = alone({(0.1, p): [1.0] for p in (0.0, 0.125, 0.5)})
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "1/8", "1/2"]


@pytest.mark.parametrize("xs", [(0.01, 0.1, 1.0), (0.03121, 0.03123, 1.0)], ids=["log", "even"])
def test_columns_are_labelled_with_their_value(xs):
    figure = drawn({(x, 0.0): [1.0] for x in xs})
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert [float(label.get_text()) for label in axes.get_xticklabels()] == list(xs)
    assert axes.get_xticks().tolist() == columns_of(np.array(xs)).places.tolist()


def test_values_just_below_one_never_read_as_one():
    cells = {(b1, b2): [b1 + b2] for b1 in (0.9995, 0.9999) for b2 in (0.9995, 0.99999)}
    found = result_of(cells, ("beta1", "beta2"))
    axes = alone(cells, names=("beta1", "beta2"))
    axes.get_figure().draw_without_rendering()
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.9995", "0.9999"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.9995", "0.99999"]
    assert "beta1 = 0.9995, beta2 = 0.9995, mean 2.00 %" in found.caption


@pytest.mark.parametrize("columns", [2, 15])
def test_labels_of_columns_do_not_lie_on_one_another(columns):
    cells = {(round(1.7**x / 1e4, 9), p): [5.0 + x] for x in range(columns) for p in (0.0, 0.5)}
    figure = drawn(cells)
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_what_stands_in_a_cell_stays_in_it():
    cells = {(x, p): [89.0, 10.0, "diverged"] for x in (0.001, 0.01, 0.02, 0.05, 0.1, 1.0) for p in (0.0, 0.5)}
    figure = drawn(cells, seeds=3)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    for text, cell in zip(axes.texts, rectangles(axes), strict=True):
        inner, outer = text.get_window_extent(), cell.get_window_extent()
        assert outer.x0 <= inner.x0 < inner.x1 <= outer.x1
        assert outer.y0 <= inner.y0 < inner.y1 <= outer.y1


def test_long_names_of_rows_stay_on_the_figure():
    cells = {(lr, b): [lr + b] for lr in (0.1, 1.0) for b in (0.999999991, 0.999999992)}
    figure = drawn(cells, ("lr", "beta2"))
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert axes.get_yticklabels()[0].get_text() == "0.999999991"
    assert axes.yaxis.label.get_window_extent().x0 >= 0
    assert axes.yaxis.label.get_window_extent().x1 <= min(b.get_window_extent().x0 for b in axes.get_yticklabels())


def outlines(axes):
    return [line for line in axes.lines if line.get_marker() in {"None", ""}]


THREE = {0.1: [10.0, 12.0, 11.0], 1.0: [10.0, 12.0, 11.0], 10.0: [10.0, 12.0, 11.0], 100.0: [50.0, 51.0, 52.0]}


def test_the_outline_surrounds_the_candidates():
    """Three cells in a row: eight sides around them, none between."""
    axes = alone({(x, 0.0): errors for x, errors in THREE.items()}, seeds=3)
    assert len(outlines(axes)) == 8
    assert max(max(line.get_xdata()) for line in outlines(axes)) < 100


def test_too_few_seeds_have_no_outline():
    assert outlines(alone({(x, 0.0): errors[:2] for x, errors in THREE.items()})) == []


def test_the_title_names_what_is_shown_and_what_a_panel_holds_fixed():
    found = heatmap.compute(findings_of(cube(), ("lr", "p", "beta2")))
    assert [one.title for one in found] == [
        "test error over learning rate and partial-adaptivity exponent p",
        "test error over learning rate and partial-adaptivity exponent p, beta2 = 0.9",
        "test error over learning rate and partial-adaptivity exponent p, beta2 = 0.99",
    ]
    assert [one.name for one in found] == ["heatmap", "heatmap-1", "heatmap-2"]


def test_the_caption_stands_below():
    result = result_of(CELLS)
    assert heatmap.caption(result) == result.caption
    assert caption_of(heatmap.draw(result)).replace("- ", "-") == result.caption.replace("- ", "-")


@pytest.mark.parametrize(
    "name", ["a", "m" * 20, "a-name-of-sixty-four-characters-and-not-one-of-them-is-too-many-x"[:64]]
)
@pytest.mark.parametrize("columns", [2, 9])
def test_the_caption_fits_on_the_figure(name, columns):
    figure = drawn(surface(columns, 2, lambda x, _y: [10.0 + x, 89.0, "diverged"]), name=name, seeds=3)
    figure.draw_without_rendering()
    (text,) = figure.texts
    box, axes = text.get_window_extent(), figure.axes[0]
    assert 0 <= box.x0 < box.x1 <= figure.bbox.width
    assert 0 <= box.y0 < box.y1 < axes.xaxis.label.get_window_extent().y0


def test_on_axes_of_ones_own_there_is_no_caption_and_no_colour_bar():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert heatmap.draw(result_of(CELLS), ax=right) is figure
    assert (len(figure.axes), figure.texts, left.patches[:]) == (2, [], [])
    assert len(rectangles(right)) == 5
    assert right.get_title(loc="left").startswith("test error over learning rate")


def test_a_page_of_panels_needs_a_figure_of_its_own():
    with pytest.raises(ValueError, match="several panels need a figure of their own, got axes for 2"):
        heatmap.draw(result_of(cube(), ("lr", "p", "beta2")), ax=Figure().add_subplot())


@pytest.fixture(scope="module")
def page():
    return heatmap.draw(result_of(cube(), ("lr", "p", "beta2")))


def test_a_page_has_a_panel_for_each_value_and_one_colour_bar(page):
    assert [axes.get_title(loc="left") for axes in page.axes] == ["beta2 = 0.9", "beta2 = 0.99", ""]
    assert [len(rectangles(axes)) for axes in page.axes[:2]] == [4, 4]
    assert page.axes[2].get_ylabel().startswith("final test error (%)")


def test_the_star_of_the_best_of_the_study_is_filled_and_the_others_are_hollow(page):
    faces = [marks(axes, "*")[0].get_markerfacecolor() for axes in page.axes[:2]]
    assert [to_rgba(face) for face in faces] == [to_rgba(BEST), to_rgba("white")]


def test_the_page_has_title_and_caption(page):
    assert caption_of(page).startswith("test error over learning rate and partial-adaptivity exponent p study: padam")


def test_panels_are_told_apart_however_near_they_lie():
    cells = {(lr, p, b): [lr + p] for lr in (0.1, 1.0) for p in (0.0, 0.5) for b in (0.9995, 0.9999, 0.99991)}
    found = heatmap.compute(findings_of(cells, ("lr", "p", "beta2"), seeds=1))
    assert found[0].panels == ("beta2 = 0.9995", "beta2 = 0.9999", "beta2 = 0.99991")
    assert [one.title.split(", ")[1] for one in found[1:]] == list(found[0].panels)
    near = {(lr, p, b): [lr + p] for lr in (0.1, 1.0) for p in (0.0, 0.5) for b in (0.5, 0.5001)}
    assert result_of(near, ("lr", "p", "beta2")).panels == ("beta2 = 1/2", "beta2 = 0.5001")


def test_the_axes_of_panels_say_their_hyperparameter(page):
    assert [(axes.get_xlabel(), axes.get_ylabel()) for axes in page.axes[:2]] == [("lr", "p")] * 2


def test_a_study_of_one_hyperparameter_has_no_heatmap():
    assert heatmap.compute(findings_of({(0.1,): [1.0], (1.0,): [2.0]}, ("lr",))) == []


def test_a_clip_changes_colours_and_no_number():
    cells = {(0.1, 0.0): [2.0], (1.0, 0.0): [8.0], (0.1, 0.5): [40.0], (1.0, 0.5): [80.0]}
    clipped = alone(cells, clip=Clip(high=10.0))
    assert texts(clipped) == texts(alone(cells)) == ["2.00", "8.00", "40.0", "80.0"]
    colours = [patch.get_facecolor() for patch in rectangles(clipped)]
    assert colours[2] == colours[3] == tuple(scale_of(Limits(low=2.0, high=10.0)).to_rgba([10.0])[0])
    assert colours[1] != colours[2]
    assert "clipped above 10 %" in drawn(cells, clip=Clip(high=10.0)).axes[1].get_ylabel()


def test_the_same_map_drawn_twice_gives_the_same_bytes(tmp_path):
    found = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        paths = save(drawn(CELLS), folder, "heatmap")
        found.append({kind: path.read_bytes() for kind, path in paths.items()})
    assert found[0] == found[1]


def many(columns, rows):
    """Return a map of so many columns and rows, the cells at the highest learning rate diverged."""
    lrs, ps = np.logspace(-3, 0, columns).round(6).tolist(), np.linspace(0, 0.5, rows).round(6).tolist()
    cells = {(lr, p): ["diverged" if lr == lrs[-1] else 10.0 + lr + p] for lr in lrs for p in ps}
    (result,) = heatmap.compute(findings_of(cells, seeds=1))
    return result


@pytest.mark.parametrize(
    ("columns", "rows", "numbered"), [(30, 3, True), (31, 3, False), (3, 30, True), (3, 31, False)]
)
def test_cells_have_numbers_as_long_as_they_have_room(columns, rows, numbered):
    result = many(columns, rows)
    axes = heatmap.draw(result).axes[0]
    assert len(texts(axes)) == (columns * rows if numbered else 0)
    assert ("Too many cells for numbers; summary.json has them." in result.caption) is not numbered
    assert ('Hatched, "div.": share of seeds that diverged.' in result.caption) is numbered
    assert ("Hatched: seeds diverged." in result.caption) is not numbered
    assert len(rectangles(axes)) == columns * rows


def test_a_large_map_is_a_page_and_labels_every_few_values():
    figure = heatmap.draw(many(120, 60))
    axes = figure.axes[0]
    assert max(figure.get_size_inches()) < 15
    for labels, shown in ((axes.get_xticklabels(), 15), (axes.get_yticklabels(), 15)):
        assert 8 <= len(labels) <= shown
    assert axes.get_xticklabels()[0].get_text() == "0.001"


def test_the_title_of_a_panel_does_not_reach_its_neighbour():
    arms = ("a" * 64, "b" * 40, "c", "d" * 64)
    grids = {name: {(lr, p): [lr + p] for lr in (0.1, 1.0) for p in (0.0, 0.5)} for name in arms}
    found = findings(armed(grids), arms={name: {"epochs": number + 2} for number, name in enumerate(arms)}, seeds=1)
    figure = heatmap.draw(heatmap.compute(found)[0])
    figure.draw_without_rendering()
    boxes = [axes._left_title.get_window_extent() for axes in figure.axes[:4]]
    assert boxes[0].x1 < boxes[1].x0
    assert boxes[2].y1 < figure.axes[0].xaxis.label.get_window_extent().y0
    assert boxes[3].y1 < figure.axes[1].xaxis.label.get_window_extent().y0
    assert boxes[1].y1 < figure.texts[0].get_window_extent().y0
    assert max(box.x1 for box in boxes) <= figure.bbox.width
    assert [axes.get_title(loc="left").replace("\n", "") for axes in figure.axes[:4]] == list(arms)
