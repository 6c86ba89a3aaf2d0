from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.figures.style import LINE, STYLE, Caption, band, plain_log, save


def test_a_figure_is_kept_as_png_svg_and_pdf(tmp_path):
    paths = save(Figure(figsize=(1, 1)), tmp_path, "empty")
    assert list(paths.items()) == [(kind, tmp_path / f"empty.{kind}") for kind in ("png", "svg", "pdf")]
    assert paths["png"].read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in paths["svg"].read_bytes()
    assert paths["pdf"].read_bytes().startswith(b"%PDF")


def test_a_pdf_says_not_when_it_was_made_and_holds_its_fonts_as_truetype(tmp_path):
    figure = Figure(figsize=(2, 1))
    figure.text(0.1, 0.5, "words")
    made = save(figure, tmp_path, "words")["pdf"].read_bytes()
    assert b"CreationDate" not in made
    assert b"/CIDFontType2" in made
    assert b"/Type3" not in made


def test_a_caption_is_broken_into_lines_and_takes_its_height():
    short, long = Caption("words " * 10, 7.0), Caption("words " * 100, 7.0)
    assert len(short.lines) == 1
    assert " ".join(long.lines) == ("words " * 100).strip()
    assert long.height - short.height == pytest.approx(LINE * (len(long.lines) - 1))


def test_a_caption_is_as_high_as_it_says():
    figure = Figure(figsize=(6.0, 4.0), dpi=100)
    caption = Caption("Words of a caption, gjpqy. " * 40, 6.0)
    caption.write(figure)
    figure.draw_without_rendering()
    box = figure.texts[0].get_window_extent()
    assert 0 <= box.y0 < box.y1 <= 100 * caption.height
    assert 0 <= box.x0 < box.x1 <= figure.bbox.width


def test_no_caption_takes_next_to_nothing():
    assert (Caption("", 6.0).lines, Caption("", 6.0).height) == ([], 0.05)


@pytest.mark.parametrize(
    ("limits", "labels"),
    [
        ((0.01, 10.0), {"0.01", "0.1", "1", "10"}),
        ((0.04, 0.6), {"0.05", "0.1", "0.2", "0.5"}),
        ((1e-6, 1e-3), {"1e-06", "1e-05", "1e-04", "0.001"}),
    ],
)
def test_a_logarithmic_axis_has_plain_numbers(limits, labels):
    figure = Figure()
    axes = figure.add_subplot()
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    plain_log(axes.xaxis)
    figure.draw_without_rendering()
    major, minor = axes.xaxis.get_majorticklabels(), axes.xaxis.get_minorticklabels()
    assert labels <= {label.get_text() for label in [*major, *minor]}


def test_all_numbers_of_an_axis_stand_on_one_line():
    figure = Figure()
    axes = figure.add_subplot()
    axes.set_xscale("log")
    axes.set_xlim(0.04, 0.6)
    plain_log(axes.xaxis)
    figure.draw_without_rendering()
    labels = [*axes.xaxis.get_majorticklabels(), *axes.xaxis.get_minorticklabels()]
    tops = {round(label.get_window_extent().y1, 3) for label in labels if label.get_text()}
    assert len(tops) == 1


@pytest.mark.parametrize("name", ["$x$", "$\\frac{", "<script>$</script>", "one\ntwo", "very long " * 40])
def test_a_hostile_name_is_letters(name, tmp_path):
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.0, 2.0))
        figure.add_subplot().set_xlabel(name)
        Caption(name, 3.0).write(figure)
        drawn = save(figure, tmp_path, "hostile")
    assert figure.axes[0].xaxis.label.get_text() == name
    assert b"<script>" not in drawn["svg"].read_bytes()


def test_the_caption_is_in_the_picture_of_the_page_and_not_in_that_of_a_paper(tmp_path):
    figure = Figure(figsize=(3.0, 2.0))
    figure.add_subplot()
    whole = save(figure, tmp_path, "bare")["pdf"].read_bytes()
    below = Caption("Words. " * 30, 3.0)
    below.write(figure)
    cut = save(figure, tmp_path, "cut")["pdf"].read_bytes()
    assert b"/MediaBox [ 0 0 216 144 ]" in whole
    high = float(cut.partition(b"/MediaBox [ 0 0 216 ")[2].split(b" ")[0])
    assert high == pytest.approx(72 * (2.0 - below.height + 0.05), abs=0.01)
    assert figure.texts[0].get_visible()


def test_a_band_ends_where_a_line_does():
    axes = Figure().add_subplot()
    band(axes, [1, 2, 3], np.array([1.0, 2.0, np.nan]), np.array([3.0, 5.0, np.nan]), "red", 0.2)
    (area,) = axes.collections
    assert set(map(tuple, area.get_paths()[0].vertices)) == {(1, 1), (2, 2), (2, 5), (1, 3)}
    assert axes.dataLim.get_points().tolist() == [[1, 1], [2, 5]]
    band(axes, [1.0], np.array([np.nan]), np.array([np.nan]), "red", 0.2)
    assert len(axes.collections) == 1
