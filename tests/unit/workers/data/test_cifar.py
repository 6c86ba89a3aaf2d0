import hashlib
import pickle
import tarfile

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10, CIFAR100

from tests.real_data import FOLDER, cifar, cifar100
from tests.unit.workers.data.mirrors import served
from workers.data import MissingDataError, load_split
from workers.data.cifar import download_cifar10, download_cifar100, load_cifar10, load_cifar100


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Return a folder with a CIFAR-10 of 60 images, whose hashes torchvision is told to expect, and its archive."""
    root = tmp_path / "made" / "cifar-10-batches-py"
    root.mkdir(parents=True)
    draws = np.random.default_rng(0)

    def written(name, content):
        (root / name).write_bytes(pickle.dumps(content))
        return [name, hashlib.md5((root / name).read_bytes(), usedforsecurity=False).hexdigest()]

    def batch():
        return {"data": draws.integers(0, 256, (10, 3072), dtype=np.uint8), "labels": list(range(10))}

    monkeypatch.setattr(CIFAR10, "train_list", [written(f"data_batch_{n}", batch()) for n in range(1, 6)])
    monkeypatch.setattr(CIFAR10, "test_list", [written("test_batch", batch())])
    name, digest = written("batches.meta", {"label_names": list("abcdefghij")})
    monkeypatch.setattr(CIFAR10, "meta", {"filename": name, "key": "label_names", "md5": digest})
    archive = tmp_path / "made" / CIFAR10.filename
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(root, root.name)
    digest = hashlib.md5(archive.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(CIFAR10, "tgz_md5", digest)
    return root.parent


@pytest.fixture
def mirror(small):
    """Yield the address of a mirror on loopback."""
    with served(small) as address:
        yield f"{address}/{CIFAR10.filename}"


def test_images_are_bytes_in_the_order_of_torch(small):
    images = load_cifar10(small)
    assert images.train_images.shape == (50, 3, 32, 32)
    assert images.train_images.dtype == torch.uint8
    stored = pickle.loads((small / "cifar-10-batches-py" / "test_batch").read_bytes())  # noqa: S301 - made above
    assert images.test_images.flatten(1).tolist() == stored["data"].tolist()
    assert images.test_labels.tolist() == list(range(10))


def test_without_a_folder_the_option_is_named():
    with pytest.raises(MissingDataError, match="--data or BASIN_DATA"):
        load_cifar10(None)


def test_a_missing_folder_is_named_with_what_to_do(tmp_path):
    with pytest.raises(MissingDataError) as caught:
        load_cifar10(tmp_path / "nowhere")
    assert all(word in str(caught.value) for word in (str(tmp_path / "nowhere"), "--data", "--download"))


def test_a_damaged_file_is_refused_by_its_hash(small):
    file = small / "cifar-10-batches-py" / "data_batch_3"
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(MissingDataError, match="hashes"):
        load_cifar10(small)


def test_a_download_from_a_mirror_gives_the_same_images(small, mirror, tmp_path):
    target = tmp_path / "fetched"
    download_cifar10(target, mirror)
    assert torch.equal(load_cifar10(target).train_images, load_cifar10(small).train_images)


def test_a_mirror_that_is_not_there_is_an_error(small, tmp_path):
    with pytest.raises(MissingDataError, match="cannot be downloaded"):
        download_cifar10(tmp_path / "fetched", "http://127.0.0.1:9/cifar-10-python.tar.gz")


@pytest.fixture
def hundred(tmp_path, monkeypatch):
    """Return a folder with a CIFAR-100 of 300 images, whose hashes torchvision is told to expect, and its archive."""
    root = tmp_path / "made" / "cifar-100-python"
    root.mkdir(parents=True)
    draws = np.random.default_rng(0)

    def written(name, content):
        (root / name).write_bytes(pickle.dumps(content))
        return [name, hashlib.md5((root / name).read_bytes(), usedforsecurity=False).hexdigest()]

    def part(count):
        labels = [number % 100 for number in range(count)]
        pixels = draws.integers(0, 256, (count, 3072), dtype=np.uint8)
        return {"data": pixels, "fine_labels": labels, "coarse_labels": [label // 5 for label in labels]}

    monkeypatch.setattr(CIFAR100, "train_list", [written("train", part(200))])
    monkeypatch.setattr(CIFAR100, "test_list", [written("test", part(100))])
    name, digest = written("meta", {"fine_label_names": [f"{number}" for number in range(100)]})
    monkeypatch.setattr(CIFAR100, "meta", {"filename": name, "key": "fine_label_names", "md5": digest})
    archive = tmp_path / "made" / CIFAR100.filename
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(root, root.name)
    monkeypatch.setattr(CIFAR100, "tgz_md5", hashlib.md5(archive.read_bytes(), usedforsecurity=False).hexdigest())
    return root.parent


class TestHundred:
    def test_images_have_their_fine_labels(self, hundred):
        images = load_cifar100(hundred)
        stored = pickle.loads((hundred / "cifar-100-python" / "test").read_bytes())  # noqa: S301 - made above
        assert images.train_images.shape == (200, 3, 32, 32)
        assert images.test_images.flatten(1).tolist() == stored["data"].tolist()
        assert images.test_labels.tolist() == list(range(100))
        assert images.classes == 100

    def test_missing_files_are_named_with_what_to_do(self, tmp_path):
        with pytest.raises(MissingDataError) as caught:
            load_cifar100(tmp_path)
        words = ("cifar100", f"{tmp_path}/cifar-100-python", "--data", "--download")
        assert all(word in str(caught.value) for word in words)
        with pytest.raises(MissingDataError, match="cifar100 needs its files"):
            load_cifar100()

    def test_a_damaged_file_is_refused_by_its_hash(self, hundred):
        file = hundred / "cifar-100-python" / "test"
        file.write_bytes(file.read_bytes()[:-1] + b"!")
        with pytest.raises(MissingDataError, match="hashes"):
            load_cifar100(hundred)

    def test_a_download_from_a_mirror_gives_the_same_images(self, hundred, tmp_path):
        with served(hundred) as address:
            download_cifar100(tmp_path / "fetched", f"{address}/{CIFAR100.filename}")
        assert torch.equal(load_cifar100(tmp_path / "fetched").train_images, load_cifar100(hundred).train_images)


class TestRealHundred:
    pytestmark = cifar100

    def test_each_class_has_five_hundred_images_to_train_on(self):
        images = load_cifar100(FOLDER)
        assert torch.bincount(images.train_labels).tolist() == [500] * 100
        assert torch.bincount(images.test_labels).tolist() == [100] * 100


class TestReal:
    pytestmark = cifar

    def test_a_subset_is_balanced_and_a_validation_split_stays_apart(self):
        split = load_split("cifar10", FOLDER, 1_000, 100)
        assert torch.bincount(split.images.train_labels).tolist() == [90] * 10
        assert torch.bincount(split.validation_labels).tolist() == [10] * 10
        assert len(split.images.test_labels) == 10_000

    def test_normalisation_centres_the_training_images(self):
        images = load_split("cifar10", FOLDER, None, 0).images
        normalised = (images.train_images[:5_000].float() - images.mean[:, None, None]) / images.std[:, None, None]
        assert normalised.mean((0, 2, 3)).abs().max() < 0.05
        assert normalised.std((0, 2, 3)).tolist() == pytest.approx([1.2, 1.2, 1.3], abs=0.15)
