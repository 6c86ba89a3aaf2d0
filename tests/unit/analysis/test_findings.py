from __future__ import annotations

import numpy as np
import pytest

from analysis.findings import DECADES, Clip, Limits, limits, linear_limits
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import (
    CELLS,
    CHOSEN_ON_VALIDATION,
    CUBE,
    GONE,
    LINE,
    PLANE,
    base,
    crossed_rows,
    cube_rows,
    findings,
)


def limited(values, **clip):
    return limits(np.array(values, dtype=float), Clip(**clip))


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ([10.0, 40.0], (10.0, 40.0)),
        ([0.0, 40.0], (40.0 / 1.5, 40.0)),
        ([0.0], (0.1 / 1.5, 0.1)),
        ([72.0, 90.0], (60.0, 90.0)),  # no colour stands for more than 100 %
        ([], (0.1, 1.0)),
    ],
)
def test_colour_limits_are_above_zero_and_apart(means, expected):
    found = limited(means)
    assert found.low < found.high
    assert (found.low, found.high) == pytest.approx(expected)
    assert not found.below
    assert not found.above


def test_a_clip_is_taken_as_it_is_and_says_what_lies_beyond():
    assert limited([2.0, 50.0], low=5.0, high=10.0) == Limits(low=5.0, high=10.0, below=True, above=True)
    assert limited([2.0, 50.0], high=10.0) == Limits(low=2.0, high=10.0, above=True)
    assert limited([2.0, 50.0], low=5.0) == Limits(low=5.0, high=50.0, below=True)


def test_a_clip_beyond_the_numbers_clips_nothing():
    assert limited([2.0, 50.0], low=1.0, high=60.0) == Limits(low=1.0, high=60.0)


@pytest.mark.parametrize("clip", [{"low": 80.0}, {"high": 0.5}])
def test_a_clip_past_all_numbers_leaves_room_for_colours(clip):
    found = limited([2.0, 50.0], **clip)
    assert found.high >= 1.49 * found.low


def test_both_splits_share_their_colours():
    found = findings(crossed_rows(), **CHOSEN_ON_VALIDATION).limits
    assert (found.low, found.high) == (11.0, 65.0)


def test_what_lost_every_seed_has_no_colour_of_the_scale():
    cells = {(0.1, 0.0): [10.0, 10.0], (1.0, 0.0): [20.0, 22.0], (0.1, 0.5): ["diverged"] * 2, (1.0, 0.5): [15.0] * 2}
    assert findings(trials(cells)).limits == Limits(low=10.0, high=21.0)


def test_where_everything_diverged_there_are_limits_too():
    found = findings(trials(GONE)).limits
    assert 0 < found.low < found.high


def test_the_best_is_known_by_every_measure():
    found = base(findings(crossed_rows(), **CHOSEN_ON_VALIDATION))
    assert found.bests == [{"lr": 1.0, "p": 0.0}, {"lr": 0.1, "p": 0.0}]
    assert found.best == found.bests[0]


def test_each_measure_has_the_maps_of_all_panels():
    found = base(findings(cube_rows(), space=CUBE, **CHOSEN_ON_VALIDATION))
    assert [[one.grid.fixed for one in maps] for maps in found.maps] == [[{"beta2": 0.9}, {"beta2": 0.99}]] * 2
    assert [one.measure.split for maps in found.maps for one in maps] == ["validation"] * 2 + ["test"] * 2


def test_a_design_without_a_grid_has_no_maps():
    found = base(findings(trials(CELLS), space=PLANE, design={"name": "random", "configurations": 4}))
    assert (found.is_grid, found.maps) == (False, [[]])


def test_one_hyperparameter_has_a_map_of_one_row():
    found = base(findings(trials({(0.1,): [1.0, 2.0], (1.0,): [3.0, 4.0]}, ("lr",)), space=LINE))
    ((one,),) = found.maps
    assert (one.grid.y, one.grid.mean.tolist()) == (None, [[1.5, 3.5]])


def test_trials_at_some_values_are_found():
    found = base(findings(cube_rows(), space=CUBE))
    assert len(found.at({})) == 8
    assert set(found.at({"beta2": 0.9, "p": 0.5})["lr"]) == {0.1, 1.0}


def test_superseded_trials_are_no_part_of_any_finding():
    rows = trials({(0.1, 0.0): [10.0, 12.0]})
    rows[0]["superseded"] = True
    assert base(findings(rows)).rankings[0]["mean"].tolist() == [12.0]


@pytest.mark.parametrize(
    ("values", "low", "below"),
    [
        ([1e-5, 1e6], 1e-5, False),
        ([1e-7, 1e6], 1e-6, True),
        ([0.0, 1e-7, 1e6], 1e-6, True),
        ([0.0, 1e6], 1e6 / 1.5, False),
    ],
)
def test_so_many_powers_of_ten_are_told_apart(values, low, below):
    found = limits(np.array(values), decades=DECADES)
    assert (found.low, found.high, found.below, found.log) == (pytest.approx(low), 1e6, below, True)


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([-5.0, 30.0], (-5.0, 30.0)),
        ([4.0], (2.0, 6.0)),
        ([0.0, 0.0], (-0.5, 0.5)),
        ([-4.0], (-6.0, -2.0)),
        ([], (0.0, 1.0)),
    ],
)
def test_colour_limits_of_what_is_linear_are_those_of_the_numbers_and_apart(values, ends):
    assert linear_limits(np.array(values, dtype=float)) == Limits(low=ends[0], high=ends[1], log=False)


def test_a_clip_is_taken_as_it_is_where_colours_are_linear():
    found = linear_limits(np.array([-5.0, 30.0]), Clip(low=0.5, high=20.0))
    assert found == Limits(low=0.5, high=20.0, below=True, above=True, log=False)
    assert linear_limits(np.array([-5.0, 30.0]), Clip(high=40.0)) == Limits(low=-5.0, high=40.0, log=False)
