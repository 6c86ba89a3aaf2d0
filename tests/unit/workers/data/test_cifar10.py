import hashlib
import http.server
import pickle
import tarfile
import threading
from functools import partial

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10

from tests.real_data import FOLDER, cifar
from workers.data import MissingDataError, load_split
from workers.data.cifar10 import download_cifar10, load_cifar10


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

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(small))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{CIFAR10.filename}"
        server.shutdown()


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
