from __future__ import annotations

import pytest

from analysis.captions import described, map_legend, measured
from analysis.figures import FIGURES, heatmap
from tests.unit.analysis.common import mapped, measure, trials
from tests.unit.analysis.reports import (
    CELLS,
    CHOSEN_ON_VALIDATION,
    CUBE,
    DOCUMENT,
    GONE,
    LINE,
    PLANE,
    UNFINISHED,
    base,
    crossed_rows,
    cube,
    cube_rows,
    findings,
    findings_of,
)

SEEDS = {(lr, p): [10.0 * lr + p + s for s in (0.0, 1.0, 0.5)] for lr in (0.1, 1.0) for p in (0.0, 0.5)}
SGD = {"optimizer": {"name": "sgd"}, "space": {"lr": {"values": [0.1, 1.0]}}}


def text_of(cells=CELLS, names=("lr", "p"), **changes):
    """Return the first words of every caption."""
    one = base(findings(trials(cells, names), **changes))
    return described([(one, one.in_force)])


def captions(found):
    """Return the caption of every figure by its name."""
    return {result.name: kind.caption(result) for kind in FIGURES for result in kind.compute(found)}


def task(**changes):
    return {"task": DOCUMENT["task"] | changes}


def test_a_caption_says_what_was_trained():
    assert text_of().startswith(
        "study: padam (torch), beta1 = 0.9, beta2 = 0.999, eps = 1e-08, weight_decay = 0, decay l2; mlp on digits "
        "(899 training and 898 test images), batch 128, 2 epochs, constant learning rate. "
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"optimizer": {"weight_decay": 5e-4, "betas": [0.8, 0.9995]}}, "beta1 = 0.8, beta2 = 0.9995, "),
        ({"optimizer": {"weight_decay": 5e-4}}, "weight_decay = 0.0005, decay l2"),
        ({"optimizer": {"decay": "decoupled-lr", "decay_on": "kernels"}}, "decay decoupled-lr on kernels only; mlp"),
        ({"optimizer": {"variant": "authors", "amsgrad": False}}, "padam (authors) without the maximum of AMSGrad, "),
        (task(batch_size=32), "batch 32, "),
        (task(subset=300), "(300 training and 898 test images)"),
        (task(validation=50), "(849 training and 898 test images, 50 for validation)"),
        (task(subset=200, validation=50), "(150 training and 898 test images, 50 for validation)"),
        ({"epochs": 1}, ", 1 epoch, constant"),
        ({"schedule": {"name": "cosine"}}, "2 epochs, cosine schedule of the learning rate. "),
        ({"task": DOCUMENT["task"] | {"network": {"name": "mlp", "width": 32}}}, "; mlp (width = 32) on digits ("),
        ({"schedules": {"p": {"name": "cosine"}}}, "2 epochs, constant learning rate, cosine schedule of p. "),
        (
            {"epochs": 9, "schedule": {"name": "multistep", "milestones": [3, 6], "gamma": 0.2}},
            "learning rate times 0.2 after epochs 3, 6. ",
        ),
        (
            {"epochs": 9, "schedule": {"name": "multistep", "milestones": [3]}},
            "learning rate times 0.1 after epoch 3. ",
        ),
    ],
    ids=str,
)
def test_a_caption_says_what_a_specification_sets(changes, words):
    assert words in text_of(**changes)


ADAGRAD = {"space": {"lr": {"values": [0.1, 1.0]}}}


@pytest.mark.parametrize(
    ("optimizer", "words"),
    [
        ({"name": "adagrad", "accumulator": "absolute"}, "accumulator = absolute, "),
        ({"name": "rmsprop", "centered": True}, "centered = true, "),
        ({"name": "radam", "before": "none"}, "before = none, "),
        ({"name": "amsgrad", "maximum_of": "v-hat"}, "maximum_of = v-hat, "),
    ],
)
def test_a_caption_says_what_was_chosen_otherwise_than_by_default(optimizer, words):
    cells = {(0.1,): [1.0, 2.0], (1.0,): [2.0, 3.0]}
    assert words in text_of(cells, ("lr",), **ADAGRAD, optimizer=optimizer)
    name = optimizer["name"]
    assert words not in text_of(cells, ("lr",), **ADAGRAD, optimizer={"name": name})


def test_what_the_decay_acts_on_is_said_of_it_where_its_form_varies():
    space = {"lr": {"values": [0.1]}, "decay": {"values": ["l2", "decoupled-lr"]}}
    optimizer = {"decay_on": "kernels"}
    text = text_of({(0.1, "l2"): [1.0]}, ("lr", "decay"), optimizer=optimizer, space=space)
    assert "weight_decay = 0, decay on kernels only; mlp" in text


