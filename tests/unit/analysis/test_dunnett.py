from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.dunnett import critical_value

TABLE = {(1, 5): 2.015, (2, 5): 2.44, (3, 10): 2.34, (5, 20): 2.39, (9, 10): 2.81, (9, 5): 3.30}
"""One-sided 5 % values of C. W. Dunnett, JASA 50, 1955, Table 1a, by (comparisons, degrees of freedom)."""


@pytest.mark.parametrize(("comparisons", "freedom"), TABLE)
def test_published_values_are_met(comparisons, freedom):
    digits = 3 if comparisons == 1 else 2
    assert round(critical_value(comparisons, freedom, 0.95), digits) == TABLE[comparisons, freedom]


@pytest.mark.parametrize(("groups", "each"), [(2, 4), (4, 3), (8, 5)])
def test_another_program_finds_the_same(groups, each):
    """SciPy integrates the multivariate t law by quasi-Monte Carlo, and solves for the bound of its interval."""
    generator = np.random.default_rng(1)
    samples = generator.standard_normal((groups + 1, each))
    found = stats.dunnett(*samples[1:], control=samples[0], alternative="greater", rng=np.random.default_rng(2))
    low = found.confidence_interval(0.95).low
    differences = samples[1:].mean(axis=1) - samples[0].mean()
    freedom = (groups + 1) * (each - 1)
    deviation = np.sqrt(samples.var(axis=1, ddof=1).mean())
    bounds = (differences - low) / (deviation * np.sqrt(2.0 / each))
    assert bounds == pytest.approx(np.full(groups, critical_value(groups, freedom, 0.95)), abs=0.02)


@pytest.mark.parametrize("freedom", [1, 2, 30, 1000])
def test_one_comparison_is_that_of_student(freedom):
    assert critical_value(1, freedom, 0.95) == pytest.approx(stats.t.ppf(0.95, freedom))


@pytest.mark.parametrize("freedom", [1, 4, 60])
def test_more_comparisons_go_further_and_stay_below_bonferroni(freedom):
    counts = [1, 2, 3, 10, 44, 300]
    found = [critical_value(count, freedom, 0.95) for count in counts]
    assert found == sorted(found)
    assert len(set(found)) == len(counts)
    assert all(
        value <= stats.t.ppf(1 - 0.05 / count, freedom) + 1e-9 for value, count in zip(found, counts, strict=True)
    )


def test_a_higher_level_goes_further():
    assert critical_value(5, 10, 0.9) < critical_value(5, 10, 0.95) < critical_value(5, 10, 0.99)


def test_more_freedom_goes_less_far():
    assert critical_value(5, 4, 0.95) > critical_value(5, 20, 0.95) > critical_value(5, 10_000, 0.95)


def test_simulated_differences_stay_below_as_often_as_said():
    generator = np.random.default_rng(3)
    draws, comparisons, freedom = 40_000, 4, 6
    means = generator.standard_normal((draws, comparisons + 1))
    deviation = np.sqrt(generator.chisquare(freedom, draws) / freedom)
    largest = (means[:, 1:] - means[:, :1]).max(axis=1) / (np.sqrt(2.0) * deviation)
    share = (largest <= critical_value(comparisons, freedom, 0.95)).mean()
    assert share == pytest.approx(0.95, abs=0.005)


@pytest.mark.parametrize(
    "arguments", [(0, 5, 0.95), (-1, 5, 0.95), (3, 0, 0.95), (3, 5, 0.0), (3, 5, 1.0), (3, 5, 95.0)]
)
def test_what_has_no_value_is_refused(arguments):
    with pytest.raises(ValueError, match="need comparisons >= 1, freedom >= 1, 0 < level < 1; got"):
        critical_value(*arguments)
