"""The winner on fresh seeds: it is chosen without them, and its numbers are those of the textbook."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_ind

from analysis.fresh import fresh_check
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import base, findings, written
from tests.unit.analysis.studies import ARMS, armed

CHOSEN, FRESH = [10.0, 12.0], [14.0, 11.0, 15.0, 13.0]
CELLS = {
    (0.1, 0.0): [*CHOSEN, *FRESH],
    (1.0, 0.0): [20.0, 21.0],
    (0.1, 0.5): [30.0, 31.0],
    (1.0, 0.5): [40.0, "diverged"],
}


def check(cells=None, **changes):
    return fresh_check(base(findings(trials(cells or CELLS), **changes)))


def test_the_mean_has_the_interval_of_a_t():
    found = check().mean
    spread = student.ppf(0.975, 3) * np.std(FRESH, ddof=1) / 2.0
    assert (found.value, found.n) == (13.25, 4)
    assert (found.low, found.high) == pytest.approx((13.25 - spread, 13.25 + spread))


def test_the_difference_has_the_interval_of_welch():
    found = check().worse
    told = ttest_ind(FRESH, CHOSEN, equal_var=False).confidence_interval(0.95)
    assert found.value == pytest.approx(13.25 - 11.0)
    assert (found.low, found.high) == pytest.approx((told.low, told.high))


def test_fresh_seeds_neither_choose_nor_count():
    flattering = {**CELLS, (1.0, 0.0): [20.0, 21.0, 0.1, 0.1]}  # a winner of before, say
    one = base(findings(trials(flattering)))
    assert one.best == {"lr": 0.1, "p": 0.0}
    assert one.rankings[0].iloc[0]["n"] == 2
    assert float(one.maps[0][0].grid.mean.max()) < 100.0
    assert one.maps[0][0].grid.n.max() == 2
    assert len(one.in_force) == 8
    assert one.fresh.to_dict()["mean"]["n"] == 4


def test_what_diverged_counts_at_the_worst():
    found = check({**CELLS, (0.1, 0.0): [*CHOSEN, 11.0, "diverged"]})
    assert (found.diverged, found.mean.value) == (1, pytest.approx((11.0 + found.measure.worst) / 2))
    assert "2 fresh seeds, of which 1 diverged, the best" in found.sentence


def test_what_is_open_is_said_and_without_an_outcome_there_is_no_check():
    assert check({**CELLS, (0.1, 0.0): [*CHOSEN, 11.0, "waiting", "running"]}).left == 2
    assert check({**CELLS, (0.1, 0.0): [*CHOSEN, "waiting", "failed"]}) is None
    assert check({**CELLS, (0.1, 0.0): CHOSEN}) is None


def test_one_fresh_seed_has_no_interval():
    found = check({**CELLS, (0.1, 0.0): [*CHOSEN, 14.0]})
    assert (found.mean.value, found.mean.low, found.worse.value, found.worse.low) == (14.0, None, 3.0, None)
    assert found.sentence == (
        "On 1 fresh seed the best configuration comes to a mean test error of 14.00 %, 3.00 points worse than on the "
        "2 by which it was chosen."
    )


def test_the_sentence_says_which_way_and_whether_it_may_be_noise():
    assert "worse than on the 2 by which it was chosen, which may be noise." in check().sentence
    better = check({**CELLS, (0.1, 0.0): [12.0, 12.1, 9.0, 9.1, 8.9]}).sentence
    told = ttest_ind([12.0, 12.1], [9.0, 9.1, 8.9], equal_var=False).confidence_interval(0.95)
    interval = f"3.05 points [{told.low:.2f}, {told.high:.2f}]"
    assert better.endswith(f"{interval} better than on the 2 by which it was chosen.")


def test_the_report_says_it_and_the_summary_has_it(tmp_path):
    made = written(tmp_path, trials(CELLS))
    said = made.summary["arms"]["base"]["fresh_seeds"]
    assert said["configuration"] == {"lr": 0.1, "p": 0.0}
    assert (said["chosen_mean"], said["chosen_n"], said["mean"]["value"], said["mean"]["n"]) == (11.0, 2, 13.25, 4)
    assert made.summary["trials"]["total"] == 8
    assert "On 4 fresh seeds the best configuration comes to a mean test error of 13.25 %" in made.html
    assert "--winner" not in made.html
    assert len(made.files["trials.csv"].read_text(encoding="utf-8").splitlines()) == 1 + 12


def test_a_report_without_fresh_seeds_says_how_to_have_them(tmp_path):
    made = written(tmp_path, trials({**CELLS, (0.1, 0.0): CHOSEN}))
    assert made.summary["arms"]["base"]["fresh_seeds"] is None
    assert "basin extend study --winner 5" in made.html


def test_every_arm_has_its_own_check():
    found = findings([*armed(), *_fresh_of("cosine")], arms=ARMS)
    assert {one.key: one.fresh is not None for one in found.arms} == {
        "base": False, "decoupled": False, "cosine": True,
    }  # fmt: skip
    assert "fresh" in next(one.fresh.sentence for one in found.arms if one.key == "cosine")


def _fresh_of(arm):
    """Return two fresh seeds of the best configuration of an arm."""
    best = next(one for one in findings(armed(), arms=ARMS).arms if one.key == arm).best
    return trials({tuple(best.values()): [0.0, 0.0, 20.0, 22.0]}, tuple(best), arm=arm)[2:]
