from __future__ import annotations

from http.client import InvalidURL
from types import SimpleNamespace

import pytest
from PIL import Image

from search_spaces.errors import SpecificationError
from study.data import provide, provide_declared
from study.errors import DataError
from tests.unit.search_spaces.common import specification
from workers.data import DATASETS, DOWNLOADS


def raising(error):
    def raised(*_):
        raise error

    return raised


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied", "data_batch_1"), ValueError("cut short")])
def test_files_that_cannot_be_read_are_told_in_a_sentence(monkeypatch, tmp_path, error):
    monkeypatch.setitem(DATASETS, "cifar10", raising(error))
    with pytest.raises(DataError, match=r"the files of cifar10 in .* cannot be read or fetched: ") as caught:
        provide("cifar10", str(tmp_path), download=False)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("error", [ValueError("unknown url type: 'junk'"), InvalidURL("nonnumeric port"), OSError(5)])
def test_a_download_that_fails_is_told_in_a_sentence(monkeypatch, tmp_path, error):
    monkeypatch.setitem(DOWNLOADS, "cifar10", raising(error))
    with pytest.raises(DataError, match="cannot be read or fetched"):
        provide("cifar10", str(tmp_path), download=True, mirror="http://h:port/x")


FOLDER = {"name": "image-folder", "classes": 2, "size": 4}


def folder_of(tmp_path, count):
    """Write a folder of two classes with as many pictures to train on in each."""
    for part, number in (("train", count), ("val", 1)):
        for name in ("ash", "birch"):
            (tmp_path / part / name).mkdir(parents=True)
            for at in range(number):
                Image.new("RGB", (4, 4)).save(tmp_path / part / name / f"{at}.png")
    return str(tmp_path)


def test_a_folder_is_read_with_its_options_and_a_batch_compared_with_its_images(tmp_path):
    changes = ("task.network", "resnet8"), ("task.dataset", FOLDER)
    place = folder_of(tmp_path, 3)
    provide_declared(specification(*changes, ("task.batch_size", 6)).base, place)
    with pytest.raises(SpecificationError, match="must be at most the number of training images, 6, got 7"):
        provide_declared(specification(*changes, ("task.batch_size", 7)).base, place)
    with pytest.raises(DataError, match="must hold a folder for each of 5 classes, got 2"):
        provide_declared(
            specification(*changes, ("task.dataset", FOLDER | {"classes": 5})).base,
            place,
        )


@pytest.mark.parametrize("error", [SystemExit("no data"), KeyError("x")])
def test_whatever_a_data_set_of_a_plugin_raises_is_told_in_a_sentence(monkeypatch, error):
    arm = SimpleNamespace(dataset=SimpleNamespace(name="mine"), data=None)
    monkeypatch.setitem(DATASETS, "mine", raising(error))
    with pytest.raises(
        DataError, match=rf"data set mine cannot be loaded from no folder, .*: {type(error).__name__}"
    ):
        provide_declared(arm, None)
