"""Named mutants of the lease protocol: each is put into a copy of the sources, and must be caught there.

``python -m tests.mutants`` prints one line a mutant and leaves with 1 where one survived: the simulation has to break
an invariant of it, and those that name tests have to fail them too. ``--simulation`` leaves the tests out.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("basin", "search_spaces", "workers", "study", "analysis", "tests", "docs")
TESTS = "tests/contract"
WINNERS, LEVELSET = f"{TESTS}/test_winners.py", f"{TESTS}/test_levelset.py"
FAULTS = 12_000
"""As many as the simulation draws before a mutant has survived it; most die within the first hundreds."""

LONGEST = "6000"
"""Virtual seconds in which a study must end. All that were seen do, and that of the seed which a mutant is caught by
has to without it: less is waited for than where the protocol itself is looked at."""

SEED = "1"


@dataclass(frozen=True)
class Mutant:
    """A change of one text in one file, and the tests that must notice it beside the simulation, if any.

    ``too`` are further changes, where one rule stands in two places and either one alone keeps it.
    """

    name: str
    file: str
    before: str
    after: str
    tests: str = ""
    too: tuple[tuple[str, str], ...] = ()


MUTANTS = (
    # what a worker says is written by whoever holds the lease, and by nobody else
    Mutant(
        "no fence in finish",
        "study/store/results.py",
        "        trial.c.attempt == its_attempt,\n        trial.c.driver_id == driver_id,\n",
        "",
        TESTS,
        too=(("select(trial.c.id, trial.c.attempt,", "select(trial.c.id, said.c.attempt,"),),
    ),
    Mutant(
        "reports may be written twice", "study/store/results.py", ".on_conflict_do_nothing(), records", ", records"
    ),
    Mutant(
        "reports are forgotten before they are written",
        "study/drive/outbox.py",
        "        refused = self._results.report(self._driver_id, batch, patience)\n"
        "        del self._pending[: len(batch)]\n",
        "        del self._pending[: len(batch)]\n"
        "        refused = self._results.report(self._driver_id, batch, patience)\n",
    ),
    Mutant("no IMMEDIATE", "study/store/database.py", '"BEGIN IMMEDIATE" if write else "BEGIN"', '"BEGIN"', TESTS),
    # how often a trial is tried
    Mutant(
        "errors bounded with <= instead of <",
        "study/store/results.py",
        "errors + 1 < MAX_ERRORS",
        "errors + 1 <= MAX_ERRORS",
        TESTS,
    ),
    Mutant(
        "expiries bounded with > instead of >=",
        "study/store/leases.py",
        "expiries >= MAX_EXPIRIES",
        "expiries > MAX_EXPIRIES",
        TESTS,
    ),
    Mutant(
        "deadlines for progress are not kept",
        "study/drive/keeper.py",
        "stalled = leases.give_up(self._driver_id, training, patience)",
        "stalled = leases.give_up(self._driver_id, (), patience)",
    ),
    # a study has the trials that it asks for
    Mutant(
        "a slot more than the budget",
        "study/store/studies.py",
        "for seed in range(arm.trials // len(points))]",
        "for seed in range(arm.trials // len(points) + 1)]",
        TESTS,
    ),
    Mutant("every slot is the base's", "study/store/slots.py", '"arm": name,', '"arm": "base",', TESTS),
    Mutant(
        "retried trials stay in force",
        "study/store/growth.py",
        ".values(superseded=True)",
        ".values(superseded=False)",
    ),
    Mutant(
        "an extension adds seeds that are there",
        "study/store/growth.py",
        "for seed in range(seeds[name], arm.seeds)\n",
        "for seed in range(seeds[name] - 1, arm.seeds)\n",
    ),
    Mutant(
        "fresh seeds begin with one too late",
        "study/store/winners.py",
        "for seed in range(arm.seeds, arm.seeds + seeds)",
        "for seed in range(arm.seeds + 1, arm.seeds + 1 + seeds)",
        WINNERS,
    ),
    Mutant(
        "fresh seeds that are there are added again",
        "study/store/winners.py",
        " if (key, seed) not in there]",
        "]",
        WINNERS,
    ),
    Mutant(
        "fresh seeds choose the winner",
        "study/store/summaries.py",
        "trial.c.superseded.is_(False), of_study(of.specification))",
        "trial.c.superseded.is_(False))",
        WINNERS,
    ),
    Mutant(
        "fresh seeds come before everything has ended",
        "study/store/winners.py",
        "    if left:\n",
        "    if False:\n",
        WINNERS,
    ),
    Mutant(
        "who asks for fresh seeds is refused what a lost answer gave",
        "study/store/winners.py",
        "if written and written <= _slots(connection, stored):",
        "if False:",
        WINNERS,
    ),
    Mutant(
        "an extension adds fresh seeds that are there",
        "study/store/growth.py",
        "                    if (key, seed) not in there\n",
        "",
        WINNERS,
    ),
    # a slot that chooses its run gets configuration and seed on filling
    Mutant(
        "a slot that repeats a configuration skips a seed",
        "study/store/proposals.py",
        "seed, seeds = last + 1, of.specification.seeds",
        "seed, seeds = last + 2, of.specification.seeds + 1",
        LEVELSET,
    ),
    Mutant(
        "a slot that repeats a configuration keeps its own",
        "study/store/proposals.py",
        ".values(configuration_id=one, seed=seed, filled=True, options=options)",
        ".values(seed=seed, filled=True, options=options)",
        LEVELSET,
    ),
    # leases are taken from nobody who keeps them, and come back from those who do not
    Mutant(
        "leases of the living are taken",
        "study/store/leases.py",
        "if is_dead(process)]",
        "]",
    ),
    Mutant(
        "leases are taken before they run out",
        "study/store/leases.py",
        "or_(trial.c.lease_until < now,",
        "or_(trial.c.lease_until - self.lease_seconds / 2 < now,",
    ),
    Mutant(
        "leases that ran out stay with the dead",
        "study/store/leases.py",
        "free = or_(trial.c.state == State.WAITING.value, lapsed)",
        "free = trial.c.state == State.WAITING.value",
        too=(("        expired = self._expired()\n", "        return 0\n"),),
    ),
    Mutant(
        "the first error ends the renewals",
        "study/drive/keeper.py",
        "                pause = min(1.0, period) * self._clock.uniform(0.5, 1.0)",
        "                return",
        too=(("                self.renew(0.0)\n", "                raise TimeoutError\n"),),
    ),
    Mutant(
        "renewals come too late",
        "study/drive/keeper.py",
        "period = self._leases.lease_seconds / 4.0",
        "period = self._leases.lease_seconds * 1.5",
    ),
    Mutant(
        "leases of a claim without an answer are kept",
        "study/drive/keeper.py",
        "leases.release(self._driver_id, held - known - unwritten)",
        "leases.release(self._driver_id, ())",
    ),
    Mutant(
        "what a ticket left open is not given back",
        "study/drive/driver.py",
        "self._keeper.release([lease.key for lease in left])",
        "self._keeper.release([])",
    ),
    Mutant(
        "a drive ends although others still train",
        "study/drive/driver.py",
        "self._finished = not self._store.leases.unfinished(study.id)",
        "self._finished = True",
    ),
    Mutant(
        "trials are blamed for the end of their cluster",
        "study/drive/driver.py",
        "self.ended(ticket_id, None)",
        "self.ended(ticket_id, reason)",
    ),
    Mutant(
        "a drive that ends keeps its leases",
        "study/drive/driver.py",
        "                self._keeper.release_all,\n",
        "",
    ),
    Mutant(
        "a driver does not ask before it trusts",
        "study/drive/keeper.py",
        "if self._holdings.tickets and self._clock.now() > self._trusted_until:",
        "if False:",
    ),
    Mutant(
        "nobody is told what is lost",
        "study/drive/driver.py",
        "            return self._keeper.lost()",
        "            return set()",
    ),
    Mutant(
        "a worker with nothing left to do is waited for",
        "study/drive/keeper.py",
        " | self._holdings.idle(self._leases.lease_seconds)",
        "",
    ),
    Mutant(
        "trials are blamed for what was taken from their ticket",
        "study/drive/driver.py",
        "        if closed.robbed:\n",
        "        if False:\n",
    ),
    Mutant(
        "an idle driver reaps its own leases",
        "study/store/leases.py",
        "            expired = and_(expired, trial.c.driver_id != besides)\n",
        "",
    ),
    Mutant(
        "whatever is open has a deadline for progress",
        "study/drive/holdings.py",
        "{next(iter(it.open)) for it in self.tickets.values() if it.open and now >= it.begins}",
        "{key for it in self.tickets.values() if now >= it.begins for key in it.open}",
    ),
    Mutant(
        "trials whose results are unwritten are given up",
        "study/drive/keeper.py",
        "holdings.training - unwritten - holdings.lost",
        "holdings.training - holdings.lost",
    ),
    # what a driver is told is true, and what a trial counts
    Mutant(
        "whatever comes too late is accepted",
        "study/store/results.py",
        "elif one.key not in refused and not self._is_repeated(connection, driver_id, one):",
        "elif False:",
        TESTS,
    ),
    Mutant(
        "what was written already is refused",
        "study/store/results.py",
        " and not self._is_repeated(connection, driver_id, one):",
        ":",
        TESTS,
    ),
    Mutant(
        "a claim begins with the epochs of the last attempt",
        "study/store/leases.py",
        "                    epochs_done=0,\n",
        "",
    ),
    Mutant(
        "a lease that lapses into another is not counted",
        "study/store/leases.py",
        "expiries=case((_RUNNING, trial.c.expiries + 1), else_=trial.c.expiries),",
        "",
    ),
    Mutant(
        "any epoch is progress",
        "study/store/results.py",
        "expiries=case((before.scalar_subquery() < reached, 0), else_=trial.c.expiries)",
        "expiries=0",
    ),
    Mutant(
        "errors are forgotten when a trial is given back",
        "study/store/leases.py",
        "                expiries=expiries,\n",
        "                expiries=expiries,\n                errors=0,\n",
    ),
    Mutant(
        "an attempt is not counted",
        "study/store/leases.py",
        "attempt=trial.c.attempt + 1,",
        "attempt=trial.c.attempt,",
    ),
)


def mutated(mutant: Mutant, text: str) -> str:
    """Return a source with a mutant in it."""
    for before, after in ((mutant.before, mutant.after), *mutant.too):
        if text.count(before) != 1:
            raise ValueError(f"mutant {mutant.name!r}: its text must stand once in {mutant.file}")
        text = text.replace(before, after)
    return text


def copied(mutant: Mutant | None, copy: Path) -> None:
    """Write the sources into a folder, a mutant among them."""
    for folder in COPIED:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    if mutant is not None:
        file = copy / mutant.file
        file.write_text(mutated(mutant, file.read_text(encoding="utf-8")), encoding="utf-8")


def python(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the sources of a folder."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy), "BASIN_TEST_SEED": SEED},
        capture_output=True,
        text=True,
        check=False,
    )


def fails(mutant: Mutant | None, tests: str) -> bool:
    """Tell whether tests fail on a mutant, or on the sources as they are."""
    with tempfile.TemporaryDirectory(prefix="basin-mutant-") as copy:
        copied(mutant, Path(copy))
        arguments = ("-m", "pytest", "-qx", "-p", "no:cacheprovider", tests, "-k", "not postgres")
        return python(Path(copy), *arguments).returncode != 0


def broken(mutant: Mutant | None, faults: int = FAULTS) -> str | None:
    """Return the first invariant that the simulation finds broken in a mutant, or in the sources as they are."""
    with tempfile.TemporaryDirectory(prefix="basin-mutant-") as copy:
        copied(mutant, Path(copy))
        done = python(Path(copy), "-m", "tests.simulation", str(faults), "--first", "--longest", LONGEST)
        words = [line for line in done.stdout.splitlines() if line.startswith("seed ")]
        return None if done.returncode == 0 else words[0] if words else done.stderr.strip()[-200:]


def sound(found: str) -> bool:
    """Tell whether the sources as they are pass in the universe that a mutant was caught in."""
    with tempfile.TemporaryDirectory(prefix="basin-mutant-") as copy:
        copied(None, Path(copy))
        seed = found.partition(":")[0].removeprefix("seed ")
        return python(Path(copy), "-m", "tests.simulation", "--seed", seed, "--longest", LONGEST).returncode == 0


def main() -> int:
    """Try every mutant, once the sources have passed without one: what always fails catches nothing."""
    tests = "--simulation" not in sys.argv[1:]
    named = [mutant for mutant in MUTANTS if not sys.argv[1:] or not tests or mutant.name in sys.argv[1:]]
    found = broken(None, FAULTS // 6)
    if found is not None or (tests and fails(None, TESTS)):
        print(f"the sources as they are fail: {found or TESTS}")  # noqa: T201
        return 1
    survivors = 0
    for mutant in named:
        found = broken(mutant)
        if found is not None and found.startswith("seed ") and not sound(found):
            print(f"the sources as they are fail: {found}")  # noqa: T201
            return 1
        missed = tests and mutant.tests and not fails(mutant, mutant.tests)
        survivors += bool(found is None or missed)
        verdict = "SURVIVED" if found is None else f"SURVIVED {mutant.tests}" if missed else "caught"
        print(f"{verdict}: {mutant.name} ({found})", flush=True)  # noqa: T201
    print(f"mutants: {len(named) - survivors} of {len(named)} caught")  # noqa: T201
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
