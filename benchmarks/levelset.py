"""What the design `levelset` finds out about a map with part of its runs, beside `random`, `sobol`, `tpe` and `gp`.

One map is real: 11 learning rates x 9 exponents, an MLP on handwritten digits, made with 8 seeds a cell by the study
`benchmarks/maps/digits-mlp.yaml`; a design gets 4 of them. The others, 9 x 7 cells x 3 seeds, are formulas: noise,
a shift a seed, and, of one, a cliff behind which training diverges. Every design gets a quarter, half, and all of the
runs that the grid takes; results of four runs are not known yet when the next one is chosen, as with four workers. On
the real map all designs choose among its cells, so that with all runs each has the whole grid; on a formula they
choose anywhere in its ranges.

Of what was run, one surrogate makes a map, the same for every design (:mod:`analysis.levelset`). It is the one that
`levelset` chooses with, so that another map is made beside it which knows no model: linear between the means of
what was run, and the nearest of them outside. Judged are, against the map without noise (of the real one: the mean of
all 8 seeds):

- map error, and map error of the linear map: mean distance over all cells, in points of error;
- overlap, and overlap of the linear map: cells in both basins over cells in either one;
- regret: what the best configuration, by the rule of reports, is worse than the best cell.

``python -m benchmarks.levelset`` takes about five minutes on two cores.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
from scipy.interpolate import griddata

from analysis.grid import Matrix
from analysis.levelset import TENTH, Belief, Seen
from benchmarks.record import Check, write
from search_spaces.arm import Arm
from search_spaces.configurations import Configuration, identity
from search_spaces.designs import drawn
from search_spaces.validation import loads
from study.proposer import Proposer
from study.store import Outcome

MAP = Path(__file__).parent / "maps" / "digits-mlp.csv"
WORKERS = 4
SHARES = (0.25, 0.5, 1.0)
REPEATS = 16
WORST = 90.0
AXES = [f"{10.0 ** (it / 2 - 3):.12g}" for it in range(11)], [f"{it / 16:.12g}" for it in range(9)]
"""Of the real map, as its file writes them."""

DESIGNS = ("levelset", "tpe", "gp", "sobol", "sobol, one seed", "random")


@dataclass(frozen=True)
class World:
    """A map, and what one run says of it.

    Attributes
    ----------
    true
        Of every cell, a row for each p.
    at
        The same at a configuration.
    run
        The error at a configuration under a seed, None where training diverges.
    cells
        Whether only the cells of the grid can be run.
    seeds
        Of each cell.
    """

    true: Matrix
    at: Callable[[Configuration], float]
    run: Callable[[Configuration, int], float | None]
    cells: bool
    seeds: int

    @property
    def total(self) -> int:
        """How many runs the whole grid takes."""
        return self.true.size * self.seeds

    @property
    def tolerance(self) -> float:
        """How much above the best the basin reaches, as measures have it."""
        return TENTH * float(np.median(self.true) - self.true.min())


def _digits(repeat: int) -> World:
    errors: dict[tuple[str, str], dict[int, float | None]] = {}
    with MAP.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            value = float(row["test_error"]) if row["test_error"] else None
            errors.setdefault((row["lr"], row["p"]), {})[int(row["seed"])] = value
    whole = {(float(lr), float(p)): it for (lr, p), it in errors.items()}
    lrs, ps = ([float(it) for it in axis] for axis in AXES)
    means = [[fmean(WORST if it is None else it for it in whole[lr, p].values()) for lr in lrs] for p in ps]
    seeds = np.random.default_rng([1, repeat]).permutation(8)

    def run(point: Configuration, seed: int) -> float | None:
        return whole[point["lr"], point["p"]][int(seeds[seed])]

    def at(point: Configuration) -> float:
        return means[ps.index(point["p"])][lrs.index(point["lr"])]

    return World(true=np.array(means), at=at, run=run, cells=True, seeds=4)


def _formula(name: str, repeat: int) -> World:
    def errors(x: Any, y: Any) -> Any:
        off = ((x - 0.75 + 0.5 * y) / 0.25) ** 2 + 0.5 * (y - 0.6) ** 2
        return 5.0 + (WORST - 5.0) * -np.expm1(-0.7 * off)

    def lost(x: Any, y: Any) -> Any:
        return x - 0.75 + 0.5 * y > 0.13 if name == "cliff" else x > 2.0 + 0.0 * y

    generator = np.random.default_rng([2, repeat])
    shifts = generator.normal(0.0, 0.5, 3)

    def run(point: Configuration, seed: int) -> float | None:
        x, y = (math.log10(point["lr"]) + 3.0) / 5.0, 2.0 * point["p"]
        # As every design would find it: the noise of a run depends on the run alone.
        key = [repeat, seed, *np.array([x, y]).view(np.uint32).tolist()]
        noise = np.random.default_rng(key)
        if lost(x, y) and noise.random() < 0.95:
            return None
        error = float(errors(x, y))
        deviation = 0.6 + 0.08 * min(error - 5.0, WORST - error)
        return float(np.clip(error + shifts[seed] + noise.normal(0.0, deviation), 0.0, 100.0))

    x, y = np.meshgrid(np.linspace(0.0, 1.0, 9), np.linspace(0.0, 1.0, 7))

    def true(x: Any, y: Any) -> Any:
        return np.where(lost(x, y), 0.95 * WORST + 0.05 * errors(x, y), errors(x, y))

    def at(point: Configuration) -> float:
        return float(true((math.log10(point["lr"]) + 3.0) / 5.0, 2.0 * point["p"]))

    return World(true=true(x, y), at=at, run=run, cells=False, seeds=3)


WORLDS: dict[str, Callable[[int], World]] = {
    "digits": _digits,
    "sheared": partial(_formula, "sheared"),
    "cliff": partial(_formula, "cliff"),
}


@dataclass
class Runs:
    """The runs of one study: by configuration, in the order in which they were chosen."""

    world: World
    points: list[Configuration] = field(default_factory=list)
    of: dict[str, list[int]] = field(default_factory=dict)
    order: list[tuple[str, float | None]] = field(default_factory=list)

    def add(self, point: Configuration) -> None:
        """Run a configuration once more, with its next seed."""
        key = identity(point)
        if key not in self.of:
            self.points.append(point)
        mine = self.of.setdefault(key, [])
        self.order.append((key, self.world.run(point, len(mine))))
        mine.append(len(self.order) - 1)

    def outcomes(self, whole: int) -> list[Outcome]:
        """Return what is known of each configuration; its seeds are ``whole`` at once, or as they come."""
        known = len(self.order) - WORKERS
        found = []
        for number, point in enumerate(self.points):
            mine = self.of[identity(point)]
            said = [self.order[it][1] for it in mine if it < known]
            complete = tuple(it for it in said if it is not None)
            found.append(
                Outcome(
                    arm="base",
                    number=number,
                    configuration=point,
                    values=tuple(WORST if it is None else it for it in said),
                    pending=max(len(mine), whole) - len(said),
                    failed=0,
                    diverged=len(said) - len(complete),
                    complete=complete,
                )
            )
        return found


def _arm(design: str, world: World, repeat: int) -> Arm:
    seeds = 1 if design.endswith("one seed") else world.seeds
    name = design.partition(",")[0]
    space: dict[str, Any] = {"lr": {"low": 1e-3, "high": 100, "log": True}, "p": {"low": 0.0, "high": 0.5}}
    if world.cells:
        space = {name: {"values": [float(it) for it in axis]} for name, axis in zip(("lr", "p"), AXES, strict=True)}
    document = {
        "name": "map",
        "task": {"dataset": "digits", "network": "mlp"},
        "epochs": 3,
        "space": space,
        "design": {
            "name": name,
            "configurations": min(world.total // seeds, world.true.size if world.cells else world.total),
            "seed": repeat,
        },
        "seeds": seeds,
    }
    return loads(json.dumps(document)).base


def studied(name: str, design: str, repeat: int) -> list[dict[str, float]]:
    """Run one study and judge it after each share of the runs."""
    world = WORLDS[name](repeat)
    arm = _arm(design, world, repeat)
    runs, found = Runs(world), []
    began = time.perf_counter()
    for point in _chosen(arm, runs):
        runs.add(point)
        share = len(runs.order) / world.total
        if len(runs.order) in {math.ceil(it * world.total) for it in SHARES}:
            found.append(judged(runs) | {"seconds": time.perf_counter() - began})
        if share >= (0.5 if world.cells else 1.0):  # all cells with all seeds are the same for everyone
            break
    return found


def _chosen(arm: Arm, runs: Runs) -> Iterator[Configuration]:
    if not arm.design.proposed:
        for point in drawn(arm):
            yield from [point] * arm.seeds
        return
    proposer = Proposer(arm)
    for number in range(arm.trials if arm.design.by_slot else arm.configurations):
        whole = 0 if arm.design.by_slot else arm.seeds
        point = proposer.propose(runs.outcomes(whole), number)
        yield from [point] * (1 if arm.design.by_slot else arm.seeds)


def judged(runs: Runs) -> dict[str, float]:
    """Return the map error, the overlap and the regret of what was run."""
    world, (rows, columns) = runs.world, runs.world.true.shape
    x, y = np.meshgrid(np.linspace(0.0, 1.0, columns), np.linspace(0.0, 1.0, rows))
    cells = np.column_stack([x.ravel(), y.ravel()])
    seen = []
    for point in runs.points:
        said = [runs.order[it][1] for it in runs.of[identity(point)]]
        complete = tuple(it for it in said if it is not None)
        at = (math.log10(point["lr"]) + 3.0) / 5.0, 2.0 * point["p"]
        seen.append(Seen(at=at, values=complete, diverged=len(said) - len(complete)))
    belief = Belief.of(seen, seeds=world.seeds, worst=WORST, tolerance=world.tolerance)
    assert belief is not None
    means = [fmean([*it.values, *[WORST] * it.diverged]) for it in seen]
    places = np.array([it.at for it in seen])
    linear = griddata(places, means, cells, method="linear")
    linear = np.where(np.isnan(linear), griddata(places, means, cells, method="nearest"), linear)
    best = runs.points[int(np.argmin(means))]
    return {
        **_agreement(world, belief.expected(cells), ""),
        **_agreement(world, linear, "_linear"),
        "regret": max(0.0, world.at(best) - float(world.true.min())),
        "configurations": float(len(seen)),
    }


def _agreement(world: World, made: Matrix, name: str) -> dict[str, float]:
    true = world.true.ravel()
    basin, found = true <= true.min() + world.tolerance, made <= made.min() + world.tolerance
    return {
        f"map_error{name}": float(np.abs(made - true).mean()),
        f"overlap{name}": float((basin & found).sum() / (basin | found).sum()),
    }


def main() -> int:
    """Measure, write the record, and return 1 where a bound is not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.levelset")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--worlds", nargs="*", default=list(WORLDS))
    parser.add_argument("--designs", nargs="*", default=list(DESIGNS))
    asked = parser.parse_args()
    cases = list(product(asked.worlds, asked.designs, range(asked.repeats)))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        results = []
        for case, found in zip(cases, pool.map(studied, *zip(*cases, strict=True)), strict=True):
            results.append(found)
            print(case, json.dumps(found), flush=True)
    measured: dict[str, Any] = {"n": asked.repeats}
    for name, design in product(asked.worlds, asked.designs):
        mine = [it for case, it in zip(cases, results, strict=True) if case[:2] == (name, design)]
        for at, share in enumerate(SHARES[: min(map(len, mine))]):
            row = {key: _spread([it[at][key] for it in mine]) for key in mine[0][at]}
            measured[f"{name}, {design}, {share:g} of the runs"] = row
            told = "  ".join(f"{key} {it['median']:8.3f}" for key, it in row.items())
            print(f"{name:10} {design:16} {share:5.2f}  {told}", flush=True)
    checks = list(_checks(measured, asked.worlds))
    print(write("levelset", measured, checks))
    return 0 if all(check.ok for check in checks) else 1


def _checks(measured: dict[str, Any], worlds: Sequence[str]) -> Iterator[Check]:
    """Yield what the design is for: of the basin it misses no more than others with as many runs, by both maps."""
    for name, share, overlap in product(worlds, SHARES, ("overlap", "overlap_linear")):
        row = {it: measured.get(f"{name}, {it}, {share:g} of the runs") for it in DESIGNS}
        missed = {design: round(1.0 - it[overlap]["median"], 4) for design, it in row.items() if it is not None}
        if len(missed) > 1 and "levelset" in missed:
            others = {design: it for design, it in missed.items() if design != "levelset"}
            least = min(others, key=lambda design: others[design])
            what = f"{name}, {share:g} of the runs: missed of the basin ({overlap}), beside {least}"
            yield Check(name=what, value=missed["levelset"], bound=others[least])


def _spread(values: Sequence[float]) -> dict[str, float]:
    low, high = np.percentile(values, [25, 75])
    return {"median": round(median(values), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


if __name__ == "__main__":
    sys.exit(main())