def test_a_caption_names_no_value_that_varies_as_fixed():
    assert "lr =" not in text_of()
    assert "p =" not in text_of()
    varied = text_of(cube(), ("lr", "p", "beta2"), space=CUBE)
    assert "beta2 =" not in varied
    assert "beta1 = 0.9" in varied


def test_an_optimizer_of_one_form_has_no_variant():
    text = text_of({(0.1,): [1.0], (1.0,): [2.0]}, ("lr",), **SGD)
    assert text.startswith("study: sgd, momentum = 0.9, weight_decay = 0, decay l2; mlp")


def test_where_every_value_varies_none_is_named():
    space = {"lr": {"values": [0.1]}, "momentum": {"values": [0.9]}, "weight_decay": {"values": [0.0]}}
    text = text_of({(0.1, 0.9, 0.0): [1.0]}, tuple(space), optimizer={"name": "sgd"}, space=space)
    assert text.startswith("study: sgd, decay l2; mlp")


def test_a_caption_says_n_and_every_outcome():
    assert (
        "n = 8 trials, 2 seeds a configuration: 4 complete, 1 diverged (a loss or output was not finite), 1 failed "
        "or cancelled (left out), 2 still to be trained." in text_of()
    )


def test_a_caption_of_complete_trials_says_no_more():
    assert text_of({(0.1, 0.0): [1.0, 2.0]}).endswith("2 complete, 0 diverged (a loss or output was not finite).")


def test_one_trial_of_one_seed_is_one():
    assert "n = 1 trial, 1 seed a configuration: 1 complete" in text_of({(0.1, 0.0): [1.0]}, seeds=1)


def test_a_caption_counts_what_learned_nothing():
    assert "3 complete (2 of them learned nothing), 1 diverged" in text_of(
        {(0.1, 0.0): [10.0, 89.0, 90.0, "diverged"]}, seeds=4
    )


def test_a_caption_says_how_many_were_superseded():
    rows = trials(CELLS)
    rows[0]["superseded"] = True
    one = base(findings(rows))
    text = described([(one, one.in_force)])
    assert "n = 7 trials" in text
    assert "1 superseded by a retry (left out)" in text


def test_what_is_measured_is_named():
    text = measured(measure(), "Colour", diverged=False)
    assert text.startswith("Colour: mean over seeds of the final test error (%), split test, statistic final. ")


def test_what_diverged_counts_at_is_said_where_something_did():
    assert "a diverged seed counts as guessing, 90 %." in measured(measure(), "Colour", diverged=True)
    assert "guessing" not in measured(measure(), "Colour", diverged=False)


@pytest.mark.parametrize("epochs", [1, 3])
def test_fewer_epochs_than_five_are_never_called_the_last_five(epochs):
    objective = {"statistic": "mean_last5", "split": "test"}
    for text in captions(findings_of(SEEDS, seeds=3, epochs=epochs, objective=objective)).values():
        assert "last 5" not in text
    assert "last 5 epochs" in captions(findings_of(SEEDS, seeds=3, epochs=5, objective=objective))["heatmap"]


def test_the_caption_of_a_choice_on_test_images_says_so_and_no_other():
    warned = {
        name
        for found in (
            findings(crossed_rows(), **CHOSEN_ON_VALIDATION),
            findings(trials({(0.1,): [1.0], (1.0,): [2.0]}, ("lr",)), space=LINE, **CHOSEN_ON_VALIDATION),
        )
        for name, text in captions(found).items()
        if "chosen on the test images themselves" in text
    }
    assert warned == {"heatmap-test", "map-test"}
    for found in (findings_of(SEEDS), findings(trials({(0.1,): [1.0], (1.0,): [2.0]}, ("lr",)), space=LINE)):
        texts = captions(found)
        del texts["curves"]
        assert all("chosen on the test images themselves" in text for text in texts.values())


def legend(cells):
    return map_legend(mapped(cells))


def test_a_legend_says_where_the_star_is():
    assert legend(CELLS).startswith("Star: best cell, lr = 0.1, p = 0, mean 11.00 %.")


def test_a_legend_says_what_is_outlined_and_how_it_was_found():
    text = legend(SEEDS)
    assert "Outlined: 2 candidates for the best at 95 % (compared pairwise over 3 seeds, one-sided Dunnett" in text
    assert "on the logit scale, 4 degrees of freedom)." in text
    assert "not compared" not in text


def test_a_legend_of_one_candidate_says_so():
    cells = {(0.1, 0.0): [1.0, 2.0, 1.5], (1.0, 0.0): [30.0, 31.0, 30.0], (10.0, 0.0): [40.0, 41.0, 40.0]}
    assert "Outlined: the best cell alone is a candidate for the best at 95 %" in legend(cells)


