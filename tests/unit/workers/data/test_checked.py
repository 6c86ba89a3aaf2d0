from __future__ import annotations

import numpy as np
import pytest
import torch

from search_spaces.declarations import Dataset
from workers.data.checked import checked

DOTS = Dataset(name="dots", summary="", implementation="", classes=3, shape=(2, 4, 4))


def images(count, dtype=np.uint8, shape=(2, 4, 4)):
    return np.random.default_rng(count).integers(0, 256, (count, *shape)).astype(dtype)


def labels(count, dtype=np.int64):
    return (np.arange(count) % 3).astype(dtype)


def found(**changes):
    parts = {"train": images(9), "train_labels": labels(9), "test": images(6), "test_labels": labels(6)} | changes
    return tuple(parts.values())


def test_mean_and_deviation_are_those_of_the_training_images():
    it = checked(DOTS, found())
    pixels = images(9).astype(float)
    assert np.allclose(it.mean, pixels.mean((0, 2, 3)))
    assert np.allclose(it.std, pixels.std((0, 2, 3)))
    assert (it.classes, it.shape, len(it.test_labels)) == (3, (2, 4, 4), 6)


def test_arrays_and_tensors_come_to_the_same():
    of_arrays, of_tensors = checked(DOTS, found()), checked(DOTS, [torch.from_numpy(it) for it in found()])
    assert torch.equal(of_arrays.train_images, of_tensors.train_images)
    assert torch.equal(of_arrays.test_labels, of_tensors.test_labels)


def test_a_channel_without_contrast_stays_finite():
    flat = images(9)
    flat[:, 1] = 7
    assert checked(DOTS, found(train=flat)).std[1] == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"train": images(9, np.float32)},
            r"train images must be uint8 of shape \[n, 2, 4, 4\], got float32 \[9, 2, 4",
        ),
        (
            {"test": images(6, shape=(4, 4, 2))},
            r"test images must be uint8 of shape \[n, 2, 4, 4\], got uint8 \[6, 4, 4",
        ),
        ({"train": images(0)}, "train images must be uint8"),
        ({"train": "images"}, "train images must be uint8 .* got nothing of the kind"),
        ({"train": np.array(["a"])}, "train images must be uint8"),
        ({"train_labels": labels(9, np.int32)}, r"train labels must be int64 of shape \[9\], got int32 \[9\]"),
        ({"test_labels": labels(5)}, r"test labels must be int64 of shape \[6\], got int64 \[5\]"),
        ({"train_labels": labels(9) + 1}, "train labels must lie in 0 to 2, got 1 to 3"),
        ({"test_labels": labels(6) - 1}, "test labels must lie in 0 to 2, got -1 to 1"),
    ],
)
def test_what_is_not_as_declared_is_refused(change, told):
    with pytest.raises(ValueError, match=f"data set dots: .*{told}"):
        checked(DOTS, found(**change))


def test_numbers_of_images_are_those_that_are_declared():
    counted = Dataset(name="dots", summary="", implementation="", classes=3, shape=(2, 4, 4), train=8, test=6)
    with pytest.raises(ValueError, match="train images must be 8, as declared, got 9"):
        checked(counted, found())


def test_what_has_other_parts_is_refused():
    with pytest.raises(
        ValueError, match="must return train images, train labels, test images, test labels, got 2 parts"
    ):
        checked(DOTS, (1, 2))
    with pytest.raises(ValueError, match="got nothing of the kind"):
        checked(DOTS, None)
