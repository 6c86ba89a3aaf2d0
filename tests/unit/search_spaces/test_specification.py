from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from search_spaces.arm import CHANGED_DEFAULTS
from search_spaces.designs import drawn
from search_spaces.errors import SpecificationError
from search_spaces.identity import differences
from search_spaces.validation import validate
from tests.unit.search_spaces.common import OLD, specification, study

# -- defaults and derived values


def test_what_a_study_leaves_out_has_a_default():
    given = specification()
    assert (given.base.optimizer.name, given.base.schedule.name, given.design.name, given.seeds) == (
        "padam",
        "constant",
        "grid",
        3,
    )
    assert (given.objective.statistic, given.objective.split) == ("final", "test")
    assert (given.base.task.batch_size, given.base.task.augmentation, given.resources.cpus) == (128, "none", 1)
    assert given.base.task.remainder == "join"


def test_trials_are_configurations_times_seeds():
    assert specification(("seeds", 4)).trials == 8


def test_a_drawn_design_counts_its_configurations():
    given = specification(("design", {"name": "random", "configurations": 2}))
    assert (given.configurations, given.trials) == (2, 6)


@pytest.mark.parametrize(
    ("optimizer", "variant", "decay"),
    [
        ({}, "torch", "l2"),
        ({"variant": "paper", "decay": "normalised"}, "paper", "normalised"),
        ({"name": "sgd"}, None, "l2"),
        ({"name": "adamw"}, None, "decoupled-lr"),
    ],
)
def test_the_forms_in_force_are_those_written_or_the_first_declared(optimizer, variant, decay):
    given = specification(("optimizer", optimizer))
    assert (given.base.variant, given.base.decay) == (variant, decay)


def test_a_configuration_wins_over_the_document_and_the_document_over_the_default():
    given = specification(("optimizer", {"lr": 5.0, "beta2": 0.99, "eps": 1e-4}))
    assert given.base.hyperparameters({"lr": 0.1}) == {
        "lr": 0.1,
        "p": 0.125,
        "beta1": 0.9,
        "beta2": 0.99,
        "eps": 1e-4,
        "weight_decay": 0.0,
    }


def test_betas_are_short_for_beta1_and_beta2():
    values = specification(("optimizer.betas", [0.8, 0.95])).base.hyperparameters({"lr": 0.1})
    assert (values["beta1"], values["beta2"]) == (0.8, 0.95)


def test_hyperparameters_have_twelve_significant_digits():
    assert specification(("optimizer.weight_decay", 1 / 3)).base.hyperparameters({})["weight_decay"] == 0.333333333333


def test_a_specification_is_frozen():
    with pytest.raises(ValidationError):
        specification().seeds = 5


# -- warnings


@pytest.mark.parametrize(
    ("epochs", "words"),
    [
        (2, "is the mean of all 2 epochs, "),
        (5, "is the mean of all 5 epochs, "),
        (6, "is the mean of the last 5 of 6 epochs, "),
        (9, "is the mean of the last 5 of 9 epochs, "),
    ],
)
def test_a_mean_over_the_beginning_of_the_curve_is_warned_of(epochs, words):
    (warning,) = specification(("epochs", epochs), ("objective.statistic", "mean_last5")).warnings()
    assert words in warning


@pytest.mark.parametrize(
    ("epochs", "statistic"), [(1, "mean_last5"), (10, "mean_last5"), (2, "final"), (2, "min"), (100, "mean_last5")]
)
def test_nothing_else_is_warned_of(epochs, statistic):
    assert specification(("epochs", epochs), ("objective.statistic", statistic)).warnings() == []


# -- round trip

