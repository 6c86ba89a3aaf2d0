"""`search_spaces` declares the names, `workers` implements them: the two agree in both directions."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
import torch

from search_spaces import catalog
from tests.real_data import FOLDER, cifar
from tests.unit.workers.recipes import recipe
from workers.data import DATASETS, load_split
from workers.data.augmentation import PADDING
from workers.networks import NETWORKS, build_network
from workers.optimizers import OPTIMIZERS, build_optimizer
from workers.optimizers.flat import DECAYS
from workers.optimizers.padam import RULES
from workers.schedules import SCHEDULES, multiplier


@pytest.mark.parametrize(
    ("declared", "implemented"),
    [
        (catalog.OPTIMIZERS, OPTIMIZERS),
        (catalog.NETWORKS, NETWORKS),
        (catalog.DATASETS, DATASETS),
        (catalog.AUGMENTATIONS, PADDING),
        (catalog.SCHEDULES, SCHEDULES),
    ],
    ids=["optimizers", "networks", "datasets", "augmentations", "schedules"],
)
def test_every_name_declared_is_implemented_and_the_other_way_round(declared, implemented):
    assert sorted(declared) == sorted(implemented)


@pytest.mark.parametrize(
    "entries", [catalog.OPTIMIZERS, catalog.NETWORKS, catalog.DATASETS, catalog.SCHEDULES, catalog.HYPERPARAMETERS]
)
def test_every_entry_stands_under_its_own_name(entries):
    assert [entry.name for entry in entries.values()] == list(entries)


def test_the_variants_of_padam_agree():
    assert sorted(catalog.OPTIMIZERS["padam"].variants) == sorted(RULES)


def test_the_decay_forms_of_padam_agree():
    assert sorted(catalog.OPTIMIZERS["padam"].decays) == sorted(DECAYS)


PADAM_FORMS = list(itertools.product(catalog.OPTIMIZERS["padam"].variants, catalog.OPTIMIZERS["padam"].decays))


@pytest.mark.parametrize(("variant", "decay"), PADAM_FORMS)
def test_every_form_of_padam_the_catalog_allows_can_be_built(variant, decay):
    network = build_network("mlp", (1, 8, 8), 10, 0)
    group = build_optimizer(network, recipe(variant=variant, decay=decay), 10).param_groups[0]
    assert (group["variant"], group["decay"]) == (variant, decay)


@pytest.mark.parametrize("name", catalog.OPTIMIZERS)
def test_an_optimizer_needs_exactly_the_hyperparameters_of_the_catalog(name):
    values = Watched({h.name: h.default for h in catalog.OPTIMIZERS[name].hyperparameters})
    training = dataclasses.replace(recipe(name), hyperparameters=values)
    build_optimizer(build_network("mlp", (1, 8, 8), 10, 0), training, 10)
    assert values.read == values.keys()


class Watched(dict):
    """A dictionary that remembers what was read from it."""

    def __init__(self, values):
        super().__init__(values)
        self.read = set()

    def __getitem__(self, key):
        self.read.add(key)
        return super().__getitem__(key)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=cifar if info.files else []) for name, info in catalog.DATASETS.items()]
)
def test_a_data_set_is_as_the_catalog_says(name):
    images = load_split(name, FOLDER, None, 0).images
    info = catalog.DATASETS[name]
    assert (images.classes, images.shape) == (info.classes, info.shape)
    assert (len(images.train_labels), len(images.test_labels)) == (info.train, info.test)
    assert images.train_labels.unique().tolist() == list(range(info.classes))


@pytest.mark.parametrize("name", catalog.AUGMENTATIONS)
def test_an_augmentation_pads_by_what_its_name_says(name):
    assert PADDING[name] == (int(name.removeprefix("crop").removesuffix("-flip")) if name != "none" else 0)


@pytest.mark.parametrize("name", catalog.SCHEDULES)
def test_a_schedule_needs_no_option_the_catalog_does_not_name(name):
    options = {"milestones": [1], "gamma": 0.1}
    given = {option: options[option] for option in catalog.SCHEDULES[name].options}
    assert multiplier({"name": name, **given}, 5, 2)(9) <= 1.0


@pytest.mark.parametrize("name", catalog.NETWORKS)
@pytest.mark.parametrize("dataset", catalog.DATASETS)
def test_every_network_takes_every_data_set(name, dataset):
    info = catalog.DATASETS[dataset]
    network = build_network(name, info.shape, info.classes, 0).eval()
    with torch.no_grad():
        assert network(torch.zeros(2, *info.shape)).shape == (2, info.classes)
