from __future__ import annotations

import pytest

from search_spaces.catalog import AUGMENTATIONS, DATASETS, HYPERPARAMETERS, NETWORKS, OPTIMIZERS, SCHEDULES

ENTRIES = [*OPTIMIZERS.values(), *NETWORKS.values(), *DATASETS.values(), *SCHEDULES.values()]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_entry_has_a_summary_of_one_line(entry):
    assert entry.summary
    assert "\n" not in entry.summary


def test_every_augmentation_has_a_summary():
    assert all(AUGMENTATIONS.values())


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=lambda o: o.name)
def test_every_optimizer_has_a_learning_rate_and_a_decay(optimizer):
    assert optimizer.hyperparameter("lr") is not None
    assert optimizer.hyperparameter("weight_decay") is not None
    assert optimizer.decays


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=lambda o: o.name)
def test_every_default_of_an_optimizer_lies_in_its_range(optimizer):
    assert [h.fault(h.default) for h in optimizer.hyperparameters] == [None] * len(optimizer.hyperparameters)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=lambda o: o.name)
def test_the_hyperparameters_of_an_optimizer_are_the_known_ones(optimizer):
    plain = {h.name: h.with_default(0.0) for h in HYPERPARAMETERS.values()}
    assert all(plain[h.name] == h.with_default(0.0) for h in optimizer.hyperparameters)


def test_a_hyperparameter_an_optimizer_has_not_is_none():
    assert OPTIMIZERS["sgd"].hyperparameter("p") is None


def test_torch_is_the_canonical_variant_of_padam():
    assert OPTIMIZERS["padam"].variants[0] == "torch"


def test_the_chance_error_of_ten_classes_is_ninety_percent():
    assert DATASETS["digits"].chance_error == pytest.approx(90.0)
