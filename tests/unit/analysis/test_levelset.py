from __future__ import annotations

import numpy as np
import pytest

from analysis.levelset import TURN, Belief, Seen, chosen

CELLS = np.array([(x, y) for x in np.linspace(0, 1, 11) for y in np.linspace(0, 1, 5)])
CENTRE, FAR, BEYOND = np.array([[0.4, 0.5]]), np.array([[0.0, 0.5]]), np.array([[0.9, 0.5]])


def error(x, y):
    """Return a bowl on a plateau; its best is 5 at x = 0.4."""
    return 5.0 + 85.0 * (1.0 - np.exp(-8.0 * (x - 0.4) ** 2)) + 0.0 * y


def bowl(cliff=2.0, noise=(0.0,), cells=CELLS):
    """Return what runs of cells say, some left out; beyond the cliff all diverge."""
    return [
        Seen(at=(x, y), diverged=len(noise))
        if x > cliff
        else Seen(at=(x, y), values=tuple(float(error(x, y)) + it for it in noise))
        for x, y in cells
    ]


def belief(seen, **changes):
    found = Belief.of(seen, **({"seeds": 2, "worst": 90.0} | changes))
    assert found is not None
    return found


def test_the_basin_lies_around_the_best_point():
    known = belief(bowl(), tolerance=5.0)
    assert known.inside(CENTRE) > 0.95
    assert known.inside(FAR) < 0.05
    true = error(*CELLS.T)
    assert ((known.inside(CELLS) > 0.5) == (true <= true.min() + 5.0)).all()


def test_an_edge_is_undecided_on_it_and_nowhere_else():
    known = belief(bowl(noise=(-2.0, 2.0)), tolerance=5.0)
    q = known.inside(np.column_stack([np.linspace(0, 1, 101), np.full(101, 0.5)]))
    off = abs(np.linspace(0, 1, 101) - 0.4)
    edge = np.sqrt(-np.log(1.0 - 5.0 / 85.0) / 8.0)
    assert abs(off[(q > 0.25) & (q < 0.75)] - edge).max() < 0.06


def test_beyond_a_cliff_nothing_is_inside_however_low_the_error_would_be():
    known = belief(bowl(cliff=0.45), tolerance=5.0)
    assert known.diverges(BEYOND) > 0.9
    assert known.diverges(FAR) < 0.1
    assert known.inside(np.array([[0.5, 0.5]])) < 0.5 < belief(bowl(), tolerance=5.0).inside(np.array([[0.45, 0.5]]))
    assert known.expected(BEYOND) == pytest.approx([90.0], abs=5.0)


def test_nothing_diverges_where_nothing_did():
    assert not belief(bowl()).diverges(CELLS).any()


def test_what_is_expected_is_what_was_found():
    assert belief(bowl()).expected(CELLS) == pytest.approx(error(*CELLS.T), abs=5.0)


@pytest.mark.parametrize("seen", [[], bowl()[:3], bowl(cliff=-1.0)], ids=["nothing", "three", "all diverged"])
def test_too_few_points_with_an_error_say_nothing(seen):
    assert Belief.of(seen, seeds=2, worst=90.0) is None


def test_the_tolerance_is_a_tenth_of_what_lies_between_best_and_median():
    means = error(*CELLS.T)
    assert belief(bowl()).tolerance == pytest.approx(0.1 * (np.median(means) - means.min()))
    first = belief(bowl(), filling=10)
    assert first.tolerance == pytest.approx(0.1 * (np.median(means[:10]) - means.min()))


def test_the_tolerance_is_not_below_what_noise_makes_of_two_equal_points():
    assert belief(bowl(noise=(-9.0, 9.0))).tolerance == pytest.approx(2.0 * np.sqrt(162.0 * 2 / 2))


def test_the_next_run_lies_at_the_edge():
    known, candidates = (
        belief(bowl(noise=(-2.0, 2.0)), tolerance=5.0),
        np.array([[0.4, 0.5], [0.51, 0.5], [0.95, 0.5]]),
    )
    assert chosen(known, candidates, CELLS, turn=0) == 1


