"""Named mutants of the lease protocol: each is put into a copy of the sources, and the suite must catch it.

``python -m tests.mutants`` prints one line a mutant and leaves with 1 where one survived.
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


@dataclass(frozen=True)
class Mutant:
    """A change of one text in one file, and the tests that must notice it."""

    name: str
    file: str
    before: str
    after: str
    tests: str = TESTS


MUTANTS = (
    Mutant(
        "no fence in finish",
        "study/store/results.py",
        "        trial.c.attempt == its_attempt,\n        trial.c.driver_id == driver_id,\n",
        "",
    ),
    Mutant("no IMMEDIATE", "study/store/database.py", '"BEGIN IMMEDIATE" if write else "BEGIN"', '"BEGIN"'),
    Mutant(
        "errors bounded with <= instead of <",
        "study/store/results.py",
        "errors + 1 < MAX_ERRORS",
        "errors + 1 <= MAX_ERRORS",
    ),
    Mutant(
        "expiries bounded with > instead of >=",
        "study/store/leases.py",
        "expiries >= MAX_EXPIRIES",
        "expiries > MAX_EXPIRIES",
    ),
    Mutant(
        "a slot more than the budget",
        "study/store/studies.py",
        "for seed in range(arm.seeds)]",
        "for seed in range(arm.seeds + 1)]",
    ),
    Mutant("every slot is the base's", "study/store/slots.py", '"arm": name,', '"arm": "base",'),
)


def fails(mutant: Mutant | None) -> bool:
    """Tell whether the suite fails on a mutant, or on the sources as they are."""
    with tempfile.TemporaryDirectory(prefix="basin-mutant-") as name:
        copy = Path(name)
        for folder in COPIED:
            shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        if mutant is not None:
            file = copy / mutant.file
            text = file.read_text(encoding="utf-8")
            if text.count(mutant.before) != 1:
                raise SystemExit(f"mutant {mutant.name!r}: its text must stand once in {mutant.file}")
            file.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
        tests = TESTS if mutant is None else mutant.tests
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", tests, "-k", "not postgres"],
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode != 0


def main() -> int:
    """Try every mutant, once the suite has passed on a copy without one: what always fails catches nothing."""
    if fails(None):
        print("the suite fails on a copy of the sources as they are")  # noqa: T201
        return 1
    survivors = 0
    for mutant in MUTANTS:
        caught = fails(mutant)
        survivors += not caught
        print(f"{'caught' if caught else 'SURVIVED'}: {mutant.name}", flush=True)  # noqa: T201
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
