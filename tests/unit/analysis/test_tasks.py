"""Reports of tasks that measure something else than errors."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest

from analysis.figures import FIGURES, curves, heatmap, optima, points
from analysis.figures.cells import LOST
from analysis.figures.scale import scale_of
from analysis.findings import Clip, Findings, Limits
from analysis.material import Material
from analysis.summary import summary
from tests.unit.analysis.common import rectangles, stars, texts, trials
from tests.unit.analysis.reports import CELLS, findings, source, words, written_of
from tests.unit.analysis.studies import (
    EXCESSES,
    NUMBERS,
    PLAYED,
    SCORES,
    WORST,
    measured,
    measured_findings,
    measured_source,
)

FOREIGN = ("percent", "%", "error", "guess", "image", "split", "loss")
"""Words of classification."""

COMMON = ("95 %", "(a loss or output was not finite)", "a loss or an output was not finite", "standard error")
"""Words of every report that have some of them."""

LINE = {(0.001,): [2.5, 2.6, 2.7], (0.01,): [1e-8, 2e-8, 3e-8], (0.1,): ["diverged", WORST, 3.0]}
LINE_SPACE = {"space": {"lr": {"values": [0.001, 0.01, 0.1]}}}
PLANE = {
    "space": {"lr": {"low": 1e-3, "high": 0.1, "log": True}, "momentum": {"low": 0.0, "high": 0.9}},
    "design": {"name": "random", "configurations": 6},
}


def foreign(text):
    """Return the words of classification that a text has of its own."""
    text = re.sub(r"\d+ % (\[\d+, \d+\] )?of the variation", "", text)  # a share of it, whatever varies
    for words_of_all in COMMON:
        text = text.replace(words_of_all, "")
    return [word for word in FOREIGN if word in text.lower()]


def captions(found):
    return {result.name: result.caption for kind in FIGURES for result in kind.compute(found)}


def line_findings(cells=None):
    rows = measured(LINE if cells is None else cells, names=("lr",))
    return Findings(Material.of(measured_source(rows, **LINE_SPACE)))


@pytest.fixture(scope="module")
def found():
    return measured_findings()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return written_of(measured_source(measured(EXCESSES)), tmp_path_factory.mktemp("valley"))


def test_the_figures_are_those_of_every_grid(found):
    assert list(captions(found)) == ["heatmap", "optima", "divergence", "sensitivity", "curves"]


@pytest.mark.parametrize(
    "made",
    [measured_findings, line_findings, lambda: measured_findings(**PLANE)],
    ids=["grid", "line", "points"],
)
def test_no_caption_and_no_title_speaks_of_classification(made):
    for kind in FIGURES:
        for result in kind.compute(made()):
            assert foreign(result.caption) == []
            assert foreign(result.title) == []
            drawn = kind.draw(result)
            assert not [word for axes in drawn.axes for word in foreign(axes.get_ylabel() + axes.get_xlabel())]


def test_what_was_trained_is_the_task_with_its_options(found):
    assert captions(found)["heatmap"].startswith(
        "valley: sgd, weight_decay = 0, decay l2; beale (steps = 50, noise = 0), 3 epochs, constant learning rate. "
        "n = 18 trials, 3 seeds a configuration: 14 complete (2 of them learned nothing), 4 diverged"
    )


def test_an_option_of_the_task_that_varies_is_no_number_in_the_caption():
    cells = {(lr, noise): [lr + noise] * 3 for lr in (0.001, 0.01) for noise in (0.0, 1.0)}
    space = {"lr": {"values": [0.001, 0.01]}, "task.noise": {"values": [0.0, 1.0]}}
    rows = measured(cells, names=("lr", "task.noise"))
    made = Findings(Material.of(measured_source(rows, space=space)))
    assert "; beale (steps = 50), 3 epochs" in captions(made)["heatmap"]


def test_what_is_measured_is_named_and_what_diverged_counts_at(found):
    text = captions(found)["heatmap"]
    assert "Colour and numbers: mean over seeds of the final excess above the minimum, statistic final; " in text
    assert (
        "a diverged seed counts as the worst, 181854. Star: best cell, lr = 0.01, momentum = 0.9, mean 1e-31." in text
    )
    assert "on the log scale, 4 degrees of freedom)." in text
    assert (
        'Dotted, "worst": share of seeds that learned nothing (final excess above the minimum no better than' in text
    )


def test_a_diverged_training_counts_at_the_worst_value(found):
    ((one,),) = found.arms[0].maps
    assert one.grid.replicates[0, 2].tolist() == [WORST] * 3
    assert one.grid.diverged[0, 2].tolist() == [True, False, False]


def test_cells_at_the_worst_value_are_called_so():
    axes = heatmap.draw(heatmap.compute(measured_findings())[0]).axes[0]
    assert "182000\n1/3 div.\n2/3 worst" in texts(axes)
    assert "3/3 div." in texts(axes)
    assert [len(rectangles(axes, hatch=hatch)) for hatch in ("////", "..")] == [2, 1]


def test_colours_span_twelve_powers_of_ten_and_say_so(found):
    assert found.limits == Limits(low=WORST / 1e12, high=WORST, below=True)
    figure = heatmap.draw(heatmap.compute(found)[0])
    cells, bar = figure.axes
    assert (
        bar.get_ylabel()
        == "final excess above the minimum\nmean over seeds, log scale\ncolours clipped below 1.82e-07"
    )
    faces = [patch.get_facecolor() for patch in rectangles(cells)]
    deep, deeper = faces[3], faces[4]  # 1.5e-8 and 1e-31
    assert deep == deeper
    assert len(set(faces)) == 5
    assert faces[5] == LOST


def test_within_twelve_powers_of_ten_nothing_is_clipped():
    cells = EXCESSES | {(0.001, 0.9): [1e-5] * 3, (0.01, 0.9): [1e-6] * 3}
    assert measured_findings(cells).limits == Limits(low=pytest.approx(1e-6), high=WORST)


def test_a_clip_that_is_asked_for_goes_before():
    made = Material.of(measured_source(measured(EXCESSES)))
    assert Findings(made, None, Clip(low=1e-32)).limits == Limits(low=1e-32, high=WORST)


def test_errors_are_never_clipped_unasked():
    cells = {(0.1, 0.0): [1e-14, 1e-14], (1.0, 0.0): [90.0, 90.0], (0.1, 0.5): [1.0] * 2, (1.0, 0.5): [2.0] * 2}
    assert findings(trials(cells)).limits == Limits(low=1e-14, high=90.0)


def test_a_value_of_zero_is_the_best_there_is():
    cells = EXCESSES | {(0.001, 0.9): [0.0] * 3}
    made = measured_findings(cells)
    assert made.arms[0].best == {"lr": 0.001, "momentum": 0.9}
    assert stars(heatmap.draw(heatmap.compute(made)[0]).axes[0])


def test_curves_have_what_is_measured_alone_on_a_logarithmic_axis(found):
    (result,) = curves.compute(found)
    assert list(result.bundles[0].lines) == ["excess"]
    assert result.title == "excess above the minimum over epochs, for each learning rate and momentum"
    figure = curves.draw(result)
    assert [axes.get_ylabel() for axes in figure.axes] == ["excess above the minimum"] * 2
    assert {axes.get_yscale() for axes in figure.axes} == {"log"}
    assert figure.axes[0].get_ylim()[1] > WORST


def test_curves_span_twelve_powers_of_ten_and_say_so(found):
    (result,) = curves.compute(found)
    low, high = curves.draw(result).axes[0].get_ylim()
    assert high / low == pytest.approx(1.2e12, rel=0.2)
    assert "What is more than 12 powers of ten below the highest value leaves the axis." in result.caption


def test_the_smallest_numbers_there_are_can_be_drawn():
    cells = dict.fromkeys(EXCESSES, [5e-324] * 3) | {(0.1, 0.9): [1e5] * 3}
    (result,) = curves.compute(measured_findings(cells))
    curves.draw(result).draw_without_rendering()


def test_the_other_metric_can_be_the_objective():
    found = measured_findings(objective={"statistic": "min", "metric": "distance"})
    assert found.metrics == ["distance"]
    assert found.measure.column == "distance_min"
    assert found.measure.worst == pytest.approx(9.013878188659973)
    text = captions(found)["heatmap"]
    assert "minimum over epochs of distance to the minimum at (3, 1/2), statistic min; a diverged" in text
    assert "counts as the worst, 9.01388." in text


def test_points_lie_on_a_logarithmic_axis():
    (result,) = points.compute(line_findings())
    axes = points.draw(result).axes[0]
    assert (axes.get_yscale(), axes.get_ylabel()) == ("log", "final excess above the minimum")
    assert "Crosses: seeds that diverged. Hollow: learned nothing. Bar below: the best value alone" in result.caption


def test_the_page_speaks_of_the_metric(report):
    text = words(report).partition("Provenance")[0].partition("Choices")[2]
    assert foreign(text) == []
    assert "are made by the excess above the minimum, the metric of the objective." in text
    assert "lr = 0.01, momentum = 0.9, mean 1e-31 over 3 seeds (standard error 5.77e-32); final excess" in text
    assert "such a trial counts as the worst, 181854." in text
    assert "2 of the complete trials learned nothing (final excess above the minimum no better than 181854)." in text
    rows = re.findall(r"<tr>((?:<td>[^<]*</td>){6})</tr>", report.html)
    assert [re.findall(r">([^<]*)</td", row) for row in rows] == [
        ["0", "0.01", "0.01", "0.01, 0.01, 0.01", "0.0015", "3"],
        ["0.9", "0.01", "0.01", "0.01, 0.01, 0.01", "1e-31", "3"],
    ]


def test_the_words_beside_the_pictures_speak_of_the_metric(report):
    alternatives = re.findall(r'alt="([^"]*)"', report.html)
    assert len(alternatives) == 5
    assert [foreign(text) for text in alternatives] == [[]] * 5


def test_the_summary_has_the_metric_and_no_error_of_guessing(report):
    found = report.summary
    assert "chance_error" not in found
    assert found["metric"] == {
        "name": "excess",
        "summary": "excess above the minimum",
        "unit": "",
        "direction": "minimize",
        "log": True,
    }
    assert (found["worst"], found["split"], found["other_split"]) == (WORST, None, None)
    assert found["trials"]["learned_nothing"] == 2
    assert found["learned_nothing_rule"] == "final excess above the minimum no better than 181854"
    assert found["maps"][0]["learned_nothing"] == [[0, 0, 2], [0, 0, 0]]
    assert foreign(report.files["summary.json"].read_text().replace("standard_error", "")) == ["split"]


def test_the_table_has_no_column_of_classification(report):
    with report.files["trials.csv"].open(newline="") as file:
        header = next(csv.reader(file))
    assert {f"{name}_{it}" for name in NUMBERS for it in ("final", "mean_last5", "min")} <= set(header)
    assert not [name for name in header if "error" in name or "loss" in name]


def test_a_task_without_errors_can_have_arms():
    rows = measured(EXCESSES)
    rows += measured({at: [1e-3] * 3 for at in EXCESSES}, arm="nesterov")
    rows = [row | {"number": number} for number, row in enumerate(rows)]
    arms = {"base": {}, "nesterov": {"task": {"noise": 0.5}}}
    found = Findings(Material.of(measured_source(rows, arms=arms)))
    (page, *_) = heatmap.compute(found)
    assert page.panels == ("base", "nesterov")
    assert page.of_study == (True, False)
    assert (
        "arm base: beale (steps = 50, noise = 0); arm nesterov: beale (steps = 50, noise = 1/2). n = " in page.caption
    )


@pytest.fixture
def played(game):
    return measured_findings(SCORES, ("score",), **PLAYED)


def test_of_a_metric_to_be_maximised_the_highest_is_the_best(played):
    (arm,) = played.arms
    assert arm.best == {"lr": 0.01, "momentum": 0.9}
    assert arm.rankings[0]["mean"].tolist()[:5] == [30.0, 21.0, pytest.approx(16 / 3), 0.5, -5.0]
    ((one,),) = arm.maps
    assert one.grid.best == (1, 1)
    assert one.candidates.cells.tolist() == [[False] * 3, [False, True, False]]
    assert [(best.y, best.x, best.mean) for best in one.optima] == [(0.0, 0.01, 21.0), (0.9, 0.01, 30.0)]
    assert one.optima[0].by_seed == (0.01, 0.01, 0.01)
    assert summary(played)["best"]["mean"] == 30.0


def test_what_diverged_counts_at_the_worst_complete_value_of_the_study(played):
    ((one,),) = played.arms[0].maps
    assert one.grid.replicates[0, 2].tolist() == [-6.0, 10.0, 12.0]
    text = captions(played)["heatmap"]
    assert (
        "a diverged seed counts as -6 points, the worst complete value of the study. Star: best cell, lr = 0.01"
        in text
    )
    assert "mean 30 points." in text
    assert "on the linear scale, 4 degrees of freedom)" in text
    assert "learned nothing" not in text
    assert foreign(text) == []
    assert "with the highest mean over seeds of the final score (points) in each row" in captions(played)["optima"]


def test_a_metric_that_is_not_logarithmic_has_a_linear_scale(played):
    assert played.limits == Limits(low=-5.0, high=30.0, log=False, highest=True)
    lightest, darkest = (sum(scale_of(played.limits).to_rgba(value)[:3]) for value in (30.0, -5.0))
    assert lightest > darkest  # the best is light, as the lowest error is
    (result,) = heatmap.compute(played)
    cells, bar = heatmap.draw(result).axes
    assert bar.get_ylabel() == "final score (points)\nmean over seeds"
    assert [label.get_text() for label in bar.get_yticklabels()] == ["0", "10", "20", "30"]
    assert (bar.get_yscale(), curves.draw(curves.compute(played)[0]).axes[0].get_yscale()) == ("linear", "linear")
    assert "5.33\n1/3 div." in texts(cells)
    assert "-5" in texts(cells)


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize(("noise", "noisy"), [(0.0, False), (0.1, True)])
def test_where_nothing_is_left_to_chance_no_number_is_noisy(tmp_path, noise, noisy):
    task = {"task": {"name": "valley", "noise": noise}}
    text = words(written_of(measured_source(measured(EXCESSES), **task), tmp_path))
    assert ("many noisy numbers" in text) is noisy
    assert ("Nothing is left to chance: every seed says the same." in text) is not noisy
    assert "Seed k draws alike in every configuration" in text


@pytest.mark.usefixtures("game", "unpainted")
def test_the_page_of_a_metric_to_be_maximised_says_highest(tmp_path):
    report = written_of(measured_source(measured(SCORES, metrics=("score",)), ("score",), **PLAYED), tmp_path)
    text = words(report)
    assert "mean 30 points over 3 seeds (standard error 0.577); final score (points), statistic final." in text
    assert "It is the highest of many noisy numbers" in text
    assert "such a trial counts as -6 points, the worst complete value of the study." in text
    assert "0 of the complete trials learned nothing. Failed" in text
    assert "<th>mean score (points)</th>" in report.html
    assert report.summary["worst"] == -6.0
    assert report.summary["learned_nothing_rule"] == ""


@pytest.mark.usefixtures("game")
def test_the_worst_complete_value_is_that_of_all_arms_and_of_trials_in_force():
    rows = measured(SCORES, metrics=("score",))
    rows += measured({(0.001, 0.0): [-50.0, -7.0, 1.0]}, metrics=("score",), arm="other")
    rows = [row | {"number": number} for number, row in enumerate(rows)]
    arms = {"base": {}, "other": {"optimizer": {"weight_decay": 0.1}}}
    made = Findings(Material.of(measured_source(rows, ("score",), arms=arms, **PLAYED)))
    assert [one.measures[0].worst for one in made.arms] == [-50.0, -50.0]
    assert made.best_arm().name == "base"
    rows[len(SCORES) * 3]["superseded"] = True
    made = Findings(Material.of(measured_source(rows, ("score",), arms=arms, **PLAYED)))
    assert [one.measures[0].worst for one in made.arms] == [-7.0, -7.0]


@pytest.mark.usefixtures("game", "unpainted")
@pytest.mark.parametrize("state", ["diverged", "failed", "waiting"])
def test_without_a_complete_value_there_is_no_worst(tmp_path, state):
    rows = measured({at: [state] * 3 for at in SCORES}, metrics=("score",))
    report = written_of(measured_source(rows, ("score",), **PLAYED), tmp_path)
    assert (report.summary["best"], report.summary["worst"]) == (None, None)
    text = words(report)
    assert not re.search(r"\bnan\b", text)
    assert "such a trial counts as the worst complete value of the study, of which there is none." in text


def test_the_train_loss_can_be_the_objective():
    rows = [
        row
        | {
            f"train_loss_{it}": row["train_loss_final"] and row["test_error_final"] / 50
            for it in ("final", "mean_last5", "min")
        }
        for row in trials(CELLS)
    ]
    found = Findings(Material.of(source(rows, objective={"statistic": "final", "metric": "train_loss"})))
    assert found.metrics == ["train_loss"]
    text = captions(found)["heatmap"]
    assert (
        "mean over seeds of the final train loss (nats), statistic final; a diverged seed counts as guessing, 2.3"
        in text
    )
    assert "mean 0.22 nats." in text
    (result,) = curves.compute(found)
    assert list(result.bundles[0].lines) == ["train_loss", "test_error"]
    assert np.isclose(summary(found)["worst"], np.log(10))
    assert "chance_error" not in summary(found)
    assert optima.compute(found)


def test_of_values_that_are_all_tiny_the_lowest_is_the_best():
    cells = {
        (lr, m): [10.0**-power * (1 + seed / 10) for seed in range(3)] for power, (lr, m) in enumerate(EXCESSES, 12)
    }
    found = measured_findings(cells)
    assert found.arms[0].best == {"lr": 0.1, "momentum": 0.9}
    ((one,),) = found.arms[0].maps
    assert one.grid.best == (1, 2)
    assert one.candidates.cells.tolist() == [[False] * 3, [False, False, True]]


def test_a_line_with_a_zero_stays_logarithmic_and_says_what_lies_on_its_edge():
    cells = {(0.001,): [2.5, 2.6], (0.01,): [0.0, 1e-31], (0.1,): ["diverged", 1e-3]}
    (result,) = points.compute(line_findings(cells))
    axes = points.draw(result).axes[0]
    assert axes.get_yscale() == "log"
    low, _ = axes.get_ylim()
    assert 1e-8 < low < WORST
    assert "What is below 1.82e-07 lies on the lower edge." in result.caption
    drawn = [float(y) for collection in axes.collections for _, y in collection.get_offsets()]
    assert min(drawn) == pytest.approx(WORST / 1e12)
