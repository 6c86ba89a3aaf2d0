"""The interactive map: what a pointer reads, on a page that nothing outside it can change."""

from __future__ import annotations

import json
import re

import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs

from analysis.figures import interactive
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import CELLS, CUBE, LINE, PLANE, UNFINISHED, cube_rows, findings
from tests.unit.analysis.studies import ARMS, armed, measured_findings

TPE = {"design": {"name": "tpe", "configurations": 4}, "space": PLANE}
STUDIES = {
    "grid": findings(trials(CELLS)),
    "cube": findings(cube_rows(), space=CUBE),
    "line": findings(trials({(0.1,): [10.0, 12.0], (1.0,): [20.0, "diverged"]}, ("lr",)), space=LINE),
    "tpe": findings(trials(CELLS), **TPE),
    "unfinished": findings(trials(UNFINISHED)),
    "arms": findings(armed(), arms=ARMS),
    "no images": measured_findings(),
}


def text_of(plot):
    """Return the texts of the cells or points of a plot, row by row."""
    found = [trace["text"] for trace in plot.traces if "text" in trace][-1]
    return found if isinstance(found[0], str) else [text for row in found for text in row]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return interactive.page(STUDIES["grid"], tmp_path_factory.mktemp("map")).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", STUDIES)
def test_plotly_takes_every_plot(name):
    """Plotly's own models refuse what they do not know."""
    plots = interactive.compute(STUDIES[name])
    assert plots
    for plot in plots:
        figure = go.Figure(plot.traces, plot.layout)
        assert len(figure.data) == len(plot.traces)


def test_a_cell_tells_its_trials():
    (plot,) = interactive.compute(STUDIES["grid"])
    best, half, failed, open_ = text_of(plot)
    assert best == (
        "lr = 0.1<br>p = 0<br>mean 11.00 % over 2 seeds<br>trial 0, seed 0: 10.00 %<br>trial 1, seed 1: 12.00 %"
    )
    assert half.endswith("over 2 seeds<br>trial 2, seed 0: 20.00 %<br>trial 3, seed 1: diverged in epoch 1 of 2")
    assert failed.endswith("mean 30.00 % over 1 seed<br>trial 4, seed 0: 30.00 %<br>trial 5, seed 1: failed")
    assert open_ == "lr = 1<br>p = 1/2<br>trial 6, seed 0: waiting<br>trial 7, seed 1: running"


def test_a_point_tells_its_trials():
    (plot,) = interactive.compute(STUDIES["tpe"])
    assert min(text_of(plot)).endswith("trial 0, seed 0: 10.00 %<br>trial 1, seed 1: 12.00 %")


def test_colours_are_those_of_the_pictures_and_what_lost_every_seed_is_grey():
    cells = {(0.1, 0.0): [10.0], (1.0, 0.0): ["diverged"], (0.1, 0.5): [1.0], (1.0, 0.5): [100.0]}
    (plot,) = interactive.compute(findings(trials(cells)))
    grey, heat, *_ = plot.traces
    assert heat["z"] == [[1.0, None], [0.0, 2.0]]
    assert grey["z"] == [[None, 0.0], [None, None]]
    assert (heat["zmin"], heat["zmax"]) == (0.0, 2.0)
    assert heat["colorscale"][0][1] == "#fde725"


def test_every_panel_and_every_arm_has_its_plot():
    assert [plot.title for plot in interactive.compute(STUDIES["cube"])] == [
        f"test error over learning rate and partial-adaptivity exponent p, beta2 = {value}"
        for value in ("0.9", "0.99")
    ]
    assert len(interactive.compute(STUDIES["arms"])) == len(ARMS)


def test_a_study_of_too_many_trials_shows_the_maps_that_fit(monkeypatch, tmp_path):
    monkeypatch.setattr(interactive, "MOST", 5)
    assert len(interactive.compute(STUDIES["cube"])) == 1
    made = interactive.page(STUDIES["cube"], tmp_path).read_text(encoding="utf-8")
    assert "The first 1 of 2 maps are here" in made


def test_the_page_holds_the_library_once_and_asks_for_nothing(written):
    assert written.count(get_plotlyjs()) == 1
    assert "default-src 'none'" in written
    rest = written.replace(get_plotlyjs(), "")
    assert not re.search(r"https?:|src=|href=|url[(]|@import|<link", rest)
    assert rest.count("Plotly.newPlot") == rest.count("showSendToCloud: false") > 0


def test_hostile_names_are_text():
    choices = ["</script><script>alert(1)</script>", "<b>bold</b> & $x$", "plain"]
    text = interactive._hover({choices[0]: choices[1]}, [choices[0]], "")
    assert "<" not in text.replace("<br>", "")
    assert json.loads(interactive._script({"x": choices})) == {"x": choices}
    assert "<" not in interactive._script({"x": choices})


def test_the_same_findings_give_the_same_bytes(tmp_path, written):
    again = interactive.page(findings(trials(CELLS)), tmp_path)
    assert again.read_text(encoding="utf-8") == written
