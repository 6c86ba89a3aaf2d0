"""Designs that are known before the first trial: grid, random, Sobol."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from search_spaces.arm import Arm
from search_spaces.configurations import Configuration, grid, identity
from search_spaces.domains import Domain
from search_spaces.errors import Fault, SpecificationError

if TYPE_CHECKING:
    import numpy as np

BATCH = 1_024
DRAWS = 1_000
"""Draws a wanted point may cost; only a space of few distinct values needs many."""


def drawn(arm: Arm) -> list[Configuration]:
    """Return every configuration of one arm whose design needs no results, empty where it does.

    Configurations differ at 12 significant digits; a repeated draw is drawn again.
    """
    design, space = arm.design, arm.space
    if design.proposed:
        return []
    if design.name == "grid":
        return list(grid(space))
    points = _random(len(space), design.seed) if design.name == "random" else _sobol(len(space), design.seed)
    return _distinct(points, space, arm.configurations)


def placed(point: np.ndarray, space: Mapping[str, Domain]) -> Configuration:
    """Return the configuration at a point of the unit cube, one coordinate a hyperparameter."""
    return {name: domain.at(float(share)) for (name, domain), share in zip(space.items(), point, strict=True)}


def _distinct(points: Iterator[np.ndarray], space: Mapping[str, Domain], count: int) -> list[Configuration]:
    # By name, so that a specification whose keys stand in another order draws the same points.
    ordered = {name: space[name] for name in sorted(space)}
    found: dict[str, Configuration] = {}
    for point in itertools.islice(points, DRAWS * count + BATCH):
        at = placed(point, ordered)
        configuration = {name: at[name] for name in space}
        found.setdefault(identity(configuration), configuration)
        if len(found) == count:
            return list(found.values())
    fault = f"must have {count} distinct points, but {DRAWS} draws for each gave {len(found)}; ask for fewer"
    raise SpecificationError([Fault(path="design.configurations", message=fault)])


def _random(dimensions: int, seed: int) -> Iterator[np.ndarray]:
    import numpy as np  # noqa: PLC0415 - commands that only read do without

    generator = np.random.default_rng(seed)
    while True:
        yield from generator.random((BATCH, dimensions))


def _sobol(dimensions: int, seed: int) -> Iterator[np.ndarray]:
    """Yield a scrambled Sobol sequence: A. B. Owen, J. Complexity 14(4), 1998, doi:10.1006/jcom.1998.0487."""
    from scipy.stats import qmc  # noqa: PLC0415 - a second of imports that most commands do without

    sequence = qmc.Sobol(dimensions, scramble=True, rng=seed)
    while True:
        yield from sequence.random(BATCH)
