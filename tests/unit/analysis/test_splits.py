"""Reports of both splits."""

from __future__ import annotations

import re

import pytest

from analysis.figures import heatmap
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import (
    CELLS,
    CHOSEN_ON_VALIDATION,
    CUBE,
    DOCUMENT,
    crossed_rows,
    cube_rows,
    findings,
    words,
    written,
)

DASH = "\N{EN DASH}"
ON_TEST = CHOSEN_ON_VALIDATION | {"objective": DOCUMENT["objective"]}


@pytest.fixture(scope="module")
def validated(tmp_path_factory):
    return written(tmp_path_factory.mktemp("validated"), crossed_rows(), **CHOSEN_ON_VALIDATION)


def test_the_best_is_chosen_on_the_split_of_the_objective(validated):
    assert validated.summary["split"] == "validation"
    assert validated.summary["best"]["configuration"] == {"lr": 1.0, "p": 0.0}


def test_the_other_split_has_its_own_map(validated):
    (found,) = validated.summary["other_split"]["maps"]
    assert found["mean"] == [[11.0, 16.0], [60.0, None]]
    assert {"figures/heatmap.png", "figures/heatmap-test.png", "figures/heatmap-test.svg"} <= validated.files.keys()


def test_the_page_says_which_split_decides_and_shows_the_other(validated):
    text = words(validated)
    assert "Choices are made, and numbers shown, on the validation split" in text
    assert "The test split stands beside it." in text
    assert "The same trials on the test split: mean 16.00 % over 2 seeds" in text
    assert "On that split another one would be best: lr = 0.1, p = 0, mean 11.00 %" in text
    assert "its test error is optimistic" not in text


def test_the_table_of_the_best_has_the_other_split_beside(validated):
    assert "<th>mean validation error (%)</th><th>mean test error there (%)</th><th>seeds</th>" in validated.html
    rows = re.findall(r"<tr>((?:<td>[^<]*</td>){7})</tr>", validated.html)
    assert [re.findall(r">([^<]*)</td", row) for row in rows] == [
        ["0", "1 (highest tried)", DASH, "1, 1", "19.00", "16.00", "2"],
        ["1/2", "0.1", DASH, "", "65.00", "60.00", "2"],
    ]


@pytest.mark.usefixtures("unpainted")
def test_where_both_splits_agree_the_page_says_so(tmp_path):
    found = written(tmp_path, trials(CELLS), **ON_TEST)
    assert found.summary["other_split"]["split"] == "validation"
    assert "It is the best on that split too." in words(found)


@pytest.mark.usefixtures("unpainted")
def test_the_page_warns_of_a_choice_on_test_images_and_of_the_minimum(tmp_path):
    rows = trials(CELLS)
    chosen = written(tmp_path / "a", rows, **ON_TEST)
    assert "was chosen on the test images themselves" in words(chosen)
    assert "minimum over epochs looks at the curve" not in words(chosen)
    assert "minimum over epochs looks at the curve" in words(written(tmp_path / "b", rows, "min"))


def test_each_split_fills_the_star_of_its_own_best():
    """On validation the best lies at beta2 = 0.99, on test at 0.9."""
    rows = cube_rows()
    for row in rows:
        row["validation_error_final"] = 5.0 - row["beta2"] + row["lr"] + row["p"]
    found = heatmap.compute(findings(rows, space=CUBE, **CHOSEN_ON_VALIDATION))
    assert {one.name: one.of_study for one in found if len(one.maps) == 2} == {
        "heatmap": (False, True),
        "heatmap-test": (True, False),
    }
    by_name = {one.name: one for one in found}
    assert "elsewhere, at lr = 0.1, p = 0, beta2 = 0.99." in by_name["heatmap-1"].caption
    assert "elsewhere, at lr = 0.1, p = 0, beta2 = 0.9." in by_name["heatmap-test-2"].caption


def test_every_figure_of_a_study_shares_its_colours():
    found = heatmap.compute(findings(cube_rows(), space=CUBE, **CHOSEN_ON_VALIDATION))
    assert len(found) == 6
    assert len({one.limits for one in found}) == 1
