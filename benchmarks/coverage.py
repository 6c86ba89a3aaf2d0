"""How often the intervals of the measures hold the truth, on surfaces whose entanglement is known.

A surface is a grid of true means; a study of it has k seeds, each of which shifts all cells alike, and independent
normal noise in every cell. The truth of a measure is what it says of the surface without noise. 10,000 studies a
surface, noise and number of seeds are drawn, and every measure is asked.

On two more surfaces trainings are not alike. On ``uneven``, the one with a cliff, the worst third of the cells varies
five times as much. On ``edge``, a sheared bowl, trainings diverge: beyond an edge all of them, a decade before it one
in two, elsewhere one in ten. Its numbers are those of the censored form, and the truth is what a measure says of the
surface without noise, given which cells lost all of their seeds.

Where noise leaves no choice between cells (no other cell lies within four standard errors of a difference of one that
a measure has to choose), the interval has to hold the truth in 93 to 97 % of the studies; elsewhere, where it spans
several choices, in 95 % at the least. On ``uneven`` only the interaction share, which chooses no cell, is such a
measure. All bounds are judged together: chance alone breaks one of them once in 100 whole benchmarks. A share of 0 is
a boundary: there the separable surface may be called entangled in at most 6.5 %.

``python -m benchmarks.coverage`` takes about 40 minutes on two cores, by estimate; ``--studies N`` draws fewer. With
``--keep FILE`` whatever a run drew is kept there, and a later one goes on, as long as the measures are the same.
``--table`` draws nothing and prints the record as the table of docs/measures.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import numpy as np
from scipy import special

from analysis import measures
from analysis.grid import Matrix
from analysis.measures import MEASURES, Kind
from analysis.measures.interaction import sums_of_squares
from analysis.measures.regret import coordinate_tuning_regret
from analysis.measures.surface import Surface, third_of
from analysis.measures.vertex import vertices
from benchmarks.record import RESULTS, Check, write

STUDIES = 10_000
SEEDS = (2, 3, 4, 5)
NOISES = (0.03, 0.2, 0.6)
"""Standard deviation of one training, in points; surfaces rise by about one from the best cell to the next."""

SEED_NOISE = 2.0
TOLERANCE = 2.0
"""Of the basin's area, above what noise alone makes."""

STRONG = 100.0
"""Sum of squares, in units of the noise, from which there surely is an interaction, or a main effect."""

CLEAR = 4.0
"""Standard errors by which a choice is clear."""

CALIBRATED = tuple(kind.name for kind in MEASURES if kind.calibrated)
INSIDE, AT_LEAST, ENTANGLED, FLAT = (0.93, 0.97), 0.95, 0.065, 0.99
FAMILY = 0.01

X, Y = np.linspace(-4.0, -1.0, 7), np.linspace(0.0, 0.5, 5)


def _bowl(shear: float) -> Matrix:
    x, y = np.meshgrid(X, Y)
    bowl: Matrix = 10.0 + 4.0 * (x + 2.45 + shear * (y - 0.25)) ** 2 + 30.0 * (y - 0.22) ** 2
    return bowl


def _cliff() -> Matrix:
    x, y = np.meshgrid(X, Y)
    off = x + 2.45 + 2.0 * (y - 0.25)
    cliff: Matrix = np.where(off > 0.9, 60.0, 10.0 + 4.0 * off**2) + 30.0 * (y - 0.22) ** 2
    return cliff


def _valley() -> Matrix:
    """Return a valley with straight, uneven sides: no quadratic."""
    x, y = np.meshgrid(X, Y)
    off = x + 2.45 + 2.0 * (y - 0.25)
    valley: Matrix = 10.0 + np.where(off > 0, 9.0 * off, -4.0 * off) + 12.0 * np.abs(y - 0.22)
    return valley


SURFACES: dict[str, Callable[[], Matrix]] = {
    "separable": lambda: _bowl(0.0),
    "sheared": lambda: _bowl(2.0),
    "cliff": _cliff,
    "valley": _valley,
    "uneven": _cliff,
    "edge": lambda: _bowl(2.0),
    "flat": lambda: np.full((len(Y), len(X)), 10.0),
}

