"""The analysis of any table: published grids, surfaces with known answers, and tables as they come."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from analysis.analyze import analyze
from analysis.errors import TableError
from analysis.measures import MEASURES

NAN = float("nan")
LRS, PS = (0.1, 0.01, 0.001), (0.25, 0.125, 0.0625)
PUBLISHED = {
    "final": ([49.82, 18.98, 17.82, 33.99, 15.07, 21.95, 19.54, 15.98, 27.49], 0.415, -4.0, [-2.54, -2.23, -1.74]),
    "mean": ([46.18, 18.44, 17.60, 21.69, 17.31, 22.35, 19.75, 16.66, 28.38], 0.585, -4.4, [-2.53, -1.96, -1.71]),
    "lowest": ([34.24, 14.92, 16.08, 16.10, 15.07, 21.16, 12.04, 15.20, 27.29], 0.744, None, [-2.44, -1.64, -1.15]),
    "loss": ([1.068, 0.524, 1.618, 0.686, 1.047, 2.641, 0.520, 1.693, 2.999], 0.184, None, [-1.83, -1.21, None]),
}  # fmt: skip
"""A 3 x 3 grid of the Padam reproducibility report: its interaction share, ridge slope and vertices by falling p."""


def grid(values):
    """Return a table of nine values, by p and lr."""
    places = [(lr, p) for p in PS for lr in LRS]
    return pd.DataFrame(
        [(lr, p, value) for (lr, p), value in zip(places, values, strict=True)], columns=["lr", "p", "v"]
    )


def surface(replicates=3, noise=0.01):
    """Return a valley of nine cells with replicates."""
    generator = np.random.default_rng(0)
    rows = [
        (lr, p, seed, 1 + (np.log10(lr) + 2 + 2 * p) ** 2 + noise * generator.normal())
        for p in PS
        for lr in LRS
        for seed in range(replicates)
    ]
    return pd.DataFrame(rows, columns=["lr", "p", "seed", "v"])


def found(table, **options):
    return analyze(table, **{"x": "lr", "y": "p", "value": "v", **options})


def plain(table, **options):
    """Return the analysis as JSON gives it back; NaN is refused."""
    return json.loads(json.dumps(found(table, **options).to_dict(), allow_nan=False))


def refusal(table, **options):
    with pytest.raises(TableError) as error:
        found(table, **options)
    return str(error.value)


@pytest.mark.parametrize(("values", "share", "slope", "vertices"), PUBLISHED.values(), ids=PUBLISHED)
def test_the_published_grids_have_their_numbers(values, share, slope, vertices):
    it = plain(grid(values), log="lr")
    assert it["interaction_share"]["value"] == pytest.approx(share, abs=5e-4)
    assert it["interaction_share"]["low"] is it["interaction_share"]["high"] is None
    assert [row["best"] for row in it["ridge_slope"]["best"]][::-1] == [
        vertex if vertex is None else pytest.approx(vertex, abs=6e-3) for vertex in vertices
    ]
    if slope is not None:
        assert it["ridge_slope"]["value"] == pytest.approx(slope, abs=0.05)


def decay(coupled):
    """Return a separable bowl, or the same one with the decay that torch would be given."""
    rows = [
        (10.0**lr, 10.0**w, (lr + 2.5) ** 2 + 0.5 * (w + (lr if coupled else 0.0) + 3.5) ** 2)
        for lr in np.linspace(-4, -1, 7)
        for w in (np.linspace(-2.5, 0.5, 7) if coupled else np.linspace(-5, -2, 7))
    ]
    return pd.DataFrame(rows, columns=["lr", "p", "v"])


def test_a_separable_surface_is_not_entangled():
    it = plain(decay(coupled=False), log=["lr", "p"])
    assert it["interaction_share"]["value"] == pytest.approx(0, abs=1e-9)
    assert (it["canonical_rho"]["value"], it["ridge_slope"]["value"]) == pytest.approx((0, 0), abs=1e-9)


def test_the_same_surface_in_the_terms_of_torch_is():
    it = plain(decay(coupled=True), log=["lr", "p"])
    assert it["interaction_share"]["value"] == pytest.approx(0.348, abs=5e-4)
    assert it["canonical_rho"]["value"] == pytest.approx(-(3**-0.5), abs=1e-9)
    assert it["ridge_slope_yx"]["value"] == pytest.approx(-1, abs=1e-9)
    assert it["ridge_slope"]["value"] == pytest.approx(-1 / 3, abs=1e-9)


def test_every_measure_is_there_with_value_bounds_and_replicates():
    it = plain(surface(), seed="seed", log="lr")
    assert all(it[kind.name].keys() >= {"value", "low", "high", "n"} for kind in MEASURES)
    assert it["best"].keys() == {"x", "y", "value", "n"}
    assert all(it[kind.name]["n"] == 3 for kind in MEASURES)


def test_the_order_of_rows_says_nothing_where_a_seed_does():
    table = surface().assign(seed=lambda it: "s" + it["seed"].astype(str))
    assert plain(table, seed="seed") == plain(table.sample(frac=1, random_state=1), seed="seed")


def test_higher_values_are_better_where_that_is_said():
    it, other = plain(surface()), plain(surface().assign(v=lambda it: -it["v"]), direction="maximize")
    assert other["best"]["value"] == -it["best"]["value"]
    assert other["ridge_slope"] == it["ridge_slope"]


# --- what has no value ---


@pytest.mark.parametrize("lost", [NAN, float("inf"), float("-inf")])
def test_what_has_no_value_counts_at_the_worst_there_is(lost):
    table = surface()
    table.loc[0, "v"] = lost
    it = found(table)
    assert (it.worst, it.to_dict()["diverged"]) == (table["v"].replace(lost, NAN).max(), 1)
    assert it.notes[0].startswith("1 row has no value and counts at ")


def test_what_has_no_value_counts_at_what_is_said():
    it = found(grid([NAN, *range(1, 9)]), worst=90.0)
    assert it.grid.mean.max() == 90.0
    assert it.notes[0] == "1 row has no value and counts at 90, the worst"


def test_values_that_are_worse_than_the_worst_are_told():
    assert "1 of the values that are there is worse than that" in found(grid([NAN, *range(1, 9)]), worst=7.5).notes


def test_a_worst_that_is_better_than_every_value_is_refused():
    assert "worst must not be better than every value of v, the best of which is 1, got 0" in refusal(
        grid([NAN, *range(1, 9)]), worst=0.0
    )


@pytest.mark.parametrize(
    ("worst", "reason"),
    [
        (None, "every cell must have a value, and 9 of 9 have none"),
        (90.0, "a training must not have diverged, and all have"),
    ],
)
def test_a_table_without_any_value_says_so_of_every_measure(worst, reason):
    it = plain(grid([NAN] * 9), worst=worst)
    assert it["best"] is None
    assert [(it[kind.name]["value"], it[kind.name]["reason"]) for kind in MEASURES] == [(None, reason)] * len(
        MEASURES
    )


def test_a_cell_that_is_missing_is_the_reason():
    it = plain(grid(range(9)).iloc[1:])
    share = it["interaction_share"]
    assert (share["value"], share["n"]) == (None, 0)
    assert share["reason"] == "every cell must have a value, and 1 of 9 have none"


def test_replicates_that_not_every_cell_has_are_told():
    it = found(surface().iloc[1:], seed="seed")
    assert "of 3 replicates 2 are in every cell, and count" in it.notes
    assert it.numbers["interaction_share"].n == 2


def test_the_best_is_chosen_by_the_seeds_that_every_cell_has():
    """The second seed adds ten to every cell but to one, which lacks it and has the lowest mean of what is there."""
    rows = [
        (lr, p, seed, 8.0 + (lr != 0.01) + (p != 0.125) + 10.0 * seed) for p in PS for lr in LRS for seed in (0, 1)
    ]
    table = pd.DataFrame(rows, columns=["lr", "p", "seed", "v"])
    lacking = table.drop(table[(table["lr"] == 0.1) & (table["p"] == 0.25) & (table["seed"] == 1)].index)
    assert plain(lacking, seed="seed")["best"] == {"x": 0.01, "y": 0.125, "value": 8.0, "n": 1}
    assert plain(table, seed="seed")["best"] == {"x": 0.01, "y": 0.125, "value": 13.0, "n": 2}


@pytest.mark.parametrize(
    ("unit", "taken"),
    [("", "log odds of shares"), ("%", "log odds of percentages"), ("nats", "natural logarithms")],
)
def test_a_unit_tells_what_the_logit_is_of(unit, taken):
    it = found(grid([0.35, 0.4, 0.5, 0.45, 0.52, 0.61, 0.6, 0.7, 0.96]), scale="logit", unit=unit)
    assert it.taken == taken


@pytest.mark.parametrize("rows", [slice(0, 1), slice(0, 3)], ids=["one cell", "one row"])
def test_what_is_no_grid_is_the_reason(rows):
    it = plain(grid(range(9)).iloc[rows])
    assert all(it[kind.name]["reason"] == "both axes must have at least two values" for kind in MEASURES)


def test_a_constant_has_no_share():
    assert plain(surface().assign(v=3.0))["interaction_share"]["reason"] == "all cells have the same value"


# --- axes ---

TEXTS = {0.25: "a$b", 0.125: "[red]", 0.0625: "\x1b[31mx"}


def test_text_comes_back_as_it_was_and_can_be_shown():
    table = surface().assign(p=lambda it: it["p"].map(TEXTS))
    values = {found(table[table["p"] == text]).to_dict()["best"]["y"] for text in TEXTS.values()}
    assert values == {"a$b", "[red]", r"\x1b[31mx"}


@pytest.mark.parametrize("start", TEXTS.values())
def test_tuning_can_start_at_a_text(start):
    table = surface().assign(p=lambda it: it["p"].map(TEXTS))
    assert found(table, start=start).numbers["coordinate_tuning_regret"].value is not None


@pytest.mark.parametrize("start", [0.25, "0.25", "2.5e-1"])
def test_tuning_starts_at_a_number_however_it_is_written(start):
    it = plain(grid(PUBLISHED["final"][0]), log="lr", start=start)
    assert it["coordinate_tuning_regret"]["value"] == pytest.approx(2.75)


def test_a_start_is_a_value_of_a_switch():
    table = surface().loc[lambda it: it["p"] < 0.2].assign(p=lambda it: it["p"] > 0.1)
    assert found(table, start="True").numbers["coordinate_tuning_regret"].value is not None


@pytest.mark.parametrize("start", [9, "9", "", "nan", "x"])
def test_a_start_that_is_not_there_is_refused_with_those_that_are(start):
    assert "one of [0.0625, 0.125, 0.25], got " in refusal(surface(), start=start)


def test_a_logarithmic_axis_is_not_below_0():
    assert "column 'lr' must not be below 0 to be logarithmic, got -1" in refusal(
        surface().replace({"lr": {0.001: -1.0}}), log="lr"
    )


def test_a_logarithmic_axis_has_two_values_above_0():
    table = surface().loc[lambda it: it["lr"] < 0.1].replace({"lr": {0.001: 0.0}})
    assert "column 'lr' must have two values above 0 to be logarithmic, got [0.0, 0.01]" in refusal(table, log="lr")


@pytest.mark.parametrize("along", ["x", "y"])
def test_no_decay_has_no_place_on_a_logarithmic_axis(along):
    """What asks where cells lie goes by those that have a place; all else by every cell."""
    table = decay(True)
    rates = table.loc[table["p"] == table["p"].min()]
    whole = pd.concat([table, rates.assign(p=0.0, v=rates["v"] + 3.0)])
    axes = {"x": "lr", "y": "p"} if along == "y" else {"x": "p", "y": "lr"}
    without, with_it = (plain(it, log=["lr", "p"], **axes) for it in (table, whole))
    for name in ("ridge_slope", "ridge_slope_yx", "canonical_rho"):
        assert with_it[name] == without[name], name
    assert with_it["cells"] > without["cells"]
    assert with_it["interaction_share"] == plain(whole, **axes)["interaction_share"]
    assert with_it["notes"] == ["p = 0 has no place on a logarithmic axis: slopes and canonical_rho leave it out"]


@pytest.mark.parametrize("trained", [0, 1, 4])
@pytest.mark.parametrize("scale", ["raw", "censored", "logit"])
def test_where_little_but_what_has_no_place_was_trained_numbers_have_a_reason(scale, trained):
    table = surface().replace({"p": {0.25: 0.0}})
    table.loc[table.index[9 + trained :], "v"] = np.nan
    it = plain(table, log=["lr", "p"], scale=scale)
    for name in ("ridge_slope", "ridge_slope_yx", "canonical_rho"):
        assert it[name]["value"] is not None or it[name]["reason"]


def test_a_logarithmic_axis_holds_numbers():
    assert "must hold numbers to be logarithmic" in refusal(surface().replace({"p": TEXTS}), log="p")


def test_log_names_an_axis():
    assert refusal(surface(), log="v") == "log must name 'lr' or 'p', the columns of x and y, got 'v'"


# --- numbers of any size ---


@pytest.mark.parametrize("axis", [1e-13, 1.0, 1e15])
@pytest.mark.parametrize("size", [1e-39, 1e-20, 1e20, 3e38])
def test_numbers_of_any_size_a_training_has_are_measured(size, axis):
    table = surface()
    it = plain(table.assign(v=table["v"] * size, lr=table["lr"] * axis, p=table["p"] * axis))
    was = plain(table)
    for name in ("interaction_share", "canonical_rho", "basin_area"):
        for end in ("value", "low", "high"):
            assert it[name][end] == pytest.approx(was[name][end], rel=1e-6)


@pytest.mark.parametrize("size", [1e-320, 1e-300, 1e300, 1e308 / 3.3])
@pytest.mark.parametrize("name", ["v", "lr", "p"])
def test_numbers_that_no_square_holds_are_refused(name, size):
    table = surface()
    assert f"column {name} must " in refusal(table.assign(**{name: table[name] * size}))


def test_a_logarithmic_axis_may_be_as_small_as_it_likes():
    table = surface()
    it = plain(table.assign(lr=table["lr"] * 1e-300), log="lr")
    assert it["ridge_slope"]["value"] == pytest.approx(plain(table, log="lr")["ridge_slope"]["value"], rel=1e-6)


def test_cells_with_too_many_replicates_are_refused_before_they_are_laid_out():
    many = pd.DataFrame({"lr": 0.0, "p": 0.0, "v": 1.0}, index=range(20_000))
    wide = pd.DataFrame({"lr": np.repeat(range(40), 40), "p": np.tile(range(40), 40), "v": 1.0})
    assert "cells times replicates must be at most 20,000,000, got 1,600 cells" in refusal(pd.concat([many, wide]))


# --- what is refused ---


@pytest.mark.parametrize("name", ["lr", "p", "v"])
def test_the_seed_is_another_column(name):
    assert refusal(surface(), seed=name) == f"seed must be another column than x, y and value, got {name!r}"


def test_a_word_among_the_values_is_named_with_its_row():
    table = surface().astype({"v": str})
    table.loc[3, "v"] = "crashed"
    assert "got 'crashed' in row 3, counted from 0" in refusal(table)


def test_a_unit_is_said_and_nothing_is_computed_from_it():
    without, with_unit = plain(surface()), plain(surface(), unit=" nats ")
    assert (without["unit"], with_unit["unit"]) == (None, "nats")
    assert {**without, "unit": "nats"} == with_unit


@pytest.mark.parametrize(
    "options", [{"direction": "up"}, {"tolerance": -1}, {"tolerance": NAN}, {"worst": NAN}, {"unit": 3}]
)
def test_an_option_that_is_none_is_refused(options):
    assert f"{next(iter(options))} must be " in refusal(surface(), **options)


def test_a_table_keeps_what_it_held():
    table = surface()
    table.loc[0, "v"] = float("inf")
    before = table.copy()
    found(table)
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("role", ["x", "y", "value", "seed"])
def test_a_list_of_columns_is_none(role):
    assert refusal(surface(), **{role: ["lr"]}) == f"{role} must name one column, got ['lr']"


def test_the_order_of_rows_and_of_axes_changes_no_number():
    """Errors of few images: cells tie, for the best and for the last places of the best third."""
    lrs, depths, seeds = np.geomspace(1e-4, 1e-1, 7), [1, 2, 3, 4, 5], range(3)
    generator = np.random.default_rng(2)
    rows = [(lr, depth, seed) for lr in lrs for depth in depths for seed in seeds]
    table = pd.DataFrame(rows, columns=["lr", "depth", "seed"])
    ridge = np.log10(table["lr"]) + 0.3 * table["depth"] + 1.5
    error = np.minimum(
        10.0 + 4.0 * ridge**2 + (table["depth"] - 3.0) ** 2 + generator.normal(0.0, 0.6, len(rows)), 16.0
    )
    table["error"] = (2.0 * error).round() / 2.0
    one, shuffled, exchanged = (
        analyze(of, x=x, y=y, value="error", seed="seed", log="lr").numbers
        for of, x, y in (
            (table, "lr", "depth"),
            (table.sample(frac=1.0, random_state=1), "lr", "depth"),
            (table, "depth", "lr"),
        )
    )

    def told(numbers, name):
        return [numbers[name].value, numbers[name].low, numbers[name].high]

    assert all(told(shuffled, name) == told(one, name) for name in one)
    assert None not in told(one, "canonical_rho")
    for name in ("interaction_share", "canonical_rho", "basin_area", "best_probability"):
        assert told(exchanged, name) == pytest.approx(told(one, name)), name
    assert told(exchanged, "ridge_slope_yx") == pytest.approx(told(one, "ridge_slope"))
