"""Decoupling: which studies have it, how arms are laid out, and the same trials on both axes of a decay."""

import numpy as np
import pytest

from analysis.decoupling import decoupling
from analysis.figures import decoupling as figure
from tests.unit.analysis.reports import files_of, findings, words, written
from tests.unit.analysis.studies import armed

RATES = [2.0**-k for k in range(7, 0, -1)]
DECAYS = [0.0, *(2.0**-k for k in range(9, 2, -1))]
AXES = ("lr", "weight_decay")
SPACE = {"lr": {"values": RATES}, "weight_decay": {"values": DECAYS}}
ARMS = {  # names say nothing: places come of what arms are
    "a": {"optimizer": {"name": "sgd", "momentum": 0.9}},
    "b": {"optimizer": {"name": "adam", "decay": "decoupled-schedule"}, "schedule": {"name": "cosine"}},
    "c": {"optimizer": {"name": "adam", "decay": "decoupled-lr"}},
    "d": {"optimizer": {"name": "adam", "decay": "decoupled-schedule"}},
    "e": {"optimizer": {"name": "adam", "decay": "normalised"}},
}
NO_BOWL = 12.0


def separable(lr, decay):
    """Return an error that is a sum of a function of lr and one of the decay."""
    away = NO_BOWL if decay == 0 else (np.log2(decay) + 6.0) ** 2 / 4
    return 5.0 + (np.log2(lr) + 4.0) ** 2 + away


def cells(of, seeds=3):
    """Return a cell for each configuration; seeds differ by as much everywhere."""
    return {(lr, decay): [of(lr, decay) + 0.1 * seed for seed in range(seeds)] for lr in RATES for decay in DECAYS}


def rows(**of):
    """Return the trials of arms; an error is separable in what is named, else in lr and weight_decay."""
    return armed({name: cells(of.get(name, separable)) for name in ARMS}, AXES)


def torch(lr, decay):
    """Return what an error is that is separable in lr and in lr x weight_decay."""
    return separable(lr, 4.0 * lr * decay * 2)


CHANGES = {"arms": ARMS, "space": SPACE, "seeds": 3}


@pytest.fixture(scope="module")
def found():
    return decoupling(findings(rows(a=torch, c=torch), **CHANGES))


def panel(found, name):
    return next(it for it in found.panels if it.arm.name == name)


def numbers(axis):
    return {name: it.value for name, it in axis.numbers.items()}


def test_arms_lie_where_schedule_and_optimizer_say(found):
    assert found.rows == ("constant learning rate", "cosine schedule of the learning rate")
    assert found.columns == (
        "sgd, decay l2",
        "adam, decay decoupled-schedule",
        "adam, decay decoupled-lr",
        "adam, decay normalised",
    )
    places = {it.arm.name: (it.row, it.column) for it in found.panels}
    assert places == {"a": (0, 0), "b": (1, 1), "c": (0, 2), "d": (0, 1), "e": (0, 3)}


def test_each_form_of_decay_has_the_two_axes_it_has(found):
    assert {it.arm.name: (it.paper.title, it.other.title) for it in found.panels} == {
        "a": ("weight_decay", "lr x weight_decay"),
        "b": ("weight_decay", "weight_decay / lr"),
        "c": ("lr x weight_decay", "weight_decay"),
        "d": ("weight_decay", "weight_decay / lr"),
        "e": ("weight_decay", "weight_decay / lr"),
    }


STRAIGHT = {"interaction_share": 0.0, "ridge_slope": 0.0, "ridge_slope_yx": 0.0, "canonical_rho": 0.0}


@pytest.mark.parametrize("name", ["b", "c", "d"])
def test_a_basin_that_is_straight_on_the_paper_s_axis_is_diagonal_for_torch(found, name):
    assert numbers(panel(found, name).paper) == pytest.approx(STRAIGHT, abs=1e-9)
    turned = numbers(panel(found, name).other)
    assert turned["ridge_slope_yx"] == pytest.approx(-1.0)
    assert turned["interaction_share"] > 0.04
    assert turned["canonical_rho"] < -0.3


def test_l2_that_acts_as_its_product_with_lr_is_straight_on_the_other_axis(found):
    assert numbers(panel(found, "a").other) == pytest.approx(STRAIGHT, abs=1e-9)
    assert numbers(panel(found, "a").paper)["ridge_slope_yx"] == pytest.approx(-1.0)


def test_sentences_say_along_which_axis_the_basin_lies(found):
    told = {it.arm.name: it.sentence for it in found.panels}
    assert told["d"].startswith("d: the basin lies along lr and weight_decay, as far as is known, and is turned")
    assert told["c"].startswith("c: the basin lies along lr and lr x weight_decay, as far as is known, and is turned")
    assert found.sentences == [told[name] for name in "abcde"]


