"""What a specification must be: one broken rule, one fault, at its place."""

from __future__ import annotations

import pytest

from search_spaces.errors import SpecificationError
from search_spaces.validation import validate
from tests.unit.search_spaces.common import GONE, faults_of, paths_of, specification, study

RANDOM = ("design", {"name": "random", "configurations": 5})
RANGE = {"low": 0.01, "high": 1.0}

# Each row: the changes to a valid study, the path of the one fault, words of its message.
FAULTS = [
    # keys
    ([("nam", 1)], "nam", "unknown key; did you mean 'name'?"),
    ([("zzz", 1)], "zzz", "unknown key; known: name, task, epochs"),
    ([("name", GONE)], "name", "is required"),
    ([("task", GONE)], "task", "is required"),
    ([("epochs", GONE)], "epochs", "is required"),
    ([("space", GONE)], "space", "is required"),
    ([("task.dataset", GONE)], "task.dataset", "is required"),
    ([("task.network", GONE)], "task.network", "is required"),
    ([("task.batchsize", 3)], "task.batchsize", "did you mean 'batch_size'?"),
    ([("optimizer.weightdecay", 3)], "optimizer.weightdecay", "did you mean 'weight_decay'?"),
    ([("schedule.milestone", [1])], "schedule.milestone", "did you mean 'milestones'?"),
    ([("design.configuration", 3)], "design.configuration", "did you mean 'configurations'?"),
    ([("objective.statistics", "min")], "objective.statistics", "did you mean 'statistic'?"),
    ([("resources.cpu", 1)], "resources.cpu", "did you mean 'cpus'?"),
    ([("space.lr", {**RANGE, "points": 3, "logg": True})], "space.lr.logg", "did you mean 'log'?"),
    ([("space.lr.value", [1])], "space.lr.value", "did you mean 'values'?"),
    # types
    ([("task", None)], "task", "must be a mapping of keys to values, got None"),
    ([("task", [])], "task", "must be a mapping of keys to values"),
    ([("optimizer", "padam")], "optimizer", "must be a mapping of keys to values, got 'padam'"),
    ([("space", None)], "space", "must be a mapping of keys to values"),
    ([("space", [])], "space", "must be a mapping of keys to values"),
    ([("space.lr", 0.1)], "space.lr", "got 0.1; write {values: [0.1]}, or fix it under `optimizer`"),
    ([("space.lr", [0.1])], "space.lr", "must be a mapping of keys to values, got [0.1]; write {values: [0.1]}"),
    ([("space.p", [0, 0.125])], "space.p", "got [0, 0.125]; write {values: [0, 0.125]}"),
    ([("space.p", [0.1] * 9)], "space.p", "; write {values: [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, …]}"),
    ([("space.lr", None)], "space.lr", "must be a mapping of keys to values"),
    ([("name", 3)], "name", "must be text, got 3"),
    ([("epochs", "3")], "epochs", "must be a whole number, got '3'"),
    ([("epochs", 3.0)], "epochs", "must be a whole number, got 3.0"),
    ([("epochs", 2.5)], "epochs", "must be a whole number, got 2.5"),
    ([("epochs", True)], "epochs", "must be a whole number, got True"),
    ([("epochs", None)], "epochs", "must be a whole number, got None"),
    ([("seeds", 2.5)], "seeds", "must be a whole number"),
    ([("task.dataset", 3)], "task.dataset", "must be text"),
    ([("task.batch_size", "64")], "task.batch_size", "must be a whole number"),
    ([("optimizer.amsgrad", "no")], "optimizer.amsgrad", "must be true or false, got 'no'"),
    ([("optimizer.lr", "0.1")], "optimizer.lr", "must be a number, got '0.1'"),
    ([("optimizer.lr", True)], "optimizer.lr", "must be a number, got True"),
    ([("optimizer.eps", float("nan"))], "optimizer.eps", "must be finite, got nan"),
    ([("optimizer.betas", 0.9)], "optimizer.betas", "must be a list"),
    ([("optimizer.betas", [0.9, "a"])], "optimizer.betas[1]", "must be a number"),
    ([("optimizer.betas", [0.9])], "optimizer.betas[1]", "is required"),
    ([("optimizer.betas", [0.9, 0.9, 0.9])], "optimizer.betas", "at most 2"),
    ([("schedule.milestones", 3), ("schedule.name", "multistep")], "schedule.milestones", "must be a list"),
    ([("space.lr", {"values": 0.1})], "space.lr.values", "must be a list, got 0.1"),
    ([("space.lr", {"values": [0.1, None]})], "space.lr.values[1]", "must be a number, got None"),
    ([("space.lr", {"values": [0.1, "a"]})], "space.lr.values[1]", "must be a number, got 'a'"),
    ([("space.lr", {"values": [float("inf")]})], "space.lr.values[0]", "must be finite"),
    ([("space.lr", {"values": []})], "space.lr.values", "at least 1"),
    ([("space.lr", {**RANGE, "points": "3"})], "space.lr.points", "must be a whole number"),
    ([("space.lr", {**RANGE, "points": 3, "log": "yes"})], "space.lr.log", "must be true or false"),
    ([("space.lr", {"high": 1.0, "points": 3})], "space.lr.low", "is required"),
    ([("space.lr", {"values": [0.1], "low": 1.0})], "space.lr.low", "unknown key"),
    ([("summary", "x" * 1001)], "summary", "at most 1000"),
    # ranges of plain numbers
    ([("epochs", 0)], "epochs", "must be greater than or equal to 1, got 0"),
    ([("epochs", 100_001)], "epochs", "must be less than or equal to 100000"),
    ([("seeds", 0)], "seeds", "must be greater than or equal to 1"),
    ([("seeds", 1001)], "seeds", "must be less than or equal to 1000"),
    ([("task.batch_size", 0)], "task.batch_size", "batch_size must lie in [1, 65536], got 0"),
    ([("task.subset", 0)], "task.subset", "subset must lie in [1, inf), got 0"),
    ([("task.validation", -1)], "task.validation", "validation must lie in [0, inf), got -1"),
    (
        [("schedule", {"name": "multistep", "milestones": [1], "gamma": 0})],
        "schedule.gamma",
        "gamma must lie in (0, inf), got 0.0",
    ),
    ([("design", {"name": "random", "configurations": 0})], "design.configurations", "must be greater than or equal"),
    ([("design.seed", -1)], "design.seed", "must be greater than or equal to 0"),
    ([("resources.cpus", 0)], "resources.cpus", "must be greater than or equal to 1"),
    ([("resources.gpus", -0.5)], "resources.gpus", "must be greater than or equal to 0"),
    ([("space.lr", {**RANGE, "points": 1})], "space.lr.points", "must be greater than or equal to 2"),
    # names
    *[
        ([("name", name)], "name", "must be 1 to 64 of a-z 0-9 . _ -")
        for name in ("", "A", "a b", "-a", ".a", "a/b", "a" * 65, "é", "a\n", "a\x1b")
    ],
    ([("task.dataset", "digit")], "task.dataset", "unknown dataset 'digit'; did you mean 'digits'?"),
    ([("task.network", "rsnet8")], "task.network", "did you mean 'resnet8'?"),
    ([("task.augmentation", "crop4flip")], "task.augmentation", "did you mean 'crop4-flip'?"),
    ([("schedule.name", "cosin")], "schedule.name", "did you mean 'cosine'?"),
    ([("optimizer.name", "padm")], "optimizer.name", "unknown name 'padm'; did you mean 'padam'?"),
    ([("optimizer.variant", "author")], "optimizer.variant", "did you mean 'authors'?"),
    (
        [("optimizer", {"name": "sgd", "variant": "torch"})],
        "optimizer.variant",
        "is no option of sgd; known: name, lr, momentum",
    ),
    ([("optimizer.decay", "normalized")], "optimizer.decay", "did you mean 'normalised'?"),
    (
        [("optimizer", {"name": "adamw", "decay": "x"})],
        "optimizer.decay",
        "unknown decay 'x'; known: decoupled-lr, l2, ",
    ),
    ([("optimizer.decay_on", "kernel")], "optimizer.decay_on", "did you mean 'kernels'?"),
    ([("objective.statistic", "mean_last")], "objective.statistic", "did you mean 'mean_last5'?"),
    ([("objective.split", "tset")], "objective.split", "did you mean 'test'?"),
    ([("task.remainder", "kep")], "task.remainder", "did you mean 'keep'?"),
    ([("task.remainder", "drop")], "task.remainder", "unknown remainder 'drop'; known: join, keep"),
    ([("design.name", "grd")], "design.name", "unknown name 'grd'; did you mean 'grid'?"),
    # one thing against another
    (
        [("task.dataset", {"name": "image-folder", "classes": 3, "size": 16}), ("task.network", "vgg16-bn")],
        "task.network",
        "vgg16-bn must have images of at least 32x32 pixels, got 16x16 of image-folder",
    ),
    ([("task.dataset", {"name": "moon"})], "task.dataset.name", "did you mean 'moons'?"),
    ([("task.dataset", {"name": "digits", "noise": 1.0})], "task.dataset.noise", "is no option of digits"),
    ([("task.dataset", {"name": "moons", "noise": -1.0})], "task.dataset.noise", "noise must lie in [0, 1000000]"),
    ([("task.dataset", {"name": "image-folder", "classes": 1})], "task.dataset.classes", "must lie in [2, 1000000]"),
    ([("task.dataset", {"noise": 1.0})], "task.dataset.name", "is required"),
    (
        [("task.network", "vgg16-bn")],
        "task.network",
        "vgg16-bn must have images of at least 32x32 pixels, got 8x8 of digits",
    ),
    (
        [("task.network", {"name": "torchvision-googlenet"})],
        "task.network",
        "torchvision-googlenet must have images of at least 15x15 pixels, got 8x8 of digits",
    ),
    (
        [("task.network", {"name": "vgg16-bn", "linear_layers": 3}), ("task.dataset", "cifar10")],
        "task.network.linear_layers",
        "linear_layers must lie in [1, 2], got 3",
    ),
    ([("task.network", {"name": "resnet20", "shortcut": "none"})], "task.network.shortcut", "projection, padding"),
    ([("task.subset", 900)], "task.subset", "must be at most the 899 training images, got 900"),
    ([("task.validation", 899)], "task.validation", "must leave training images: fewer than 899, got 899"),
    ([("task.subset", 100), ("task.validation", 100)], "task.validation", "fewer than 100, got 100"),
    ([("task.batch_size", 900)], "task.batch_size", "must be at most the number of training images, 899, got 900"),
    ([("task.subset", 100)], "task.batch_size", "training images, 100, got 128; `remainder: keep`"),
    ([("task.subset", 200), ("task.validation", 73)], "task.batch_size", "training images, 127, got 128"),
    ([("objective.split", "validation")], "objective.split", "set task.validation"),
    ([("schedule", {"name": "cosine", "milestones": [2]})], "schedule.milestones", "is no option of cosine"),
    ([("schedule", {"name": "constant", "gamma": 0.5})], "schedule.gamma", "is no option of constant"),
    *[
        (
            [("schedule", {"name": "multistep", "milestones": marks})],
            "schedule.milestones",
            "must be ascending epochs",
        )
        for marks in ([], [0, 1], [-1], [2, 2], [3, 1])
    ],
    ([("schedule.name", "multistep")], "schedule.milestones", "must be ascending epochs"),
    (
        [("schedule", {"name": "multistep", "milestones": [4]})],
        "schedule.milestones",
        "must lie before epoch 4, got 4",
    ),
    ([("task.network", {"width": 3})], "task.network.name", "is required"),
    ([("task.network", {"name": "mpl"})], "task.network.name", "did you mean 'mlp'?"),
    ([("task.network", {"name": 3})], "task.network.name", "must be text, got 3"),
    ([("task.network", {"name": "mlp", "widht": 3})], "task.network.widht", "did you mean 'width'?"),
    ([("task.network", {"name": "mlp", "width": 0})], "task.network.width", "width must lie in [1, 65536], got 0"),
    ([("task.network", {"name": "mlp", "width": 1.5})], "task.network.width", "must be a whole number, got 1.5"),
    ([("task.network", {"name": "resnet8", "width": 3})], "task.network.width", "is no option of resnet8"),
    ([("task.network", ["mlp"])], "task.network", "must be text, got ['mlp']"),
    ([("network", "mlp")], "network", "unknown key"),
    ([("schedules", 3)], "schedules", "must be a mapping of keys to values, got 3"),
    ([("schedules.p", "cosine")], "schedules.p", "must be a mapping of keys to values, got 'cosine'"),
    ([("schedules.p.name", "cosin")], "schedules.p.name", "did you mean 'cosine'?"),
    ([("schedules.p", {"name": "cosine", "gamma": 0.5})], "schedules.p.gamma", "is no option of cosine"),
    (
        [("schedules.p", {"name": "multistep", "milestones": [4]})],
        "schedules.p.milestones",
        "must lie before epoch 4, got 4",
    ),
    ([("optimizer", {"name": "adam", "amsgrad": False})], "optimizer.amsgrad", "is no option of adam"),
    ([("optimizer", {"betas": [0.9, 0.99], "beta1": 0.9})], "optimizer.betas", "stands beside beta1 or beta2"),
    ([("optimizer", {"betas": [0.9, 0.99], "beta2": 0.9})], "optimizer.betas", "stands beside beta1 or beta2"),
    ([("optimizer.momentum", 0.9)], "optimizer.momentum", "is no option of padam"),
    ([("optimizer", {"name": "sgd", "p": 0.1})], "optimizer.p", "is no option of sgd"),
    ([("optimizer.p", 0.6)], "optimizer.p", "p must lie in [0, 0.5], got 0.6"),
    ([("optimizer.lr", 0)], "optimizer.lr", "lr must lie in (0, inf)"),
    ([("optimizer.eps", -1e-8)], "optimizer.eps", "eps must lie in [0, inf)"),
    ([("optimizer.weight_decay", -1)], "optimizer.weight_decay", "weight_decay must lie in [0, inf)"),
    ([("optimizer.beta1", 1.0)], "optimizer.beta1", "beta1 must lie in [0, 1)"),
    ([("optimizer.betas", [0.9, 1.0])], "optimizer.betas", "beta2 must lie in [0, 1), got 1.0"),
    ([("optimizer", {"name": "sgd", "momentum": 1.0})], "optimizer.momentum", "momentum must lie in [0, 1)"),
    # the space
    ([("space", {})], "space", "must vary at least one hyperparameter, got none"),
    ([("space.learning_rate", {"values": [1]})], "space.learning_rate", "is nothing that can be varied here; "),
    ([("space.weight_deca", {"values": [1]})], "space.weight_deca", "did you mean 'weight_decay'?"),
    ([("optimizer.name", "sgd"), ("space.p", {"values": [0.1]})], "space.p", "is nothing that can be varied here; "),
    ([("space.p", {"values": [0.1, 0.6]})], "space.p.values[1]", "p must lie in [0, 0.5], got 0.6"),
    ([("space.p", {"low": 0.1, "high": 0.6, "points": 3})], "space.p.high", "p must lie in [0, 0.5], got 0.6"),
    ([("space.p", {"low": -0.1, "high": 0.5, "points": 3})], "space.p.low", "p must lie in [0, 0.5], got -0.1"),
    ([("space.lr", {"low": 1.0, "high": 0.1, "points": 3})], "space.lr", "low < high must hold, got low=1, high=0.1"),
    ([("space.lr", {"low": 1.0, "high": 1.0, "points": 3})], "space.lr", "low < high must hold"),
    (
        [("space.p", {"low": 0.0, "high": 0.5, "log": True, "points": 3})],
        "space.p",
        "low > 0 must hold with log: true",
    ),
    ([("space.lr.values", [0.1, 0.1])], "space.lr", "must differ at 12 significant digits"),
    ([("space.lr.values", [0.3, 0.1 + 0.2])], "space.lr", "must differ at 12 significant digits"),
    ([("space.task.batch_size", {"values": [32.0]})], "space.task.batch_size.values[0]", "must be a whole number"),
    (
        [("space.task.batch_size", {"values": [32, 32]})],
        "space.task.batch_size",
        "values must differ at 12 significant digits, got [32]",
    ),
    (
        [("space.task.batch_size", {"values": [0]})],
        "space.task.batch_size.values[0]",
        "must lie in [1, 65536], got 0",
    ),
    (
        [("space.task.batch_size", {"values": [32, 900]})],
        "space.task.batch_size",
        "must be at most the number of training images, 899, got 900",
    ),
    (
        [("space.batch_size", {"low": 1.5, "high": 8, "points": 2})],
        "space.batch_size.low",
        "must be a whole number, got 1.5",
    ),
    (
        [("space.batch_size", {"low": 1, "high": 3, "points": 9})],
        "space.batch_size",
        "points must be fewer: some of 9 fall together",
    ),
    (
        [("space.decay", {"values": ["l2", "l3"]})],
        "space.decay.values[1]",
        "unknown decay 'l3'; known: l2, decoupled-lr",
    ),
    ([("space.decay", {"values": ["l2", "l2"]})], "space.decay", "must differ, got ['l2'] more than once"),
    ([("space.decay", {"values": []})], "space.decay.values", "at least 1"),
    ([("space.decay", {"values": [["l2"]]})], "space.decay.values[0]", "must be text, got ['l2']"),
    (
        [("space.amsgrad", {"values": ["true"]})],
        "space.amsgrad.values[0]",
        "must be true or false, got 'true'",
    ),
    (
        [("space.task.subset", {"low": 1, "high": 10**400, "points": 2})],
        "space.task.subset.high",
        "must be less than or equal to",
    ),
    # at every combination of what varies of the task
    (
        [
            ("space.task.subset", {"values": [200, 400]}),
            ("space.task.validation", {"values": [100, 300]}),
            ("task.batch_size", 10),
        ],
        "space.task.validation",
        "must leave training images: fewer than 200, got 300",
    ),
    (
        [
            ("task.remainder", "keep"),
            ("space.task.remainder", {"values": ["join", "keep"]}),
            ("space.batch_size", {"values": [64, 2000]}),
        ],
        "space.task.batch_size",
        "at most the number of training images, 899, got 2000",
    ),
    (
        [
            ("space.task.validation", {"values": [0, 100]}),
            ("objective.split", "validation"),
            ("task.validation", 100),
        ],
        "objective.split",
        "set task.validation",
    ),
    # counted
    (
        [("space", {"batch_size": {"low": 1, "high": 3}}), ("design", {"name": "tpe", "configurations": 5})],
        "design.configurations",
        "must be at most the 3 distinct points of the space, got 5",
    ),
    ([("space.decay", {})], "space.decay.values", "is required"),
    (
        [("space.amsgrad", {"values": [True, "no"]})],
        "space.amsgrad.values[1]",
        "must be true or false, got 'no'",
    ),
    ([("space.optimizer.lr", {"values": [1.0]})], "space.optimizer.lr", "is lr, which the space varies already"),
    ([("space.task.network", {"values": ["mlp"]})], "space.task.network", "is nothing that can be varied here; "),
    ([("space.schedule.gamma", {"values": [0.5]})], "space.schedule.gamma", "is nothing that can be varied here; "),
    (
        [
            ("schedules.p", {"name": "multistep", "milestones": [1]}),
            ("space.schedules.p.gamma", {"values": [0.5, 2.0]}),
        ],
        "space.schedules.p.gamma",
        "must be at most 1, or p leaves its range, got 2",
    ),
    # the design
    ([("design.configurations", 5)], "design.configurations", "is counted by the space of a grid; leave it out"),
    ([("space.lr", RANGE)], "space.lr.points", "is required in a grid; or give `values`"),
    *[
        ([("design.name", name)], "design.configurations", f"is required by design {name}, such as 50")
        for name in ("random", "sobol", "tpe", "gp", "levelset")
    ],
    (
        [("space.lr", RANGE), ("design", {"name": "gp", "configurations": 501})],
        "design.configurations",
        "must give at most 500 configurations with design gp, whose model takes no more, got 501",
    ),
    (
        [("space.lr", RANGE), ("design", {"name": "levelset", "configurations": 667})],
        "design.configurations",
        "must give at most 2,000 trials of an arm with design levelset, whose model takes no more, got 2,001",
    ),
    ([RANDOM], "design.configurations", "must be at most the 2 distinct points of the space, got 5"),
    (
        [("space.lr", {**RANGE, "points": 10_000}), ("space.p", {"low": 0, "high": 0.5, "points": 101})],
        "space",
        "must give at most 1,000,000 trials, got 3,030,000",
    ),
    (
        [("space.lr", RANGE), ("design", {"name": "random", "configurations": 500_000})],
        "space",
        "must give at most 1,000,000 trials, got 1,500,000",
    ),
]


