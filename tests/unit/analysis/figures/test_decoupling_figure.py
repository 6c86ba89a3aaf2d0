"""The figure of decoupling: where cells lie on both axes, circles, colours, captions."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from analysis.figures import decoupling
from analysis.figures.decoupling import SPAN, Places
from analysis.figures.style import BEST
from analysis.findings import Clip
from tests.unit.analysis.common import drawn_through, faults
from tests.unit.analysis.reports import findings
from tests.unit.analysis.studies import armed

RATES, DECAYS = [0.125, 0.25, 0.5, 1.0], [0.0, 0.0625, 0.125, 0.25]
ARMS = {
    "l2": {"optimizer": {"name": "adam", "decay": "l2"}},
    "decoupled": {"optimizer": {"name": "adam", "decay": "decoupled-schedule"}},
    "cosine": {"optimizer": {"name": "adam", "decay": "decoupled-schedule"}, "schedule": {"name": "cosine"}},
}
CHANGES = {"arms": ARMS, "space": {"lr": {"values": RATES}, "weight_decay": {"values": DECAYS}}, "seeds": 2}


def cells(result=lambda x, y: [10.0 + x + 3 * y, 11.0 + x + 3 * y]):
    return {(lr, decay): result(x, y) for x, lr in enumerate(RATES) for y, decay in enumerate(DECAYS)}


def made(arms=None, **options):
    rows = armed(dict.fromkeys(ARMS, cells()) | (arms or {}), ("lr", "weight_decay"))
    return decoupling.compute(findings(rows, **CHANGES, **options))


@pytest.fixture(scope="module")
def pages():
    return made()


def panel(result, name):
    return next(it for it in result.arms.panels if it.arm.name == name)


def axes_of(result, name):
    """Return the axes of one arm's panel."""
    index = [it.arm.name for it in result.arms.panels].index(name)
    return decoupling.draw(result).axes[index]


def cells_of(axes):
    """Return the corners of the cells that are drawn."""
    first = next(it for it in axes.collections if isinstance(it, PolyCollection))
    return [path.vertices[:4] for path in first.get_paths()]


def at(axes, column):
    """Return where the cells of one learning rate lie: left and right, by decay."""
    low = np.log2(RATES[column]) - 0.5
    return [(it[0, 0], it[1, 0]) for it in cells_of(axes) if it[0, 1] == pytest.approx(low)]


def test_there_is_a_page_for_either_axis(pages):
    assert [it.name for it in pages] == ["decoupling", "decoupling-other-axis"]
    assert pages[0].title == "test error over learning rate and weight decay, on the axes of the AdamW paper"


@pytest.mark.parametrize(
    ("page", "name", "power"), [(0, "l2", 0), (0, "decoupled", 0), (1, "l2", 1), (1, "decoupled", -1)]
)
def test_every_cell_lies_at_its_decay_times_lr_to_the_power_of_the_axis(pages, page, name, power):
    axes = axes_of(pages[page], name)
    assert len(cells_of(axes)) == len(RATES) * len(DECAYS)
    for column, lr in enumerate(RATES):
        apart, *others = at(axes, column)
        expected = [np.log2(decay) + power * np.log2(lr) for decay in DECAYS[1:]]
        assert [(left + right) / 2 for left, right in others] == pytest.approx(expected)
        assert [right - left for left, right in (apart, *others)] == pytest.approx([1.0] * 4)
        assert apart == pytest.approx(at(axes, 0)[0])
        assert apart[1] < min(left for left, _ in others)


def test_rates_lie_upwards_in_powers_of_two(pages):
    axes = axes_of(pages[0], "l2")
    assert [it.get_text() for it in axes.get_yticklabels()] == ["2⁻³", "2⁻²", "2⁻¹", "2⁰"]
    assert [it.get_text() for it in axes.get_xticklabels()] == ["0", "2⁻⁴", "2⁻³", "2⁻²"]