STUDIES = [
    (),
    (("optimizer", {"betas": [0.9, 0.99], "decay": "normalised", "weight_decay": 0.1, "amsgrad": False}),),
    (("schedule", {"name": "multistep", "milestones": [1, 3], "gamma": 0.5}),),
    (("space", {"lr": {"low": 1e-3, "high": 1, "log": True}}), ("design", {"name": "sobol", "configurations": 9})),
    (("optimizer", {"name": "sgd", "momentum": 0.5}), ("task.validation", 100), ("objective.split", "validation")),
    (("task.subset", 500), ("resources", {"cpus": 2, "gpus": 0.25}), ("summary", "a word: or two")),
    (("task.remainder", "keep"),),
    (("schedules.p", {"name": "multistep", "milestones": [1, 2], "gamma": 0.5}),),
]


@pytest.mark.parametrize("changes", STUDIES)
def test_the_document_of_a_specification_is_that_specification(changes):
    given = specification(*changes)
    assert validate(given.document()) == given


@pytest.mark.parametrize("changes", STUDIES)
def test_the_document_survives_json(changes):
    given = specification(*changes)
    again = validate(json.loads(json.dumps(given.document())))
    assert (again, again.hash()) == (given, given.hash())


# -- identity


@pytest.mark.parametrize(
    "changes",
    [
        (("resources", {"cpus": 8, "gpus": 1.0}),),
        (("summary", "other words"),),
        (("space.lr.values", [0.1, 0.01]),),
        (("seeds", 3),),
        (("optimizer", {"name": "padam"}),),
        (("optimizer.variant", "torch"),),
        (("optimizer.decay", "l2"),),
        (("optimizer.betas", [0.9, 0.999]),),
        (("optimizer.p", 0.125),),
        (("optimizer.lr", 7.0),),
        (("optimizer.weight_decay", 0),),
        (("task.subset", None),),
        (("schedule", {"name": "constant"}),),
    ],
    ids=str,
)
def test_what_changes_no_trial_is_the_same_study(changes):
    assert specification(*changes).hash() == specification().hash()


@pytest.mark.parametrize(
    "changes",
    [
        (("name", "another"),),
        (("epochs", 5),),
        (("seeds", 4),),
        (("task.batch_size", 64),),
        (("task.network", "resnet8"),),
        (("task.augmentation", "crop2-flip"),),
        (("task.subset", 500),),
        (("task.validation", 100),),
        (("task.remainder", "keep"),),
        (("space.lr.values", [0.01, 0.1, 1.0]),),
        (("space.p", {"values": [0.25]}),),
        (("optimizer.variant", "paper"),),
        (("optimizer.decay", "decoupled-lr"),),
        (("optimizer.decay_on", "kernels"),),
        (("optimizer.amsgrad", False),),
        (("optimizer.betas", [0.9, 0.99]),),
        (("optimizer.p", 0.25),),
        (("optimizer.weight_decay", 5e-4),),
        (("optimizer.name", "adam"),),
        (("schedule.name", "cosine"),),
        (("design", {"name": "random", "configurations": 2}),),
        (("objective.statistic", "mean_last5"),),
    ],
    ids=str,
)
def test_what_changes_a_trial_is_another_study(changes):
    assert specification(*changes).hash() != specification().hash()


def test_betas_spelled_two_ways_are_the_same_study():
    together = specification(("optimizer.betas", [0.8, 0.95]))
    apart = specification(("optimizer.beta1", 0.8), ("optimizer.beta2", 0.95))
    assert together.hash() == apart.hash()
    assert differences(together.resolved(), apart.resolved()) == []


def test_the_design_seed_makes_another_study():
    one, two = (
        specification(("design", {"name": "random", "configurations": 2, "seed": seed})).hash() for seed in (0, 1)
    )
    assert one != two


def test_the_hash_is_a_sha256_in_hexadecimal():
    digest = specification().hash()
    assert len(digest) == 64
    assert set(digest) <= set("0123456789abcdef")


def test_the_hash_is_that_of_release_0_1_0_where_all_is_as_it_was_there():
    then = specification(("task.remainder", "keep"), ("objective.statistic", "mean_last5"))
    assert then.hash() == "2acdfcc25edeefcd5fd0c3d18488ea0ca7466249fab2b9aeffcbc2b14b5b1f54"
    assert "remainder" not in then.identity()["task"]
    assert specification().identity()["task"]["remainder"] == "join"


