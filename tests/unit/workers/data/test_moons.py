from __future__ import annotations

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from workers.data import load_split
from workers.data.moons import load_moons


def coordinates(images):
    return images.flatten(1)


def test_points_are_pictures_of_two_channels():
    images = load_moons()
    assert images.shape == (2, 1, 1)
    assert (len(images.train_labels), len(images.test_labels), images.classes) == (1_000, 1_000, 2)
    assert torch.bincount(images.train_labels).tolist() == [500, 500]
    torch.testing.assert_close(images.mean, coordinates(images.train_images).mean(0))


def test_without_noise_the_points_lie_on_half_circles():
    images = load_moons(noise=0.0)
    centres = torch.tensor([[0.0, 0.0], [1.0, 0.5]])[images.test_labels]
    radii = (coordinates(images.test_images) - centres).norm(dim=1)
    torch.testing.assert_close(radii, torch.ones(1_000))


def test_noise_is_the_deviation_of_what_is_added():
    still, noisy = load_moons(noise=0.0), load_moons(noise=0.3)
    near, far = (
        torch.cdist(coordinates(it.train_images), coordinates(still.train_images)).min(1).values.mean()
        for it in (load_moons(noise=0.1), noisy)
    )
    assert 0.0 < float(near) < float(far)


def test_they_are_drawn_once_and_test_points_are_others():
    one, other = load_moons(), load_moons()
    assert torch.equal(one.train_images, other.train_images)
    assert not torch.equal(one.train_images, one.test_images)


def test_the_options_of_a_split_reach_the_data_set():
    noisy = load_split("moons", None, None, 0, (("noise", 0.5),)).images
    assert torch.equal(noisy.train_images, load_moons(noise=0.5).train_images)
    assert not torch.equal(noisy.train_images, load_split("moons", None, None, 0).images.train_images)


def test_a_line_tells_most_of_them_apart_and_not_all():
    images = load_moons(noise=0.1)
    fitted = LogisticRegression().fit(coordinates(images.train_images).numpy(), images.train_labels.numpy())
    share = fitted.score(coordinates(images.test_images).numpy(), images.test_labels.numpy())
    assert share == pytest.approx(0.88, abs=0.04)
