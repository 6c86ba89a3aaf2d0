from __future__ import annotations

import numpy as np
import pytest

from analysis.fitted import FEWEST, LENGTHS, NOISES, surface

GENERATOR = np.random.default_rng(7)
POINTS = GENERATOR.uniform(size=(40, 2))


def waves(points):
    return np.sin(3 * points[:, 0]) + 2.0 * points[:, 1]


def predicted(points, values, at, lengths, noise):
    """Return the textbook prediction at one point, with nothing shared with the code."""
    kernel = np.exp(-0.5 * (((points[:, None] - points[None]) / lengths) ** 2).sum(axis=2))
    weights = np.linalg.solve(kernel + noise * np.eye(len(points)), values)
    return float(np.exp(-0.5 * (((at - points) / lengths) ** 2).sum(axis=1)) @ weights)


def test_the_error_is_that_of_leaving_each_point_out():
    values = waves(POINTS) + GENERATOR.normal(0, 0.2, len(POINTS))
    centred = (values - values.mean()) / values.std()
    errors = {}
    for lengths in [(a, b) for a in LENGTHS for b in LENGTHS]:
        for noise in NOISES:
            off = [
                centred[i]
                - predicted(np.delete(POINTS, i, 0), np.delete(centred, i), POINTS[i], np.array(lengths), noise)
                for i in range(len(POINTS))
            ]
            errors[lengths, noise] = values.std() * float(np.sqrt(np.mean(np.square(off))))
    found = surface(POINTS, values)
    (lengths, _), error = min(errors.items(), key=lambda it: it[1])
    assert found.error == pytest.approx(error, rel=1e-4)
    assert found.lengths == lengths
    assert found.explained == pytest.approx(1 - (error / values.std()) ** 2, rel=1e-3)


def test_a_smooth_surface_is_found_again():
    found = surface(POINTS, waves(POINTS))
    along = np.linspace(0.1, 0.9, 9)
    truth = np.array([waves(np.column_stack([along, np.full(9, y)])) for y in along])
    np.testing.assert_allclose(found.at(along, along), truth, atol=0.1)
    assert found.explained > 0.98


def test_noise_foretells_nothing():
    found = surface(POINTS, GENERATOR.normal(size=len(POINTS)))
    assert found.explained < 0.3


@pytest.mark.parametrize("values", [np.arange(FEWEST - 1.0), np.full(20, 3.0)], ids=["too few", "all equal"])
def test_where_there_is_nothing_to_fit_there_is_no_surface(values):
    assert surface(POINTS[: len(values)], values) is None
