"""Paths over a contour: what is drawn, what is said, and the film of it."""

from __future__ import annotations

import io
import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from analysis.figures import paths
from analysis.figures.palette import colour_of
from tests.unit.analysis.common import STAR, drawn_through, faults, marks
from tests.unit.analysis.descents import CELLS, SADDLE, WAY, descents, source
from tests.unit.analysis.reports import written_of

OTHER = ((0.8, 0.5), (0.7, 0.9), (0.5, 1.0))
"""Where adam stands."""


@pytest.fixture(scope="module")
def result():
    (found,) = paths.compute(descents(ways={4: OTHER}))
    return found


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return written_of(source(), tmp_path_factory.mktemp("descents"))


def long(axes):
    """Return the lines that are paths."""
    return [line for line in axes.lines if len(line.get_xdata()) > 1]


def test_a_study_of_one_landscape_has_one_figure(result):
    assert (result.name, result.title) == ("paths", "paths over a saddle")
    assert result.labels == ["sgd, lr = 0.1", "adam, lr = 0.01"]


def test_figures_of_several_landscapes_have_their_names():
    arms = SADDLE["arms"] | {"adam": {"task": {"name": "valley", "steps": 2}, "optimizer": {"name": "adam"}}}
    assert [it.name for it in paths.compute(descents(arms=arms))] == ["paths-saddle", "paths-valley"]


def test_the_caption_says_what_is_drawn(result):
    text = result.caption
    assert "arm sgd: sgd, momentum = 0" in text
    assert "n = 2 trials, 2 seeds a configuration: 2 complete" in text
    assert (
        "Each path is that of the best configuration of its arm, with its lowest seed; later arms lie on top." in text
    )
    assert "A point every 2 steps." in text
    assert "Circle: start. Star: minimum (there are two)." in text
    assert "Left" not in text
    assert "Crosses" not in text


def test_the_caption_says_who_left_and_who_diverged():
    cells = CELLS | {"adam": {(0.01,): ["diverged"] * 2, (0.1,): ["diverged"] * 2}}
    (found,) = paths.compute(descents(cells, {2: ((1.4, 0.0), (9.0, 9.0), (0.0, 1.0)), 4: WAY[:1]}))
    assert "Left the drawn plane, where the lines are cut off: sgd." in found.caption
    assert "Crosses: the last point before adam diverged." in found.caption
    plane, _ = paths.draw(found).axes
    assert [line.get_color() for line in marks(plane, "x")] == [colour_of("adam")]


def test_the_contour_is_the_loss_above_its_minimum_in_logarithmic_steps(result):
    x, y, excess = result.contour
    assert excess == pytest.approx(x**2 - y**2 + y**4 / 2 + 0.5)
    assert result.levels[-1] == excess.max()
    assert np.allclose(np.diff(np.log(result.levels)), np.log(result.levels[1] / result.levels[0]))


def test_paths_start_and_minima_are_drawn(result):
    figure = paths.draw(result)
    plane, chart = figure.axes
    assert [line.get_xdata().tolist() for line in long(plane)] == [[0.9, 0.5, 0.2, 0.0], [0.9, 0.8, 0.7, 0.5]]
    assert [line.get_color() for line in long(plane)] == [colour_of("sgd"), colour_of("adam")]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in marks(plane, STAR)] == [(0.0, 1.0), (0.0, -1.0)]
    assert (0.9, 1e-3) in [(line.get_xdata()[0], line.get_ydata()[0]) for line in marks(plane, "o")]
    assert chart.get_yscale() == "log"
    assert [line.get_xdata().tolist() for line in long(chart)] == [[0, 2, 4, 6]] * 2
    assert chart.get_ylabel() == "excess"
    assert drawn_through(figure)


def test_arms_of_one_optimizer_share_its_colour_and_differ_in_dashes():
    arms = {"one": {"optimizer": {"name": "padam"}}, "two": {"optimizer": {"name": "padam", "p": 0.25}}}
    cells = dict(zip(arms, CELLS.values(), strict=True))
    (found,) = paths.compute(descents(cells, arms=arms))
    one, two = found.styles
    assert one["color"] == two["color"] == colour_of("padam")
    assert one["linestyle"] != two["linestyle"]


def test_an_arm_that_bears_the_name_of_an_optimizer_has_its_colour():
    assert colour_of("momentum", "sgd") != colour_of("sgd")
    assert colour_of("mine", "sgd") == colour_of("sgd")
    assert colour_of("mine") == colour_of("mine")


def test_on_axes_of_ones_own_there_is_the_plane_alone(result):
    figure = Figure()
    axes = figure.subplots()
    assert paths.draw(result, ax=axes) is figure
    assert len(long(axes)) == 2
    assert (figure.texts, figure.legends) == ([], [])


def test_paths_whose_first_step_leads_out_of_sight_are_their_start():
    (found,) = paths.compute(descents(ways=dict.fromkeys((2, 4), ((1e9, 1e9), (0.0, 1.0)))))
    figure = paths.draw(found)
    assert drawn_through(figure)
    assert long(figure.axes[0]) == []
    assert "Left the drawn plane, where the lines are cut off: sgd, adam." in found.caption
    assert Image.open(io.BytesIO(paths.animate(found))).n_frames == 1


# --- the film ---


@pytest.fixture(scope="module")
def film(result):
    data = paths.animate(result)
    assert paths.animate(result) == data
    return Image.open(io.BytesIO(data))


def pixels(film, at):
    film.seek(at)
    return np.asarray(film.convert("RGB")).astype(int)


def near(picture, colour, within=40):
    """Count the pixels near a colour."""
    wanted = 255 * np.array(mpl.colors.to_rgb(colour))
    return int((np.abs(picture - wanted).max(axis=2) < within).sum())


def test_a_film_has_a_picture_a_step_and_runs_for_ever(film):
    assert film.n_frames == 7
    assert film.info["loop"] == 0


def test_in_a_film_the_paths_grow(film):
    counts = [near(pixels(film, at), colour_of("sgd")) for at in range(film.n_frames)]
    assert counts[0] < counts[2] < counts[4] < counts[6]


def test_the_last_picture_of_a_film_is_the_figure(film):
    assert tuple(pixels(film, 6)[2, 2]) == (255, 255, 255)
    assert near(pixels(film, 6), colour_of("sgd")) > 100


# --- the report ---


def test_a_report_has_the_picture_and_the_film(report):
    assert {"figures/paths.png", "figures/paths.svg", "figures/paths.gif"} <= report.files.keys()
    assert "figures/paths.gif" in report.summary["figures"]
    sources = re.findall(r'src="data:image/([a-z]*);base64,', report.html)
    assert sources[:2] == ["png", "gif"]
    assert sources.count("gif") == 1
    assert 'alt="paths over a saddle, as a film. ' in report.html


def test_the_same_study_gives_the_same_bytes(report, tmp_path):
    again = written_of(source(), tmp_path)
    assert {name: path.read_bytes() for name, path in again.files.items()} == {
        name: path.read_bytes() for name, path in report.files.items()
    }


def test_in_a_column_the_chart_and_the_legend_stand_below_the_contour(result):
    figure = paths.column(result)
    assert faults(figure) == []
    plane, chart = figure.axes
    assert plane.get_position().y0 > chart.get_position().y1
    assert [it.get_text() for it in figure.legends[0].get_texts()] == result.labels
