from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.candidates import candidates, lowest_third
from analysis.dunnett import critical_value
from analysis.grid import Grid, grid_of_trials
from tests.unit.analysis.common import MEASURE, compared, gridded, line, scored, table

IMAGES = 100
SCALE = compared(IMAGES)
WORKED = {0.01: [5.0, 7.0, 6.0], 0.1: [4.0, 7.0, 5.0], 1.0: [20.0, 25.0, 24.0], 10.0: [60.0, 61.0, 66.0]}
"""Errors in percent of 100 images, that is counts."""


def whole(replicates):
    """Return a grid of ``[y, x, seed]`` errors in which nothing is missing."""
    replicates = np.asarray(replicates, dtype=float)
    rows, columns, seeds = replicates.shape
    return Grid(
        x="lr",
        y="p",
        xs=np.arange(1.0, columns + 1),
        ys=np.arange(float(rows)),
        seeds=np.arange(seeds),
        replicates=replicates,
        diverged=np.zeros(replicates.shape, dtype=bool),
        learned_nothing=np.zeros(replicates.shape, dtype=bool),
        pending=np.zeros((rows, columns), dtype=np.int64),
        excluded=np.zeros((rows, columns), dtype=np.int64),
    )


def xs_of(found, grid, what="cells"):
    return grid.xs[getattr(found, what)[0]].tolist()


def test_a_small_example_worked_by_hand():
    def y(count):
        return math.log((count + 0.5) / (100 - count + 0.5))

    lowest = [[y(4), y(7), y(5)], [y(5), y(7), y(6)], [y(20), y(25), y(24)]]  # one in three of four, three at least
    cells = [sum(row) / 3 for row in lowest]
    seeds = [sum(column) / 3 for column in zip(*lowest, strict=True)]
    middle = sum(cells) / 3
    squares = sum((lowest[i][j] - cells[i] - seeds[j] + middle) ** 2 for i in range(3) for j in range(3))
    deviation = math.sqrt(squares / 4)
    bound = critical_value(3, 4, 0.95) * deviation * math.sqrt(2 / 3)
    assert cells[1] - cells[0] < bound < cells[2] - cells[0]  # the example tells them apart

    grid = line(WORKED)
    found = candidates(grid, SCALE)
    assert xs_of(found, grid) == [0.01, 0.1]
    assert xs_of(found, grid, "judged") == [0.01, 0.1, 1.0, 10.0]
    assert (found.seeds, found.freedom, found.level) == (3, 4, 0.95)
    assert found.deviation == pytest.approx(deviation)


@pytest.mark.parametrize("seed", range(12))
def test_a_plain_loop_finds_the_same_set(seed):
    generator = np.random.default_rng(seed)
    counts = generator.integers(2, 40, size=(2, 4, 3))
    grid = whole(counts)
    cells = [(row, column) for row in range(2) for column in range(4)]
    y = {c: [math.log((k + 0.5) / (IMAGES - k + 0.5)) for k in counts[c]] for c in cells}
    by_error = sorted(cells, key=lambda c: (sum(counts[c]), c))
    pool = [y[c] for c in by_error[:3]]
    squares = sum(
        (pool[i][j] - sum(pool[i]) / 3 - sum(r[j] for r in pool) / 3 + sum(map(sum, pool)) / 9) ** 2
        for i in range(3)
        for j in range(3)
    )
    bound = critical_value(7, 4, 0.95) * math.sqrt(squares / 4 * 2 / 3)
    expected = {c for c in cells if sum(y[c]) / 3 - sum(y[by_error[0]]) / 3 <= bound + 1e-12}
    assert {c for c in cells if candidates(grid, SCALE).cells[c]} == expected


def test_the_logit_counts_half_an_image_on_either_side():
    found = SCALE(np.array([0.0, 50.0, 100.0]))
    assert found == pytest.approx([math.log(0.5 / 100.5), 0.0, math.log(100.5 / 0.5)])


def test_what_a_seed_does_to_every_cell_changes_nothing():
    grid = whole([list(WORKED.values())])
    odds = np.exp(SCALE(grid.replicates) + np.array([0.0, 1.5, -1.0]))
    shifted = replace(grid, replicates=100.0 * ((IMAGES + 1) * odds / (1 + odds) - 0.5) / IMAGES)
    before, after = candidates(grid, SCALE), candidates(shifted, SCALE)
    assert after.cells.tolist() == before.cells.tolist()
    assert after.deviation == pytest.approx(before.deviation)
    assert np.ptp(shifted.replicates[0, 0]) > 5 * np.ptp(grid.replicates[0, 0])  # unpaired it would have


def test_more_images_of_the_same_errors_change_little():
    grid = line(WORKED)
    assert candidates(grid, compared(100)).cells.tolist() == candidates(grid, compared(10_000)).cells.tolist()


@pytest.mark.parametrize("seeds", [1, 2])
def test_below_three_seeds_nothing_is_said(seeds):
    assert candidates(line({lr: errors[:seeds] for lr, errors in WORKED.items()}), SCALE) is None


