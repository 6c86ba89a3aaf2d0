from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.curves import Line, bundles
from tests.unit.analysis.common import curve, trials

NAN = float("nan")


def bundled(rows, lengths, y="p", **options):
    """Return the bundles of rows whose curves have the given numbers of epochs."""
    epochs = [record for row, length in zip(rows, lengths, strict=True) for record in curve(row, length)]
    return bundles(pd.DataFrame(epochs), pd.DataFrame(rows), "lr", y, **options)


def test_cells_come_in_order_of_y_and_x():
    rows = trials({(1.0, 0.5): [1.0], (0.1, 0.5): [1.0], (1.0, 0.0): [1.0], (0.1, 0.0): [1.0]})
    found = bundled(rows, [2, 2, 2, 2])
    assert [(bundle.y, bundle.x) for bundle in found] == [(0.0, 0.1), (0.0, 1.0), (0.5, 0.1), (0.5, 1.0)]


def test_a_bundle_has_a_row_a_seed_and_a_column_an_epoch():
    (bundle,) = bundled(trials({(0.1, 0.0): [1.0, 1.0, 1.0]}), [4, 4, 4])
    assert bundle.train_loss.seeds.shape == bundle.metrics["test_error"].seeds.shape == (3, 4)
    assert bundle.epochs.tolist() == [1, 2, 3, 4]


def test_numbers_stand_at_their_epoch():
    (bundle,) = bundled(trials({(0.1, 0.0): [1.0]}), [2])
    assert bundle.train_loss.seeds.tolist() == [[1.0, 0.5]]
    assert bundle.metrics["test_error"].seeds.tolist() == [[50.0, 25.0]]


def test_a_curve_that_diverged_ends_in_nan():
    (bundle,) = bundled(trials({(0.1, 0.0): [1.0, "diverged"]}), [3, 1])
    np.testing.assert_array_equal(bundle.metrics["test_error"].seeds, [[50.0, 25.0, 50.0 / 3], [50.0, NAN, NAN]])


def test_the_seeds_that_diverged_are_marked():
    (bundle,) = bundled(trials({(0.1, 0.0): [1.0, "diverged"]}), [3, 1])
    assert bundle.diverged.tolist() == [False, True]


def test_a_seed_that_diverged_in_its_first_epoch_is_a_row_without_numbers():
    (bundle,) = bundled(trials({(0.1, 0.0): [1.0, "diverged"]}), [2, 0])
    assert np.isnan(bundle.metrics["test_error"].seeds[1]).all()


def test_a_cell_whose_seeds_all_diverged_at_once_has_no_epochs():
    rows = trials({(0.1, 0.0): [1.0], (1.0, 0.0): ["diverged", "diverged"]})
    bundle = bundled(rows, [2, 0, 0])[1]
    assert bundle.epochs.tolist() == []
    assert bundle.metrics["test_error"].seeds.shape == (2, 0)


@pytest.mark.parametrize("state", ["failed", "cancelled", "running", "waiting"])
def test_only_complete_and_diverged_trials_are_shown(state):
    (bundle,) = bundled(trials({(0.1, 0.0): [1.0, state], (1.0, 0.0): [state]}), [2, 1, 1])
    assert bundle.metrics["test_error"].seeds.shape == (1, 2)


RAGGED = Line(np.array([[1.0, 2.0, 3.0], [3.0, 4.0, NAN], [8.0, NAN, NAN]]))
ENDED = Line(np.array([[1.0, NAN], [3.0, NAN]]))


def test_the_mean_takes_the_seeds_that_have_the_epoch():
    assert RAGGED.mean.tolist() == [4.0, 3.0, 3.0]


def test_the_mean_is_nan_where_no_seed_has_the_epoch():
    np.testing.assert_array_equal(ENDED.mean, [2.0, NAN])


def test_the_mean_and_the_band_of_no_epochs_are_empty():
    line = Line(np.empty((2, 0)))
    assert [part.tolist() for part in (line.mean, *line.band)] == [[], [], []]


def test_the_band_is_the_range_over_the_seeds_that_have_the_epoch():
    low, high = RAGGED.band
    assert (low.tolist(), high.tolist()) == ([1.0, 2.0, 3.0], [8.0, 4.0, 3.0])


def test_the_band_is_nan_where_no_seed_has_the_epoch():
    np.testing.assert_array_equal(ENDED.band, [[1.0, NAN], [3.0, NAN]])


def test_errors_of_every_split_asked_for_are_there_in_that_order():
    (bundle,) = bundled(trials({(0.1, 0.0): [1.0]}), [2], metrics=("validation_error", "test_error"))
    assert {name: line.seeds.tolist() for name, line in bundle.metrics.items()} == {
        "validation_error": [[60.0, 30.0]],
        "test_error": [[50.0, 25.0]],
    }
    assert list(bundle.metrics) == ["validation_error", "test_error"]


def test_one_hyperparameter_makes_no_rows():
    found = bundled(trials({(1.0, 0.0): [1.0], (0.1, 0.5): [1.0]}), [2, 2], y=None)
    assert [(bundle.x, bundle.y) for bundle in found] == [(0.1, None), (1.0, None)]


def test_further_hyperparameters_tell_bundles_apart():
    found = bundled(trials({(0.1, 0.5): [1.0], (0.1, 0.0): [1.0]}), [2, 2], y=None, others=["p"])
    assert [dict(bundle.others) for bundle in found] == [{"p": 0.0}, {"p": 0.5}]
