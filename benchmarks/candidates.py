"""How often the candidates for the best hold the true best, under noise that their rule does not know.

Errors of nine learning rates at five values of p are drawn from a valley with a steep side and a cliff, the like of
``digits-padam``: trainings vary on the logit scale, each seed shifts all cells, test images are drawn, and beyond the
cliff half of the trainings diverge. The true best is the cell with the lowest expected error, found by 400 further
draws. The rule sees three seeds. Beside the candidates of the whole map, those of each row are judged, and the rule
that they replaced: every cell within one standard error of the best.

``python -m benchmarks.candidates`` takes about two minutes on two cores.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.candidates import LEVEL, candidates
from analysis.grid import Grid, grid_of_table
from analysis.measure import Measure
from analysis.optima import Optimum, optima
from benchmarks.record import Check, write
from search_spaces.declarations import CLASSIFICATION, TASKS

Array = npt.NDArray[np.float64]

IMAGES, SEEDS, TRUTH, DRAWS = 898, 3, 400, 400
ERROR = TASKS[CLASSIFICATION].metrics[0]
CHANCE = 90.0
LRS = np.logspace(-3, 1, 9)
PS = np.array([0.0, 0.0625, 0.125, 0.25, 0.5])


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How trainings vary: ``training`` and ``seed`` are deviations on the logit scale.

    ``uneven`` makes the deviation of each cell its own, by a log-normal factor; ``flat`` leaves every row's best
    equally good, so that many cells compete.
    """

    name: str
    training: float
    seed: float = 0.15
    uneven: float = 0.0
    flat: bool = False


NOISES = (
    Noise(name="little noise", training=0.1),
    Noise(name="noise of digits-padam", training=0.25),
    Noise(name="much noise", training=0.5),
    Noise(name="noise uneven over cells", training=0.25, uneven=0.5),
    Noise(name="equal rows", training=0.25, flat=True),
)


def main() -> int:
    """Measure, write the record, and return 1 where a bound is not met."""
    measured, checks = {}, []
    for noise in NOISES:
        rows = np.array(list(_judged(noise, np.random.default_rng(1))))
        shares = rows.mean(axis=0).tolist()
        names = ("map_holds_best", "map_size", "row_holds_best", "row_size", "one_error_holds_best", "one_error_size")
        measured[noise.name] = {name: round(share, 4) for name, share in zip(names, shares, strict=True)}
        checks += [
            Check(name=f"{noise.name}: true best missed on the map", value=1.0 - shares[0], bound=1.0 - LEVEL),
            Check(name=f"{noise.name}: true best missed in a row", value=1.0 - shares[2], bound=1.0 - LEVEL),
        ]
        print(noise.name, measured[noise.name])
    path = write("candidates", {"n": DRAWS, "seeds": SEEDS, "images": IMAGES, "level": LEVEL} | measured, checks)
    print(path)
    return 0 if all(check.ok for check in checks) else 1


def _judged(noise: Noise, generator: np.random.Generator) -> Iterator[tuple[float, ...]]:
    """Yield, a drawn study: whether the best is a candidate, and their number; of the map, rows, and the old rule."""
    compared = Measure(metric=ERROR, statistic="final", epochs=1, images=IMAGES).compared
    for _ in range(DRAWS):
        valley, cliff = _surface(noise, generator)
        deviation = noise.training * np.exp(noise.uneven * generator.standard_normal(valley.shape))
        expected = _drawn(valley, cliff, deviation, noise.seed, TRUTH, generator).mean(axis=2)
        errors = _drawn(valley, cliff, deviation, noise.seed, SEEDS, generator)
        grid = _grid(errors)
        found = candidates(grid, compared)
        if found is None:
            raise AssertionError("three seeds of 45 cells are enough to judge")
        best = np.unravel_index(int(expected.argmin()), expected.shape)
        in_rows = [_row(one, LRS[int(expected[one.row].argmin())]) for one in optima(grid, compared)]
        old = _within_one_standard_error(errors)
        yield (
            float(found.cells[best]),
            float(found.cells.sum()),
            *np.mean(in_rows, axis=0).tolist(),
            float(old[best]),
            float(old.sum()),
        )


def _surface(noise: Noise, generator: np.random.Generator) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return expected logits of the error, and where training may diverge."""
    distance = np.log10(LRS)[None, :] - (-0.3 - 0.45 * np.arange(5.0))[:, None]
    bottom = np.zeros((5, 1)) if noise.flat else 0.25 * generator.standard_normal((5, 1))
    slope = np.where(distance < 0, 1.1 * distance**2, 0.35 * distance**2)
    return np.minimum(-3.6 + bottom + slope, 2.2), distance > 1.6


def _drawn(
    valley: Array,
    cliff: npt.NDArray[np.bool_],
    deviation: Array,
    shift: float,
    seeds: int,
    generator: np.random.Generator,
) -> Array:
    """Draw errors in percent, ``[y, x, seed]``; a diverged training is NaN where three seeds are drawn."""
    size = (*valley.shape, seeds)
    poor = 1.0 + (valley > -1.0)
    logits = valley[..., None] + shift * generator.standard_normal(seeds)
    logits = logits + (deviation * poor)[..., None] * generator.standard_normal(size)
    errors = 100.0 * generator.binomial(IMAGES, 1.0 / (1.0 + np.exp(-logits))) / IMAGES
    errors[cliff[..., None] & (generator.random(size) < 0.5)] = CHANCE if seeds == TRUTH else np.nan
    return errors


def _grid(errors: Array) -> Grid:
    rows, columns, seeds = np.indices(errors.shape)
    table = pd.DataFrame(
        {"p": PS[rows.ravel()], "lr": LRS[columns.ravel()], "seed": seeds.ravel(), "error": errors.ravel()}
    )
    return grid_of_table(table, "lr", "p", "error", seed="seed", worst=CHANCE)


def _row(optimum: Optimum, best: float) -> tuple[float, float]:
    """Return whether the interval of a row holds the true best rate, and over how many rates it reaches."""
    if optimum.low is None or optimum.high is None:
        raise AssertionError("three seeds of nine cells are enough to judge")
    inside = (optimum.low <= LRS) & (optimum.high >= LRS)
    return float(optimum.low <= best <= optimum.high), float(inside.sum())


def _within_one_standard_error(errors: Array) -> npt.NDArray[np.bool_]:
    """Return the cells whose median lies within one standard error of the mean of the lowest median."""
    counted = np.where(np.isnan(errors), CHANCE, errors)
    medians = np.median(counted, axis=2)
    lowest = np.unravel_index(int(medians.argmin()), medians.shape)
    inside: npt.NDArray[np.bool_] = medians <= medians[lowest] + counted[lowest].std(ddof=1) / np.sqrt(SEEDS)
    return inside


if __name__ == "__main__":
    sys.exit(main())
