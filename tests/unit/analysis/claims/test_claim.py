from __future__ import annotations

import math

import pytest

from analysis.claims.claim import NEGATIVE, POSITIVE, Criterion, Region, Verdict, agreed, all_of, judge, within

SUPPORTED, CONTRADICTED, UNDECIDED, NOT_RUN = Verdict


def said(sample, region=POSITIVE, **changes):
    return judge(Criterion(says="a", statistic=lambda _: sample, region=region, **changes), sample)


def test_the_interval_is_that_of_a_mean_by_student():
    """1, 2, 3: mean 2, s = 1, t of two degrees of freedom 4.302653: 2 -+ 4.302653 / sqrt(3)."""
    it = said([1.0, 2.0, 3.0])
    assert (it.n, it.mean, it.verdict) == (3, 2.0, UNDECIDED)
    assert (it.low, it.high) == pytest.approx((2 - 2.484138, 2 + 2.484138), abs=1e-5)


@pytest.mark.parametrize(
    ("sample", "region", "verdict"),
    [
        ([9.0, 10.0, 11.0], POSITIVE, SUPPORTED),
        ([-9.0, -10.0, -11.0], POSITIVE, CONTRADICTED),
        ([-9.0, -10.0, -11.0], NEGATIVE, SUPPORTED),
        ([9.0, 10.0, 11.0], NEGATIVE, CONTRADICTED),
        ([-1.0, 0.5, 1.0], POSITIVE, UNDECIDED),
        ([-0.1, 0.0, 0.1], within(0.5), SUPPORTED),
        ([0.3, 0.4, 0.6], within(0.5), UNDECIDED),
        ([0.9, 1.0, 1.1], within(0.5), CONTRADICTED),
        ([-0.1, 0.0, 0.1], Region(low=-0.5), SUPPORTED),
        ([9.0, 10.0, 11.0], Region(low=-0.5), SUPPORTED),
        ([-9.0, -10.0, -11.0], Region(low=-0.5), CONTRADICTED),
        ([0.0, 0.0, 0.0], POSITIVE, UNDECIDED),
        ([1.0, 1.0, 1.0], POSITIVE, SUPPORTED),
    ],
)
def test_a_verdict_is_where_the_whole_interval_lies(sample, region, verdict):
    assert said(sample, region).verdict is verdict


def test_one_seed_decides_nothing():
    it = said([10.0])
    assert (it.verdict, it.n, it.mean, it.low, it.high) == (UNDECIDED, 1, 10.0, None, None)


def test_nothing_was_not_run():
    it = said([])
    assert (it.verdict, it.n, it.mean) == (NOT_RUN, 0, None)


def test_what_happens_somewhere_is_not_refuted_here():
    assert said([-9.0, -10.0, -11.0], refutable=False).verdict is UNDECIDED
    assert said([9.0, 10.0, 11.0], refutable=False).verdict is SUPPORTED


def test_an_open_end_is_no_number_of_json():
    assert said([1.0, 2.0]).to_dict()["expected"] == [0.0, None]
    assert said([1.0, 2.0], within(0.5)).to_dict()["expected"] == [-0.5, 0.5]


@pytest.mark.parametrize(
    ("region", "text"), [(POSITIVE, "> 0"), (NEGATIVE, "< 0"), (within(0.5), "-0.5 to 0.5"), (Region(low=-1), "> -1")]
)
def test_a_region_in_words(region, text):
    assert str(region) == text


@pytest.mark.parametrize(
    ("verdicts", "parts", "studies"),
    [
        ([SUPPORTED, SUPPORTED], SUPPORTED, SUPPORTED),
        ([SUPPORTED, NOT_RUN], UNDECIDED, SUPPORTED),
        ([SUPPORTED, UNDECIDED], UNDECIDED, UNDECIDED),
        ([SUPPORTED, CONTRADICTED], CONTRADICTED, UNDECIDED),
        ([CONTRADICTED, NOT_RUN], CONTRADICTED, CONTRADICTED),
        ([NOT_RUN, NOT_RUN], NOT_RUN, NOT_RUN),
        ([UNDECIDED], UNDECIDED, UNDECIDED),
    ],
)
def test_verdicts_of_all_parts_and_of_several_studies(verdicts, parts, studies):
    assert (all_of(verdicts), agreed(verdicts)) == (parts, studies)


def test_a_mean_of_many_seeds_is_held_by_its_interval_in_95_of_100():
    from scipy import stats

    held = sum(it.low <= 0 <= it.high for it in map(said, stats.norm.rvs(size=(20_000, 5), random_state=0)))
    assert math.isclose(held / 20_000, 0.95, abs_tol=0.005)