def test_the_identity_is_plain_json():
    identity = specification().identity()
    assert json.loads(json.dumps(identity)) == identity


def test_a_schedule_is_that_of_the_learning_rate_however_it_is_written():
    short = specification(("schedule", {"name": "cosine"}))
    long = specification(("schedules.lr", {"name": "cosine"}))
    assert short == long
    assert short.hash() == long.hash()


def test_the_hash_of_a_schedule_of_p_leaves_out_what_is_as_it_first_was():
    moved = specification(("schedules.p", {"name": "multistep", "milestones": [2]}))
    assert moved.identity()["schedules"] == {"p": {"name": "multistep", "milestones": [2]}}


@pytest.mark.parametrize("damaged", [{"task": 3}, {"task": {"options": 3}}, {"task": {"options": {"batch_size": 3}}}])
def test_declarations_that_are_damaged_take_nothing_over(damaged):
    given, stored = specification(), specification(("task.batch_size", 64))
    assert given.continuing(stored, damaged) == given


def test_null_is_as_if_not_written():
    given = specification(("optimizer", {"lr": None, "variant": None, "momentum": None}), ("task.batch_size", None))
    assert given == specification()
    assert given.base.optimizer.model_fields_set == set()


def test_an_option_of_every_declaration_is_a_field():
    given = specification(("optimizer.name", "adamw"))
    assert given.base.optimizer.options == {
        "lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01, "decay_on": "all",
        "decay": "decoupled-lr",
    }  # fmt: skip
    assert given.base.task.options["batch_size"] == 128


# -- a network with options


WIDE = ("task.network", {"name": "mlp", "width": 32})


def test_a_network_is_a_name_or_a_mapping_of_name_and_options():
    named, written = specification(), specification(("task.network", {"name": "mlp", "width": 64}))
    assert named.base.task.network == written.base.task.network == "mlp"
    assert named.base.network.width == written.base.network.width == 64
    assert named.hash() == written.hash()
    assert named.document()["task"]["network"] == {"name": "mlp", "width": 64}
    assert specification(("task.network", "resnet18")).document()["task"]["network"] == "resnet18"


def test_an_option_of_a_network_makes_another_study():
    wide = specification(WIDE)
    assert (wide.base.network.width, wide.base.task.network) == (32, "mlp")
    assert wide.hash() != specification().hash()
    assert wide.identity()["task"]["network"] == {"name": "mlp", "width": 32}
    assert differences(specification().resolved(), wide.resolved()) == ["task.network.width: stored 64, given 32"]
    assert validate(json.loads(json.dumps(wide.document()))) == wide


def test_an_option_of_a_network_can_be_varied():
    given = specification(("space", {"width": {"values": [32, 16]}, "lr": {"values": [0.1]}}))
    assert list(given.base.space) == ["task.network.width", "lr"]
    at = given.base.at({"task.network.width": 16, "lr": 0.1})
    assert (at.network.width, given.base.network.width) == (16, 64)
    assert given.base.options({"task.network.width": 16, "lr": 0.1})["task.network.width"] == 16
    assert given.hash() == specification(WIDE, ("space", given.document()["space"])).hash()


# -- a data set with options


MOONS = (("task.network", "softmax"), ("task.dataset", "moons"))
NOISY = (("task.network", "softmax"), ("task.dataset", {"name": "moons", "noise": 0.5}))
FOLDER = (("task.network", "resnet8"), ("task.dataset", {"name": "image-folder", "classes": 4, "size": 16}))