@pytest.mark.parametrize(("changes", "path", "words"), FAULTS, ids=lambda value: str(value)[:60])
def test_a_broken_rule_is_one_fault_at_its_place(changes, path, words):
    faults = faults_of(study(*changes))
    assert [place for place, _ in faults] == [path]
    assert words in faults[0][1]


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [("optimizer", {})],
        [("name", "0" + "a.b_c-" * 10)],
        [("task.subset", 899)],
        [("task.batch_size", 899)],
        [("task.subset", 200), ("task.validation", 72)],
        [("task.subset", 100), ("task.validation", 99), ("task.batch_size", 1)],
        [("task.subset", 100), ("task.remainder", "keep")],
        [("task.validation", 1), ("objective.split", "validation")],
        [("schedule", {"name": "multistep", "milestones": [1, 3]})],
        [("schedule", {"name": "constant", "gamma": 0.1, "milestones": []})],
        [("optimizer", {"name": "adamw", "decay": "decoupled-lr"})],
        [("optimizer", {"name": "sgd", "amsgrad": True})],
        [("optimizer", {"name": "sgd", "p": None, "betas": None, "momentum": None})],
        [("task.subset", None), ("task.batch_size", None)],
        [("schedules", {"lr": {"name": "cosine"}, "p": {"name": "multistep", "milestones": [1]}})],
        [("schedules", {})],
        [("task.subset", 100), ("space.batch_size", {"values": [16, 32]})],
        [("task.batch_size", 2000), ("space.task.remainder", {"values": ["keep"]})],
        [("space.task.subset", {"values": [100, 200]}), ("space.batch_size", {"values": [16, 32]})],
        [("space.task.validation", {"values": [50, 100]}), ("objective.split", "validation")],
        [("space", {"batch_size": {"low": 1, "high": 3}}), ("design", {"name": "tpe", "configurations": 3})],
        [("optimizer.p", 0), ("space.p", {"values": [0.5]})],
        [("space.lr", {"low": 1, "high": 10, "points": 2})],
        [("space.lr", {"values": [1]})],
        [("space.lr", RANGE), RANDOM],
        [("design", {"name": "sobol", "configurations": 2})],
        [("summary", "x" * 1000)],
        [("resources.gpus", 1)],
        [("seeds", 1000), ("epochs", 100_000)],
    ],
    ids=str,
)
def test_what_the_rules_allow_is_accepted(changes):
    specification(*changes)


