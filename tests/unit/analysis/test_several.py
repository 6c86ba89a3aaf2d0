"""Several studies in one report: one scale, the best of each beside the best of all, and chosen axes."""

import csv
import json

import pytest
from matplotlib.figure import Figure
from scipy import stats

from analysis.axes import Chosen
from analysis.contenders import contenders, paired
from analysis.figures import bests, heatmap
from analysis.findings import Findings
from analysis.report import View, write_report
from analysis.tables import gathered
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import CUBE, cube_rows, findings, material, source, words
from tests.unit.analysis.studies import ARMS, armed

HERE = {(0.1, 0.0): [10.0, 12.0, 11.0], (1.0, 0.0): [20.0, 22.0, 24.0], (0.1, 0.5): [30.0, 31.0, 33.0]}
THERE = {(0.1, 0.0): [9.0, 8.5], (1.0, 0.0): [60.0, "diverged"], (0.1, 0.5): [41.0, 45.0]}
HERE |= {(1.0, 0.5): [50.0, 52.0, 51.0]}
THERE |= {(1.0, 0.5): [5.0, 6.0]}
OTHER_DATA = {"task": {"dataset": "mnist", "network": "softmax"}}


def several(**changes):
    others = material(trials(THERE), name="there", **changes)
    return Findings(material(trials(HERE), name="here", seeds=3), others=(others,))


def written(folder, *made, view=View()):  # noqa: B008 - frozen
    summary = write_report(made, folder, view)
    return summary, (folder / "report.html").read_text(encoding="utf-8")


def test_the_best_of_all_comes_first_and_the_others_are_compared_seed_by_seed():
    first, second = contenders(several())
    assert (first.arm.name, first.best, first.difference) == ("there", {"lr": 1.0, "p": 0.5}, None)
    assert (second.arm.name, second.mean, second.error) == ("here", 11.0, pytest.approx(1.0 / 3.0**0.5))
    number, expected = second.difference, stats.ttest_1samp([5.0, 6.0], 0.0).confidence_interval(0.95)
    assert (number.value, number.n) == (5.5, 2)
    assert (number.low, number.high) == pytest.approx(tuple(expected))


def test_arms_of_one_study_are_contenders_too():
    found = contenders(Findings(material(armed(), arms=ARMS)))
    assert [it.arm.name for it in found] == ["decoupled", "base", "cosine"]
    assert found[2].difference.value == 44.0  # the best of cosine lost a seed: one of two is in common


def test_what_is_to_be_maximised_is_worse_where_it_is_lower():
    one, other = contenders(several())
    sign = paired(one, other).value
    for it in (one, other):
        object.__setattr__(it.measure, "metric", it.measure.metric.__class__(name="s", direction="maximize"))
    assert paired(one, other).value == pytest.approx(-sign)


def test_without_a_seed_in_common_nothing_is_said_and_with_one_no_interval():
    one, other = contenders(several())
    object.__setattr__(one, "values", {7: 1.0})
    assert paired(other, one).reason == "they have no seed in common"
    object.__setattr__(one, "values", {0: 1.0})
    assert (paired(other, one).value, paired(other, one).low) == (9.0, None)


def test_studies_of_other_data_are_not_ranked():
    found = several(**OTHER_DATA)
    assert contenders(found) == ()
    assert bests.compute(found) == []


def test_colours_are_of_all_studies():
    found = several()
    alone = [Findings(it).limits for it in found.materials]
    assert (found.limits.low, found.limits.high) == (min(it.low for it in alone), max(it.high for it in alone))


def test_one_page_has_the_maps_of_all_and_files_are_told_apart():
    names = [it.name for it in heatmap.compute(several())]
    assert names == ["heatmap", "heatmap-here", "heatmap-there"]
    together, first, _ = heatmap.compute(several())
    assert "filled where it is the best of the studies." in together.caption
    assert "Hollow star: the best of the studies lies elsewhere, at study there, " in first.caption
    assert together.panels == ("here", "there")
    assert "20 trials, 3 seeds or 2 seeds a configuration" in together.caption
    assert first.title.endswith("study here")


def test_the_figure_of_the_best_has_a_row_for_each():
    (result,) = bests.compute(several())
    means, differences = bests.draw(result).axes
    assert [text.get_text() for text in means.get_yticklabels()] == [
        "there: lr = 1, p = 1/2",
        "here: lr = 0.1, p = 0",
    ]
    assert len(means.lines) == 4
    assert [list(line.get_xdata()) for line in differences.lines][-1] == [5.5]


def test_the_figure_stands_on_axes_of_ones_own():
    figure = Figure()
    axes = figure.subplots()
    assert bests.draw(bests.compute(several())[0], ax=axes) is figure
    assert axes.get_xlabel() == "worse than the best (points)"


def test_one_report_has_everything_of_both(tmp_path):
    here = source(trials(HERE), name="here", seeds=3)
    there = source(trials(THERE), name="there")
    summary, html = written(tmp_path, here, there)
    assert summary["best"]["arm"] == "there"
    assert {name: it["trials"]["total"] for name, it in summary["studies"].items()} == {"here": 12, "there": 8}
    assert [it["arm"] for it in summary["maps"]] == ["here", "there"]
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8")) == summary
    with (tmp_path / "trials.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["study"] for row in rows] == ["here"] * 12 + ["there"] * 8
    assert not list(tmp_path.glob("*.part"))
    text = words(type("Page", (), {"html": html}))
    assert "Provenance of here" in text
    assert "Specification of there" in text
    assert "5.50 [-0.85, 11.85]" in text


def test_the_same_rows_give_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        written(tmp_path / folder, source(trials(HERE), name="here"), source(trials(THERE), name="there"))
    first, second = (
        {it.relative_to(tmp_path / name): it.read_bytes() for it in (tmp_path / name).rglob("*") if it.is_file()}
        for name in ("one", "two")
    )
    assert first == second


def test_tables_with_other_columns_keep_them_all(tmp_path):
    (tmp_path / "a").write_text('lr,note\n1,"x, y"\n', encoding="utf-8")
    (tmp_path / "b").write_text("p,lr\n0.5,2\n", encoding="utf-8")
    (tmp_path / "c").write_text("", encoding="utf-8")
    gathered({name: tmp_path / name for name in "abc"}, tmp_path / "all.csv")
    assert (tmp_path / "all.csv").read_text(encoding="utf-8") == 'study,lr,note,p\na,1,"x, y",\nb,2,,0.5\n'


def test_axes_are_those_that_were_chosen():
    found = Findings(findings(cube_rows(), space=CUBE).material, chosen=Chosen(x="beta2", y="lr"))
    assert found.arms[0].axes == ("beta2", "lr", ["p"])
    assert {(it.grid.x, it.grid.y) for it in found.arms[0].maps[0]} == {("beta2", "lr")}
    assert [dict(it.grid.fixed) for it in found.arms[0].maps[0]] == [{"p": 0.0}, {"p": 0.5}]