def test_a_data_set_is_a_name_or_a_mapping_of_name_and_options():
    named, written = specification(*MOONS), specification(MOONS[0], ("task.dataset", {"name": "moons", "noise": 0.2}))
    assert named.base.task.dataset == written.base.task.dataset == "moons"
    assert named.hash() == written.hash()
    assert named.document()["task"]["dataset"] == {"name": "moons", "noise": 0.2}
    assert specification().document()["task"]["dataset"] == "digits"


def test_an_option_of_a_data_set_makes_another_study():
    noisy = specification(*NOISY)
    assert (noisy.base.data.noise, noisy.base.data_options) == (0.5, {"noise": 0.5})
    assert noisy.identity()["task"]["dataset"] == {"name": "moons", "noise": 0.5}
    there = differences(specification(*MOONS).resolved(), noisy.resolved())
    assert there == ["task.dataset.noise: stored 0.2, given 0.5"]
    assert validate(json.loads(json.dumps(noisy.document()))) == noisy
    assert noisy.continuing(specification(*MOONS)).base.data.noise == 0.5


def test_an_option_of_a_data_set_stands_still_within_an_arm():
    with pytest.raises(SpecificationError, match=r"space\.noise"):
        specification(*MOONS, ("space", {"noise": {"values": [0.1, 0.2]}, "lr": {"values": [0.1]}}))


def test_classes_and_size_of_a_folder_are_what_its_options_say():
    arm = specification(*FOLDER).base
    assert (arm.dataset.classes, arm.dataset.shape, arm.dataset.train) == (4, (3, 16, 16), None)
    assert arm.metric.worst == arm.dataset.chance_error == 75.0
    assert arm.declarations()["task.dataset"]["options"].keys() == {"classes", "size"}


# -- everything declared can be varied


VARIED = (
    (
        "space",
        {"task.batch_size": {"values": [64, 32]}, "decay": {"values": ["decoupled-lr", "l2"]}, "lr": {"values": [1]}},
    ),
)


def test_a_choice_keeps_its_written_order_and_a_number_ascends():
    space = specification(*VARIED).base.space
    assert (space["task.batch_size"].values, space["decay"].values) == ((32, 64), ("decoupled-lr", "l2"))


def test_a_short_name_is_stored_in_full():
    short = specification(("space", {"batch_size": {"values": [64, 32]}, "optimizer.lr": {"values": [1]}}))
    long = specification(("space", {"task.batch_size": {"values": [32, 64]}, "lr": {"values": [1]}}))
    assert list(short.base.space) == ["task.batch_size", "lr"]
    assert short.hash() == long.hash()


def test_a_configuration_is_in_force_everywhere():
    given = specification(*VARIED, ("schedules.p", {"name": "multistep", "milestones": [2]}))
    at = given.base.at({"task.batch_size": 32, "decay": "decoupled-lr", "lr": 1.0, "schedules.p.gamma": 0.5})
    assert (at.task.batch_size, at.optimizer.decay, at.optimizer.lr, at.schedules["p"].gamma) == (
        32,
        "decoupled-lr",
        1.0,
        0.5,
    )
    assert (given.base.task.batch_size, given.base.schedules["p"].gamma) == (128, 0.1)
    assert at.schedule == given.base.schedule


def test_the_options_in_force_are_those_of_the_optimizer_and_those_varied():
    at = specification(*VARIED).base.options({"task.batch_size": 32, "decay": "l2", "lr": 1 / 3})
    assert at == {
        "lr": 0.333333333333, "p": 0.125, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0,
        "decay_on": "all", "variant": "torch", "decay": "l2", "amsgrad": True, "task.batch_size": 32,
    }  # fmt: skip


def test_what_is_varied_has_no_value_of_its_own():
    given = specification(*VARIED, ("task.batch_size", 50), ("optimizer.decay", "normalised"))
    assert given.hash() == specification(*VARIED).hash()
    assert given.resolved()["task"]["batch_size"] is None