@pytest.mark.parametrize("raw", [None, True, "0.1", [], ["0.1"], [0.1, None], [[0.1]], float("inf"), 10**400])
def test_no_domain_is_made_of_what_holds_no_numbers(raw):
    ((path, message),) = faults_of(study(("space.lr", raw)))
    assert path == "space.lr"
    assert message.startswith("must be a mapping of keys to values, got ")
    assert "write" not in message


def test_no_domain_is_made_of_what_is_no_domain():
    assert "write" not in str(faults_of(study(("space", [0.1]), ("seeds", [3]), ("task", 3))))


def test_faults_within_one_section_come_together():
    document = study(("task", {"dataset": "digit", "network": "mpl", "batch_size": 0, "shuffle": True}))
    assert paths_of(document) == {"task.dataset", "task.network", "task.batch_size", "task.shuffle"}


def test_faults_across_sections_come_together():
    document = study(
        ("name", "A"),
        ("task.network", "mpl"),
        ("epochs", 0),
        ("optimizer", {"nam": "x", "eps": -1}),
        ("space", {"l": {"values": [1]}, "p": {"values": [0.7, 0.1]}}),
        ("schedule", {"name": "cosine", "gamma": 0.5}),
        ("objective.split", "validation"),
        ("seeds", "3"),
        ("extra", 1),
    )
    assert paths_of(document) == {
        "name",
        "task.network",
        "epochs",
        "optimizer.nam",
        "optimizer.eps",
        "space.l",
        "space.p.values[0]",
        "schedule.gamma",
        "objective.split",
        "seeds",
        "extra",
    }


