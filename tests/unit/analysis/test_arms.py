"""Several arms in one report."""

from __future__ import annotations

import json
import re

import pytest

from analysis.account import question
from analysis.figures import FIGURES, heatmap, optima, points
from analysis.findings import Limits
from analysis.summary import summary
from tests.unit.analysis.common import marks, texts, trials
from tests.unit.analysis.reports import (
    CELLS,
    CHOSEN_ON_VALIDATION,
    CUBE,
    crossed_rows,
    cube,
    files_of,
    findings,
    words,
    written,
)
from tests.unit.analysis.studies import ARMS, GRIDS, LINES, armed

DASH = "\N{EN DASH}"
WAITING = {cell: ["waiting", "waiting"] for cell in CELLS}
MIXED = {"arms": {"base": {}, "sgd": LINES}}
MIXED_GRIDS = {"base": GRIDS["base"], "sgd": {(0.1,): [10.0, 12.0], (1.0,): [5.0, 6.0]}}
MIXED_NAMES = {"base": ("lr", "p"), "sgd": ("lr",)}
SETS = {"arms": {"base": {}, "cifar": {"task": {"dataset": "cifar10"}}}}
SETS_GRIDS = {"base": GRIDS["base"], "cifar": GRIDS["decoupled"]}


def mixed_rows():
    return armed(MIXED_GRIDS, MIXED_NAMES)


def captions(found):
    return {result.name: result.caption for kind in FIGURES for result in kind.compute(found)}


@pytest.fixture(scope="module")
def found():
    return findings(armed(), arms=ARMS)


@pytest.fixture(scope="module")
def page(found):
    return heatmap.compute(found)[0]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return written(tmp_path_factory.mktemp("arms"), armed(), arms=ARMS)


def test_arms_have_their_findings_in_the_written_order(found):
    assert [one.name for one in found.arms] == list(ARMS)
    assert [one.best for one in found.arms] == [{"lr": 0.1, "p": 0.0}, {"lr": 1.0, "p": 0.0}, {"lr": 0.1, "p": 0.5}]
    assert found.best_arm().name == "decoupled"
    assert [len(one.in_force) for one in found.arms] == [8, 8, 8]


def test_arms_that_tie_leave_the_best_to_the_first():
    rows = armed({"base": GRIDS["base"], "decoupled": GRIDS["base"]})
    assert findings(rows, arms={name: ARMS[name] for name in ("base", "decoupled")}).best_arm().name == "base"


def test_a_study_that_names_no_arm_has_one_whose_figures_do_not_name_it():
    (one,) = findings(trials(CELLS)).arms
    assert (one.name, one.armed, one.suffix) == ("base", False, "")


def test_an_arm_that_is_named_ends_the_names_of_its_files(found):
    assert [one.suffix for one in found.arms] == ["-arm-base", "-arm-decoupled", "-arm-cosine"]


def test_rows_of_an_arm_that_the_specification_does_not_know_are_left_out():
    """An arm can be added while the rows are read."""
    one = findings(armed(), arms={name: ARMS[name] for name in ("base", "decoupled")})
    assert [len(arm.trials) for arm in one.arms] == [8, 8]


def test_panels_of_arms_with_the_same_axes_stand_on_one_page(page):
    assert page.name == "heatmap"
    assert page.panels == ("base", "decoupled", "cosine")
    assert page.title == "test error over learning rate and partial-adaptivity exponent p"
    figure = heatmap.draw(page)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["base", "decoupled", "cosine", ""]
    assert "5.50" in texts(figure.axes[1])


def test_all_arms_share_their_colours(found):
    assert found.limits == Limits(low=5.5, high=71.0)
    assert {result.limits for result in heatmap.compute(found)} == {found.limits}


def test_every_arm_has_a_page_of_its_own_too(found):
    single = heatmap.compute(found)[1:]
    assert [one.name for one in single] == [f"heatmap-arm-{name}" for name in ARMS]
    assert [one.title.rpartition(", ")[2] for one in single] == [f"arm {name}" for name in ARMS]
    assert [one.caption.partition(":")[0] for one in single] == [f"study, arm {name}" for name in ARMS]


def test_the_star_is_filled_where_the_best_of_the_study_lies_alone(found, page):
    assert page.of_study == (False, True, False)
    colours = [marks(axes, "*")[0].get_color() for axes in heatmap.draw(page).axes[:3]]
    assert colours == ["white", "#d62728", "white"]
    texts_of = captions(found)
    elsewhere = "Hollow star: the best of the study lies elsewhere, at arm decoupled, lr = 1, p = 0."
    assert [elsewhere in texts_of[f"heatmap-arm-{name}"] for name in ARMS] == [True, False, True]


