from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from workers.data.augmentation import PADDING, Augmentation

COUNT = 200
CROPS = [name for name, padding in PADDING.items() if padding]


def pictures(channels=2, height=5, width=7):
    draws = torch.Generator().manual_seed(0)
    return torch.randint(1, 256, (COUNT, channels, height, width), dtype=torch.uint8, generator=draws)


def crops(picture, padding):
    """Return every crop of a zero-padded picture, each as it is and flipped."""
    _, height, width = picture.shape
    padded = functional.pad(picture, (padding,) * 4)
    cut = [padded[:, y : y + height, x : x + width] for y in range(2 * padding + 1) for x in range(2 * padding + 1)]
    return torch.stack(cut + [c.flip(2) for c in cut])


def matches(result, picture, padding):
    """Return the number of the crop that a result is, rows first, flipped ones last."""
    return (crops(picture, padding) == result).flatten(1).all(1).nonzero().flatten().tolist()


def test_none_leaves_the_images_as_they_are():
    images, index = pictures(), torch.tensor([5, 0, 199, 5])
    assert torch.equal(Augmentation("none", COUNT, 0, 1).apply(images, index), images[index])


@pytest.mark.parametrize("name", CROPS)
def test_each_image_is_one_crop_of_itself_perhaps_flipped(name):
    images, index = pictures(), torch.randperm(COUNT, generator=torch.Generator().manual_seed(1))
    results = Augmentation(name, COUNT, 0, 1).apply(images, index)
    assert results.dtype == torch.uint8
    assert results.shape == images.shape
    assert all(matches(r, images[i], PADDING[name]) for r, i in zip(results, index.tolist(), strict=True))


def test_every_offset_and_both_sides_are_drawn():
    images = pictures()
    results = Augmentation("crop2-flip", COUNT, 0, 1).apply(images, torch.arange(COUNT))
    drawn = {matches(r, p, 2)[0] for r, p in zip(results, images, strict=True)}
    assert {n % 25 // 5 for n in drawn} == {n % 5 for n in drawn} == {0, 1, 2, 3, 4}
    assert len({n for n in drawn if n < 25}) > 20
    assert len({n for n in drawn if n >= 25}) > 20


@pytest.mark.parametrize("name", PADDING)
def test_draws_do_not_depend_on_order_or_batches(name):
    images = pictures()
    augmentation = Augmentation(name, COUNT, 0, 1)
    whole = augmentation.apply(images, torch.arange(COUNT))
    order = torch.randperm(COUNT, generator=torch.Generator().manual_seed(2))
    pieces = torch.cat([augmentation.apply(images, part) for part in torch.split(order, 33)])
    assert torch.equal(pieces, whole[order])


@pytest.mark.parametrize(("seed", "epoch"), [(0, 2), (1, 1)])
def test_each_epoch_and_each_seed_has_its_own_draws(seed, epoch):
    images, everything = pictures(), torch.arange(COUNT)
    first = Augmentation("crop4-flip", COUNT, 0, 1).apply(images, everything)
    other = Augmentation("crop4-flip", COUNT, seed, epoch).apply(images, everything)
    assert not torch.equal(first, other)


def test_the_same_seed_and_epoch_draw_the_same_whatever_the_global_random_state():
    images, everything = pictures(), torch.arange(COUNT)
    torch.manual_seed(1)
    first = Augmentation("crop4-flip", COUNT, 3, 4).apply(images, everything)
    torch.manual_seed(2)
    assert torch.equal(first, Augmentation("crop4-flip", COUNT, 3, 4).apply(images, everything))


def test_the_source_is_left_as_it_was():
    images = pictures()
    Augmentation("crop4-flip", COUNT, 0, 1).apply(images, torch.arange(COUNT))
    assert torch.equal(images, pictures())