def test_the_next_run_is_another_seed_where_noise_hides_the_edge():
    """Nothing is known less than the point that lies on it with one noisy run."""
    calm = [one for one in bowl(noise=(0.0,) * 8) if one.at != (0.5, 0.5)]
    noisy = [Seen(at=(0.5, 0.5), values=(10.0,)), Seen(at=(0.0, 0.0), values=(60.0, 80.0))]
    known = belief([*calm, *noisy], tolerance=5.0)
    assert chosen(known, np.array([(0.0, 0.5), (0.5, 0.5), (0.9, 0.5)]), CELLS, turn=1) == 1


def test_the_next_run_finds_out_where_training_diverges():
    holes = bowl(cliff=0.45, cells=[it for it in CELLS if not 0.35 < it[0] < 0.65])
    known = belief(holes, tolerance=5.0)
    place = chosen(known, np.array([(0.0, 0.5), (0.5, 0.5), (1.0, 0.5)]), CELLS, turn=0)
    assert place == 1


def dips(noise):
    """Return what two runs a point say, apart by twice the noise, of two dips that are hardly told apart."""
    places = np.linspace(0, 1, 11)
    means = 90.0 - 80.0 * np.exp(-50.0 * (places - 0.2) ** 2) - 79.0 * np.exp(-50.0 * (places - 0.8) ** 2)
    return [Seen(at=(x, 0.5), values=(it - noise, it + noise)) for x, it in zip(places, means, strict=True)]


DIPS = np.array([[0.5, 0.5], [0.32, 0.5], [0.8, 0.5], [1.0, 0.5]])


def test_every_third_run_asks_for_the_best_point():
    known = belief(dips(noise=8.0), tolerance=20.0)
    assert chosen(known, DIPS, CELLS, turn=TURN - 1) == 2
    assert chosen(known, DIPS, CELLS, turn=TURN) == 1


def test_a_best_point_that_is_known_is_not_asked_for():
    known = belief(dips(noise=0.01), tolerance=20.0)
    assert not known.promise(DIPS, CELLS).any()
    assert chosen(known, DIPS, CELLS, turn=TURN - 1) is None


def test_what_a_run_promises_is_what_draws_of_it_come_to():
    known = belief(dips(noise=8.0), tolerance=20.0)
    step, _ = known._foreseen(DIPS, CELLS)
    now, z = known.error.mean(CELLS), np.random.default_rng(0).standard_normal(100_000)
    drawn = [now.min() - (now[:, None] + one[:, None] * z).min(axis=0).mean() for one in step.T]
    assert known.promise(DIPS, CELLS) == pytest.approx(drawn, abs=2e-3)


def test_a_run_that_is_in_training_makes_its_place_less_worth_another():
    seen = bowl(noise=(-2.0, 2.0), cells=[it for it in CELLS if not 0.45 < it[0] < 0.65])
    candidates = np.array([[0.5, 0.5]])
    before = belief(seen, tolerance=5.0)
    after = belief([*seen, Seen(at=(0.5, 0.5), pending=2)], tolerance=5.0)
    gain = [
        float(it.inside(CELLS) @ (1.0 - it.inside(CELLS)) / len(CELLS) - it.undecided(candidates, CELLS)[0])
        for it in (before, after)
    ]
    assert gain[1] < 0.8 * gain[0]


def test_better_and_worse_shifted_alike_choose_the_same():
    seen = bowl(noise=(-2.0, 2.0))
    moved = [Seen(at=it.at, values=tuple(1000.0 + value for value in it.values)) for it in seen]
    for turn in range(TURN):
        one, other = (chosen(belief(it, worst=None), CELLS, CELLS, turn) for it in (seen, moved))
        assert CELLS[one][0] == CELLS[other][0]  # the bowl is the same on either side in y