def test_what_is_no_power_of_two_is_written_as_a_number():
    """1 among decades is 1, and no power of two."""
    for values, texts in (([0.01, 1.0, 10.0], ["0.01", "1", "10"]), ([0.25, 1.0, 2.0], ["2⁻²", "2⁰", "2¹"])):
        axis = Figure().subplots().yaxis
        decoupling._ticks(axis, np.log2(values), [], 9)
        assert list(axis.get_major_formatter().seq) == texts


def test_ten_cells_are_circled_and_the_best_has_a_star(pages):
    for page in pages:
        axes = axes_of(page, "decoupled")
        circles = [it for it in axes.lines if it.get_marker() == "o" and it.get_markeredgecolor() == "black"]
        stars = [it for it in axes.lines if it.get_marker() == "*"]
        assert (len(circles), len(stars)) == (10, 1)
        assert stars[0].get_color() == BEST
        assert stars[0].get_xydata().tolist() == circles[0].get_xydata().tolist()


def test_places_of_a_lattice_of_twos_coincide_and_of_others_do_not(pages):
    grid = panel(pages[0], "l2").grid
    assert len(Places.of(grid, 0).decays) == 3
    assert len(Places.of(grid, 1).decays) == 3 + len(RATES) - 1


def test_colours_end_where_the_paper_s_do_unless_it_is_said(pages):
    assert pages[0].limits == pages[1].limits
    assert (pages[0].limits.low, pages[0].limits.high) == pytest.approx((10.5, SPAN * 10.5))
    assert "Colours end at 2.33 times the lowest mean" not in pages[0].caption  # none lies beyond
    wide = made({"cosine": cells(lambda x, y: [1.0 + x + 4 * y] * 2)})
    assert wide[0].limits.above
    assert "Colours end at 2.33 times the lowest mean, as the paper's at 3 and 7 %." in wide[0].caption
    asked = made(clip=Clip(high=20.0))[0]
    assert asked.limits.high == 20.0
    assert "Colours end" not in asked.caption


def test_the_caption_says_what_is_there_and_nothing_of_what_is_not(pages):
    assert "Set apart on the left: no decay" in pages[0].caption
    assert "Rows: schedules." in pages[0].caption
    assert not [word for word in ("diverged there", "Hatched", "Dotted", "Empty") if word in pages[0].caption]
    lost = made(
        {"l2": cells(lambda x, y: ["diverged", "diverged"] if x == 3 else [90.0, 9.0] if y else ["waiting"] * 2)}
    )
    for text in ("Grey, hatched: every seed diverged.", "Dotted: seeds learned nothing", "Empty: no outcome."):
        assert text in lost[1].caption
    assert drawn_through(decoupling.draw(lost[1]))


def test_marks_are_drawn_on_the_cells_that_have_them():
    found = made(
        {"l2": cells(lambda x, y: ["diverged", 9.0] if (x, y) == (3, 1) else [90.0, 9.0] if y == 3 else [9.0] * 2)}
    )
    axes = axes_of(found[1], "l2")
    marked = {it.get_hatch(): len(it.get_paths()) for it in axes.collections if it.get_hatch()}
    assert marked == {"/////": 1, ".....": 4}


def test_the_pages_are_drawn_through(pages):
    for page in pages:
        assert decoupling.caption(page) == page.caption
        assert drawn_through(decoupling.draw(page))


def test_several_panels_are_refused_on_axes_of_a_figure_of_one_s_own(pages):
    with pytest.raises(ValueError, match="several panels need a figure of their own, got axes for 3 of them"):
        decoupling.draw(pages[0], ax=Figure().add_subplot())


def test_in_a_column_two_panels_stand_in_a_row_and_say_what_they_are_of(pages):
    for page in pages:
        figure = decoupling.column(page)
        assert faults(figure) == []
        *panels, bar = figure.axes
        assert [round(it.get_position().x0, 3) for it in panels[2:]] == [round(panels[0].get_position().x0, 3)]
        titles = [it.get_title(loc="left").split("\nshare")[0].replace("\n", " ") for it in panels]
        assert titles[0] == "adam, decay l2, constant learning rate"
        assert bar.get_position().y1 < panels[-1].get_position().y0