def test_an_empty_document_lacks_everything_required():
    assert paths_of({}) == {"name", "task", "epochs", "space"}


def test_every_fault_stands_in_one_message():
    with pytest.raises(SpecificationError, match=r"(?s)has 2 faults:\n  epochs.*\n  name"):
        validate(study(("name", "A"), ("epochs", 0)))


def test_no_fault_is_told_twice():
    faults = faults_of(study(("space", {"lr": {"low": 1.0, "high": 0.1}, "q": 3})))
    assert len(set(faults)) == len(faults)


@pytest.mark.parametrize(
    "changes",
    [
        [("space.lr", RANGE), ("design", {"name": "randm", "configurations": 5})],
        [("design", {"name": 3, "configurations": 5})],
        [("optimizer", {"name": 3, "momentum": 0.9})],
        [("schedule", {"name": 3, "milestones": [1]})],
    ],
    ids=str,
)
def test_a_section_whose_name_is_wrong_is_not_judged_by_the_default(changes):
    assert len(faults_of(study(*changes))) == 1


@pytest.mark.parametrize(
    "changes",
    [
        [("space.beta2", {"values": [0.9, 0.9999999999999]})],
        [("space.beta2", {"low": 0.9, "high": 0.9999999999999, "points": 3})],
        [("optimizer.beta2", 0.9999999999999)],
        [("optimizer.betas", [0.9, 0.9999999999999])],
    ],
    ids=str,
)
def test_a_value_that_leaves_its_range_at_twelve_digits_is_a_fault(changes):
    assert faults_of(study(*changes))


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_more_configurations_than_a_narrow_range_holds_are_a_fault(design):
    narrow = {"low": 1.0, "high": 1.00000000001}
    assert faults_of(study(("space", {"lr": narrow}), ("design", {"name": design, "configurations": 50})))
