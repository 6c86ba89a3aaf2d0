from __future__ import annotations

import math

import pytest

from analysis.claims.pairs import averaged, best, common_seeds, difference, is_setting, lowest, of_bests, slope
from tests.unit.analysis.compare.tables import study

ADAM, SGD = (lambda cell, name=name: cell.settings["optimizer"] == name for name in ("adam", "sgd"))


def cells(*values, **settings):
    return study(*({"optimizer": "adam", "values": it} | settings for it in values)).cells


def test_the_best_has_the_lowest_mean():
    assert best(cells([3.0, 5.0], [1.0, 6.0], [4.0, 4.0])).values == {0: 1.0, 1: 6.0}


def test_a_diverged_seed_counts_at_guessing():
    assert best(cells([1.0, None], [30.0, 40.0])).values == {0: 30.0, 1: 40.0}


def test_what_lost_every_seed_is_never_best():
    assert best(cells([None, None])) is None


def test_one_with_fewer_seeds_is_not_best():
    assert best(cells([1.0], [3.0, 3.0])).values == {0: 3.0, 1: 3.0}


def test_one_with_seeds_to_come_is_not_best():
    early = {"optimizer": "adam", "values": [1.0, 1.0], "pending": 1}
    late = {"optimizer": "adam", "values": [3.0, 3.0]}
    assert best(study(early, late).cells).values == {0: 3.0, 1: 3.0}


def test_differences_are_of_the_seeds_that_both_have():
    assert difference({0: 3.0, 1: 5.0, 2: 1.0}, {1: 2.0, 2: 2.0, 3: 9.0}) == {1: 3.0, 2: -1.0}


def test_averages_are_over_parts_seed_by_seed():
    assert averaged([{0: 1.0, 1: 2.0}, {1: 4.0, 0: 5.0}]) == [3.0, 3.0]
    assert averaged([{0: 1.0}, {}]) == []
    assert averaged([]) == []


def test_bests_are_compared_within_a_network_and_averaged():
    rows = [("adam", "a", [10.0, 20.0]), ("adam", "a", [30.0, 30.0]), ("sgd", "a", [9.0, 18.0])]
    rows += [("adam", "b", [50.0, 50.0]), ("sgd", "b", [40.0, 60.0])]
    made = [{"optimizer": o, "task.network": n, "values": v} for o, n, v in rows]
    assert of_bests(study(*made), ADAM, SGD) == [(1.0 + 10.0) / 2, (2.0 - 10.0) / 2]
    assert of_bests(study(*made[:-1]), ADAM, SGD) == ()


def test_slopes():
    assert slope([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]) == pytest.approx(2.0)
    assert slope([(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)]) == pytest.approx(0.0)
    assert math.isnan(slope([(1.0, 1.0), (1.0, 2.0)]))


def test_the_lowest_of_several_is_their_middle():
    assert lowest([(1.0, 5.0), (2.0, 3.0), (4.0, 3.0)]) == 3.0


def test_seeds_in_common():
    assert common_seeds(cells([1.0, 2.0, 3.0], [1.0, 2.0])) == [0, 1]
    assert common_seeds([]) == []


def test_numbers_are_told_apart_to_nine_digits():
    (cell,) = cells([1.0], **{"optimizer.p": 0.125 * (1 + 1e-12)})
    assert is_setting("optimizer.p", 0.125)(cell)
    assert not is_setting("optimizer.p", 0.25)(cell)
    assert not is_setting("optimizer.lr", 0.25)(cell)