def test_the_caption_says_once_what_arms_share_and_then_what_is_each_arms_own(page):
    assert page.caption.startswith(
        "study: padam (torch), beta1 = 0.9, beta2 = 0.999, eps = 1e-08; mlp on digits (899 training and 898 test "
        "images), batch 128, 2 epochs; arm base: weight_decay = 0, decay l2, constant learning rate; arm decoupled: "
        "weight_decay = 0, decay decoupled-lr, constant learning rate; arm cosine: weight_decay = 0.0005, decay l2, "
        "cosine schedule of the learning rate. n = 24 trials, 2 seeds a configuration: 22 complete (1 of them "
        "learned nothing), 1 diverged (a loss or output was not finite), 1 failed or cancelled (left out). "
    )
    assert page.caption.count("90 %") == 1


def test_arms_of_different_optimizers_share_no_option_of_them():
    arms = {"base": {}, "sgd": {"optimizer": {"name": "sgd"}}}
    grids = {"base": GRIDS["base"], "sgd": GRIDS["decoupled"]}
    space = {"lr": {"values": [0.1, 1.0]}, "weight_decay": {"values": [0.0, 0.1]}}
    names = ("lr", "weight_decay")
    grids = {arm: {(lr, p / 5): results for (lr, p), results in cells.items()} for arm, cells in grids.items()}
    (one, *_) = heatmap.compute(findings(armed(grids, names), arms=arms, space=space))
    assert "study: mlp on digits" in one.caption
    assert "; arm base: padam (torch), p = 1/8, beta1 = 0.9, beta2 = 0.999, eps = 1e-08, decay l2; " in one.caption
    assert "; arm sgd: sgd, momentum = 0.9, decay l2. n = " in one.caption


def test_an_arm_without_anything_of_its_own_is_as_above():
    arms = {"base": {}, "wide": {"space": {"lr": {"values": [0.01, 0.1, 1.0]}}}}
    wide = GRIDS["base"] | {(0.01, p): [50.0, 51.0] for p in (0.0, 0.5)}
    (one, *_) = heatmap.compute(findings(armed({"base": GRIDS["base"], "wide": wide}), arms=arms))
    assert "constant learning rate; arm base: as above; arm wide: as above. n = 20 trials" in one.caption


def test_arms_of_three_hyperparameters_name_arm_and_panel():
    arms = {name: ARMS[name] for name in ("base", "decoupled")}
    rows = armed({"base": cube(), "decoupled": cube(lambda *at: [sum(at) + 5.0])}, ("lr", "p", "beta2"))
    found = heatmap.compute(findings(rows, arms=arms, space=CUBE))
    assert found[0].panels == (
        "base: beta2 = 0.9", "base: beta2 = 0.99", "decoupled: beta2 = 0.9", "decoupled: beta2 = 0.99",
    )  # fmt: skip
    assert found[0].of_study == (True, False, False, False)
    assert [one.name for one in found[1:]] == [f"heatmap-{number}" for number in (1, 2, 3, 4)]
    assert found[3].title.endswith(", arm decoupled: beta2 = 0.9")
    assert "lies elsewhere, at arm base, lr = 0.1, p = 0, beta2 = 0.9." in found[3].caption
    assert found[3].caption.startswith("study, arm decoupled: padam (torch), beta2 = 0.9, beta1 = 0.9")


def test_optima_and_curves_are_of_one_arm_each(found):
    assert [one.name for one in optima.compute(found)] == [f"optima-arm-{name}" for name in ARMS]
    texts_of = captions(found)
    for name in ARMS:
        assert texts_of[f"curves-arm-{name}"].startswith(f"study, arm {name}: padam")
        assert "n = 8 trials" in texts_of[f"optima-arm-{name}"]


def test_the_report_has_the_figures_of_every_arm(report):
    kinds = ("heatmap", "optima", "curves")
    assert report.files.keys() == files_of(
        "heatmap", "bests", "arms", "divergence-arm-base", *(f"{kind}-arm-{name}" for kind in kinds for name in ARMS)
    )