LOUD = 5.0
"""By how much the worst third of the uneven surface varies more."""

WORST = 60.0
"""What a training that diverged counts at."""


def _deviation(name: str, mean: Matrix) -> Matrix:
    """Return by what the noise of each cell is multiplied."""
    loud = name == "uneven"
    factors: Matrix = np.where(loud & (mean > np.quantile(mean, 2.0 / 3.0)), LOUD, 1.0)
    return factors


def _diverging(name: str) -> Matrix:
    """Return with what probability a training of each cell diverges."""
    x, y = np.meshgrid(X, Y)
    off = x + 2.45 + 2.0 * (y - 0.25)
    chances: Matrix = np.select([off > 1.4, off > 0.4], [1.0, 0.5], 0.1) if name == "edge" else np.zeros_like(x)
    return chances


@dataclass(frozen=True, kw_only=True)
class Covered:
    """What became of the interval of one measure.

    Attributes
    ----------
    truth
        None where the measure is undefined.
    below, above
        Studies in which the truth lies below the interval, and above it.
    told
        Studies with an interval.
    width
        Median of those.
    positive
        Studies whose interval lies above 0.
    clear
        Whether noise leaves no choice.
    """

    surface: str
    noise: float
    seeds: int
    measure: str
    truth: float | None
    studies: int
    told: int
    below: int
    above: int
    width: float | None
    positive: int
    clear: bool

    @property
    def share(self) -> float:
        """Share of the intervals that hold the truth."""
        return 1.0 - (self.below + self.above) / max(self.told, 1)


