from __future__ import annotations

import numpy as np
import pytest

from analysis.field import MOST, Field

LINE = np.linspace(0.0, 1.0, 9)[:, None]


def field(noise=1e-6, points=LINE):
    return Field.fitted(points, np.sin(5.0 * points[:, 0]), np.full(len(points), noise))


def test_a_field_goes_through_what_is_known_exactly():
    between = LINE[:-1] + 0.0625
    assert field().mean(LINE) == pytest.approx(np.sin(5.0 * LINE[:, 0]), abs=1e-3)
    assert field().mean(between) == pytest.approx(np.sin(5.0 * between[:, 0]), abs=0.02)


def test_noise_of_a_point_lets_the_field_pass_it_by():
    values, noise = np.where(LINE[:, 0] == 0.5, 9.0, LINE[:, 0]), np.where(LINE[:, 0] == 0.5, 1e4, 1e-4)
    assert Field.fitted(LINE, values, noise).mean(np.array([[0.5]])) == pytest.approx([0.5], abs=0.5)
    assert Field.fitted(LINE, values, np.full(9, 1e-4)).mean(np.array([[0.5]])) == pytest.approx([9.0], abs=0.5)


def test_what_is_far_from_all_points_is_known_least():
    known = field(points=LINE[:4])
    near, far = known.variance(np.array([[0.375], [1.0]]))
    assert near < 1e-3 < far


def test_variances_lie_on_the_diagonal_of_the_covariance():
    at = np.array([[0.1], [0.33], [0.9]])
    assert np.diag(field(0.1).covariance(at, at)) == pytest.approx(field(0.1).variance(at))


def test_a_run_that_is_expected_makes_the_field_surer_and_moves_nothing():
    known, at = field(0.01, LINE[:4]), np.array([[0.8]])
    soon = known.expecting(at, np.array([0.01]))
    assert soon.mean(LINE) == pytest.approx(known.mean(LINE), abs=1e-6)
    assert soon.variance(at) < 0.5 * known.variance(at)


@pytest.mark.parametrize("values", [np.zeros(9), np.full(9, 7.0)])
def test_equal_values_are_believed_everywhere(values):
    assert Field.fitted(LINE, values, np.full(9, 0.01)).mean(np.array([[0.3]])) == pytest.approx(values[:1])


def test_a_point_may_stand_twice():
    twice = np.vstack([LINE, LINE])
    assert field(1e-6, twice).mean(LINE) == pytest.approx(np.sin(5.0 * LINE[:, 0]), abs=1e-3)


def test_all_points_are_known_although_few_fit_the_kernel():
    many = np.linspace(0.0, 1.0, MOST + 50)[:, None]
    assert field(1e-4, many).mean(many) == pytest.approx(np.sin(5.0 * many[:, 0]), abs=0.01)


POINTS = np.random.default_rng(7).uniform(size=(40, 2))


def waves(points):
    return np.sin(3.0 * points[:, 0]) + 2.0 * points[:, 1]


def test_what_is_left_out_is_what_the_others_say_of_it():
    values = waves(POINTS) + np.random.default_rng(8).normal(0.0, 0.2, len(POINTS))
    whole = Field.fitted(POINTS, values)
    for place in (0, 17, 39):
        others = np.delete(np.arange(len(POINTS)), place)
        covariance = whole.kernel(POINTS[others]) + np.diag(whole.noise[others])
        weights = np.linalg.solve(covariance, values[others] - whole.offset)
        said = whole.offset + float((whole.kernel(POINTS[[place]], POINTS[others]) @ weights)[0])
        assert whole.left_out[place] == pytest.approx(values[place] - said)


def test_a_smooth_surface_is_found_again_and_its_noise_too():
    truth = waves(POINTS)
    exact = Field.fitted(POINTS, truth)
    assert np.mean(exact.left_out**2) < 0.02 * truth.var()
    noisy = Field.fitted(POINTS, truth + np.random.default_rng(9).normal(0.0, 0.2, len(POINTS)))
    assert 0.1 < np.sqrt(noisy.noise[0]) < 0.35


def test_noise_foretells_nothing():
    values = np.random.default_rng(10).normal(size=len(POINTS))
    assert np.mean(Field.fitted(POINTS, values).left_out ** 2) > 0.7 * values.var()
