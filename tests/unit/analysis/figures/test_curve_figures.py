from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.curves import CurveBundle, Line
from analysis.figures import curves
from analysis.figures.curves import ENTRIES, HIGHEST_LOSS, ROWS, Curves
from analysis.figures.style import save
from search_spaces.declarations import Metric
from tests.unit.analysis.common import caption_of, drawn_through, marks, measure, trials
from tests.unit.analysis.reports import (
    CHOSEN_ON_VALIDATION,
    CUBE,
    LINE,
    PLANE,
    crossed_rows,
    cube_rows,
    findings,
    findings_of,
)

NAN = float("nan")


def bundle(x=0.1, y=0.0, errors=((50.0, 25.0), (40.0, 20.0)), diverged=(False, False), splits=("test",), **others):
    values = np.array(errors, dtype=float)
    return CurveBundle(
        x=x,
        y=y,
        others=others,
        epochs=np.arange(1, values.shape[1] + 1),
        train_loss=Line(values / 50.0 + 0.01),
        metrics={f"{split}_error": Line(values) for split in splits},
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


def result_of(bundles, caption=""):
    ys = sorted({b.y for b in bundles if b.y is not None}, reverse=True) or [None]
    y = None if ys == [None] else "p"
    metrics = {f"{split}_error": measure(split=split).metric for split in ("validation", "test")}
    options = {"bundles": bundles, "x": "lr", "y": y, "ys": ys, "metrics": metrics}
    return Curves(name="curves", title="curves", caption=caption, **options)


def drawn(bundles, caption=""):
    return curves.draw(result_of(bundles, caption))


def crosses(axes):
    return marks(axes, "x")


def names_of(figure):
    """Return what stands in the legend."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


def titles(figure, columns=2):
    return [axes.get_title(loc="left") for axes in figure.axes[::columns]]


@pytest.mark.parametrize("bundles", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_curves_are_drawn_in_every_situation(bundles):
    assert drawn_through(drawn(bundles, "A caption."))


def test_the_line_is_the_mean():
    (line,) = drawn([bundle(errors=((50.0, 25.0), (40.0, 20.0), (30.0, 21.0)), diverged=(False,) * 3)]).axes[1].lines
    assert list(line.get_ydata()) == [40.0, 22.0]


def test_one_epoch_is_seen_though_no_line_goes_through_it():
    axes = drawn(SITUATIONS["one epoch"]).axes[1]
    (line,) = [it for it in axes.lines if len(it.get_xdata()) == 1]
    assert line.get_marker() == "o"
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == [1]
    assert all(it.get_marker() == "None" for it in drawn([bundle()]).axes[1].lines)


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
    assert titles(drawn(SITUATIONS["no rows"]), 1) == ["", ""]


def test_scattered_configurations_are_named_whole():
    figure = drawn([bundle(0.2, None, p=0.25), bundle(0.1, None, p=0.5)])
    assert names_of(figure) == ["0.1 (1/2)", "0.2 (1/4)"]
    assert "(p)" in figure.legends[0].get_title().get_text()


def test_a_cross_marks_the_last_epoch_before_divergence():
    (cross,) = crosses(drawn([HALF]).axes[1])
    assert (list(cross.get_xdata()), list(cross.get_ydata())) == ([1], [60.0])


def test_a_seed_that_diverged_at_once_has_no_cross():
    assert crosses(drawn([bundle(), GONE]).axes[1]) == []


def test_rows_go_from_the_largest_value_down():
    assert titles(drawn([bundle(0.1, y) for y in (0.0, 0.5, 0.25)])) == ["p = 1/2", "p = 1/4", "p = 0"]


def test_every_value_of_x_stands_in_the_legend():
    assert names_of(drawn(SITUATIONS["one row"])) == ["0.01", "0.1", "1"]


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
    assert names_of(drawn([bundle(0.03121, None, p=0.25), bundle(0.03123, None, p=0.25)])) == [
        "0.03121 (1/4)",
        "0.03123 (1/4)",
    ]


def test_values_just_below_one_never_read_as_one():
    assert names_of(drawn([bundle(b, None) for b in (0.9995, 0.9999)])) == ["0.9995", "0.9999"]
    assert names_of(drawn([bundle(0.1, None, beta2=0.9995)])) == ["0.1 (0.9995)"]


def test_values_that_lie_close_have_colours_apart():
    colours = [
        line.get_color() for line in drawn([bundle(x, None) for x in (0.001, 0.1, 0.1001)]).legends[0].get_lines()
    ]
    distances = [sum(abs(a - b) for a, b in zip(*pair, strict=True)) for pair in pairwise(colours)]
    assert min(distances) > 0.3


def test_a_long_legend_is_thinned_out():
    texts = names_of(drawn([bundle(1.1**n, None) for n in range(40)]))
    assert len(texts) == ENTRIES
    assert (texts[0], texts[-1]) == ("1", "41.1")


@pytest.mark.parametrize(
    "bundles",
    [
        SITUATIONS["scattered"],
        [bundle(0.123456 + n / 1e7, None, weight_decay=1e-5, p=0.123, beta2=0.9995) for n in range(3)],
        SITUATIONS["two splits"],
    ],
    ids=["scattered", "many digits", "two splits"],
)
def test_the_legend_lies_beside_the_curves_and_on_the_figure(bundles):
    figure = drawn(bundles, "A caption.")
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert max(axes.get_window_extent().x1 for axes in figure.axes) < box.x0
    assert box.x1 <= figure.bbox.width


def test_on_axes_of_ones_own_the_error_is_drawn_without_caption():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert curves.draw(result_of(SITUATIONS["no rows"], "A caption."), ax=right) is figure
    assert (len(figure.axes), figure.texts, left.lines[:]) == (2, [], [])
    assert (len(right.lines), right.get_ylabel()) == (2, "test error (%)")


def test_rows_need_a_figure_of_their_own():
    with pytest.raises(ValueError, match="rows of curves need a figure of their own, got axes for 2 rows"):
        curves.draw(result_of([bundle(0.1, y) for y in (0.0, 0.5)]), ax=Figure().add_subplot())


def computed(found):
    (result,) = curves.compute(found)
    return result, [(b.y, b.x, dict(b.others)) for b in result.bundles]


def test_curves_have_the_errors_of_both_splits():
    result, _ = computed(findings(crossed_rows(), **CHOSEN_ON_VALIDATION))
    assert list(result.bundles[0].metrics) == ["validation_error", "test_error"]


def test_curves_of_one_hyperparameter_have_no_rows():
    result, points = computed(findings(trials({(0.1,): [1.0], (1.0,): [2.0]}, ("lr",)), space=LINE))
    assert (points, result.y, result.ys) == ([(None, 0.1, {}), (None, 1.0, {})], None, [None])


def test_curves_of_a_larger_grid_are_those_around_the_best():
    result, points = computed(findings(cube_rows(), space=CUBE))
    assert len(points) == 4
    assert "beta2 = 0.9: where the best configuration lies (final, split test)." in result.caption
    assert "n = 4 trials" in result.caption


def test_without_a_best_the_curves_say_that_it_is_the_best_so_far():
    result, _ = computed(findings(cube_rows(result=lambda lr, p, b: [1 + lr + p - b, "waiting"]), space=CUBE))
    assert "beta2 = 0.99: where the lowest mean so far lies (final, split test)." in result.caption


SCATTERED = {(0.02 * n, 0.05 * n): [10.0 + n] for n in range(1, 9)}


def test_curves_without_a_grid_are_those_of_the_best_configurations():
    design = {"name": "random", "configurations": 8}
    result, points = computed(findings(trials(SCATTERED), space=PLANE, design=design, seeds=1))
    assert [x for _, x, _ in points] == [pytest.approx(0.02 * n) for n in range(1, 7)]
    assert result.y is None
    assert "The 6 best of 8 configurations (final, split test) are drawn." in result.caption
    assert "n = 6 trials" in result.caption


@pytest.mark.parametrize("best", range(9))
def test_of_many_rows_evenly_chosen_ones_are_drawn_and_counted_the_best_among_them(best):
    cells = {(lr, y / 16): [20.0 + lr - (y == best)] for lr in (0.1, 1.0) for y in range(9)}
    result, points = computed(findings_of(cells, seeds=1))
    assert len(result.ys) == ROWS
    assert best / 16 in result.ys
    assert {y for y, _, _ in points} == set(result.ys)
    assert f"n = {2 * ROWS} trials" in result.caption
    assert "8 of 9 values of p are drawn." in result.caption


def test_a_study_without_outcome_has_no_curves():
    assert curves.compute(findings_of({(0.1, 0.0): ["waiting"]})) == []


@pytest.mark.parametrize(
    ("cells", "there", "absent"),
    [
        ({(0.1,): [10.0], (1.0,): [11.0]}, "Lines: mean over the seeds still in training.", ("bands", "Crosses")),
        ({(0.1,): [10.0, 11.0]}, "bands: range over the seeds still in training.", ("Crosses", "leave the axis")),
        ({(0.1,): [10.0, "diverged"]}, "Crosses: the last epoch before a seed diverged.", ("leave the axis",)),
    ],
)
def test_the_caption_names_the_marks_that_are_there(cells, there, absent):
    result, _ = computed(findings_of(cells, ("lr",)))
    assert there in result.caption
    assert not [words for words in absent if words in result.caption]


def test_seeds_that_diverged_at_once_leave_no_crosses_to_explain():
    assert "Crosses" not in curves._legend([bundle(), GONE])
    assert "Crosses" in curves._legend([bundle(), HALF])


def test_the_caption_says_that_losses_leave_the_axis():
    assert "Losses above 25 leave the axis." in curves._legend([bundle(errors=((50.0, 5e9), (50.0, 0.0)))])


def test_the_caption_stands_below():
    result = result_of([bundle()], "A caption of a few words.")
    assert caption_of(curves.draw(result)) == curves.caption(result) == "A caption of a few words."


def test_a_share_that_is_no_error_is_called_what_it_is():
    accuracy = Metric(name="accuracy", summary="accuracy", unit="%", direction="maximize")
    assert curves._noun(accuracy) == "accuracy"
    assert {curves._noun(measure(split=split).metric) for split in ("test", "validation")} == {"error"}
