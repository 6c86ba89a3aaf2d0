from __future__ import annotations

import pickle

import pytest

from workers.records import Divergence, EpochRecord


def test_a_record_is_written_as_plain_values():
    values = {
        "epoch": 1,
        "train_loss": 2.5,
        "test_error": 90.0,
        "test_error5": 50.0,
        "validation_error": None,
        "validation_error5": None,
        "lr": 0.1,
        "p": None,
        "log10_v": -3.0,
        "seconds": 1.5,
        "images": 899,
        "metrics": None,
    }
    assert EpochRecord(**values).to_dict() == values


@pytest.mark.parametrize("loss", [None, 2.3])
def test_a_divergence_says_when_and_at_what_loss(loss):
    divergence = Divergence(3, loss)
    assert (divergence.epoch, divergence.last_finite_loss) == (3, loss)
    assert str(divergence) == f"not finite in epoch 3; the last finite loss was {loss}"


def test_a_divergence_survives_pickling():
    again = pickle.loads(pickle.dumps(Divergence(3, 2.3)))  # noqa: S301
    assert (again.epoch, again.last_finite_loss) == (3, 2.3)


@pytest.mark.parametrize("name", ["train_loss", "test_error", "validation_error", "log10_v", "lr"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_record_takes_finite_numbers_only(name, value):
    values = {
        "epoch": 2, "train_loss": 2.5, "test_error": 90.0, "test_error5": 50.0, "validation_error": None,
        "validation_error5": None, "lr": 0.1, "p": None, "log10_v": -3.0, "seconds": 1.5, "images": 899,
    }  # fmt: skip
    with pytest.raises(ValueError, match=f"{name} of epoch 2 must be finite, got"):
        EpochRecord(**(values | {name: value}))