def test_the_summary_has_every_arm(report):
    assert list(report.summary["arms"]) == list(ARMS)
    assert report.summary["arms"]["decoupled"] == {
        "trials": 8,
        "learned_nothing": 1,
        "worst": 90.0,
        "best": report.summary["best"],
        "fresh_seeds": None,
        "null_model": None,  # its curves have no v
        "importances": None,  # it is a grid
    }
    assert report.summary["best"]["arm"] == "decoupled"
    assert report.summary["best"]["configuration"] == {"lr": 1.0, "p": 0.0}
    assert [one["arm"] for one in report.summary["maps"]] == list(ARMS)
    assert report.summary["maps"][2]["mean"] == [[71.0, 60.5], [50.0, 55.5]]
    assert report.summary["trials"]["total"] == 24
    assert json.loads(report.files["summary.json"].read_text(encoding="utf-8")) == report.summary


def test_the_page_says_the_best_and_that_of_every_arm(report):
    assert (
        "Best configuration: arm decoupled, lr = 1, p = 0, mean 5.50 % over 2 seeds (standard error 0.50)"
        in words(report)
    )
    rows = re.findall(r"<tr>((?:<td>[^<]*</td>){7})</tr>", report.html)
    assert [re.findall(r">([^<]*)</td", row) for row in rows[:3]] == [
        ["base", "8", "lr = 0.1, p = 0", "11.00", "1.00", "2", "5.50 [-0.85, 11.85]"],
        ["decoupled", "8", "lr = 1, p = 0", "5.50", "0.50", "2", "the best"],
        ["cosine", "8", "lr = 0.1, p = 1/2", "50.00", DASH, "1", "44.00"],
    ]
    heads = re.findall(r"<h2>(Best[^<]*)</h2>", report.html)
    assert [head for head in heads if "lr" in head] == [f"Best lr for each p, arm {name}" for name in ARMS]


def test_a_study_without_arms_has_no_table_of_arms(tmp_path):
    found = written(tmp_path, trials(CELLS))
    assert "<h2>Arms</h2>" not in found.html
    assert "Best configuration: lr = 0.1, p = 0, mean" in words(found)
    assert found.summary["arms"].keys() == {"base"}


@pytest.mark.usefixtures("unpainted")
def test_arms_can_vary_one_hyperparameter_and_two(tmp_path):
    found = written(tmp_path, mixed_rows(), **MIXED)
    assert found.files.keys() == files_of(
        "bests",
        "arms",
        "divergence-arm-base",
        "heatmap",
        "map-arm-sgd",
        "optima-arm-base",
        "curves-arm-base",
        "curves-arm-sgd",
    )
    assert found.summary["best"]["arm"] == "sgd"
    assert found.summary["best"]["configuration"] == {"lr": 1.0}
    assert [(one["arm"], one["y"] is None) for one in found.summary["maps"]] == [("base", False), ("sgd", True)]
    assert "arm sgd, lr = 1, mean 5.50 %" in words(found)
    assert "<h2>Best lr, arm sgd</h2>" in found.html


def test_a_line_of_one_arm_and_a_map_of_another_share_their_colours():
    found = findings(mixed_rows(), **MIXED)
    (one,), (line,) = heatmap.compute(found), points.compute(found)
    assert one.of_study == (False,)
    assert "Hollow star: the best of the study lies elsewhere, at arm sgd, lr = 1." in one.caption
    assert line.title == "test error over learning rate, arm sgd"
    assert "Star: best configuration of the arm." in line.caption
    assert one.limits == line.limits == Limits(low=5.5, high=55.0)


@pytest.mark.parametrize("lowest", [0.0, 5.0], ids=["linear", "log"])
def test_lines_of_all_arms_have_one_vertical_axis(lowest):
    arms = {"base": {"space": {"p": None}}, "sgd": LINES}
    grids = {
        "base": {(0.1,): [lowest, 20.0], (1.0,): [40.0, 41.0]},
        "sgd": {(0.1,): [60.0, 61.0], (1.0,): [55.0, 56.0]},
    }
    found = points.compute(findings(armed(grids, ("lr",)), arms=arms))
    drawn = [points.draw(one).axes[0] for one in found]
    assert len({axes.get_ylim() for axes in drawn}) == 1
    assert {axes.get_yscale() for axes in drawn} == {"log" if lowest else "linear"}
    low, high = drawn[0].get_ylim()
    assert low < lowest < 61.0 < high


