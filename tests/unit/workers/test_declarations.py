"""`search_spaces` declares names and options, `workers` implements them: the two agree in both directions."""

from __future__ import annotations

import importlib
import inspect
import itertools

import pytest
import torch

from search_spaces.declarations import DATASETS, KINDS, NETWORKS, OPTIMIZERS, TASKS
from tests.real_data import FOLDER, MARKS
from tests.unit.workers.recipes import recipe
from workers import data, networks, optimizers, schedules, tasks
from workers.data import load_split
from workers.data.augmentation import PADDING
from workers.networks import build_network
from workers.optimizers import build_optimizer
from workers.optimizers.decay import DECAYS
from workers.optimizers.padam import RULES

ENTRIES = [(kind, name) for kind, entries in KINDS.items() for name in entries]
CHOICES = {
    "augmentation": TASKS["classification"].options["augmentation"].choices,
    "variant": OPTIMIZERS["padam"].options["variant"].choices,
    "decay": OPTIMIZERS["padam"].options["decay"].choices,
}
IMPLEMENTED = {
    "optimizer": optimizers.OPTIMIZERS,
    "network": networks.NETWORKS,
    "dataset": data.DATASETS,
    "schedule": schedules.SCHEDULES,
    "task": tasks.TASKS,
}


def implementation(kind, name):
    module, _, attribute = KINDS[kind][name].implementation.partition(":")
    return getattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize(
    ("declared", "implemented"),
    [
        *[(KINDS[kind], implemented) for kind, implemented in IMPLEMENTED.items()],
        (CHOICES["augmentation"], PADDING),
        (CHOICES["variant"], RULES),
        (CHOICES["decay"], DECAYS),
    ],
    ids=[*IMPLEMENTED, *CHOICES],
)
def test_every_name_declared_is_implemented_and_the_other_way_round(declared, implemented):
    assert sorted(declared) == sorted(implemented)


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_an_entry_names_what_builds_it(kind, name):
    assert callable(implementation(kind, name))
    if kind in IMPLEMENTED:
        assert implementation(kind, name) is IMPLEMENTED[kind][name]


@pytest.mark.parametrize(
    ("kind", "name"), [entry for entry in ENTRIES if entry[0] in {"schedule", "network", "dataset"}]
)
def test_an_implementation_takes_exactly_the_options_that_are_declared(kind, name):
    parameters = inspect.signature(implementation(kind, name)).parameters.values()
    shared = set(schedules.WARM_UP) if kind == "schedule" else set()
    taken = {it.name for it in parameters if it.kind is it.KEYWORD_ONLY} | shared
    assert taken == KINDS[kind][name].options.keys()


@pytest.mark.parametrize("kind", ["network", "dataset"])
def test_the_defaults_of_a_network_and_of_a_data_set_are_those_that_are_declared(kind):
    for name, entry in KINDS[kind].items():
        parameters = inspect.signature(implementation(kind, name)).parameters
        assert {option: parameters[option].default for option in entry.options} == {
            option: it.default for option, it in entry.options.items()
        }


def test_an_option_of_a_network_reaches_it():
    widths = [build_network("mlp", (1, 8, 8), 10, 0, options)[1].out_features for options in (None, {"width": 7})]
    assert widths == [64, 7]


PADAM_FORMS = list(itertools.product(CHOICES["variant"], CHOICES["decay"]))


@pytest.mark.parametrize(("variant", "decay"), PADAM_FORMS)
def test_every_form_of_padam_that_is_declared_can_be_built(variant, decay):
    network = build_network("mlp", (1, 8, 8), 10, 0)
    group = build_optimizer(network, recipe(variant=variant, decay=decay), 10).param_groups[0]
    assert (group["variant"], group["decay"]) == (variant, decay)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_takes_the_options_that_are_declared_and_no_other(name):
    network = build_network("mlp", (1, 8, 8), 10, 0)
    build_optimizer(network, recipe(name), 10)
    with pytest.raises(TypeError, match="unheard_of"):
        build_optimizer(network, recipe(name, {"unheard_of": 1.0}), 10)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=MARKS.get(name, [])) for name, info in DATASETS.items() if info.train is not None],
)
def test_a_data_set_is_as_it_is_declared(name):
    images = load_split(name, FOLDER, None, 0).images
    info = DATASETS[name]
    assert (images.classes, images.shape) == (info.classes, info.shape)
    assert (len(images.train_labels), len(images.test_labels)) == (info.train, info.test)
    assert images.train_labels.unique().tolist() == list(range(info.classes))


@pytest.mark.parametrize("name", CHOICES["augmentation"])
def test_an_augmentation_pads_by_what_its_name_says(name):
    assert PADDING[name] == (int(name.removeprefix("crop").removesuffix("-flip")) if name != "none" else 0)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_a_network_takes_every_data_set_that_its_declaration_lets_it_take(name, dataset):
    info = DATASETS[dataset]
    with torch.device("meta"), torch.no_grad():
        network = build_network(name, info.shape, info.classes, 0).eval()
        images = torch.zeros(2, *info.shape)
        if list(NETWORKS[name].faults(info.shape)):
            with pytest.raises((RuntimeError, ValueError)):
                network(images)
        else:
            assert network(images).shape == (2, info.classes)


@pytest.mark.parametrize("name", [name for name, info in NETWORKS.items() if info.least > 1])
def test_the_least_image_of_a_network_is_the_least_that_it_takes(name):
    least = NETWORKS[name].least
    with torch.device("meta"):
        network = build_network(name, (3, 32, 32), 10, 0)
        assert network(torch.zeros(2, 3, least, least)).shape == (2, 10)
        with pytest.raises((RuntimeError, ValueError)):
            network(torch.zeros(2, 3, least - 1, least - 1))


def test_a_network_of_other_channels_is_refused():
    assert list(NETWORKS["torchvision-resnet18"].faults((2, 32, 32))) == ["images of 1 or 3 channels, got 2"]
    assert list(NETWORKS["resnet18"].faults((2, 32, 32))) == []
