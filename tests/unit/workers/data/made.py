"""CIFAR-10 and CIFAR-100 of a few random images, as files whose hashes torchvision is told to expect."""

from __future__ import annotations

import hashlib
import pickle
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import numpy as np
from torchvision.datasets import CIFAR10, CIFAR100


@contextmanager
def made_cifar(folder, train=40, test=20):
    """Write both into a folder for as long as it lasts; so many images each, in at most as many classes."""
    draws = np.random.default_rng(0)

    def written(source, name, content):
        path = folder / source.base_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(content))
        return [name, hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()]

    def part(count, key, classes):
        pixels = draws.integers(0, 256, (count, 3072), dtype=np.uint8)
        return {"data": pixels, key: [number % classes for number in range(count)]}

    with ExitStack() as stack:
        for source, key, classes in ((CIFAR10, "labels", 10), (CIFAR100, "fine_labels", 100)):
            label_names = source.meta["key"]
            name, digest = written(source, source.meta["filename"], {label_names: [str(n) for n in range(classes)]})
            changes = {
                "train_list": [written(source, "made_train", part(train, key, classes))],
                "test_list": [written(source, "made_test", part(test, key, classes))],
                "meta": {"filename": name, "key": label_names, "md5": digest},
            }
            for attribute, value in changes.items():
                stack.enter_context(patch.object(source, attribute, value))
        yield folder