@pytest.mark.parametrize("design", ["random", "sobol", "tpe", "gp", "levelset"])
def test_everything_may_be_drawn(design):
    space = {
        "batch_size": {"low": 16, "high": 256, "log": True},
        "augmentation": {"values": ["none", "crop2-flip"]},
        "amsgrad": {"values": [True, False]},
    }
    given = specification(("space", space), ("design", {"name": design, "configurations": 30}))
    assert validate(given.document()) == given
    if not given.design.proposed:
        points = drawn(given.base)
        assert {type(point["task.batch_size"]) for point in points} == {int}
        assert {point["task.augmentation"] for point in points} == {"none", "crop2-flip"}
        assert {point["amsgrad"] for point in points} == {True, False}


# -- going on with a stored study


STORED = (("task.remainder", "keep"), ("objective.statistic", "mean_last5"))


def in_force(it):
    return it.base.task.remainder, it.objective.statistic


def test_what_was_not_written_is_as_the_study_has_it():
    stored = specification(*STORED)
    given = specification(("task.batch_size", 128), ("objective", {"split": "test"}))
    assert in_force(given) == ("join", "final")
    assert given.continuing(stored) == stored
    assert given.continuing(stored).hash() == stored.hash()


@pytest.mark.parametrize(
    ("written", "values"),
    [
        (("task.remainder", "join"), ("join", "mean_last5")),
        (("task.remainder", "keep"), ("keep", "mean_last5")),
        (("objective.statistic", "final"), ("keep", "final")),
        (("objective.statistic", "min"), ("keep", "min")),
    ],
    ids=str,
)
def test_what_was_written_stays(written, values):
    assert in_force(specification(written).continuing(specification(*STORED))) == values


def test_what_has_its_first_default_is_not_taken_over():
    stored = specification(*STORED, ("epochs", 9), ("seeds", 7), ("task.batch_size", 64), ("schedule.name", "cosine"))
    given = specification()
    assert given.continuing(stored) == specification(*STORED)


def test_a_document_that_was_read_back_has_everything_written():
    given = validate(specification().document())
    assert given.continuing(specification(*STORED)) == given


def test_going_on_changes_neither_of_the_two():
    stored, given = specification(*STORED), specification()
    given.continuing(stored)
    assert (in_force(stored), in_force(given)) == (("keep", "mean_last5"), ("join", "final"))


def test_every_default_that_was_another_in_release_0_1_0_is_listed():
    today, changed = specification().document(), []
    for section, values in OLD.items():
        for option, value in values.items() if isinstance(values, dict) else ():
            # null was "not written", and betas and the options of other schedules said nothing.
            found = today[section].get(option, value)
            found = found["name"] if option == "network" else found
            if value is not None and found != value:
                changed.append((section, option))
    assert {*changed, ("task", "remainder")} == set(CHANGED_DEFAULTS)
    assert {name: today[name] for name in ("seeds", "summary")} == {name: OLD[name] for name in ("seeds", "summary")}


# -- differences


def test_equal_specifications_have_no_differences():
    assert differences(specification().resolved(), specification().resolved()) == []


def test_each_difference_is_a_line_with_both_values():
    stored = specification().resolved()
    given = specification(("epochs", 9), ("task.network", "resnet8")).resolved()
    assert differences(stored, given) == [
        "epochs: stored 4, given 9",
        'task.network: stored "mlp", given "resnet8"',
    ]


def test_an_option_that_does_as_it_always_did_is_a_difference_with_its_value():
    kept = specification(("task.remainder", "keep")).resolved()
    lines = differences(kept, specification().resolved())
    assert lines == ['task.remainder: stored "keep", given "join"']


def test_a_hyperparameter_that_is_varied_on_one_side_alone_is_a_difference():
    lines = differences(specification().resolved(), specification(("space.p", {"values": [0.25]})).resolved())
    assert lines == ["optimizer.p: stored 0.125, given null", 'space.p: stored null, given {"values": [0.25]}']


def test_the_documents_of_the_tests_are_their_own():
    study(("task.network", "resnet8"))
    assert specification().base.task.network == "mlp"