def test_every_arm_has_its_panel_on_as_many_pages_as_that_takes():
    arms = {f"a{n}": {"epochs": n + 1} for n in range(14)}
    grids = {
        name: {(lr, p): [10.0 + n, 11.0 + n] for lr in (0.1, 1.0) for p in (0.0, 0.5)} for n, name in enumerate(arms)
    }
    found = heatmap.compute(findings(armed(grids), arms=arms))
    pages = [one for one in found if len(one.maps) > 1]
    assert [(one.name, len(one.maps)) for one in pages] == [("heatmap", 12), ("heatmap-page-2", 2)]
    assert [panel for one in pages for panel in one.panels] == list(arms)
    assert {one.name for one in found if len(one.maps) == 1} == {f"heatmap-arm-{name}" for name in arms}
    assert "12 of 14 panels; others stand on pages of their own." in pages[0].caption


def test_arms_with_other_axes_have_pages_of_their_own():
    arms = {"base": {}, "decays": {"space": {"p": None, "weight_decay": {"values": [0.0, 0.5]}}}}
    grids = {"base": GRIDS["base"], "decays": GRIDS["decoupled"]}
    rows = armed(grids, {"base": ("lr", "p"), "decays": ("lr", "weight_decay")})
    found = heatmap.compute(findings(rows, arms=arms))
    assert [one.name for one in found] == ["heatmap", "heatmap-lr-weight_decay"]
    assert [one.title.rpartition(" and ")[2] for one in found] == [
        "partial-adaptivity exponent p, arm base", "weight decay, arm decays",
    ]  # fmt: skip
    assert [one.of_study for one in found] == [(False,), (True,)]


@pytest.mark.usefixtures("unpainted")
def test_nothing_is_ranked_across_data_sets(tmp_path):
    found = written(tmp_path, armed(SETS_GRIDS), **SETS)
    assert found.summary["best"] is None
    assert {name: arm["best"]["configuration"] for name, arm in found.summary["arms"].items()} == {
        "base": {"lr": 0.1, "p": 0.0},
        "cifar": {"lr": 1.0, "p": 0.0},
    }
    assert "The arms are measured on different things, so that none is best" in words(found)
    assert "Best configuration" not in words(found)


def test_across_data_sets_every_arm_fills_its_own_star_and_says_its_own_rule():
    one, *others = heatmap.compute(findings(armed(SETS_GRIDS), **SETS))
    assert one.of_study == (True, True)
    assert "filled where it is the best of the arm." in one.caption
    assert "best of the study" not in one.caption
    assert "Hollow" not in "".join(result.caption for result in others)
    assert "mlp, batch 128, 2 epochs, constant learning rate; arm base: digits (899 training and" in one.caption
    assert "; arm cifar: cifar10 (50,000 training and 10,000 test images). n = 16 trials" in one.caption
    lost = SETS_GRIDS | {"base": SETS_GRIDS["base"] | {(1.0, 0.5): [89.0, 12.0]}, "cifar": {(0.1, 0.0): [89.9, 1.0]}}
    text = heatmap.compute(findings(armed(lost), **SETS))[0].caption
    assert (
        "learned nothing (final test error at least 88.0 %, or at least 81 % with a train loss of 2.30 or more; "
        in text
    )
    assert "; final test error at least 89.4 %, or" in text


def test_data_sets_of_other_options_are_other_data_sets_and_say_so():
    noisy = {"task": {"dataset": {"name": "moons", "noise": 0.5}}}
    two = {"arms": {"base": {"task": {"dataset": "moons"}}, "cifar": noisy}}
    one, *_ = heatmap.compute(findings(armed(SETS_GRIDS), **two))
    assert "filled where it is the best of the arm." in one.caption
    assert "arm base: moons (1,000 training and 1,000 test images)" in one.caption
    assert "arm cifar: moons (noise = 1/2; 1,000 training and 1,000 test images)" in one.caption


@pytest.mark.usefixtures("unpainted")
def test_an_arm_without_outcome_has_no_best_and_the_others_have_theirs(tmp_path):
    found = written(tmp_path, armed(GRIDS | {"cosine": WAITING}), arms=ARMS)
    assert found.summary["arms"]["cosine"]["best"] is None
    assert found.summary["best"]["arm"] == "decoupled"
    figures = {name for name in found.files if name.endswith("cosine.png")}
    assert figures == {"figures/heatmap-arm-cosine.png"}
    assert f"cosine 8 none yet {DASH} {DASH} {DASH}" in words_apart(found)
    assert "The study is unfinished: 8 of 24 trials are still to be trained." in words(found)


