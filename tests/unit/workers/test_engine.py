from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from tests.unit.workers.recipes import HYPERPARAMETERS, recipe
from workers import engine
from workers.data import load_split
from workers.data.augmentation import Augmentation
from workers.engine import Setting
from workers.networks import build_network
from workers.optimizers import OPTIMIZERS
from workers.records import Divergence

CPU = torch.device("cpu")


def train(training, split=None):
    return list(engine.train(training, split or split_of(training), CPU))


def split_of(training):
    setting = Setting(**training.setting)
    return load_split(setting.dataset, None, setting.subset, setting.validation)


def results(training):
    """Return every record without its wall time."""
    return [dataclasses.replace(record, seconds=0.0) for record in train(training)]


SMALL = {"subset": 100, "batch_size": 32, "epochs": 2}


@pytest.fixture
def orders(monkeypatch):
    """The positions of the training images in the order in which they are augmented."""
    seen = []
    apply = Augmentation.apply

    def noted(self, images, index):
        seen.append(index.tolist())
        return apply(self, images, index)

    monkeypatch.setattr(Augmentation, "apply", noted)
    return seen


# -- repeatable


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_same_recipe_gives_the_same_bits(optimizer):
    assert results(recipe(optimizer, **SMALL)) == results(recipe(optimizer, **SMALL))


def test_a_network_with_batch_norm_and_augmentation_gives_the_same_bits_too():
    training = recipe(network="resnet8", augmentation="crop2-flip", subset=60, validation=10, batch_size=20)
    assert results(training) == results(training)


def test_another_seed_gives_other_results():
    assert results(recipe(**SMALL, seed=0)) != results(recipe(**SMALL, seed=1))


def test_the_global_random_state_does_not_matter():
    training = recipe(**SMALL, augmentation="crop2-flip")
    torch.manual_seed(1)
    first = results(training)
    torch.manual_seed(2)
    assert results(training) == first


def test_training_leaves_the_global_random_state_as_it_was():
    before = torch.get_rng_state()
    train(recipe(**SMALL, augmentation="crop2-flip"))
    assert torch.equal(torch.get_rng_state(), before)


def test_training_leaves_the_data_as_they_were():
    training = recipe(**SMALL)
    split = split_of(training)
    before = split.images.train_images.clone()
    train(training, split)
    assert torch.equal(split.images.train_images, before)


def test_a_longer_budget_begins_as_a_shorter_one():
    short, long = results(recipe(**SMALL)), results(recipe(**SMALL | {"epochs": 4}))
    assert long[:2] == short


@pytest.mark.parametrize(
    "other",
    [
        recipe(hyperparameters={"lr": 1e-4, "p": 0.5}, **SMALL),
        recipe("sgd", hyperparameters={"lr": 0.5}, **SMALL),
        recipe(network="resnet8", schedule={"name": "cosine"}, **SMALL),
    ],
    ids=["hyperparameters", "optimizer", "network"],
)
def test_trials_of_one_seed_see_the_images_in_the_same_order(orders, other):
    train(recipe(**SMALL))
    first = orders.copy()
    orders.clear()
    train(other)
    assert orders == first


def test_each_epoch_and_each_seed_has_its_own_order(orders):
    for seed in (0, 1):
        train(recipe(seed=seed, subset=100, batch_size=100, epochs=2))
    assert len({tuple(order) for order in orders}) == len(orders) == 4


def test_each_epoch_sees_every_image_once(orders):
    train(recipe(**SMALL))
    positions = [i for order in orders for i in order]
    assert sorted(positions[:100]) == sorted(positions[100:]) == list(range(100))


# -- batches


