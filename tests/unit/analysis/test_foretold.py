from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from analysis.figures import foretelling
from analysis.findings import Findings
from analysis.foretold import FEWEST, foretold, spearman
from analysis.material import Material
from tests.unit.analysis.common import faults, trial
from tests.unit.analysis.reports import Listed, attempt, specification

EPOCHS = 4


def findings(curves, seeds=2, **changes):
    """Return the findings of configurations: each has one list of errors a seed, shorter where it diverged."""
    rows, epochs = [], []
    for index, of_seeds in enumerate(curves):
        for seed, errors in enumerate(of_seeds):
            gone = len(errors) < EPOCHS
            row = trial(len(rows), "diverged" if gone else errors[-1], seed=seed, lr=0.1 + index, epochs=EPOCHS)
            rows.append(row | {"diverged_epoch": len(errors) + 1 if gone else None} | changes)
            epochs += [
                {"number": row["number"], "seed": seed, "state": row["state"], "epoch": at + 1, "train_loss": 1.0}
                | {"test_error": error}
                for at, error in enumerate(errors)
            ]
    space = {"lr": {"values": [0.1 + index for index in range(len(curves))]}}
    made = Listed(
        specification(space=space, epochs=EPOCHS, seeds=seeds), rows, epochs, [attempt(row["number"]) for row in rows]
    )
    return Findings(Material.of(made))


def study(curves, seeds=2, **changes):
    """Return what is foretold of such configurations."""
    return foretold(findings(curves, seeds, **changes).arms[0])


def falling(count):
    """Return configurations whose order turns around after the second epoch."""
    return [[[10.0 - i, 20.0 - i, 30.0 + i, 40.0 + i]] * 2 for i in range(count)]


def test_a_rank_correlation_is_that_of_scipy():
    values = np.round(np.random.default_rng(2).normal(size=(30, 4)), 1)
    expected = [spearmanr(values[:, at], values[:, -1]).statistic for at in range(4)]
    np.testing.assert_allclose(spearman(values), expected)


def test_a_constant_epoch_foretells_nothing():
    values = np.column_stack([np.ones(9), np.arange(9.0)])
    assert np.isnan(spearman(values)[0])
    assert spearman(values)[1] == pytest.approx(1)


def test_an_order_that_turns_around_is_seen():
    found = study(falling(10))
    assert found.correlation.tolist() == pytest.approx([-1, -1, 1, 1])
    assert found.low.tolist() == pytest.approx([-1, -1, 1, 1])
    assert found.high.tolist() == pytest.approx([-1, -1, 1, 1])


def test_what_ties_for_the_last_place_of_the_best_third_belongs_to_it():
    """Of 24 configurations the eighth to the tenth tie; whichever was read first would be the eighth."""
    ends = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 8.0, 8.0, *range(20, 34)]
    firsts = [*range(7), 90.0, 50.0, 10.0, *range(40, 54)]
    curves = [[[float(first), 50.0, 50.0, float(end)]] * 2 for first, end in zip(firsts, ends, strict=True)]
    found = study(curves)
    assert found.among == 10
    turned = study([*curves[:7], *reversed(curves[7:10]), *curves[10:]])
    assert turned.best[0] == pytest.approx(found.best[0])


def test_a_seed_that_diverged_counts_at_the_worst_from_its_epoch_on():
    curves = falling(9)
    curves[0] = [[50.0, 50.0, 50.0, 50.0], [50.0]]
    found = study(curves)
    assert max(found.values.tolist()) == [50.0, 70.0, 70.0, 70.0]


def test_the_interval_holds_the_number_and_is_wide_where_configurations_are_few():
    generator = np.random.default_rng(3)
    errors = generator.uniform(1, 80, size=(60, EPOCHS))
    errors[:, -1] = errors[:, 0] + generator.normal(0, 30, 60)
    many, few = (study([[row.tolist()] for row in np.abs(some)], seeds=1) for some in (errors, errors[:12]))
    for found in (many, few):
        assert (found.low <= found.correlation).all()
        assert (found.correlation <= found.high).all()
    assert few.high[0] - few.low[0] > 1.5 * (many.high[0] - many.low[0])


def test_among_the_best_third_the_order_is_another():
    assert study(falling(FEWEST)).best is None
    found = study(falling(3 * FEWEST))
    assert found.best.tolist() == pytest.approx([-1, -1, 1, 1])


def test_few_configurations_foretell_nothing():
    assert study(falling(FEWEST - 1)) is None


def test_the_legend_of_a_study_and_its_best_third_lies_within_the_figure():
    chance = np.random.default_rng(3)
    curves = [[list(chance.uniform(1.0, 50.0, EPOCHS)) for _ in range(2)] for _ in range(30)]
    (result,) = foretelling.compute(findings(curves))
    figure = foretelling.draw(result)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    legend = axes.get_legend()
    assert [it.get_text() for it in legend.get_texts()] == ["all 30 configurations", "best third (10)"]
    inside, page = legend.get_window_extent(), figure.bbox
    assert page.x0 <= inside.x0
    assert inside.x1 <= page.x1
    narrow = foretelling.column(result)
    assert faults(narrow) == []
    assert [it.get_text() for it in narrow.legends[0].get_texts()] == ["all 30 configurations", "best third (10)"]
    assert narrow.axes[0].get_legend() is None
