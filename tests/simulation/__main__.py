"""``python -m tests.simulation [FAULTS] [--seed SEED]``: universes until so many faults were drawn, or one of a seed.

Ends with a line of totals and leaves with 1 where an invariant was broken; the seed that it names repeats the trace.
"""

import argparse
import logging
import os
import random
import signal
import sys
import time
from collections import Counter
from functools import partial
from multiprocessing import Pool

from tests.simulation.universe import LONGEST, Outcome, abandon, simulate

BATCH = 16
"""Universes between two looks at how many faults there were."""


def main() -> int:
    """Run universes."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("faults", type=int, nargs="?", default=20_000)
    parser.add_argument("--seed", type=int, help="run the universe of this seed alone, and print its trace")
    parser.add_argument("--first", action="store_true", help="end at the first violation")
    parser.add_argument("--longest", type=float, default=LONGEST, help="virtual seconds in which a study must end")
    asked = parser.parse_args()
    if asked.seed is not None:
        one = simulate(asked.seed, longest=asked.longest)
        print("\n".join(one.trace))  # noqa: T201
        print(f"seed {one.seed}: {one.digest}, {len(one.violations)} violations")  # noqa: T201
        return 1 if one.violations else 0
    first = int(os.environ.get("BASIN_TEST_SEED", random.SystemRandom().randrange(10**6)))
    total: Counter[str] = Counter()
    broken, universes, begun = 0, 0, time.monotonic()
    with Pool(os.cpu_count(), _quiet) as pool:  # whose end ends what still runs
        while total.total() < asked.faults and not (broken and asked.first):
            seeds = range(first + universes, first + universes + BATCH)
            for one in pool.imap_unordered(partial(_universe, asked.longest), seeds):
                universes += 1
                total += one.faults
                broken += len(one.violations)
                for sentence in one.violations:
                    print(f"seed {one.seed}: {sentence}", flush=True)  # noqa: T201
                if broken and asked.first:
                    break
            print(f"{total.total()} of {asked.faults} faults, {universes} universes", file=sys.stderr, flush=True)  # noqa: T201
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(total.items()))
    print(f"{universes} universes from seed {first}, {time.monotonic() - begun:.0f} s: {kinds}")  # noqa: T201
    print(f"simulation: {total.total()} faults, {broken} violations")  # noqa: T201
    return 1 if broken else 0


def _quiet() -> None:
    """Say nothing, and end when told to: an exception could be taken for a fault of the universe, and end nothing."""
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGTERM, abandon)


def _universe(longest: float, seed: int) -> Outcome:
    """Run the universe of a seed; a fourth of them lie on disk."""
    return simulate(seed, seed % 4 != 0, longest)


if __name__ == "__main__":
    sys.exit(main())