def test_a_legend_counts_cells_that_were_not_compared():
    short = {(10.0, 0.0): [10.0, "failed", "failed"]}
    assert "1 cell lacks seeds and was not compared." in legend(SEEDS | short)
    two = short | {(10.0, 0.5): [10.0, 11.0, "waiting"], (100.0, 0.5): ["diverged"] * 3}
    assert "2 cells lack seeds and were not compared." in legend(SEEDS | two)


@pytest.mark.parametrize("cells", [{(0.1, 0.0): [1.0, 2.0]}, {(0.1, 0.0): [1.0, 2.0, 3.0]}], ids=["seeds", "cells"])
def test_a_legend_says_where_candidates_cannot_be_found(cells):
    text = legend(cells)
    assert "Outlined" not in text
    assert "cannot be said: that takes two cells with all their seeds in, and three seeds." in text


ONE = {(lr, 0.0): [10.0 * lr, 10.0 * lr + 1, 10.0 * lr + 2] for lr in (0.1, 1.0)}
MARKS = {
    'Hatched, "div.": share of seeds that diverged.': {(0.1, 0.5): ["diverged", 3.0, 3.0], (1.0, 0.5): [4.0] * 3},
    'Dotted, "guess": share of seeds that learned nothing': {(0.1, 0.5): [89.0, 3.0, 3.0], (1.0, 0.5): [4.0] * 3},
    "Blank: no outcome.": {(0.1, 0.5): ["failed"] * 3, (1.0, 0.5): [4.0] * 3},
}


@pytest.mark.parametrize("mark", MARKS)
def test_a_legend_names_the_marks_that_are_there_and_no_others(mark):
    text = legend(ONE | MARKS[mark])
    assert mark in text
    assert not [other for other in MARKS if other != mark and other in text]
    assert mark not in legend(ONE)


def test_the_legend_of_what_learned_nothing_says_the_rule():
    assert "(final test error at least 88.0 %, or at least 81 % with a train loss of 2.30 or more)" in legend(
        {(0.1, 0.0): [89.0, 3.0]}
    )


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (UNFINISHED, "No best: no cell has all its seeds in."),
        (GONE, "Every trial diverged."),
        ({(0.1, 0.0): ["failed"] * 2}, "No best: no cell has all its seeds in."),
    ],
    ids=["unfinished", "diverged", "failed"],
)
def test_without_a_best_there_is_no_star(cells, words):
    text = legend(cells)
    assert words in text
    assert "Star" not in text
    assert "Outlined" not in text


def test_the_caption_of_a_heatmap_names_statistic_split_and_n():
    text = captions(findings(trials(CELLS)))["heatmap"]
    assert "n = 8 trials" in text
    assert "Colour and numbers: mean over seeds of the final test error (%), split test, statistic final" in text


def test_the_caption_of_a_panel_names_what_it_holds_fixed_and_counts_its_trials():
    texts = captions(findings(cube_rows(), space=CUBE))
    assert "padam (torch), beta2 = 0.99, beta1 = 0.9" in texts["heatmap-2"]
    assert "n = 4 trials" in texts["heatmap-2"]
    assert "n = 8 trials" in texts["heatmap"]
    assert "beta2 =" not in texts["heatmap"]


def test_the_caption_of_a_panel_says_where_the_best_of_the_study_is():
    texts = captions(findings(cube_rows(), space=CUBE))
    elsewhere = "Hollow star: the best of the study lies elsewhere, at lr = 0.1, p = 0, beta2 = 0.9."
    assert elsewhere in texts["heatmap-2"]
    assert "Hollow" not in texts["heatmap-1"]


def page(result):
    rows = cube_rows(result=result)
    return captions(findings(rows, space=CUBE, seeds=3))["heatmap"]


def test_a_page_of_panels_names_the_marks_that_are_there_and_no_others():
    plain = page(lambda lr, p, beta2: [lr + p, lr + p + beta2])
    assert "Stars: the best cell of each panel, filled where it is the best of the study." in plain
    assert not [word for word in ("Outlined", "Hatched", "Dotted", "Blank") if word in plain]
    full = page(
        lambda lr, p, beta2: [lr, lr + p, lr + beta2] if p else [["diverged", 89.0, 3.0], ["failed"] * 3][lr < 1]
    )
    assert all(word in full for word in ("Stars:", "Hatched, ", "Dotted, ", "Blank: "))
    assert "Outlined: candidates for the best of the panel at 95 %." in page(
        lambda lr, p, beta2: [lr + p, lr + p + beta2, lr + 2 * p]
    )
    assert "Stars" not in page(lambda *_: ["waiting"])