def words_apart(report):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", report.html))


@pytest.mark.usefixtures("unpainted")
def test_a_study_of_arms_without_any_outcome_says_so(tmp_path):
    found = written(tmp_path, armed(dict.fromkeys(ARMS, WAITING)), arms=ARMS)
    assert found.summary["best"] is None
    assert "No best: no configuration has all its seeds in." in words(found)
    assert found.files.keys() == files_of("heatmap", *(f"heatmap-arm-{name}" for name in ARMS))


def test_the_other_split_has_arms_too():
    arms = {name: ARMS[name] for name in ("base", "decoupled")}
    rows = [row | {"arm": "base"} for row in crossed_rows()] + [
        row | {"arm": "decoupled", "validation_error_final": row["validation_error_final"] and 17.5}
        for row in crossed_rows()
    ]
    rows = [row | {"number": number} for number, row in enumerate(rows)]
    found = findings(rows, arms=arms, **CHOSEN_ON_VALIDATION)
    assert found.metrics == ["validation_error", "test_error"]
    other = summary(found)["other_split"]
    assert [one["arm"] for one in other["maps"]] == ["base", "decoupled"]
    assert other["at_best"]["arm"] == summary(found)["best"]["arm"] == "decoupled"
    assert other["best"]["arm"] == "base"
    names = [one.name for one in heatmap.compute(found)]
    assert names == [
        "heatmap", "heatmap-arm-base", "heatmap-arm-decoupled",
        "heatmap-test", "heatmap-test-arm-base", "heatmap-test-arm-decoupled",
    ]  # fmt: skip


def test_superseded_trials_of_every_arm_are_counted_once():
    rows = armed()
    rows[0]["superseded"] = rows[8]["superseded"] = True
    found = findings(rows, arms=ARMS)
    texts_of = captions(found)
    assert "2 superseded by a retry (left out)" in texts_of["heatmap"]
    assert "1 superseded by a retry (left out)" in texts_of["heatmap-arm-base"]
    assert "superseded" not in texts_of["heatmap-arm-cosine"]
    assert summary(found)["trials"]["superseded"] == 2


def test_arms_of_a_design_without_grid_are_maps_of_points():
    space = {"lr": {"low": 0.01, "high": 10.0, "log": True}, "p": {"low": 0.0, "high": 0.5}}
    design = {"name": "random", "configurations": 4}
    found = points.compute(findings(armed(), arms=ARMS, space=space, design=design))
    assert [one.name for one in found] == [f"map-arm-{name}" for name in ARMS]
    assert len({one.limits for one in found}) == 1


def test_arms_of_one_configuration_each_have_no_maps_and_are_asked_how_they_differ():
    cells = {"base": {(0.1,): [10.0, 12.0]}, "low": {(0.5,): [20.0, 22.0]}}
    rows = [row | {"arm": name} for name, found in cells.items() for row in trials(found, ("lr",))]
    rows = [row | {"number": number} for number, row in enumerate(rows)]
    arms = {"base": {}, "low": {"space": {"lr": {"values": [0.5]}}}}
    found = findings(rows, space={"lr": {"values": [0.1]}}, arms=arms)
    assert points.compute(found) == []
    assert question(found) == "How does the final test error (%) differ between the arms?"


def test_one_arm_that_is_named_is_named():
    found = findings([row | {"arm": "only"} for row in trials(CELLS)], arms={"only": {}})
    assert [result.name for kind in FIGURES for result in kind.compute(found)] == [
        "heatmap", "optima-arm-only", "divergence-arm-only", "curves-arm-only",
    ]  # fmt: skip
    assert heatmap.compute(found)[0].caption.startswith("study, arm only: padam (torch)")


def test_of_an_arm_with_many_panels_files_are_numbered():
    arms = {"base": {}, "flat": {"space": {"beta2": None}}}
    rows = armed({"base": cube(), "flat": GRIDS["base"]}, {"base": ("lr", "p", "beta2"), "flat": ("lr", "p")})
    found = heatmap.compute(findings(rows, arms=arms, space=CUBE))
    assert [one.name for one in found] == ["heatmap", "heatmap-1", "heatmap-2", "heatmap-arm-flat"]
    assert found[0].panels == ("base: beta2 = 0.9", "base: beta2 = 0.99", "flat")
    assert "padam (torch), beta1 = 0.9, eps = 1e-08" in found[0].caption
    assert "arm flat: beta2 = 0.999." in found[0].caption
