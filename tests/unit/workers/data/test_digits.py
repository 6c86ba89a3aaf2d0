from __future__ import annotations

import pytest
import torch
from sklearn import datasets

from workers.data.digits import load_digits


@pytest.fixture(scope="module")
def digits():
    return load_digits()


def rows(images, labels):
    """Return every image with its label as one row of a list, sorted."""
    return sorted(torch.cat([images.flatten(1).long(), labels[:, None]], 1).tolist())


def test_half_is_held_out(digits):
    assert (len(digits.train_images), len(digits.test_images)) == (899, 898)
    assert (len(digits.train_labels), len(digits.test_labels)) == (899, 898)


def test_train_and_test_together_are_the_whole_set_once(digits):
    bundled = datasets.load_digits()
    images = torch.cat([digits.train_images, digits.test_images])
    labels = torch.cat([digits.train_labels, digits.test_labels])
    assert rows(images, labels) == rows(torch.from_numpy(bundled.images), torch.from_numpy(bundled.target))
    assert len(labels) == 1797


def test_no_image_is_in_train_and_test(digits):
    train = {tuple(row) for row in rows(digits.train_images, digits.train_labels)}
    assert not any(tuple(row) in train for row in rows(digits.test_images, digits.test_labels))


def test_pixels_are_bytes_of_one_channel(digits):
    assert digits.train_images.dtype == digits.test_images.dtype == torch.uint8
    assert digits.shape == (1, 8, 8)
    assert (int(digits.train_images.min()), int(digits.train_images.max())) == (0, 16)


def test_labels_are_whole_numbers_below_the_number_of_classes(digits):
    assert digits.train_labels.dtype == digits.test_labels.dtype == torch.int64
    assert digits.train_labels.unique().tolist() == digits.test_labels.unique().tolist() == list(range(10))


def test_normalisation_is_of_the_training_images(digits):
    scaled = (digits.train_images.double() - digits.mean[:, None, None]) / digits.std[:, None, None]
    assert float(scaled.mean()) == pytest.approx(0.0, abs=1e-6)
    assert float(scaled.std(correction=0)) == pytest.approx(1.0, abs=1e-6)


def test_the_split_is_the_same_every_time(digits):
    torch.manual_seed(1234)
    again = load_digits()
    assert torch.equal(again.train_images, digits.train_images)
    assert torch.equal(again.test_labels, digits.test_labels)


def test_loading_leaves_the_global_random_state_as_it_was():
    before = torch.get_rng_state()
    load_digits()
    assert torch.equal(torch.get_rng_state(), before)
