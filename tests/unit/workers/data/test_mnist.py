from __future__ import annotations

import gzip
import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torchvision import datasets

from tests.real_data import FOLDER, fashion_mnist, mnist
from tests.unit.workers.data.mirrors import served
from workers.data import MissingDataError, load_split
from workers.data import mnist as module
from workers.data.images import channel_statistics
from workers.data.mnist import Mnist, load_fashion_mnist, load_mnist

COUNTS = {"train": 40, "t10k": 20}


def idx(array, *, code=8):
    """Return an array as an idx file."""
    head = bytes([0, 0, code, array.ndim]) + b"".join(length.to_bytes(4, "big") for length in array.shape)
    return head + array.tobytes()


def md5(content):
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture(params=["MNIST", "FashionMNIST"])
def small(request, tmp_path, monkeypatch):
    """Return a data set of 60 images with its folder, its arrays, and the names of its files by archive."""
    monkeypatch.setattr(module, "COUNTS", COUNTS)
    raw = tmp_path / "made" / request.param / "raw"
    raw.mkdir(parents=True)
    draws, arrays = np.random.default_rng(0), {}
    for part, count in COUNTS.items():
        images, labels = module.FILES[part]
        arrays[images] = draws.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        arrays[labels] = np.arange(count, dtype=np.uint8) % 10
    packed = {f"{name}.gz": gzip.compress(idx(array), mtime=0) for name, array in arrays.items()}
    resources = [(name, md5(content)) for name, content in packed.items()]
    monkeypatch.setattr(getattr(datasets, request.param), "resources", resources)
    for name, array in arrays.items():
        (raw / name).write_bytes(idx(array))
    made = Mnist(name="tiny", source=request.param, mean=0.5, deviation=0.25)
    return SimpleNamespace(made=made, folder=tmp_path / "made", raw=raw, arrays=arrays, packed=packed)


def same(images, arrays):
    return (
        images.train_images[:, 0].tolist() == arrays["train-images-idx3-ubyte"].tolist()
        and images.test_images[:, 0].tolist() == arrays["t10k-images-idx3-ubyte"].tolist()
        and images.train_labels.tolist() == arrays["train-labels-idx1-ubyte"].tolist()
        and images.test_labels.tolist() == arrays["t10k-labels-idx1-ubyte"].tolist()
    )


def test_plain_files_are_read(small):
    images = small.made.load(small.folder)
    assert images.shape == (1, 28, 28)
    assert (images.train_images.dtype, images.train_labels.dtype) == (torch.uint8, torch.int64)
    assert same(images, small.arrays)


def test_archives_are_read_and_known_by_their_hashes(small):
    for name, content in small.packed.items():
        (small.raw / name).write_bytes(content)
        (small.raw / name).with_suffix("").unlink()
    assert same(small.made.load(small.folder), small.arrays)
    archive = small.raw / "train-labels-idx1-ubyte.gz"
    archive.write_bytes(archive.read_bytes()[:-9])
    with pytest.raises(MissingDataError, match=r"train-labels-idx1-ubyte has another hash\. .*--download"):
        small.made.load(small.folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no idx file of bytes"),
        (idx(np.zeros((20, 28, 28), np.uint8))[:-1], "is no idx file of bytes"),
        (idx(np.zeros((20, 28, 28), np.uint8), code=9), "is no idx file of bytes"),
        (idx(np.zeros((19, 28, 28), np.uint8)), "hold something else than 20 images and labels"),
        (idx(np.zeros((20, 8, 8), np.uint8)), "hold something else than 20 images and labels"),
    ],
)
def test_a_file_that_is_something_else_is_refused(small, content, words):
    (small.raw / "t10k-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(MissingDataError, match=words):
        small.made.load(small.folder)


def test_a_plain_file_whose_hash_is_known_is_checked_by_it(small):
    name = "t10k-labels-idx1-ubyte"
    known = Mnist(name="tiny", source=small.made.source, mean=0.5, deviation=0.25, plain={name: "0" * 32})
    with pytest.raises(MissingDataError, match=f"{name} has another hash"):
        known.load(small.folder)


@pytest.mark.parametrize(("load", "name"), [(load_mnist, "MNIST"), (load_fashion_mnist, "FashionMNIST")])
def test_missing_files_are_named_with_what_to_do(tmp_path, load, name):
    with pytest.raises(MissingDataError) as caught:
        load(tmp_path)
    words = (f"{tmp_path}/{name}/raw", "train-images-idx3-ubyte.gz", "--data", "--download")
    assert all(word in str(caught.value) for word in words)
    with pytest.raises(MissingDataError, match="--data or BASIN_DATA"):
        load()


def test_a_download_from_a_mirror_gives_the_same_images(small, tmp_path):
    for name, content in small.packed.items():
        (small.raw / name).write_bytes(content)
    with served(small.raw) as address:
        small.made.download(tmp_path / "fetched", address)
    assert same(small.made.load(tmp_path / "fetched"), small.arrays)


def test_a_mirror_that_is_not_there_is_an_error(small, tmp_path):
    with pytest.raises(MissingDataError, match="tiny cannot be downloaded"):
        small.made.download(tmp_path / "fetched", "http://127.0.0.1:9/")


class TestReal:
    pytestmark = mnist

    def test_counts_and_normalisation_are_those_published(self):
        """Sixty and ten thousand; 5,421 fives and 6,742 ones are the rarest and the most frequent digits."""
        images = load_split("mnist", FOLDER, None, 0).images
        counts = torch.bincount(images.train_labels)
        assert (len(images.train_labels), len(images.test_labels)) == (60_000, 10_000)
        assert (int(counts[5]), int(counts[1])) == (5_421, 6_742) == (int(counts.min()), int(counts.max()))
        mean, std = channel_statistics(images.train_images)
        assert float(mean) / 255 == pytest.approx(0.1307, abs=5e-5)
        assert float(std) / 255 == pytest.approx(0.3081, abs=5e-5)


class TestRealFashion:
    pytestmark = fashion_mnist

    def test_classes_are_equally_frequent_and_normalisation_is_as_published(self):
        images = load_split("fashion-mnist", FOLDER, None, 0).images
        assert torch.bincount(images.train_labels).tolist() == [6_000] * 10
        mean, std = channel_statistics(images.train_images)
        assert float(mean) / 255 == pytest.approx(0.2860, abs=5e-5)
        assert float(std) / 255 == pytest.approx(0.3530, abs=5e-5)