def test_of_very_many_panels_the_caption_counts_those_drawn():
    betas = [0.9 + n / 1000 for n in range(heatmap.MAX_PANELS + 2)]
    cells = {(lr, p, beta): [lr + p] for lr in (0.1, 1.0) for p in (0.0, 0.5) for beta in betas}
    first = heatmap.compute(findings_of(cells, ("lr", "p", "beta2"), seeds=1))[0]
    assert len(first.maps) == heatmap.MAX_PANELS
    assert f"n = {4 * heatmap.MAX_PANELS} trials" in first.caption
    assert "12 of 14 panels are drawn; summary.json has all of them." in first.caption


def test_the_caption_of_points_names_statistic_split_and_n():
    text = captions(findings(trials({(0.1,): [10.0, 12.0]}, ("lr",)), space=LINE))["map"]
    assert "n = 2 trials" in text
    assert "Line: mean over seeds of the final test error (%), split test, statistic final." in text


def test_the_split_of_the_objective_is_shown():
    rows = trials({(0.1,): [10.0]}, ("lr",))
    text = captions(findings(rows, space=LINE, **CHOSEN_ON_VALIDATION))["map"]
    assert "final validation error (%), split validation, statistic final" in text


@pytest.mark.parametrize(
    ("cells", "there", "absent"),
    [
        ({(0.02, 0.1): [10.0], (5.0, 0.3): [20.0]}, ["Star"], ["Crosses", "Squares"]),
        ({(0.02, 0.1): [10.0], (5.0, 0.3): ["diverged"]}, ["Star", "Crosses: seeds diverged there."], ["Squares"]),
        ({(0.02, 0.1): [10.0], (5.0, 0.3): [89.0]}, ["Squares: seeds learned nothing there."], ["Crosses"]),
        ({(0.02, 0.1): ["waiting"]}, [], ["Star", "Crosses", "Squares"]),
    ],
)
def test_the_caption_of_points_names_the_marks_that_are_there(cells, there, absent):
    design = {"design": {"name": "random", "configurations": len(cells)}, "seeds": 1}
    text = captions(findings(trials(cells), space=PLANE, **design))["map"]
    assert all(words in text for words in there)
    assert not [words for words in absent if words in text]


def test_the_caption_of_points_names_what_is_not_on_an_axis():
    cells = {(0.02, 0.1, 0.91): [10.0], (5.0, 0.3, 0.92): [20.0]}
    space = PLANE | {"beta2": {"low": 0.9, "high": 0.99}}
    found = findings(
        trials(cells, tuple(space)), space=space, design={"name": "random", "configurations": 2}, seeds=1
    )
    assert "Not on an axis: beta2." in captions(found)["map"]


def test_the_caption_of_one_hyperparameter_says_its_candidates_and_its_edge():
    cells = {(0.1,): [1.0, 2.0, 1.5], (1.0,): [1.1, 2.1, 1.6], (10.0,): [40.0, 44.0, 43.0]}
    text = captions(findings_of(cells, ("lr",), seeds=3))["map"]
    assert "Bar below: 2 values are candidates for the best at 95 % (paired over seeds" in text
    assert "The best lies at the lowest value tried: the optimum may lie beyond." in text
    alone = captions(findings_of(cells | {(1.0,): [30.0, 31.0, 30.5]}, ("lr",), seeds=3))["map"]
    assert "Bar below: the best value alone is a candidate for the best at 95 %" in alone
    two = {cell: errors[:2] for cell, errors in cells.items()}
    assert "Bar" not in captions(findings_of(two, ("lr",)))["map"]


def test_the_caption_of_optima_names_bars_and_arrows_where_they_are():
    wide = {(lr, p): [abs(lr - 1.0) + 5 + s for s in (0, 1, 2)] for lr in (0.1, 1.0, 2.0) for p in (0.0, 0.5)}
    text = captions(findings_of(wide, seeds=3))["optima"]
    assert "Bars: candidates for the best of the row at 95 %" in text
    assert "Arrows" not in text
    edge = captions(findings_of({(lr, p): e[:2] for (lr, p), e in wide.items() if lr < 2.0}))["optima"]
    assert "Bars:" not in edge
    assert "No bars: they take two values with all their seeds in, and three seeds." in edge
    assert "Arrows: the best lies at the edge of the grid, the optimum perhaps beyond." in edge


def test_the_caption_of_the_optima_of_a_panel_says_which():
    assert "beta2 = 0.9: where the best configuration lies." in captions(findings(cube_rows(), space=CUBE))["optima"]


@pytest.mark.parametrize(("remainder", "said"), [("keep", True), ("join", False)])
def test_a_caption_says_where_a_small_rest_is_a_batch_of_its_own(remainder, said):
    assert (
        "batch 128 (a small rest of images is a batch of its own), 2 epochs" in text_of(**task(remainder=remainder))
    ) == said