def test_one_cell_alone_cannot_be_compared():
    assert candidates(line({0.1: [4.0, 7.0, 5.0]}), SCALE) is None


@pytest.mark.parametrize("state", ["diverged", "failed", "waiting"])
def test_without_a_best_there_are_no_candidates(state):
    assert candidates(line(dict.fromkeys(WORKED, [state] * 3)), SCALE) is None


def test_a_cell_that_shares_fewer_than_three_seeds_with_the_best_is_not_judged():
    four = {lr: [*errors, errors[0]] for lr, errors in WORKED.items()}
    grid = line(four | {0.001: [4.0, 7.0, "failed", "failed"], 0.03: [4.0, 7.0, 5.0, "failed"]})
    found = candidates(grid, SCALE)
    assert xs_of(found, grid, "judged") == [0.01, 0.03, 0.1, 1.0, 10.0]
    assert xs_of(found, grid) == [0.03, 0.1]


def test_seeds_are_compared_where_both_cells_have_them():
    """Of the seeds both have the other is far worse; the seed that it alone lacks is the bad one of the best."""
    cells = {0.1: [4.0, 5.0, 4.0, 30.0], 1.0: [14.0, 15.0, 14.0, "failed"], 10.0: [60.0, 62.0, 61.0, 64.0]}
    grid = line(cells | {0.01: [50.0, 52.0, 50.0, 75.0], 0.03: [40.0, 41.0, 40.0, 70.0]})
    found = candidates(grid, SCALE)
    assert grid.best == (0, 2)
    assert xs_of(found, grid, "judged") == [0.01, 0.03, 0.1, 1.0, 10.0]
    assert xs_of(found, grid) == [0.1]


def test_a_seed_that_the_best_lacks_says_nothing_against_another_cell():
    cells = {0.1: [4.0, 5.0, 4.0, "failed"], 1.0: [4.0, 5.0, 4.0, 30.0], 10.0: [60.0, 62.0, 61.0, 64.0]}
    grid = line(cells | {0.01: [50.0, 52.0, 50.0, 75.0]})
    found = candidates(grid, SCALE)
    assert (grid.best, found.seeds) == ((0, 1), 3)
    assert xs_of(found, grid) == [0.1, 1.0]


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_an_unfinished_cell_is_not_judged_however_low(state):
    four = {lr: [*errors, errors[0]] for lr, errors in WORKED.items()}
    grid = line(four | {0.001: [1.0, 1.0, 1.0, state]})
    found = candidates(grid, SCALE)
    assert xs_of(found, grid) == [0.1]
    assert xs_of(found, grid, "judged") == [0.01, 0.1, 1.0, 10.0]


def test_the_best_is_always_among_them():
    generator = np.random.default_rng(5)
    for _ in range(30):
        grid = whole(generator.uniform(1, 90, size=(2, 3, 3)))
        assert candidates(grid, SCALE).cells[grid.best]


def test_equal_cells_are_candidates():
    cells = {0.1: [4.0, 7.0, 5.0], 1.0: [4.0, 7.0, 5.0], 10.0: [60.0, 61.0, 66.0]}
    grid = line(cells)
    assert xs_of(candidates(grid, SCALE), grid) == [0.1, 1.0]


def test_trainings_that_do_not_vary_leave_the_equal_ones():
    grid = line({0.1: [5.0] * 3, 1.0: [5.0] * 3, 10.0: [6.0] * 3})
    found = candidates(grid, SCALE)
    assert (xs_of(found, grid), found.deviation) == ([0.1, 1.0], 0.0)


def test_the_order_of_the_rows_does_not_matter():
    rows = table({(lr,): errors for lr, errors in WORKED.items()}, ("lr",))
    found = [
        candidates(grid_of_trials(part, "lr", None, MEASURE), SCALE)
        for part in (rows, rows.sample(frac=1, random_state=1))
    ]
    assert found[0].cells.tolist() == found[1].cells.tolist()
    assert found[0].deviation == pytest.approx(found[1].deviation, rel=1e-12)


def test_only_the_cells_asked_for_are_compared():
    grid = gridded({(lr, p): [k + 10 * p for k in errors] for lr, errors in WORKED.items() for p in (0.0, 0.5)})
    found = candidates(grid, SCALE, [(1, column) for column in range(4)])
    assert not found.judged[0].any()
    assert found.cells[1].tolist() == [True, True, False, False]


def test_how_trainings_vary_can_be_told_by_other_cells():
    """Row 0 hardly varies and is told apart; by what row 1 does, its three lowest cells could each be the best."""
    calm = [[5.0, 5.0, 5.0], [6.0, 6.0, 6.0], [7.0, 7.0, 7.0], [60.0, 60.0, 60.0]]
    wild = [[5.0, 9.0, 7.0], [9.0, 5.0, 7.0], [7.0, 6.0, 10.0], [60.0, 70.0, 65.0]]
    grid = whole([calm, wild])
    row = [(0, column) for column in range(4)]
    near = lowest_third(grid, [(1, column) for column in range(4)])
    assert near == [(1, 0), (1, 1), (1, 2)]
    alone, told = candidates(grid, SCALE, row), candidates(grid, SCALE, row, near)
    assert (alone.deviation, told.deviation) == (0.0, candidates(whole([wild]), SCALE).deviation)
    assert alone.cells.tolist() == [[True, False, False, False], [False] * 4]
    assert told.cells.tolist() == [[True, True, True, False], [False] * 4]


