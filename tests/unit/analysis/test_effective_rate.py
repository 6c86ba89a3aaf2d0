"""What is left of the entanglement on the axis of the effective learning rate."""

import numpy as np
import pandas as pd
import pytest

from analysis.effective_rate import SHIFTS, _left, common_curve, effective_rate
from analysis.figures import effective, heatmap
from analysis.measures.interaction import interaction_share
from analysis.measures.surface import Surface
from analysis.null_model import NullModel
from tests.unit.analysis.common import faults, trials
from tests.unit.analysis.reports import findings

X, Y = np.arange(7) / 2.0 - 3.0, np.array([0.0, 0.125, 0.25, 0.375, 0.5])
DECADES = -1.5
"""log10 G."""


def surface(slope, *, noise=0.0, seeds=3, seed=0, of=lambda u: 10.0 * u**2, rows=0.0):
    """A surface whose best x moves by so many decades per unit of y."""
    means = of(X[None, :] - slope * (Y[:, None] - 0.25) + 1.5) + rows * Y[:, None]
    values = means[:, :, None] + noise * np.random.default_rng(seed).normal(size=(*means.shape, seeds))
    return Surface(x=X, y=Y, values=values)


def places(scale):
    return X[None, :] + (1.0 - 2.0 * Y[:, None]) * scale


def test_on_the_axis_of_lr_it_is_the_interaction_share():
    it = surface(-2.0, noise=0.3)
    ours, theirs = common_curve(it, places(0.0)), interaction_share(it)
    assert (ours.value, ours.low, ours.high) == pytest.approx((theirs.value, theirs.low, theirs.high))
    assert ours.details["p"] == pytest.approx(theirs.details["p"])


def test_entanglement_of_the_predicted_slope_vanishes():
    it = surface(2.0 * DECADES, noise=1.0)
    assert interaction_share(it).low > 0.2
    found = common_curve(it, places(DECADES))
    assert found.value < 0.01
    assert found.high < 0.05


def test_of_another_slope_it_does_not():
    assert common_curve(surface(2.0 * DECADES, noise=1.0), places(-DECADES)).low > 0.3


def test_a_separable_surface_is_entangled_on_that_axis():
    assert common_curve(surface(0.0, noise=0.3), places(DECADES)).low > 0.2


@pytest.mark.parametrize("of", [np.abs, lambda u: np.where(u > 0.6, 90.0, 10.0 * u**2)], ids=["valley", "cliff"])
def test_a_curve_of_straight_pieces_leaves_little_of_a_bent_one(of):
    it = surface(2.0 * -0.9, of=of)
    assert common_curve(it, places(-0.9)).value < 0.5 * interaction_share(it).value


def test_where_knots_lie_by_chance_decides_nothing():
    """Rows are one curve of straight pieces that bends between the learning rates that were tried."""
    bend = X[2] + 0.25 * (X[3] - X[2])
    rates = places(DECADES)
    mean = 3.0 * np.abs(rates - rates.mean() - bend + X.mean())
    left = [_left(Surface(x=X, y=Y, values=mean[:, :, None]), rates, shift).interaction for shift in SHIFTS]
    found = common_curve(Surface(x=X, y=Y, values=mean[:, :, None]), rates)
    assert found.details["raw"] == pytest.approx(min(left) / float(((mean - mean.mean()) ** 2).sum()))
    assert max(left) > 2.0 * min(left)


def test_shifts_of_whole_rows_are_no_entanglement():
    one, other = surface(2.0 * DECADES, noise=1.0), surface(2.0 * DECADES, noise=1.0, rows=40.0)
    found, shifted = (common_curve(it, places(DECADES)) for it in (one, other))
    assert found.details["f"] == pytest.approx(shifted.details["f"])


def test_rows_that_share_nothing_of_the_axis_say_nothing():
    found = common_curve(surface(-2.0, noise=0.3), places(-9.0))
    assert found.value is None
    assert "in common" in found.reason


def test_uneven_learning_rates_are_knots_as_they_are():
    x = np.array([-3.0, -2.0, -1.7, -1.0, 0.0])
    values = np.random.default_rng(1).normal(size=(5, 5, 3)).cumsum(axis=1)
    it = Surface(x=x, y=Y, values=values)
    assert common_curve(it, np.repeat(x[None, :], 5, axis=0)).value == pytest.approx(interaction_share(it).value)


CELLS = {
    (lr, p): [2.0 + 5.0 * (np.log10(lr) + 2.0 + 2.0 * DECADES * (0.25 - p)) ** 2 + bump for bump in (0.0, 0.1, 0.05)]
    for lr in (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
    for p in (0.0, 0.25, 0.5)
}


def shown():
    found = findings(
        trials(CELLS),
        seeds=3,
        space={"lr": {"low": 1e-4, "high": 1.0, "log": True, "points": 5}, "p": {"values": [0.0, 0.25, 0.5]}},
    )
    return found, found.arms[0].map_of_best


def test_a_map_has_both_shares():
    found = effective_rate(shown()[1], NullModel(log10_scale=DECADES, reference={"lr": 0.01, "p": 0.25}, seeds=3))
    said = found.to_dict()
    assert said["interaction_share"]["value"] < 0.2 * said["interaction_share_on_lr"]["value"]
    assert found.log10_rates[:, 0].tolist() == pytest.approx([-4.0 + DECADES, -4.0 + DECADES / 2, -4.0])


def test_the_figure_says_both_and_has_a_line_for_each_row():
    found, _ = shown()
    object.__setattr__(found.material, "curves", _kept)
    (result,) = effective.compute(found)
    assert result.name == "effective-rate"
    assert "leaves of the variation" in effective.caption(result)
    left, right = effective.draw(result).axes
    assert len(left.lines) == len(right.lines) == 6  # three rows, and marks for what diverged of each
    assert right.lines[0].get_xdata()[0] == pytest.approx(10.0 ** (-4.0 + DECADES))
    (shown_on,) = heatmap.compute(found)
    assert "Dashed: the null model" in shown_on.caption
    wide, small = (figure.axes[0].lines for figure in (heatmap.draw(shown_on), heatmap.column(shown_on)))
    assert len(wide) == len(small)  # both ridges, and the star
    assert small[-1].get_linewidth() < wide[-1].get_linewidth()
    narrow = effective.column(result)
    assert faults(narrow) == []
    assert narrow.axes[0].get_position().y0 > narrow.axes[1].get_position().y1
    assert narrow.legends[0].get_title().get_text() == "p"


def _kept(numbers):
    return pd.DataFrame([{"number": it, "epoch": 1, "log10_v": 2.0 * DECADES} for it in numbers])


def test_without_a_scale_of_gradients_there_is_no_figure():
    assert effective.compute(shown()[0]) == []
