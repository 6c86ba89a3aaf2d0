"""What a report says of its question, its design, and what was lost on the way."""

import json
import re

import pytest

from analysis.account import MOST, designs, failures, losses, question, settings
from analysis.axes import Chosen
from analysis.findings import Clip
from analysis.report import View, write_report
from search_spaces.validation import loads
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import CELLS, LINE, PLANE, findings, source, specification, words, written
from tests.unit.analysis.studies import ARMS, armed
from tests.unit.analysis.test_several import HERE, THERE, several


def test_the_question_names_what_is_measured_and_what_varies():
    assert question(findings(trials(CELLS))) == (
        "How does the final test error (%) depend on learning rate and partial-adaptivity exponent p, and does the "
        "best learning rate move with partial-adaptivity exponent p?"
    )
    line = trials({(0.1,): [10.0, 12.0], (1.0,): [20.0, 22.0]}, ("lr",))
    assert question(findings(line, space=LINE)) == "How does the final test error (%) depend on learning rate?"


def test_a_design_says_how_configurations_were_chosen():
    assert designs(findings(trials(CELLS)))[0].startswith(
        "a grid of 2 x 2 values of lr and p; 2 seeds of each, 8 trials of 2 epochs of mlp on digits."
    )
    tpe = findings(trials(CELLS), space=PLANE, design={"name": "tpe", "configurations": 4})
    assert designs(tpe)[0].startswith("4 configurations of lr and p, chosen by tpe; 2 seeds")


def test_configurations_and_seeds_that_were_chosen_are_counted():
    cells = {(0.1, 0.0): [10.0, 12.0], (1.0, 0.0): [20.0], (0.1, 0.5): [30.0]}
    found = findings(trials(cells), space=PLANE, design={"name": "levelset", "configurations": 2})
    said = "3 configurations of lr and p, chosen by levelset; 1 to 2 seeds of each, 4 trials"
    assert designs(found)[0].startswith(said)
    assert "1 to 2 seeds a configuration" in settings(found)[0]


def test_every_arm_and_every_study_has_a_line():
    assert [line.split(":")[0] for line in designs(findings(armed(), arms=ARMS))] == [
        "Arm base", "Arm decoupled", "Arm cosine",
    ]  # fmt: skip
    assert [line.split(":")[0] for line in settings(several())] == ["here", "there"]


def test_what_diverged_or_learned_nothing_is_listed_by_configuration():
    (loss,) = losses(findings(trials(CELLS)))
    assert (loss.configuration, loss.n, loss.diverged, loss.learned_nothing) == ({"lr": 1.0, "p": 0.0}, 2, 1, 0)
    (loss,) = losses(findings(trials(CELLS | {(0.1, 0.0): [90.0, 12.0], (1.0, 0.0): [20.0, 20.0]})))
    assert (loss.configuration, loss.learned_nothing) == ({"lr": 0.1, "p": 0.0}, 1)


FAILED = {(0.1, 0.0): ["failed", "failed"], (1.0, 0.0): [20.0, 21.0]}


def failed(**changes):
    made = source(trials(FAILED), **changes)
    for number, attempt, reason in ((0, 1, "out of <memory>"), (0, 2, "no space left"), (2, 1, "a hiccup")):
        made.tries.append(made.tries[0] | {"number": number, "attempt": attempt, "ending": "error", "reason": reason})
    return made


def test_a_trial_that_failed_has_its_last_error(tmp_path):
    from analysis.findings import Findings
    from analysis.material import Material

    found = failures(Findings(Material.of(failed())))
    assert [(it.number, it.seed, it.reason) for it in found] == [(0, 0, "no space left"), (1, 1, "")]
    assert found[0].configuration == {"lr": 0.1, "p": 0.0}


@pytest.mark.usefixtures("unpainted")
def test_the_page_lists_what_was_lost_as_text(tmp_path):
    made = failed()
    made.tries[-2]["reason"] = "<img src=x>"
    write_report([made], tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;img src=x&gt;" in page
    assert "<img src=x>" not in page


@pytest.mark.usefixtures("unpainted")
def test_a_long_list_ends_and_says_so(tmp_path):
    cells = {(lr / 100.0, 0.0): ["diverged"] for lr in range(1, MOST + 4)} | {(5.0, 0.0): [10.0]}
    space = {"lr": {"values": sorted(lr for lr, _ in cells)}, "p": {"values": [0.0]}}
    found = written(tmp_path, trials(cells), seeds=1, space=space)
    assert "And 3 configurations more, in trials.csv." in words(found)


@pytest.mark.usefixtures("unpainted")
def test_the_page_has_the_commands_that_make_it_again(tmp_path):
    made = [source(trials(HERE), name="here"), source(trials(THERE), name="there")]
    view = View(statistic="final", clip=Clip(high=10.0), chosen=Chosen(y="lr"))
    write_report(made, tmp_path, view)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    commands = re.search(r"<pre>(basin run [^<]*)</pre>", page).group(1).split("\n")
    assert commands[:3] == [
        "basin run here.json",
        "basin run there.json",
        "basin report here there --out reports/here --statistic final --y lr --clip ,10.0",
    ]


def test_a_specification_on_the_page_is_a_file_to_run():
    document = specification().document()
    assert loads(json.dumps(document, indent=2)).hash() == specification().hash()
