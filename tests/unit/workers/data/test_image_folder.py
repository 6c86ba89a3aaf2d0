from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from workers.data import MissingDataError
from workers.data.image_folder import load_image_folder

COLOURS = {"ash": (255, 0, 0), "birch": (0, 255, 0), "cedar": (0, 0, 255)}


def write(folder, *, count=2, shape=(30, 20), suffix="png"):
    """Write pictures of one colour for each class."""
    for part in ("train", "val"):
        for name, colour in COLOURS.items():
            (folder / part / name).mkdir(parents=True, exist_ok=True)
            for number in range(count if part == "train" else 1):
                pixels = np.zeros((shape[1], shape[0], 3), np.uint8) + np.array(colour, np.uint8)
                Image.fromarray(pixels).save(folder / part / name / f"{number}.{suffix}")
    (folder / "train" / "ash" / "notes.txt").write_text("no picture")
    (folder / "train" / "README").write_text("no class")
    return folder


@pytest.mark.parametrize("suffix", ["png", "PPM"])
def test_labels_number_the_folders_by_their_names(tmp_path, suffix):
    images = load_image_folder(write(tmp_path, suffix=suffix), classes=3, size=8)
    assert images.train_images.shape == (6, 3, 8, 8)
    assert images.train_images.dtype == torch.uint8
    assert images.train_labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert images.test_labels.tolist() == [0, 1, 2]
    assert images.test_images.flatten(2).amax(2).tolist() == [list(it) for it in COLOURS.values()]
    assert images.mean.tolist() == pytest.approx([85.0] * 3)


def test_the_middle_square_of_a_picture_is_taken(tmp_path):
    write(tmp_path)
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 10:20] = 200
    Image.fromarray(pixels).save(tmp_path / "val" / "ash" / "0.png")
    assert load_image_folder(tmp_path, classes=3, size=5).test_images[0].unique().tolist() == [200]


def test_a_grey_picture_has_three_equal_channels(tmp_path):
    write(tmp_path)
    Image.fromarray(np.full((9, 9), 77, np.uint8)).save(tmp_path / "val" / "ash" / "0.png")
    assert load_image_folder(tmp_path, classes=3, size=9).test_images[0].unique().tolist() == [77]


def test_what_must_hold_is_said_with_what_to_do(tmp_path):
    with pytest.raises(MissingDataError, match="--data or BASIN_DATA"):
        load_image_folder()
    with pytest.raises(MissingDataError, match=r"train must hold a folder for each class, and holds none"):
        load_image_folder(tmp_path, classes=3)
    write(tmp_path)
    with pytest.raises(MissingDataError, match=r"train must hold a folder for each of 4 classes, got 3; write"):
        load_image_folder(tmp_path, classes=4)
    (tmp_path / "val" / "cedar").rename(tmp_path / "val" / "yew")
    with pytest.raises(MissingDataError, match="the same classes, and one of them lacks cedar"):
        load_image_folder(tmp_path, classes=3)


def test_a_class_without_pictures_and_a_picture_that_is_none_are_named(tmp_path):
    write(tmp_path)
    (tmp_path / "val" / "birch" / "0.png").write_bytes(b"no picture")
    with pytest.raises(MissingDataError, match=r"birch/0\.png must be an image that can be read"):
        load_image_folder(tmp_path, classes=3, size=8)
    (tmp_path / "val" / "birch" / "0.png").unlink()
    with pytest.raises(MissingDataError, match=r"val/birch must hold images"):
        load_image_folder(tmp_path, classes=3, size=8)
