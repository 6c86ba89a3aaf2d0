"""What the report of a study of 1,000 trials takes, alone in its store and among a million trials of other studies.

``python -m benchmarks.report [OTHERS]`` on SQLite: whole commands, start and imports included, taking turns; medians.
The study has 20 learning rates, 10 values of p, 5 seeds and 30 epochs; its values are those of a tilted valley with
noise, as no training is measured here.
"""

from __future__ import annotations

import math
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import Connection, text

from benchmarks.million import fill
from benchmarks.record import Check, write
from search_spaces.validation import loads
from study.store import Store

REPEATS = 5

SECONDS, RATIO = 10.0, 2.0
"""What the report of the study may take where it lies alone, and how many times that among the others."""

NAME, EPOCHS = "thousand", 30

DOCUMENT = f"""
name: {NAME}
task: {{dataset: digits, network: mlp, remainder: keep}}
optimizer: {{name: padam, variant: torch}}
epochs: {EPOCHS}
space: {{lr: {{low: 1e-4, high: 1, log: true, points: 20}}, p: {{low: 0, high: 0.5, points: 10}}}}
seeds: 5
"""


TRAINED = """
    UPDATE trial SET state = 'complete', attempt = 1, started_at = 2, finished_at = 3, seconds = 1.5,
        epochs_done = epochs, train_loss_final = 0.5, test_error_final = :value, test_error_min = :value,
        test_error_mean_last5 = :value, value_final = :value, value_min = :value, value_mean_last5 = :value
    WHERE study_id = :study AND number = :number
"""

ATTEMPTS = """
    INSERT INTO attempt (trial_id, attempt, driver_id, started_at, ended_at, ending, seconds)
    SELECT id, 1, 'bench', 2, 3, 'complete', 1.5 FROM trial WHERE study_id = :study
"""

CURVES = """
    INSERT INTO epoch (trial_id, attempt, epoch, train_loss, test_error, lr, p, seconds)
    SELECT id, 1, :epoch, 0.5, :value, 0.1, 0.125, 0.5 FROM trial WHERE study_id = :study AND number = :number
"""


def main(others: int) -> int:
    """Measure and write the record."""
    with tempfile.TemporaryDirectory(prefix="basin-report-") as made:
        folder = Path(made)
        alone, among = folder / "alone.db", folder / "among.db"
        with Store(str(alone), create=True) as store:
            _add(store)
        with Store(str(among), check_schema=False, create=True) as store:
            store.database.write(lambda connection: fill(store, connection, others))
            store.upgrade()
        with Store(str(among)) as store:
            _add(store)
            with store.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("ANALYZE"))
        times: dict[Path, list[float]] = {alone: [], among: []}
        for number in range(REPEATS + 1):
            for place, taken in times.items():
                seconds = _reported(place, folder / place.stem)
                if number:  # the first reads the files of the libraries from disk
                    taken.append(seconds)
    apart, together = (statistics.median(times[it]) for it in (alone, among))
    measured = {
        "others": others,
        "repeats": REPEATS,
        "alone_s": round(apart, 2),
        "among_s": round(together, 2),
        "all_s": {it.stem: [round(one, 2) for one in found] for it, found in times.items()},
    }
    print(measured)
    checks = [
        Check(name="alone_s", value=round(apart, 2), bound=SECONDS),
        Check(name="among to alone", value=round(together / apart, 3), bound=RATIO),
    ]
    print(write("report", measured, checks))
    return 0 if all(check.ok for check in checks) else 1


def _reported(store: Path, out: Path) -> float:
    basin = Path(sys.executable).with_name("basin")
    command: list[Path | str] = [basin, "report", NAME, "--store", store, "--out", out, "--force"]
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    return time.perf_counter() - begun


def _add(store: Store) -> None:
    """Add the study, finished."""
    study, _ = store.studies.create(loads(DOCUMENT), "0")
    chance = random.Random(1)  # noqa: S311
    trials, epochs = [], []
    for row in list(store.queries.trials(study.id, columns=("number", "lr", "p", "seed"))):
        best = -3.0 + 4.0 * row["p"]
        level = 5.0 + 4.0 * (math.log10(row["lr"]) - best) ** 2 + chance.gauss(0.0, 0.4)
        trials.append({"study": study.id, "number": row["number"], "value": min(level, 90.0)})
        epochs += [
            {"study": study.id, "number": row["number"], "epoch": n, "value": min(90.0, level + 40.0 / n)}
            for n in range(1, EPOCHS + 1)
        ]

    def work(connection: Connection) -> None:
        connection.execute(text("INSERT INTO driver VALUES ('bench', 'node1', 1, 1, 1, 1)"))
        connection.execute(text(TRAINED), trials)
        connection.execute(text(ATTEMPTS), {"study": study.id})
        connection.execute(text(CURVES), epochs)

    store.database.write(work)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
