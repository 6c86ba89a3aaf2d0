from __future__ import annotations

import pytest

from analysis.compare.comparison import compare
from analysis.compare.picture import COLOURS, draw
from analysis.compare.reference import reference
from tests.unit.analysis.compare.tables import study

SETTINGS = {"task.dataset": "cifar10", "task.network": "resnet18", "optimizer": "padam", "optimizer.p": 0.25}


@pytest.fixture
def table():
    cell = SETTINGS | {"optimizer.lr": 0.1}
    return study(cell | {"curves": [[50.0] * 29 + [value] for value in (40.0, 50.0, 60.0)]})


def test_a_number_has_a_line_with_what_was_published_measured_and_expected(table):
    found = compare(reference("report-sensitivity-cifar10"), table)
    (axes,) = draw(found).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert len(labels) == len(found.rows) == 27
    assert labels[0] == "p = 0.25, lr = 0.1, epoch 30"
    row = found.rows[0]
    lines = [(list(line.get_xdata()), line.get_marker()) for line in axes.lines]
    assert lines[0] == ([row.low, row.high], "None")
    assert lines[1:3] == [([50.0], "o"), ([49.82], "x")]
    assert axes.get_xlabel() == "test error (%)"
    assert (axes.texts[0].get_text(), axes.texts[-1].get_text()) == ("n 3", "not run")


def test_curves_have_a_panel_each(table):
    found = compare(reference("report-curves-cifar10"), table)
    panels = draw(found).axes
    assert len(panels) == 9
    published, measured = panels[0].lines
    assert list(published.get_ydata())[:2] == [74.21, 84.78]
    assert list(measured.get_ydata()) == [50.0] * 30
    assert panels[0].get_title(loc="left") == "p = 0.25, lr = 0.1 (n 3)"
    assert panels[1].get_title(loc="left") == "p = 0.25, lr = 0.01 (not run)"


def test_the_caption_counts_the_verdicts_and_names_the_source(table):
    found = compare(reference("report-sensitivity-cifar10"), table)
    text = draw(found).texts[-1].get_text().replace("\n", " ")
    assert "24 not run" in text
    assert "arXiv:1901.09517" in text


def test_every_verdict_that_has_a_place_has_a_colour(table):
    found = compare(reference("report-sensitivity-cifar10"), table)
    assert {row.verdict for row in found.rows if row.measured is not None} <= COLOURS.keys()
