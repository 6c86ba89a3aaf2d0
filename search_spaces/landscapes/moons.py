"""Noisy moons: the loss of logistic regression over its two weights, as a mean over the whole set of points.

The points are those of the data set ``moons``: two interleaving half circles of radius 1, with noise of deviation 0.2
on each coordinate. Each coordinate is centred and scaled to deviation 1, so that no weight for a constant is needed.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from search_spaces.landscapes.landscape import Landscape

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

COUNT = 1_000
NOISE = 0.2

WORST = 3.9250597805773104
"""The largest excess of the loss in the domain, as :attr:`Landscape.worst` of :data:`LOSS` would work it out."""


@cache
def points() -> tuple[Array, Array]:
    """Return points ``[1000, 2]``, each coordinate of mean 0 and deviation 1, and their classes as -1 and 1.

    scikit-learn's ``make_moons``, drawn by a fixed seed.
    """
    import numpy as np  # noqa: PLC0415 - who only reads does without
    from sklearn import datasets  # noqa: PLC0415

    drawn, classes = datasets.make_moons(COUNT, noise=NOISE, random_state=0)
    drawn = drawn.astype(np.float32).astype(np.float64)  # as the data set has them
    scaled = (drawn - drawn.mean(axis=0)) / drawn.std(axis=0)
    return scaled, np.where(classes == 1, 1.0, -1.0)


def loss(x: Any, y: Any) -> Any:
    """Return the mean over the points a of log(1 + exp(-c (x a_0 + y a_1))), in nats, where c is the class of a."""
    import numpy as np  # noqa: PLC0415

    coordinates, classes = points()
    ahead, up = (coordinates * classes[:, None]).T
    flat = [np.logaddexp(0.0, -(one * ahead + two * up)).mean() for one, two in _pairs(np.asarray(x), np.asarray(y))]
    return np.reshape(flat, np.shape(x)) if np.ndim(x) else flat[0]


def _pairs(x: Array, y: Array) -> Any:
    """Return the pairs of two arrays, one after the other, so that no array holds all points for each."""
    return zip(x.ravel(), y.ravel(), strict=True)


LOSS = Landscape(
    name="moons-logistic",
    title="the logistic loss of noisy moons",
    summary="noisy moons by logistic regression: the loss over its two weights, a mean over 1,000 points",
    value=loss,
    start=(-2.0, 2.0),
    minima=((1.1462118140911934, -2.551109130558873),),
    domain=(-3.5, 4.5, -5.5, 2.5),
    highest=(-3.5, 2.5),
    remotest=(-3.5, 2.5),
    axes=("weight of the first coordinate", "weight of the second"),
)