def test_no_decay_is_left_out_of_the_numbers_and_not_of_the_best_cells():
    low = decoupling(findings(rows(d=lambda lr, decay: 1.0 if decay == 0 else separable(lr, decay)), **CHANGES))
    one = panel(low, "d")
    assert one.best[0][0] == 0
    assert one.to_dict()["left_out"] == [0.0]
    assert numbers(one.paper) == pytest.approx(STRAIGHT, abs=1e-9)


def test_the_ten_best_cells_are_those_of_the_lowest_means(found):
    one = panel(found, "d")
    means = sorted(one.grid.mean.ravel())
    assert [one.grid.mean[cell] for cell in one.best] == pytest.approx(means[:10])
    assert len(set(one.best)) == 10


def test_cells_that_lost_some_seeds_speak_against_the_intervals():
    made = {name: cells(separable) for name in ARMS}
    made["d"][RATES[-1], DECAYS[1]] = ["diverged", 20.0, 20.0]
    found = decoupling(findings(armed(made, AXES), **CHANGES))
    assert [it.arm.name for it in found.panels if it.caution] == ["d"]
    assert panel(found, "d").caution.startswith("not calibrated: 1 of the cells")


def test_arms_that_differ_in_their_rates_alone_stand_beside_one_another():
    arms = {
        "low": ARMS["d"],
        "high": ARMS["d"] | {"space": {"lr": {"values": [2 * it for it in RATES]}}},
        "l2": {"optimizer": {"name": "adam", "decay": "l2"}},
    }
    made = {name: cells(separable) for name in arms}
    made["high"] = {(2 * lr, decay): it for (lr, decay), it in made["high"].items()}
    found = decoupling(findings(armed(made, AXES), arms=arms, space=SPACE, seeds=3))
    assert found.columns == (
        "adam, decay decoupled-schedule",
        "adam, decay decoupled-schedule, arm high",
        "adam, decay l2",
    )
    assert found.rows == ("",)


def test_what_else_tells_arms_of_one_optimizer_apart_is_said():
    arms = {"short": {"optimizer": {"name": "sgd", "momentum": 0.0}}, "l2": ARMS["d"], "heavy": ARMS["a"]}
    found = decoupling(findings(armed(dict.fromkeys(arms, cells(separable)), AXES), **CHANGES | {"arms": arms}))
    assert found.columns == (
        "sgd, decay l2, momentum = 0",
        "adam, decay decoupled-schedule",
        "sgd, decay l2, momentum = 0.9",
    )


@pytest.mark.parametrize(
    ("arms", "names"),
    [
        ({"d": ARMS["d"]}, AXES),  # one arm
        ({"d": ARMS["d"], "l": {"epochs": 3, **ARMS["d"]}}, AXES),  # they differ in nothing of the kind
        ({"d": ARMS["d"], "a": ARMS["a"] | {"space": {"lr": {"values": [0.1]}}}}, AXES),  # one learning rate
        ({"d": {"optimizer": {"name": "padam"}}, "a": {"optimizer": {"name": "amsgrad"}}}, ("lr", "beta2")),
    ],
)
def test_other_studies_have_none(arms, names):
    made = {name: {(lr, 0.5 + it): [5.0] for lr in (0.1, 0.2) for it in (0.1, 0.2)} for name in arms}
    if "a" in arms and "space" in arms["a"]:
        made["a"] = {(0.1, 0.6): [5.0], (0.1, 0.7): [5.0]}
    space = {"lr": {"values": [0.1, 0.2]}, names[1]: {"values": [0.6, 0.7]}}
    assert decoupling(findings(armed(made, names), arms=arms, space=space, seeds=1)) is None


def test_an_unfinished_study_says_why_it_has_no_numbers():
    made = {name: {cell: ["waiting"] * 3 for cell in cells(separable)} for name in ARMS}
    found = decoupling(findings(armed(made, AXES), **CHANGES))
    assert found.sentences == []
    assert found.panels[0].best == ()
    assert "every cell must have a value" in found.panels[0].paper.numbers["canonical_rho"].reason


def test_the_report_has_the_table_and_summary_json_the_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.report.FIGURES", (figure,))
    arms = {name: ARMS[name] for name in ("c", "d")}
    made = armed({"c": cells(torch), "d": cells(separable)}, AXES)
    report = written(tmp_path, made, arms=arms, space=SPACE, seeds=3)
    told = report.summary["decoupling"]
    assert (told["rows"], len(told["columns"])) == ([""], 2)
    axes = told["panels"][0]["axes"]
    assert axes["paper"]["decay"] == "lr x weight_decay"
    assert axes["other"]["numbers"]["ridge_slope_yx"]["value"] == pytest.approx(-1.0)
    assert len(told["panels"][0]["best_cells"]) == 10
    assert "Learning rate against weight decay, on two axes" in words(report)
    assert "c: the basin lies along lr and lr x weight_decay" in words(report)
    assert report.files.keys() == files_of("decoupling", "decoupling-other-axis")
