"""Makes ``optuna-4.sql``, what an Optuna database of release 4 holds, with the Optuna of where it runs.

In an environment of its own: ``pip install "optuna>=4,<5"``, then
``python tests/unit/study/interchange/make.py tests/unit/study/interchange/optuna-4.sql``. Nothing is imported from
Basin. The file was made by Optuna 4.9.0.
"""

import math
import sqlite3
import sys
import tempfile
from pathlib import Path

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

SPACE = {
    "lr": FloatDistribution(1e-4, 1.0, log=True),
    "optimizer": CategoricalDistribution(["adam", "padam"]),
    "batch size": CategoricalDistribution([32, 64]),
    "depth": IntDistribution(1, 4),
    "nesterov": CategoricalDistribution([False, True]),
}
POINTS = [(0.01, "adam", 32, 2, False), (0.1, "padam", 64, 3, True), (0.02, "padam", 32, 1, True)]
STEPS = 3


def ask(study, point, reports=()):
    study.enqueue_trial(dict(zip(SPACE, point, strict=True)))
    trial = study.ask(SPACE)
    for step, value in enumerate(reports):
        trial.report(value, step)
    return trial


def every_state(url):
    study = optuna.create_study(study_name="Padam search #1", storage=url)
    study.tell(ask(study, POINTS[0], (3.0, 2.0, 1.5)), 1.5)
    study.tell(ask(study, POINTS[1], (3.0, 1.0, 0.5)), 0.5)
    study.tell(ask(study, POINTS[2], (5.0, 4.0)), state=optuna.trial.TrialState.PRUNED)
    study.tell(ask(study, (0.9, "adam", 64, 4, False), (9.0, math.nan)), math.nan)
    study.tell(ask(study, (0.3, "adam", 64, 1, False), (2.0,)), state=optuna.trial.TrialState.FAIL)
    study.tell(ask(study, POINTS[0], (3.5, 2.5, 1.7)), 1.7)
    study.tell(ask(study, (0.5, "padam", 32, 1, True), (7.0, 8.0, 9.0)), math.inf)
    study.tell(ask(study, (0.05, "padam", 32, 1, True), (2.0, 1.25)), 1.25)
    ask(study, (0.04, "padam", 32, 1, True), (2.0,))
    study.enqueue_trial({"lr": 0.25})


def conditional(url):
    study = optuna.create_study(study_name="conditional", storage=url, direction="maximize")
    choice, rate = {"kind": CategoricalDistribution(["sgd", "adam"])}, {"lr": SPACE["lr"]}
    momentum = {"momentum": FloatDistribution(0.0, 0.99)}
    for number, (kind, lr, extra) in enumerate([("sgd", 0.1, 0.5), ("adam", 0.001, None), ("sgd", 0.2, 0.9)]):
        study.enqueue_trial({"kind": kind, "lr": lr} | ({} if extra is None else {"momentum": extra}))
        study.tell(study.ask(choice | rate | ({} if extra is None else momentum)), 90.0 + number)


def grid(url):
    study = optuna.create_study(study_name="grid", storage=url)
    study.set_metric_names(["valid loss"])
    for lr in (0.01, 0.1, 1.0):
        for decay in (0.0, 1e-4):
            study.enqueue_trial({"lr": lr, "wd": decay})
            trial = study.ask({"lr": SPACE["lr"], "wd": FloatDistribution(0.0, 0.01)})
            study.tell(trial, (math.log10(lr) + 1.0 + 1e4 * decay) ** 2)


def two(url):
    study = optuna.create_study(study_name="two", storage=url, directions=["minimize", "maximize"])
    for x in (0.25, 0.75):
        study.enqueue_trial({"x": x})
        study.tell(study.ask({"x": FloatDistribution(0.0, 1.0)}), (x, 1.0 - x))


def main(path):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "optuna.db"
        for make in (every_state, conditional, grid, two):
            make(f"sqlite:///{file}")
        with sqlite3.connect(file) as connection:
            Path(path).write_text("\n".join(connection.iterdump()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
