"""Every arm of every bundled study of CIFAR takes a few steps, on files of a few random images."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from analysis.compare.reference import table_1
from analysis.settings import settings_of, unlike
from search_spaces.presets import preset_names
from search_spaces.validation import load
from study.drive.tickets import recipe_of
from study.trials import Lease
from tests.unit.workers.data.made import made_cifar
from workers.data import load_split
from workers.tasks import begin

CIFAR = {"cifar10", "cifar100"}
ARMS = [
    (name, arm)
    for name in preset_names()
    for arm, it in load(name).arms.items()
    if it.data is not None and it.data.name in CIFAR
]
IMAGES, BATCH = 8, 4
TITLES = {"sgd": "SGD momentum", "adam": "Adam", "amsgrad": "AMSGrad", "padam": "Padam"}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Yield a folder of both data sets, forgotten afterwards by whoever keeps images in memory."""
    load_split.cache_clear()
    with made_cifar(tmp_path_factory.mktemp("cifar"), train=IMAGES, test=4) as folder:
        yield folder
    load_split.cache_clear()


def lease(arm):
    """Return a lease of the first configuration of an arm."""
    configuration = {path: domain.grid()[0] for path, domain in arm.space.items()}
    return Lease(trial=1, number=0, attempt=1, arm="", configuration=configuration, seed=0, epochs=arm.epochs)


@pytest.mark.parametrize(("name", "arm"), ARMS)
def test_a_preset_takes_a_few_steps(name, arm, files):
    it = load(name).arms[arm]
    recipe = recipe_of(it, lease(it))
    session = begin(smaller(recipe), files, torch.device("cpu"))
    record = session.advance()  # two steps
    assert record.images == IMAGES
    assert math.isfinite(record.train_loss)
    assert 0 <= record.test_error <= 100


def smaller(recipe):
    """Return a recipe that trains on as few images as were made; all else is as it was."""
    setting = {**recipe.setting, "batch_size": BATCH, "subset": None, "validation": 0}
    return replace(recipe, setting=setting)


def test_the_optimizers_of_the_report_have_the_settings_of_its_table_1():
    for data in ("cifar10", "cifar100"):
        study = load(f"report-optimizers-{data}")
        assert len(study.arms) == 12
        for name, arm in study.arms.items():
            (configuration,) = [{path: value for path, domain in arm.space.items() for value in domain.grid()}]
            given = settings_of(arm, configuration)
            assert not unlike(table_1()[TITLES[name.partition("-")[2]]], given), name
