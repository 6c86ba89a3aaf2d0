from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.data import load_split
from workers.data.images import Images, balanced, channel_statistics, held_out


def numbered(labels):
    """Return images that each show their own number, with these labels."""
    count = len(labels)
    pixels = torch.arange(count, dtype=torch.uint8)[:, None, None, None].expand(count, 1, 2, 2).contiguous()
    return Images(
        train_images=pixels,
        train_labels=torch.tensor(labels),
        test_images=pixels[:3],
        test_labels=torch.tensor(labels[:3]),
        mean=torch.zeros(1),
        std=torch.ones(1),
        classes=max(labels) + 1,
    )


def shown(images):
    return images[:, 0, 0, 0].tolist()


LABELS = [0] * 30 + [1] * 25 + [2] * 20 + [3] * 5


def test_all_is_trained_on_where_nothing_is_asked():
    split = held_out(numbered(LABELS), None, 0)
    assert shown(split.images.train_images) == list(range(80))
    assert len(split.validation_images) == len(split.validation_labels) == 0


def test_images_keep_their_labels():
    split = held_out(numbered(LABELS), 50, 20)
    assert [LABELS[i] for i in shown(split.images.train_images)] == split.images.train_labels.tolist()
    assert [LABELS[i] for i in shown(split.validation_images)] == split.validation_labels.tolist()


def test_training_and_validation_share_no_image_and_make_up_the_subset():
    subset = shown(held_out(numbered(LABELS), 50, 0).images.train_images)
    split = held_out(numbered(LABELS), 50, 20)
    trained, validated = shown(split.images.train_images), shown(split.validation_images)
    assert sorted(trained + validated) == sorted(subset)
    assert (len(trained), len(validated), len(set(subset))) == (30, 20, 50)


def test_the_test_images_stay_whole():
    source = numbered(LABELS)
    split = held_out(source, 10, 5)
    assert torch.equal(split.images.test_images, source.test_images)
    assert torch.equal(split.images.test_labels, source.test_labels)


def test_normalisation_is_that_of_the_whole_set():
    source = numbered(LABELS)
    split = held_out(source, 10, 5)
    assert (split.images.mean, split.images.std) == (source.mean, source.std)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(labels=st.lists(st.integers(0, 5), min_size=1, max_size=60), data=st.data())
def test_a_balanced_choice_takes_every_class_in_turn(labels, data):
    count = data.draw(st.integers(0, len(labels)))
    chosen = balanced(torch.tensor(labels), count, "subset").tolist()
    assert len(set(chosen)) == len(chosen) == count
    assert chosen == sorted(chosen)
    taken = {label: sum(labels[i] == label for i in chosen) for label in set(labels)}
    most = max(taken.values())
    assert all(n >= min(most - 1, labels.count(label)) for label, n in taken.items())


def test_a_choice_is_the_same_whatever_the_global_random_state():
    labels = torch.tensor(LABELS)
    torch.manual_seed(1)
    first = balanced(labels, 17, "subset")
    torch.manual_seed(2)
    assert torch.equal(first, balanced(labels, 17, "subset"))


def test_another_purpose_is_another_choice():
    labels = torch.tensor(LABELS)
    assert not torch.equal(balanced(labels, 17, "subset"), balanced(labels, 17, "validation"))


def test_a_smaller_subset_lies_within_a_larger_one():
    labels = torch.tensor(LABELS)
    assert set(balanced(labels, 10, "subset").tolist()) < set(balanced(labels, 40, "subset").tolist())


def test_a_subset_of_the_digits_is_balanced():
    counts = load_split("digits", None, 100, 0).images.train_labels.bincount()
    assert counts.tolist() == [10] * 10


def test_a_validation_set_of_the_digits_is_balanced():
    split = load_split("digits", None, None, 200)
    assert split.validation_labels.bincount().tolist() == [20] * 10
    assert len(split.images.train_labels) == 699


def test_channel_statistics_are_known():
    images = torch.tensor([[[[0, 2]], [[7, 7]]], [[[4, 6]], [[7, 7]]]], dtype=torch.uint8)
    mean, std = channel_statistics(images)
    assert mean.tolist() == [3.0, 7.0]
    assert std.tolist() == pytest.approx([5**0.5, 0.0])