def test_the_lowest_third_is_three_cells_at_least_and_lost_no_seed():
    cells = {0.1: [4.0, 7.0, 5.0], 1.0: [50.0, 51.0, 55.0], 10.0: [60.0, 61.0, 66.0]}
    grid = line(cells | {0.001: [1.0, 1.0, "diverged"], 0.002: [1.0, 1.0, "failed"]})
    assert [float(grid.xs[column]) for _, column in lowest_third(grid, grid.cells)] == [0.1, 1.0, 10.0]
    many = whole(np.arange(1.0, 31.0).reshape(1, 10, 3))
    assert lowest_third(many, many.cells) == [(0, 0), (0, 1), (0, 2), (0, 3)]


def test_no_cells_asked_for_are_no_candidates():
    assert candidates(line(WORKED), SCALE, []) is None


def test_a_diverged_seed_neither_fails_nor_widens_the_pool():
    cells = {0.1: [4.0, 7.0, 5.0], 1.0: [50.0, 51.0, 55.0], 10.0: [60.0, 61.0, 66.0]}
    grid = line(cells | {100.0: [5.0, 6.0, "diverged"]})  # its mean is the second lowest
    before, after = candidates(line(cells), SCALE), candidates(grid, SCALE)
    assert (after.deviation, after.freedom) == (before.deviation, before.freedom)
    assert xs_of(after, grid) == [0.1]
    assert 100.0 in xs_of(after, grid, "judged")


def test_a_best_with_a_diverged_seed_is_compared_with_the_others():
    grid = line(
        {0.1: [1.0, 1.0, "diverged"], 1.0: [50.0, 51.0, 50.0], 10.0: [60.0, 61.0, 60.0], 3.0: [55.0, 56.0, 56.0]}
    )
    found = candidates(grid, SCALE)
    assert grid.best == (0, 0)
    assert found.cells[grid.best]


def test_a_cell_that_lost_every_seed_is_no_candidate():
    grid = line(WORKED | {100.0: ["diverged"] * 3})
    found = candidates(grid, SCALE)
    assert 100.0 not in xs_of(found, grid, "judged")


def surface():
    """Return the logits of 45 cells, a valley, and where half of the trainings diverge."""
    rate = np.linspace(-3, 1, 9)
    valley = np.array([-3.2 + 0.5 * abs(y - 2) + 0.9 * (rate + 1.5 - 0.3 * y) ** 2 for y in range(5)])
    cliff = np.array([rate > -0.3 + 0.3 * y for y in range(5)])
    return valley, cliff


def test_of_a_hundred_drawn_studies_nine_in_ten_hold_the_true_best():
    generator = np.random.default_rng(11)
    valley, cliff = surface()
    valley = np.where(cliff, 1.0, valley)
    best = np.unravel_index(valley.argmin(), valley.shape)
    held, sizes = 0, []
    for _ in range(100):
        y = valley[..., None] + 0.15 * generator.standard_normal(3) + 0.25 * generator.standard_normal((5, 9, 3))
        errors = 100.0 * generator.binomial(898, 1 / (1 + np.exp(-y))) / 898
        diverged = cliff[..., None] & (generator.random((5, 9, 3)) < 0.5)
        found = candidates(replace(whole(np.where(diverged, 90.0, errors)), diverged=diverged), compared(898))
        held += bool(found.cells[best])
        sizes.append(int(found.cells.sum()))
    assert held >= 90
    assert np.mean(sizes) < 15  # of 45: most cells are told from the best
    assert max(sizes) < 30


def test_of_what_is_to_be_maximised_the_highest_are_candidates():
    """The same numbers below zero: what is lowest there is highest here."""
    low = line(WORKED)
    high = replace(low, replicates=-low.replicates, sign=-1.0)
    found = candidates(high, scored().compared)
    expected = candidates(low, scored(direction="minimize").compared)
    assert high.best == low.best == (0, 1)
    assert found.cells.tolist() == expected.cells.tolist() == [[True, True, False, False]]
    assert (found.deviation, found.freedom) == (expected.deviation, expected.freedom)
    assert lowest_third(high, high.cells) == lowest_third(low, low.cells)


def test_on_a_logarithmic_scale_magnitudes_are_told_apart():
    """By their differences the three lowest are alike; by their magnitudes they are not."""
    grid = line({0.1: [1e-9, 2e-9, 1.5e-9], 1.0: [1e-5, 2e-5, 1.4e-5], 10.0: [1e-3, 2e-3, 1.6e-3], 100.0: [9.0] * 3})
    told = {log: candidates(grid, scored(1e5, "minimize", log=log).compared) for log in (True, False)}
    assert xs_of(told[True], grid) == [0.1]
    assert xs_of(told[False], grid) == [0.1, 1.0]