@pytest.mark.parametrize(
    ("count", "size", "joined", "kept"),
    [
        (8, 4, [4, 4], [4, 4]),
        (9, 4, [4, 5], [4, 5]),
        (10, 4, [4, 4, 2], [4, 4, 2]),
        (11, 4, [4, 4, 3], [4, 4, 3]),
        (14, 6, [6, 8], [6, 6, 2]),
        (15, 6, [6, 6, 3], [6, 6, 3]),
        (5, 4, [5], [5]),
        (4, 4, [4], [4]),
        (5, 2, [2, 3], [2, 3]),
        (4, 1, [1, 1, 1, 1], [1, 1, 2]),
        (1, 1, [1], [1]),
        (899, 64, [64] * 13 + [67], [64] * 14 + [3]),
        (899, 60, [60] * 14 + [59], [60] * 14 + [59]),
        (2_000, 64, [64] * 30 + [80], [64] * 31 + [16]),
        (50_000, 128, [128] * 390 + [80], [128] * 390 + [80]),
    ],
)
def test_the_images_that_fill_no_batch_join_the_one_before_or_stay_alone(count, size, joined, kept):
    for remainder, lengths in (("join", joined), ("keep", kept)):
        cut = engine.batches(torch.arange(count), size, remainder)
        assert [len(batch) for batch in cut] == lengths
        assert torch.cat(cut).tolist() == list(range(count))


def test_joined_batches_are_as_many_as_the_images_hold_to_the_nearest():
    for count in range(1, 60):
        for size in (s for s in range(1, count + 1) if s != 2):  # of two, a single one would stay alone
            lengths = [len(batch) for batch in engine.batches(torch.arange(count), size, "join")]
            assert len(lengths) == max(1, math.floor(count / size + 0.5))
            assert set(lengths[:-1]) <= {size}
            assert size <= 2 * lengths[-1] < 3 * size


@pytest.mark.parametrize(("count", "size"), [(3, 4), (1, 4), (63, 64)])
def test_a_batch_of_more_images_than_there_are_is_refused_or_all_of_them(count, size):
    with pytest.raises(ValueError, match=f"at most the {count} training images, got batch_size {size}"):
        engine.batches(torch.arange(count), size, "join")
    assert [len(batch) for batch in engine.batches(torch.arange(count), size, "keep")] == [count]


def test_a_training_whose_batch_is_larger_than_its_data_is_refused():
    with pytest.raises(ValueError, match="at most the 20 training images, got batch_size 32"):
        train(recipe(subset=30, validation=10))


@pytest.mark.parametrize("outputs", [11, 100])
def test_a_network_with_other_outputs_than_classes_is_refused_at_its_first_batch(monkeypatch, outputs):
    """With more outputs than classes the loss is finite, and what is measured means nothing."""
    other = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, outputs))
    monkeypatch.setattr(engine, "build_network", lambda *_of_it: other)
    with pytest.raises(ValueError, match=rf"network mlp .* one for each class of digits, got \(\d+, {outputs}\)"):
        train(recipe())


def test_an_unknown_remainder_is_refused():
    with pytest.raises(KeyError, match="drop"):
        engine.batches(torch.arange(9), 4, "drop")


@pytest.mark.parametrize(("remainder", "lengths"), [("join", [32, 32, 36]), ("keep", [32, 32, 32, 4])])
def test_a_training_cuts_its_epochs_by_its_recipe(orders, remainder, lengths):
    train(recipe(**SMALL, remainder=remainder))
    assert [len(order) for order in orders] == lengths * 2


def test_batch_norm_meets_no_batch_of_one_image():
    records = train(recipe(network="resnet8", subset=65, batch_size=64, epochs=1))
    assert math.isfinite(records[0].train_loss)


# -- records


def test_there_is_one_record_an_epoch():
    assert [record.epoch for record in train(recipe(**SMALL | {"epochs": 3}))] == [1, 2, 3]


def test_errors_are_percentages():
    records = train(recipe(**SMALL, validation=20))
    errors = [(r.test_error, r.test_error5, r.validation_error, r.validation_error5) for r in records]
    assert all(0.0 <= error <= 100.0 for four in errors for error in four)


def test_the_top_five_error_is_at_most_the_top_one_error():
    assert all(r.test_error5 <= r.test_error for r in train(recipe(**SMALL)))


def test_training_learns():
    assert train(recipe(epochs=5))[-1].test_error < 12.0


