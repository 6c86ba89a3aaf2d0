"""Published values over the figures of a report: where they have a place, what is drawn, what is said of the rest."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.compare.comparison import compare
from analysis.compare.overlay import overlay
from analysis.compare.reference import Grade, Published, PublishedCell, Reference, reference
from analysis.figures import curves, sensitivity
from analysis.findings import Findings
from analysis.replicates import Cell, Replicates
from analysis.report import View, write_report
from analysis.settings import settings_of
from analysis.summary import summary
from tests.unit.analysis.common import faults, trials
from tests.unit.analysis.reports import material, source, words, written_of

EPOCHS = 2
RATES, POWERS = (0.001, 0.01, 0.1), (0.25, 0.125)
CIFAR = {
    "task": {"dataset": "cifar10", "network": "resnet18", "batch_size": 128},
    "optimizer": {"name": "padam", "variant": "report-tf", "weight_decay": 5e-4},
    "space": {"lr": {"values": list(RATES)}, "p": {"values": list(POWERS)}},
}
CELLS = {(lr, p): [20.0 + 10 * p + lr, 21.0] for lr in RATES for p in POWERS}
CURVES = "report-curves-cifar10"
LABEL = "published (Somebody 2019, Figure 1)"


def found(name=None, cells=CELLS, **changes):
    """Return the findings of a study of CIFAR-10 with what was published over them."""
    published = reference(name) if isinstance(name, str) else name
    return Findings(material(trials(cells), **(CIFAR | changes)), published=published)


def made(numbers, metric="test_error", n=1, settings=None, note="", at=None):
    """Return a reference of one training, at p = 1/4 and a learning rate of 0.1 where nothing else is said."""
    cell = PublishedCell(
        label="the one",
        metric=metric,
        where={"optimizer": "padam", **(at or {"optimizer.p": 0.25, "optimizer.lr": 0.1})},
        settings=settings or {},
        grade=Grade.PRINTED,
        precision=0.01,
        note=note,
        numbers=tuple(Published(statistic=s, epoch=e, value=v) for s, e, v in numbers),
    )
    cited = "Somebody 2019, Figure 1"
    return Reference(name="made-up", title="a", source="b", cited=cited, preset=None, n=n, notes=(), cells=(cell,))


class TestPlaces:
    def test_every_training_lies_where_compare_puts_it(self):
        findings = found(CURVES)
        (arm,) = findings.arms
        cells = [
            Cell(arm="base", settings=settings_of(arm.arm, {"lr": lr, "p": p}), replicates=()) for lr, p in CELLS
        ]
        rows = compare(findings.published, Replicates(study="study", measure="", cells=tuple(cells))).rows
        there = {row.cell for row in rows if row.arm is not None}
        assert {it.cell.label for it in findings.overlay.laid} == there
        assert len(there) == 6
        assert {it.cell.label for it in findings.overlay.absent} == {row.cell for row in rows} - there
        (one,) = [it for it in findings.overlay.laid if it.cell.label == "p = 0.125, lr = 0.01"]
        assert one.place == {"lr": 0.01, "p": 0.125}

    def test_of_several_arms_those_most_like_it_have_it(self):
        arms = {"mine": {"optimizer": CIFAR["optimizer"] | {"variant": "torch"}}, "theirs": {}}
        rows = [row | {"arm": name} for name in arms for row in trials(CELLS)]
        laid = Findings(material(rows, **CIFAR, arms=arms), published=reference(CURVES)).overlay.laid
        assert {it.arm.name for it in laid} == {"theirs"}

    def test_each_of_several_studies_has_its_own(self):
        other = material(trials({(0.1, 0.0625): [9.0, 8.0]}), name="other", **CIFAR | {"space": {
            "lr": {"values": [0.1]}, "p": {"values": [0.0625]},
        }})  # fmt: skip
        it = Findings(found().material, others=(other,), published=reference(CURVES)).overlay
        assert [laid.cell.label for laid in it.laid if laid.arm.study == "other"] == ["p = 0.0625, lr = 0.1"]
        assert it.sentences[:2] == [
            "6 of its 9 trainings have a place in study.",
            "None like these was trained in study: "
            + "; ".join(f"p = 0.0625, lr = {rate}" for rate in ("0.1", "0.01", "0.001.")),
        ]
        assert "1 of its 9 trainings has a place in other." in it.sentences


class TestValues:
    def laid(self, *numbers, **options):
        (it,) = found(made(numbers, **options)).overlay.laid
        return it

    def test_an_accuracy_lies_on_the_axis_of_the_error(self):
        it = self.laid(("at", 1, 60.0), ("at", 2, 70.0), ("max", 2, 71.0), metric="test_accuracy")
        assert it.metric == "test_error"
        assert [points.tolist() for points in it.points(2)] == [[1.0, 2.0], [40.0, 30.0]]
        assert [it.value(statistic, 2) for statistic in ("final", "min", "mean_last5")] == [30.0, 29.0, 35.0]

    def test_only_what_is_known_is_given(self):
        it = self.laid(("at", 2, 30.0), ("at", 7, 20.0), ("mean_last5", 7, 21.0))
        assert [points.tolist() for points in it.points(5)] == [[2.0], [30.0]]
        assert (it.value("final", 2), it.value("final", 5), it.value("mean_last5", 5)) == (30.0, None, None)
        assert (it.value("mean_last5", 7), it.value("min", 7), it.last) == (21.0, None, 7)
        assert self.laid(("min", 2, 5.0)).points(2)[0].tolist() == []


class TestSentences:
    def test_all_of_it(self):
        it = made([("at", 2, 30.0)])
        assert found(it).overlay.sentences == ["It has its place."]

    def test_another_data_set_is_named(self):
        digits = {"task": {"dataset": "digits", "network": "mlp"}}
        (said,) = found(CURVES, **digits).overlay.sentences
        assert said == (
            "Nothing of it has a place: task.dataset cifar10, here digits; "
            "task.network resnet18 or resnet18-report, here mlp."
        )

    def test_a_metric_that_basin_does_not_measure_is_named(self):
        (said,) = found("report-sensitivity-train-loss-cifar10").overlay.sentences
        assert said == (
            "Nothing of it has a place here: it is of train_loss_with_penalty, which Basin does not measure."
        )

    def test_a_metric_that_no_figure_shows_is_named(self):
        assert found(made([("at", 2, 1.0)], "test_error5")).overlay.sentences == ["No figure shows its test error5."]

    def test_settings_that_are_otherwise_and_notes_are_told(self):
        it = made([("at", 2, 30.0)], settings={"task.batch_size": 64, "epochs": 2}, note="printed twice")
        assert found(it).overlay.sentences[1:] == [
            "Otherwise than published: task.batch_size 64, here 128.",
            "the one: printed twice.",
        ]

    def test_the_panel_that_was_printed_twice_is_told(self):
        cifar100 = {"task": CIFAR["task"] | {"dataset": "cifar100"}}
        cells = {(lr, p): [50.0, 51.0] for lr in RATES for p in (0.125, 0.0625)}
        space = {"space": {"lr": {"values": list(RATES)}, "p": {"values": [0.125, 0.0625]}}}
        said = found("report-sensitivity-cifar100", cells, **cifar100, **space).overlay.sentences
        assert "p = 0.0625, lr = 0.1: printed for p = 0.125 too." in said


class TestCurves:
    def test_published_curves_are_dashed_and_in_the_colour_of_their_rate(self):
        findings = found(CURVES)
        (result,) = curves.compute(findings)
        assert len(result.traces) == 6
        assert (
            "Dashed: published (Mittal et al. 2019, Figure 5), one run each, recovered from vector figure; it "
            in (result.caption)
        )
        assert "goes on to epoch 30." in result.caption
        for figure in (curves.draw(result), curves.column(result)):
            lines = [line for axes in figure.axes for line in axes.lines if line.get_linestyle() == "--"]
            assert len(lines) == 6
            assert [74.21, 84.78] in [line.get_ydata().tolist() for line in lines]
            (legend,) = figure.legends
            names = [" ".join(it.get_text().split()) for it in legend.get_texts()]
            assert names == ["0.001", "0.01", "0.1", "published (Mittal et al. 2019, Figure 5)"]
            (axes,) = {line.axes for line in lines if line.get_ydata()[1] == 84.78}
            ours = [line.get_color() for line in axes.lines if line.get_linestyle() == "-"]
            assert next(line.get_color() for line in lines if line.get_ydata()[1] == 84.78) == ours[2]
            assert axes.get_ylim()[1] > 84.78
        assert faults(figure) == []

    def test_a_few_epochs_are_diamonds(self):
        (result,) = curves.compute(found(made([("at", 2, 30.0), ("at", 90, 5.0)], n=3)))
        assert "Diamonds: published (Somebody 2019, Figure 1), means of 3 runs, printed; it goes on to epoch 90." in (
            result.caption
        )
        (mark,) = [it for axes in curves.draw(result).axes for it in axes.lines if it.get_marker() == "D"]
        assert (mark.get_xdata().tolist(), mark.get_linestyle()) == ([2.0], "None")

    def test_what_is_not_among_those_drawn_is_named(self):
        (result,) = curves.compute(found(made([("at", 7, 30.0)])))
        assert result.traces == ()
        assert "Published, and not among what is drawn here: the one." in result.caption
        assert not any("published" in it.get_text() for it in curves.draw(result).legends[0].get_texts())


class TestSensitivity:
    def test_published_values_are_hollow_and_of_the_statistic_that_is_shown(self):
        published = made([("at", 2, 44.0), ("min", 2, 5.0)])
        (result,) = sensitivity.compute(found(published))
        assert f"Diamonds, dashed: {LABEL}, one run each, printed." in result.caption
        for figure, legend in (
            ((drawn := sensitivity.draw(result)), drawn.axes[0].get_legend()),
            ((drawn := sensitivity.column(result)), drawn.legends[0]),
        ):
            marks = [it for it in figure.axes[0].lines if it.get_marker() == "D" and len(it.get_xdata())]
            assert [(it.get_xdata().tolist(), it.get_ydata().tolist()) for it in marks] == [([0.1], [44.0])]
            assert " ".join(legend.get_texts()[-1].get_text().split()) == LABEL
        assert faults(figure) == []

    def test_without_an_overlay_not_even_an_empty_line_is_drawn(self):
        for findings, empty in ((found(), 0), (found(made([("at", 2, 44.0)])), 1)):  # that of the legend
            (axes,) = sensitivity.draw(sensitivity.compute(findings)[0]).axes
            assert sum(not len(line.get_xdata()) for line in axes.lines) == empty

    @pytest.mark.parametrize("numbers", [[("at", 7, 44.0)], [("min", 2, 5.0)]])
    def test_what_has_no_such_statistic_at_the_last_epoch_is_not_drawn(self, numbers):
        (result,) = sensitivity.compute(found(made(numbers)))
        assert result.published == ""
        assert "Diamonds" not in result.caption


class TestReport:
    def test_without_an_overlay_nothing_of_it_is_there_and_with_it_nothing_else_is_otherwise(self):
        plain, laid = summary(found()), summary(found(CURVES))
        more = laid.pop("overlay")
        assert laid == plain
        assert more["reference"]["name"] == CURVES
        assert len(more["laid"]) == 6
        assert more["laid"][0] == {
            "cell": "p = 0.25, lr = 0.1",
            "arm": "base",
            "configuration": {"lr": 0.1, "p": 0.25},
            "unlike": {},
        }
        assert more["absent"][0]["unlike"] == {"optimizer.p": {"published": 0.0625, "here": 0.25}}
        assert more["sentences"][0] == "6 of its 9 trainings have a place."

    @pytest.mark.usefixtures("unpainted")
    def test_the_page_says_it_and_how_to_make_it_again(self, tmp_path):
        it = source(trials(CELLS), **CIFAR)
        write_report([it], tmp_path / "laid", View(published=reference(CURVES)))
        page = (tmp_path / "laid" / "report.html").read_text(encoding="utf-8")
        assert "Published values laid over the figures" in page
        assert "6 of its 9 trainings have a place." in page
        assert "basin report study --out reports/study --overlay report-curves-cifar10" in page
        assert "Published values" not in words(written_of(it, tmp_path / "plain"))


def test_values_are_numbers_even_where_nothing_is_known():
    findings = found(made([("min", 2, 5.0)]))
    at, values = overlay(findings.published, findings).laid[0].points(2)
    assert (at.dtype, values.dtype, len(at)) == (np.float64, np.float64, 0)
