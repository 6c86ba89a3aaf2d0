"""Statistics of p, on tables whose answer is known."""

from __future__ import annotations

import math

import pytest

from analysis.claims import exponents
from tests.unit.analysis.compare.tables import study


def at(p, lr, *values, **more):
    return {"optimizer": "padam", "optimizer.p": p, "optimizer.lr": lr, "values": list(values)} | more


def grid(surface, seeds=2, rates=(0.001, 0.01, 0.1), powers=(0.0625, 0.125, 0.25)):
    return study(
        *(at(p, lr, *(surface(p, math.log10(lr), seed) for seed in range(seeds))) for p in powers for lr in rates)
    )


def test_rivals_of_an_eighth():
    table = study(at(0.0625, 0.1, 6.0, 7.0), at(0.125, 0.1, 5.0, 5.5), at(0.25, 0.1, 9.0, 8.5))
    assert exponents.sixteenth_minus_eighth(table) == [1.0, 1.5]
    assert exponents.quarter_minus_eighth(table) == [4.0, 3.0]


def test_without_an_eighth_there_is_nothing_to_say():
    assert exponents.sixteenth_minus_eighth(study(at(0.0625, 0.1, 6.0))) == ()


def test_a_large_rate_at_a_quarter():
    table = study(at(0.25, 0.1, 50.0, 40.0), at(0.25, 0.01, 20.0, 18.0), at(0.25, 0.001, 18.0, 20.0))
    assert exponents.large_rate_at_a_quarter(table) == [31.0, 21.0]
    assert exponents.large_rate_at_a_quarter(study(at(0.25, 0.1, 50.0))) == ()


def test_the_ridge_of_a_valley_that_moves_by_a_decade_from_an_exponent_to_the_next():
    """The best log10 lr is -1 at 1/16, -2 at 1/8, -3 at 1/4: the least-squares slope is -10.2857."""
    best = {0.0625: -1, 0.125: -2, 0.25: -3}
    table = grid(lambda p, lr, seed: (lr - best[p]) ** 2 + seed)
    assert exponents.ridge_slope(table) == pytest.approx([-72 / 7, -72 / 7])


def test_the_ridge_of_a_valley_that_stands_still_is_flat():
    assert exponents.ridge_slope(grid(lambda p, lr, seed: (lr + 2) ** 2 + p + seed)) == [0.0, 0.0]


def test_a_grid_with_a_cell_to_come_has_no_ridge():
    cells = [at(p, lr, 1.0, 2.0, pending=int(p == 0.25 and lr == 0.1)) for p in (0.125, 0.25) for lr in (0.01, 0.1)]
    assert exponents.ridge_slope(study(*cells)) == ()
    assert exponents.ridge_slope(study(*cells[:3])) == ()


def test_the_report_s_own_grid_of_one_run():
    """Last epochs of Figure 5: the best are 0.001, 0.01, 0.01 at 1/4, 1/8, 1/16."""
    final = {
        0.25: (17.82, 18.98, 49.82), 0.125: (21.95, 15.07, 33.99), 0.0625: (27.49, 15.98, 19.54),
    }  # fmt: skip
    table = study(
        *(at(p, lr, value) for p, row in final.items() for lr, value in zip((0.001, 0.01, 0.1), row, strict=True))
    )
    assert exponents.ridge_slope(table) == pytest.approx([-40 / 7])
    (interaction,) = exponents.interaction_of_corners(table)
    assert interaction == pytest.approx((49.82 - 17.82) - (19.54 - 27.49))


def test_corners_of_a_sum_do_not_interact():
    assert exponents.interaction_of_corners(grid(lambda p, lr, seed: 3 * p - 2 * lr + seed)) == pytest.approx([0, 0])


def test_corners_of_a_product_do():
    """p * lr over p 1/16..1/4 and lr -3..-1: (0.25 - 0.0625) * 2."""
    assert exponents.interaction_of_corners(grid(lambda p, lr, seed: p * lr + seed)) == pytest.approx([0.375] * 2)


def test_a_schedule_of_p_is_compared_with_the_best_fixed_one():
    table = study(
        at(0.25, 0.001, 10.0, 10.0, **{"schedules.p": "multistep"}),
        at(0.25, 0.001, 12.0, 14.0),
        at(0.125, 0.1, 11.0, 13.0, **{"schedules.p": "constant"}),
    )
    assert exponents.best_fixed_minus_scheduled(table) == [1.0, 3.0]
    assert exponents.best_fixed_minus_scheduled(study(at(0.25, 0.001, 12.0))) == ()


def test_the_largest_second_moment_is_over_epochs_and_cells():
    cells = [
        at(p, 0.1, epochs=2, metric="log10_v", values=None, curves=curves)
        for p, curves in ((0.25, [[-5.0, -4.0], [-6.0, -7.0]]), (0.125, [[-3.0, -9.0], [-8.0, -1.0]]))
    ]
    assert exponents.largest_second_moment(study(*cells)) == [-3.0, -1.0]
