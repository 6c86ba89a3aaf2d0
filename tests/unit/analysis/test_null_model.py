"""The ridge that a scale of gradients predicts."""

import pandas as pd
import pytest

from analysis.null_model import NullModel, null_model
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import CELLS, findings

V = {0: -4.0, 1: -5.0}
"""Mean log10 v by epoch."""


def kept(found, values=V):
    """The findings of a study, of whose trials v was kept."""
    rows = found.material.trials["base"]
    asked = []

    def curves(numbers):
        asked.append(sorted(numbers))
        return pd.DataFrame([{"number": it, "epoch": e, "log10_v": v} for it in numbers for e, v in values.items()])

    object.__setattr__(found.material, "curves", curves)
    return rows, asked, null_model(found.arms[0])


def test_the_slope_is_the_mean_of_log10_v_and_the_ridge_goes_through_the_best():
    _, asked, null = kept(findings(trials(CELLS)))
    assert null.slope == pytest.approx(-4.5)
    assert null.log10_scale == pytest.approx(-2.25)
    assert null.reference == {"lr": 0.1, "p": 0.0}
    assert null.at(0.0) == pytest.approx(0.1)
    assert null.at(0.5) == pytest.approx(0.1 * 10.0**-2.25)
    assert asked == [[0, 1]]  # the seeds of the best configuration, and no other trial


def test_epochs_without_v_count_nowhere():
    assert kept(findings(trials(CELLS)), {0: -4.0, 1: float("nan")})[2].slope == pytest.approx(-4.0)
    assert kept(findings(trials(CELLS)), {0: float("nan")})[2] is None


def test_another_optimizer_has_none():
    found = findings(trials(CELLS), optimizer={"name": "adam"}, space={"lr": {"values": [0.1, 1.0]}})
    assert null_model(found.arms[0]) is None


def test_gradients_of_size_1_move_nothing():
    assert NullModel(log10_scale=0.0, reference={"lr": 0.3, "p": 0.1}, seeds=1).at(0.5) == pytest.approx(0.3)


def test_plain_values_say_what_it_was_measured_at():
    assert NullModel(log10_scale=-2.0, reference={"lr": 0.3, "p": 0.1}, seeds=3).to_dict() == {
        "log10_gradient_scale": -2.0,
        "slope": -4.0,
        "reference": {"lr": 0.3, "p": 0.1},
        "seeds": 3,
    }
