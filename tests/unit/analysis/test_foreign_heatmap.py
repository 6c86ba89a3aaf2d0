"""Heatmaps of tables that others have made."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.errors import TableError
from analysis.figures.cells import Fitted
from analysis.foreign import grid_of
from analysis.heatmap import heatmap
from search_spaces.errors import BasinError

NAN = float("nan")


def table(rows, columns=("lr", "p", "run", "loss")):
    return pd.DataFrame(rows, columns=list(columns))


def surface():
    """Return three runs of a valley: 4 learning rates by 3 values of p."""
    rows = [
        (lr, p, run, abs(np.log10(lr) + 2 + 2 * p) * 10 + run + 1)
        for lr in (1e-3, 1e-2, 1e-1, 1.0)
        for p in (0.0, 0.125, 0.5)
        for run in range(3)
    ]
    return table(rows)


def axes(width=6.0, height=4.0):
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def drawn(found, x="lr", y="p", value="loss", **options):
    """Draw on axes of a figure of its own, and let it be rendered."""
    on = heatmap(found, x=x, y=y, value=value, ax=options.pop("ax", None) or axes(), **options)
    on.figure.canvas.draw()
    return on


def words(on):
    """Return the texts of the cells, by row from below and column."""
    return [text.get_text() for text in on.texts if isinstance(text, Fitted)]


def hatched(on):
    return sum(isinstance(it, Rectangle) and it.get_hatch() is not None for it in on.patches)


def labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


# --- what is computed ---


def test_a_cell_is_the_mean_over_its_rows():
    grid = grid_of(surface(), "lr", "p", "loss", seed="run")
    assert grid.mean.shape == (3, 4)
    assert grid.mean[0, 1] == pytest.approx(2.0)
    assert (grid.n == 3).all()


def test_without_seeds_rows_of_a_cell_are_replicates():
    named, unnamed = (grid_of(surface(), "lr", "p", "loss", seed=seed) for seed in ("run", None))
    assert np.array_equal(named.mean, unnamed.mean)
    assert np.array_equal(named.n, unnamed.n)


def test_seeds_may_be_anything_that_tells_rows_apart():
    found = surface()
    found["run"] = found["run"].map({0: "ann", 1: "bob", 2: "cid"})
    assert (grid_of(found, "lr", "p", "loss", seed="run").n == 3).all()


def test_a_row_without_a_value_is_left_out_and_counted():
    found = surface()
    found.loc[[0, 3, 4, 5], "loss"] = NAN
    grid = grid_of(found, "lr", "p", "loss", seed="run")
    assert (grid.n[0, 0], grid.excluded[0, 0], grid.mean[0, 0]) == (2, 1, pytest.approx(12.5))
    assert (grid.n[1, 0], grid.excluded[1, 0]) == (0, 3)


def test_it_counts_at_the_worst_where_that_is_said():
    found = surface()
    found.loc[0, "loss"] = NAN
    grid = grid_of(found, "lr", "p", "loss", worst=90.0)
    assert (grid.n[0, 0], grid.excluded[0, 0]) == (3, 0)
    assert grid.mean[0, 0] == pytest.approx((90 + 12 + 13) / 3)


def test_values_that_differ_in_the_last_bits_are_one():
    found = table([(0.1 + 0.2, 1.0, 0, 1.0), (0.3, 1.0, 1, 3.0)])
    assert grid_of(found, "lr", "p", "loss").mean.tolist() == [[2.0]]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (["sgd", "adam", "lion"], ["sgd", "adam", "lion"]),
        (
            pd.Categorical(["sgd", "adam", "lion"], categories=["lion", "sgd", "adam", "none"]),
            ["lion", "sgd", "adam"],
        ),
        ([True, False, True], ["false", "true"]),
        (pd.cut([0.5, 1.5, 2.5], [0, 1, 2, 3]), ["(0, 1]", "(1, 2]", "(2, 3]"]),
        (pd.array([1, 2, 4], dtype="Int64"), ["1", "2", "4"]),
        (pd.Categorical([4, 1, 2]), ["1", "2", "4"]),
        (np.array([1, 2, 4], dtype=object), ["1", "2", "4"]),
        (pd.array(["a$b", "c", "d"], dtype="string"), [r"a\$b", "c", "d"]),
        (pd.array(["sgd", "adam", "lion"], dtype=pd.ArrowDtype(pa.string())), ["sgd", "adam", "lion"]),
        (pd.array([True, False, True], dtype=pd.ArrowDtype(pa.bool_())), ["false", "true"]),
        (pd.array([1, 2, 4], dtype=pd.ArrowDtype(pa.int32())), ["1", "2", "4"]),
    ],
    ids=[
        "text",
        "categories",
        "switch",
        "bins",
        "nullable",
        "categories of numbers",
        "objects",
        "dollar",
        "text of Arrow",
        "switch of Arrow",
        "numbers of Arrow",
    ],
)
def test_an_axis_shows_each_value(values, shown):
    found = pd.DataFrame({"x": values, "y": [0.0, 0.0, 1.0], "z": [1.0, 2.0, 3.0]})
    on = drawn(found, "x", "y", "z")
    assert labels(on.xaxis) == shown


def test_text_lies_at_equal_steps():
    found = pd.DataFrame({"x": ["sgd", "adam", "lion"], "y": [1, 1, 1], "z": [1.0, 2.0, 3.0]})
    on = drawn(found, "x", "y", "z", log=True)
    assert on.get_xscale() == "linear"
    assert on.get_xticks().tolist() == [0.0, 1.0, 2.0]


# --- what is drawn ---


@pytest.mark.parametrize("unit", ["nats", "$", "%"])
def test_a_unit_stands_at_the_colour_bar_and_in_the_caption(unit):
    on = drawn(surface(), unit=unit)
    shown = unit.replace("$", r"\$")
    assert any(it.get_ylabel().startswith(f"loss ({shown})") for it in on.figure.axes)
    alone = heatmap(surface(), x="lr", y="p", value="loss", unit=unit)
    assert any(f"the mean of loss ({shown})" in text.get_text().replace("\n", " ") for text in alone.figure.texts)


def test_a_unit_is_text():
    with pytest.raises(TableError, match="unit must be text, such as '%', got 3"):
        heatmap(surface(), x="lr", y="p", value="loss", unit=3)


def test_every_cell_has_its_number():
    on = drawn(surface(), seed="run")
    assert len(words(on)) == 12
    assert words(on)[:4] == ["12", "2", "12", "22"]
    assert drawn(surface(), digits=".2f").texts[0].get_text() == "12.00"


def test_a_cell_without_a_value_is_hatched_and_one_without_a_row_is_blank():
    found = surface()
    found.loc[[0, 3, 4, 5], "loss"] = NAN
    found = found[~((found["lr"] == 1.0) & (found["p"] == 0.5))]
    on = drawn(found)
    assert len(words(on)) == 11
    assert hatched(on) == 2
    assert {"12.5\n1/3 NaN", "3/3 NaN"} <= set(words(on))


def test_the_star_keeps_to_cells_with_every_value():
    found = surface()
    found.loc[(found["lr"] == 1e-2) & (found["p"] == 0.0) & (found["run"] > 0), "loss"] = NAN
    (star,) = drawn(found).lines
    best = grid_of(found, "lr", "p", "loss")
    assert np.unravel_index(np.nanargmin(best.mean), best.mean.shape) == (0, 1)
    assert star.get_ydata()[0] > 0.5


def test_of_a_score_the_highest_is_best():
    (star,) = drawn(surface(), direction="maximize").lines
    assert star.get_ydata()[0] == pytest.approx(2.32)


@pytest.mark.parametrize(
    ("options", "scale"),
    [
        ({}, "log"),
        ({"log": False}, "linear"),
        ({"log": ["loss"]}, "linear"),
        ({"log": "lr"}, "log"),
        ({"log": []}, "linear"),
    ],
)
def test_the_axis_is_logarithmic_as_in_a_report_or_as_it_is_said(options, scale):
    assert drawn(surface(), **options).get_xscale() == scale


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "loss, mean, log scale"),
        ({"log": ["lr"]}, "loss, mean"),
        ({"direction": "maximize"}, "loss, mean"),
        ({"clip": (3, None)}, "loss, mean, log scale\ncolours clipped below 3"),
    ],
)
def test_the_bar_says_what_its_colours_are(options, said):
    on = drawn(surface(), **options)
    assert [it.get_ylabel() for it in on.figure.axes if it is not on] == [said]


def test_there_is_no_bar_where_none_is_wanted():
    assert len(drawn(surface(), bar=False).figure.axes) == 1


def test_nothing_of_a_name_is_mathematics():
    on = drawn(surface().rename(columns={"lr": "$x_1", "p": r"\frac$", "loss": 3}), "$x_1", r"\frac$", 3)
    assert on.get_xlabel() == r"\$x_1 (log scale)"


@pytest.mark.parametrize(
    "rows",
    [
        [(0.1, 0.5, 0, 1.0)],
        [(0.1, 0.5, 0, NAN)],
        [(0.0, 0.5, 0, 0.0)],
        [(lr, 0.5, 0, lr) for lr in (0.1, 1.0, 10.0)],
        [(0.1, p, 0, p) for p in (0.0, 0.5)],
        [(0.1, 0.5, 0, 3.0), (0.2, 0.5, 0, 3.0)],
        [(-1.0, 0.5, 0, -3.0), (1.0, 0.5, 0, 1e300)],
    ],
    ids=["one cell", "one lost cell", "zeros", "one row", "one column", "equal", "huge"],
)
def test_small_and_odd_grids_are_drawn(rows):
    on = drawn(table(rows))
    assert len(words(on)) == len(rows)


def test_a_large_grid_has_colours_and_no_numbers():
    found = table([(x, y, 0, x * y) for x in range(1, 41) for y in range(1, 36)])
    on = drawn(found)
    assert words(on) == []
    assert len(on.patches) == 1400
    assert len(labels(on.xaxis)) <= 15


@pytest.mark.parametrize("layout", ["tight", "constrained", None])
def test_beside_other_axes_no_number_is_wider_than_its_cell(layout):
    figure = Figure(layout=layout)
    canvas = FigureCanvasAgg(figure)
    grid = figure.subplots(2, 2)
    for on in grid.flat:
        heatmap(surface(), x="lr", y="p", value="loss", ax=on)
    canvas.draw()
    renderer = canvas.get_renderer()
    for on in grid.flat:
        cell = on.get_window_extent(renderer)
        assert len(words(on)) == 12
        assert all(text.get_window_extent(renderer).width <= cell.width / 4 for text in on.texts)
        assert all(text.get_window_extent(renderer).height <= cell.height / 3 for text in on.texts)


def test_a_number_that_has_no_room_is_left_out():
    found = table([(x, 0.0, 0, 1.5 + x) for x in range(1, 31)])
    on = drawn(found, ax=axes(2.0, 1.0))
    assert not any(text.fit() for text in on.texts)


def test_a_figure_of_its_own_is_one_of_pyplot_with_a_caption():
    from matplotlib import pyplot as plt

    before = dict(mpl.rcParams)
    found = surface()
    found.loc[0, "loss"] = NAN
    on = heatmap(found, x="lr", y="p", value="loss", seed="run")
    try:
        assert plt.gcf() is on.figure
        (caption,) = on.figure.texts
        said = " ".join(caption.get_text().split())
        assert said == (
            "n = 36 rows. Colour and numbers: the mean of loss over the rows of a cell. Star: lowest mean of the "
            "cells with a value in every row, lr = 0.01, p = 0: 2. Hatched: rows without a value (NaN), 1 in all; "
            "left out of the mean."
        )
        assert on.get_title(loc="left") == "loss over lr and p"
    finally:
        plt.close(on.figure)
    assert dict(mpl.rcParams) == before


def test_the_table_is_left_as_it_was():
    found = surface()
    before = found.copy()
    drawn(found, worst=3.0)
    pd.testing.assert_frame_equal(found, before)


# --- what is refused ---


def without(column, row, value):
    found = surface().astype({column: object}) if isinstance(value, str) else surface()
    found.loc[row, column] = value
    return found


REFUSED = {
    "no table": ({"a": [1]}, {}, r"the table must be a pandas\.DataFrame, got 'dict'"),
    "no rows": (surface().head(0), {}, r"the table must have at least one row, got none"),
    "no column": (surface(), {"x": "lrr"}, r"x must name a column of the table, got 'lrr'; did you mean 'lr'\?"),
    "no seeds": (surface(), {"seed": "sed"}, r"seed must name a column of the table, got 'sed'"),
    "two of a name": (pd.concat([surface(), surface()[["lr"]]], axis=1), {}, r"one column, got 'lr', .* has 2"),
    "one twice": (surface(), {"y": "lr"}, r"x and y must be different columns, got 'lr' for both"),
    "text as value": (without("loss", 4, "high"), {}, r"column loss must hold numbers, or NaN, got 'high' in row 4"),
    "dates": (surface().assign(p=pd.Timestamp(0)), {}, r"column p must hold numbers, or text, got datetime64"),
    "a mixture": (without("lr", 2, "small"), {}, r"column lr must hold numbers, or text, got 'small' in row 2"),
    "infinite": (
        without("loss", 5, np.inf),
        {},
        r"column loss must hold finite numbers, or NaN .*, got inf in row 5",
    ),
    "an infinite rate": (without("lr", 5, -np.inf), {}, r"column lr must hold finite numbers, got -inf in row 5"),
    "a gap": (
        without("p", 7, NAN),
        {},
        r"column p must have a value in every row, got none in 1, .* row 7; .*dropna",
    ),
    "doubles": (
        pd.concat([surface(), surface().head(1)]),
        {"seed": "run"},
        r"must tell the rows of a cell apart, got two rows of lr = 0\.001, p = 0\.0, run = 0; name another",
    ),
    "no grid": (
        table([(x + 1.0, x / 7, 0, 1.0) for x in range(300)]),
        {},
        r"a grid of at most 40,000 cells, got 300 values of lr and 300 of p in 300 rows; .*pandas\.cut",
    ),
    "a direction": (surface(), {"direction": "up"}, r"direction must be minimize or maximize, got 'up'"),
    "a worst": (surface(), {"worst": np.inf}, r"worst must be a finite number, got inf"),
    "a worst of text": (surface(), {"worst": "x"}, r"worst must be a finite number, got 'x'"),
    "a clip": (surface(), {"clip": (3, 1)}, r"clip must be \(low, high\)"),
    "one number to clip": (surface(), {"clip": 5}, r"clip must be \(low, high\), two numbers, .*, got 5"),
    "a clip of text": (surface(), {"clip": ("a", 1)}, r"clip must be \(low, high\), two numbers"),
    "a text to clip": (surface(), {"clip": "no"}, r"clip must be \(low, high\), two numbers, .*, got 'no'"),
    "no axes": (surface(), {"ax": "no"}, r"ax must be axes of matplotlib, .*, got 'no'"),
    "digits": (surface(), {"digits": "%d%"}, r"digits must be a format of numbers, such as '\.1f'"),
    "a log": (surface(), {"log": "losss"}, r"log must name x, y or value, .*, got 'losss'"),
    "a log of text": (surface().assign(lr="small"), {"log": ["lr"]}, r"column lr must hold numbers to lie on"),
    "a log of zero": (surface(), {"x": "p", "y": "lr", "log": ["p"]}, r"column p must be above 0 .*, got 0"),
    "a log of losses": (surface().assign(loss=-1.0), {"log": ["loss"]}, r"the means of loss .* must be above 0"),
}


@pytest.mark.parametrize(("found", "options", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_drawn_is_refused_in_a_sentence(found, options, message):
    with pytest.raises(TableError, match=message) as caught:
        heatmap(found, **{"x": "lr", "y": "p", "value": "loss", "ax": axes()} | options)
    assert isinstance(caught.value, ValueError | BasinError)


def test_it_needs_no_store_and_no_torch():
    names = ("study", "torch", "ray", "sqlalchemy")
    command = f"import sys, analysis.heatmap; print(*[name for name in {names} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