@pytest.mark.parametrize(("validation", "known"), [(0, False), (20, True)])
def test_the_validation_error_is_known_where_images_are_held_out(validation, known):
    record = train(recipe(**SMALL, validation=validation))[-1]
    assert [e is not None for e in (record.validation_error, record.validation_error5)] == [known] * 2


def test_errors_are_those_of_the_network_that_a_vanishing_learning_rate_leaves_as_it_was():
    training = recipe("sgd", {"lr": 1e-30}, subset=100, validation=30, epochs=1)
    split = split_of(training)
    images = split.images
    network = build_network("mlp", images.shape, 10, 0).eval()
    with torch.no_grad():
        logits, held = (
            network((pixels.float() - images.mean[:, None, None]) / images.std[:, None, None])
            for pixels in (images.test_images, split.validation_images)
        )
    best = logits.topk(5).indices
    record = train(training, split)[0]
    assert record.test_error == pytest.approx(100 * float((best[:, 0] != images.test_labels).double().mean()))
    hit = (best == images.test_labels[:, None]).any(1)
    assert record.test_error5 == pytest.approx(100 * float((~hit).double().mean()))
    wrong = held.argmax(1) != split.validation_labels
    assert record.validation_error == pytest.approx(100 * float(wrong.double().mean()))


def test_the_error_of_an_image_does_not_depend_on_those_evaluated_beside_it(monkeypatch):
    training = recipe(network="resnet8", subset=100, epochs=1)
    whole = train(training)[0]
    monkeypatch.setitem(engine.EVALUATION_BATCH, "cpu", 7)
    assert (train(training)[0].test_error, train(training)[0].test_error5) == (whole.test_error, whole.test_error5)


def test_the_train_loss_is_the_mean_over_images_whatever_the_batches():
    losses = [
        train(recipe("sgd", {"lr": 1e-30}, subset=100, batch_size=size, epochs=1))[0].train_loss
        for size in (7, 32, 99, 100)
    ]
    assert losses == pytest.approx([losses[-1]] * 4, rel=1e-5)


def test_the_train_loss_is_without_the_decay_penalty():
    plain, decayed = (
        train(recipe("sgd", {"lr": 1e-30, "weight_decay": w}, subset=100, epochs=1))[0].train_loss
        for w in (0.0, 10.0)
    )
    assert plain == decayed


def test_images_counts_those_trained_on():
    assert [record.images for record in train(recipe(**SMALL, validation=20))] == [80, 80]


def test_the_clock_of_an_epoch_runs():
    assert all(record.seconds > 0.0 for record in train(recipe(**SMALL)))


@pytest.mark.parametrize(
    ("schedule", "lrs"),
    [
        ({"name": "constant"}, [0.05] * 4),
        ({"name": "multistep", "milestones": [1, 3], "gamma": 0.1}, [0.05, 0.005, 0.005, 0.0005]),
        ({"name": "cosine"}, [0.05 * (1 + math.cos(math.pi * last / 12)) / 2 for last in (2, 5, 8, 11)]),
    ],
    ids=lambda value: value["name"] if isinstance(value, dict) else "",
)
def test_the_lr_is_the_one_in_force_at_the_end_of_the_epoch(schedule, lrs):
    records = train(recipe(**SMALL | {"epochs": 4}, schedule=schedule))
    assert [record.lr for record in records] == pytest.approx(lrs, rel=1e-12)


def test_a_network_has_the_options_of_its_recipe():
    narrow, wide = (results(recipe(**SMALL, network_options={"width": width})) for width in (16, 64))
    assert wide == results(recipe(**SMALL))
    assert narrow != wide


def test_p_moves_by_its_own_schedule():
    schedules = {"lr": {"name": "constant"}, "p": {"name": "multistep", "milestones": [1, 3], "gamma": 0.5}}
    records = train(recipe(hyperparameters={"p": 0.4}, **SMALL | {"epochs": 4}, schedules=schedules))
    assert [record.p for record in records] == pytest.approx([0.4, 0.2, 0.2, 0.1])
    assert [record.lr for record in records] == [0.05] * 4