def main() -> int:
    """Measure, write the record, and return 1 where a bound is not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage")
    parser.add_argument("--studies", type=int, default=STUDIES)
    parser.add_argument("--seed", type=int, default=1, help="of the studies that are drawn")
    parser.add_argument("--keep", type=Path, help="file of what was drawn, which a later run goes on with")
    parser.add_argument("--table", action="store_true", help="print the last record as a table, and draw nothing")
    asked = parser.parse_args()
    if asked.table:
        print("\n".join(_table()))
        return 0
    cases = list(product(SURFACES, NOISES, SEEDS))
    kept = _Kept(asked.keep, asked.studies, asked.seed)
    found: list[Covered] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        work = [None if case in kept.cases else pool.submit(covered, *case, *kept.of) for case in cases]
        for case, one in zip(cases, work, strict=True):
            mine = kept.cases[case] if one is None else one.result()
            if one is not None:
                kept.add(case, mine)
            found += mine
            _print(mine)
    checks = list(_checks(found))
    for check in checks:
        if not check.ok:
            print(f"MISSED: {check.name}: {check.value:.4f}, bound {check.bound:.4f}")
    rows = {f"{it.surface}, noise {it.noise:g}, {it.seeds} seeds, {it.measure}": _row(it) for it in found}
    print(write("coverage", {"n": asked.studies, "seed": asked.seed} | rows, checks))
    return 0 if all(check.ok for check in checks) else 1


class _Kept:
    """What earlier runs drew of so many studies, from one seed and by the same measures; nothing without a file."""

    def __init__(self, path: Path | None, studies: int, seed: int) -> None:
        self._path, self.of = path, (studies, seed)
        self.cases: dict[tuple[str, float, int], list[Covered]] = {}
        sources = [Path(__file__), *sorted(Path(measures.__file__).parent.glob("*.py"))]
        self._drawn = [studies, seed, hashlib.sha256(b"".join(it.read_bytes() for it in sources)).hexdigest()]
        for line in path.read_text(encoding="utf-8").splitlines() if path is not None and path.exists() else ():
            kept = json.loads(line)
            if kept["drawn"] == self._drawn:
                name, noise, seeds = kept["case"]
                self.cases[name, noise, seeds] = [Covered(**it) for it in kept["found"]]

    def add(self, case: tuple[str, float, int], found: list[Covered]) -> None:
        if self._path is not None:
            line = json.dumps({"drawn": self._drawn, "case": case, "found": [asdict(it) for it in found]})
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")


def covered(name: str, noise: float, seeds: int, studies: int, seed: int) -> list[Covered]:
    """Draw studies of a surface and ask every calibrated measure."""
    mean = SURFACES[name]()
    generator = np.random.default_rng([seed, sorted(SURFACES).index(name), int(1000 * noise), seeds])
    true = Surface(x=X, y=Y, values=mean[:, :, None], tolerance=TOLERANCE)
    kinds = [kind for kind in MEASURES if kind.calibrated]
    told: dict[str, list[tuple[float, float, float]]] = {kind.name: [] for kind in kinds}
    chances, deviation = _diverging(name), noise * _deviation(name, mean)
    truths = _Truths(mean)
    for _ in range(studies):
        values = mean[:, :, None] + generator.normal(0.0, SEED_NOISE, seeds)
        values = values + deviation[:, :, None] * generator.standard_normal((*mean.shape, seeds))
        lost = generator.random(values.shape) < chances[:, :, None] if chances.any() else None
        if lost is not None:
            values = np.where(lost, WORST, values)
        surface = Surface(x=X, y=Y, values=values, lost=lost, tolerance=TOLERANCE)
        for kind in kinds:
            number, truth = kind.of(surface), truths.of(kind, surface)
            if number.value is not None and number.low is not None and number.high is not None:
                told[kind.name].append((np.nan if truth is None else truth, number.low, number.high))
    found = []
    for kind in kinds:
        limits = np.array(told[kind.name]).reshape(-1, 3)
        truth = truths.of(kind, true) if name != "edge" else _median(limits[:, 0])
        rounding = 1e-9 * (1.0 + np.abs(limits[:, 0]))
        found.append(
            Covered(
                surface=name,
                noise=noise,
                seeds=seeds,
                measure=kind.name,
                truth=truth,
                studies=studies,
                told=len(limits),
                below=int((limits[:, 0] < limits[:, 1] - rounding).sum()),
                above=int((limits[:, 0] > limits[:, 2] + rounding).sum()),
                width=float(np.median(limits[:, 2] - limits[:, 1])) if len(limits) else None,
                positive=int((limits[:, 1] > 1e-9).sum()),
                clear=truth is not None
                and name != "edge"
                and (name != "uneven" or kind.name == "interaction_share")  # which chooses no cell
                and _is_clear(kind.name, true, float(deviation.max()) / np.sqrt(seeds)),
            )
        )
    return found


class _Truths:
    """What measures say of a surface without noise, given which of its cells lost all of their seeds."""

    def __init__(self, mean: Matrix) -> None:
        self._mean = mean
        self._found: dict[tuple[str, bytes], float | None] = {}

    def of(self, kind: Kind, seen: Surface) -> float | None:
        lost = seen.censored
        key = kind.name, lost.tobytes()
        if key not in self._found:
            values = np.where(lost, WORST, self._mean)[:, :, None]
            without = Surface(x=X, y=Y, values=values, lost=lost[:, :, None], tolerance=TOLERANCE)
            self._found[key] = kind.of(without).value
        return self._found[key]


def _median(values: Matrix) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def _is_clear(measure: str, true: Surface, error: float) -> bool:
    """Tell whether noise leaves a measure no choice."""
    mean, gap = true.mean, CLEAR * np.sqrt(2.0) * error
    clear: dict[str, Callable[[], bool]] = {
        "interaction_share": lambda: min(sums_of_squares(mean)) > STRONG * error**2,
        "ridge_slope": lambda: _chosen(mean, gap) and not any(it.edge for it in vertices(true)),
        "ridge_slope_yx": lambda: _is_clear("ridge_slope", true.transposed(), error),
        "canonical_rho": lambda: _bordered(mean, gap),
        "coordinate_tuning_regret": lambda: (
            bool(coordinate_tuning_regret(true).value)
            and all(_chosen(rows, gap) for rows in (mean, mean[:, mean.argmin(axis=1)].T, mean.reshape(1, -1)))
        ),
        "x_sensitivity": lambda: _chosen(mean, gap),
        "basin_area": lambda: False,  # a share of whole cells: its limits are never exact
    }
    return bool(clear[measure]())


def _bordered(mean: Matrix, gap: float) -> bool:
    """Tell whether it is clear which cells are the best third."""
    order, count = np.sort(mean, axis=None), third_of(mean.size)
    return bool(order[count] - order[count - 1] > gap)


def _chosen(rows: Matrix, gap: float) -> bool:
    """Tell whether the lowest of every row is clear."""
    two = np.sort(rows, axis=1)[:, :2]
    return bool((two[:, 1] - two[:, 0] > gap).all())


def _checks(found: list[Covered]) -> Iterator[Check]:
    """Yield every bound: shares of misses, each with what chance allows it."""
    judged = [it for it in found if it.truth is not None and it.told and it.surface != "flat"]
    # One-sided, Bonferroni over all bounds, by the normal approximation of a binomial.
    z = float(special.ndtri(1.0 - FAMILY / (2 * len(judged) + len(NOISES) * len(SEEDS) * 2)))
    for it in judged:
        name = f"{it.surface}, noise {it.noise:g}, {it.seeds} seeds: {it.measure}"
        missed, least = 1.0 - it.share, INSIDE[0] if it.clear else AT_LEAST
        yield Check(name=f"{name} missed", value=missed, bound=_allowed(1.0 - least, it.told, z))
        if it.clear:
            yield Check(name=f"{name} held", value=it.share, bound=_allowed(INSIDE[1], it.told, z))
    for it in found:
        if it.measure == "interaction_share" and it.surface == "separable":
            name = f"separable, noise {it.noise:g}, {it.seeds} seeds: called entangled"
            yield Check(name=name, value=it.positive / it.studies, bound=_allowed(ENTANGLED, it.studies, z))
        if it.measure == "interaction_share" and it.surface == "flat":
            name = f"flat, noise {it.noise:g}, {it.seeds} seeds: given a share"
            yield Check(name=name, value=it.told / it.studies, bound=1.0 - FLAT)


def _allowed(share: float, n: int, z: float) -> float:
    return share + z * float(np.sqrt(share * (1.0 - share) / n))


def _row(it: Covered) -> dict[str, float | int | bool | None]:
    return {
        "truth": it.truth,
        "covered": None if it.truth is None or not it.told else round(it.share, 4),
        "truth_below": it.below,
        "truth_above": it.above,
        "intervals": it.told,
        "median_width": it.width,
        "above_zero": it.positive,
        "clear": it.clear,
    }


def _table() -> Iterator[str]:
    """Yield the record as rows of a table: from the lowest share to the highest, and the width at three seeds."""
    measured = json.loads((RESULTS / "coverage.json").read_text(encoding="utf-8"))["measured"]
    for surface, measure in product(SURFACES, CALIBRATED):
        cells = []
        for noise in NOISES:
            rows = {k: measured[f"{surface}, noise {noise:g}, {k} seeds, {measure}"] for k in SEEDS}
            shares = [100.0 * it["covered"] for it in rows.values() if it["covered"] is not None]
            star = " *" if all(it["clear"] for it in rows.values()) else ""
            width = rows[3]["median_width"]
            if shares:
                cells.append(f"{min(shares):.1f} to {max(shares):.1f}{star} ({width:.2g})")
        if cells:
            yield " | ".join(["", f"`{measure}`", surface, *cells, ""]).strip()


def _print(found: list[Covered]) -> None:
    one = found[0]
    print(f"{one.surface}, noise {one.noise:g}, {one.seeds} seeds")
    for it in found:
        truth = "undefined" if it.truth is None else f"{it.truth:.3f}"
        share = "-" if it.truth is None or not it.told else f"{100 * it.share:.1f} %"
        width = "-" if it.width is None else f"{it.width:.3g}"
        kind = "inside" if it.clear else "choices"
        print(f"  {it.measure:25} {truth:>9}  {share:>7}  width {width:>7}  of {it.told}  {kind}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