def test_a_schedule_of_p_that_moves_nothing_changes_nothing():
    still = {"lr": {"name": "constant"}, "p": {"name": "constant"}}
    moved = {"lr": {"name": "constant"}, "p": {"name": "cosine"}}
    alone, beside, other = (results(recipe(**SMALL, **it)) for it in ({}, {"schedules": still}, {"schedules": moved}))
    assert alone == beside
    assert alone != other


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_p_is_that_of_padam_and_none_elsewhere(optimizer):
    record = train(recipe(optimizer, **SMALL | {"epochs": 1}))[0]
    assert record.p == HYPERPARAMETERS[optimizer].get("p")


@pytest.mark.parametrize("p", [0.0, 0.125, 0.5])
def test_padam_tracks_its_second_moment_at_every_p(p):
    record = train(recipe(hyperparameters={"p": p}, **SMALL | {"epochs": 1}))[0]
    assert record.p == p
    assert -12.0 < record.log10_v < 2.0


@pytest.mark.parametrize(
    ("optimizer", "known"), [("padam", True), ("sgd", False), ("adam", True), ("amsgrad", True), ("adamw", True)]
)
def test_the_second_moment_is_known_where_an_optimizer_has_one(optimizer, known):
    assert (train(recipe(optimizer, **SMALL | {"epochs": 1}))[0].log10_v is not None) == known


def test_kernels_alone_may_be_decayed():
    everything, kernels = (
        results(recipe(hyperparameters={"weight_decay": 0.5}, **SMALL, decay_on=which))
        for which in ("all", "kernels")
    )
    assert everything != kernels


# -- divergence


def whole_batch_loss():
    """Return the loss of the first batch when all images are in it."""
    return train(recipe("sgd", {"lr": 1e-30}, subset=100, batch_size=100, epochs=1))[0].train_loss


def test_a_huge_learning_rate_diverges_with_its_epoch_and_last_finite_loss():
    with pytest.raises(Divergence) as caught:
        train(recipe("sgd", {"lr": 1e30}, subset=100, batch_size=100))
    assert caught.value.epoch == 1
    assert caught.value.last_finite_loss == pytest.approx(whole_batch_loss(), rel=1e-12)


def test_a_training_that_diverges_within_an_epoch_stops_there():
    with pytest.raises(Divergence) as caught:
        train(recipe("sgd", {"lr": 1e30}, **SMALL))
    assert caught.value.epoch == 1
    assert math.isfinite(caught.value.last_finite_loss)


def test_epochs_before_a_divergence_are_recorded():
    schedule = {"name": "multistep", "milestones": [2], "gamma": 1e35}
    epochs = engine.train(
        training := recipe("sgd", **SMALL | {"epochs": 4}, schedule=schedule), split_of(training), CPU
    )
    assert [next(epochs).epoch, next(epochs).epoch] == [1, 2]
    with pytest.raises(Divergence) as caught:
        next(epochs)
    assert caught.value.epoch == 3


def test_padam_diverges_too():
    with pytest.raises(Divergence):
        train(recipe(hyperparameters={"lr": 1e30, "p": 0.125}, **SMALL))


def test_a_first_batch_that_is_not_finite_has_no_last_finite_loss():
    training = recipe(**SMALL)
    split = split_of(training)
    dark = dataclasses.replace(split.images, std=torch.zeros(1))
    with pytest.raises(Divergence) as caught:
        train(training, dataclasses.replace(split, images=dark))
    assert (caught.value.epoch, caught.value.last_finite_loss) == (1, None)


def test_a_test_output_that_is_not_finite_is_a_divergence():
    training = recipe(**SMALL)
    split = split_of(training)
    images = split.images
    broken = dataclasses.replace(images, test_images=images.test_images.float() * math.inf)
    with pytest.raises(Divergence) as caught:
        train(training, dataclasses.replace(split, images=broken))
    assert caught.value.epoch == 1
