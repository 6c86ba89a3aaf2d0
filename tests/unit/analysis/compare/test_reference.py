"""The published numbers: each entry once more, from another place, or tied to its neighbours."""

from __future__ import annotations

import itertools
import math

import pytest

from analysis.compare.comparison import SCALES
from analysis.compare.reference import STATISTICS, Grade, reference, reference_names, table_1
from analysis.settings import agree, settings_of
from search_spaces.catalogue import BUILT_IN
from search_spaces.presets import preset_names
from search_spaces.validation import load

CIFAR = ("cifar10", "cifar100")
OPTIMIZERS = ("SGD momentum", "Adam", "AMSGrad", "Padam")


def numbers(name):
    """Return the numbers of a reference by (label, statistic, epoch)."""
    return {
        (cell.label, number.statistic, number.epoch): number.value
        for cell in reference(name).cells
        for number in cell.numbers
    }


def curves(name):
    return {cell.label: [number.value for number in cell.numbers] for cell in reference(name).cells}


def total(name):
    """Return the sum of all numbers, to a hundredth: a check of what was copied."""
    return round(math.fsum(numbers(name).values()), 2)


def at(name, label, epochs=(50, 100, 150, 200)):
    return [numbers(name)[label, "at", epoch] for epoch in epochs]


@pytest.mark.parametrize("name", reference_names())
def test_every_reference_can_be_read_and_says_what_it_is(name):
    it = reference(name)
    assert it.title
    assert it.source
    assert it.notes
    assert it.n == 1
    for cell in it.cells:
        assert isinstance(cell.grade, Grade)
        assert cell.precision > 0
        assert cell.numbers
        assert {number.statistic for number in cell.numbers} <= set(STATISTICS)
        assert cell.metric in SCALES or cell.metric == "train_loss_with_penalty"


@pytest.mark.parametrize("name", reference_names())
def test_no_training_stands_twice(name):
    labels = [cell.label for cell in reference(name).cells]
    keys = [repr(sorted(cell.where.items(), key=str)) for cell in reference(name).cells]
    assert len(set(labels)) == len(labels) == len(set(keys))


@pytest.mark.parametrize("name", reference_names())
def test_percentages_are_percentages(name):
    for cell in reference(name).cells:
        assert all(0 < number.value < 100 for number in cell.numbers)


def test_a_preset_that_is_there_has_every_training_of_its_reference():
    """A row that no bundled study can ever fill would be a slip in its key."""
    checked = 0
    for name in reference_names():
        it = reference(name)
        if it.preset not in preset_names():
            continue
        study = load(it.preset)
        trained = [
            settings_of(arm, dict(zip(arm.space, point, strict=True)))
            for arm in study.arms.values()
            for point in _points(arm)
        ]
        for cell in it.cells:
            assert sum(agree(cell.where, given) for given in trained) == 1, (name, cell.label)
            checked += 1
    assert checked > 50


def _points(arm):
    return itertools.product(*(domain.grid() for domain in arm.space.values()))


class TestTables:
    def test_table_1(self):
        settings = table_1()
        names = ("lr", "beta1", "beta2", "momentum")
        found = {title: tuple(settings[title].get(f"optimizer.{name}") for name in names) for title in OPTIMIZERS}
        assert found == {
            "SGD momentum": (0.1, None, None, 0.9),
            "Adam": (0.001, 0.9, 0.99, None),
            "AMSGrad": (0.001, 0.9, 0.99, None),
            "Padam": (0.1, 0.9, 0.999, None),
        }
        decays = {title: settings[title]["optimizer.weight_decay"]["any"] for title in OPTIMIZERS}
        assert decays == {
            "SGD momentum": [5e-4, 1e-3],
            "Adam": [1e-4, 2e-4],
            "AMSGrad": [1e-4, 2e-4],
            "Padam": [5e-4, 1e-3],
        }
        assert settings["Padam"]["optimizer.p"] == 0.125

    def test_table_2(self):
        found = {label: at("report-table-2", label) for label in OPTIMIZERS}
        assert found == {
            "SGD momentum": [68.71, 87.88, 92.94, 92.95],
            "Adam": [84.62, 91.54, 92.34, 92.39],
            "AMSGrad": [87.89, 91.75, 92.26, 92.19],
            "Padam": [67.92, 90.86, 93.08, 93.06],
        }

    def test_table_3(self):
        found = {label: at("report-table-3", label) for label in OPTIMIZERS}
        assert found == {
            "SGD momentum": [37.29, 61.18, 71.55, 71.54],
            "Adam": [55.44, 65.67, 66.70, 66.65],
            "AMSGrad": [58.85, 68.21, 69.94, 69.95],
            "Padam": [42.05, 66.92, 72.04, 72.08],
        }

    @pytest.mark.parametrize(
        ("name", "bold"),
        [
            ("report-table-2", ["AMSGrad", "AMSGrad", "Padam", "Padam"]),
            ("report-table-3", ["AMSGrad", "AMSGrad", "Padam", "Padam"]),
        ],
    )
    def test_the_best_of_each_column_is_what_the_report_prints_in_bold(self, name, bold):
        rows = {label: at(name, label) for label in OPTIMIZERS}
        assert [max(rows, key=lambda label: rows[label][column]) for column in range(4)] == bold

    def test_the_tables_are_printed_accuracies(self):
        for name in ("report-table-2", "report-table-3"):
            assert reference(name).grades == (Grade.PRINTED,)
            assert {cell.metric for cell in reference(name).cells} == {"test_accuracy"}


class TestOptimizers:
    def test_what_the_figure_says_of_cifar_10(self):
        name = "report-figure-3-cifar10"
        assert at(name, "ResNet-18, Padam") == [83.36, 92.37, 94.91, 94.89]
        assert at(name, "WRN-16-4, SGD momentum") == [69.49, 89.07, 94.05, 94.12]
        assert total(name) == 2866.14
        assert reference(name).grades == (Grade.RECOVERED,)

    def test_what_the_logs_say_of_cifar_100(self):
        name = "report-logs-cifar100"
        assert at(name, "WRN-16-4, Adam") == [60.09, 67.58, 68.68, 68.79]
        assert at(name, "ResNet-18, SGD momentum") == [52.84, 46.70, 67.11, 74.45]
        assert numbers(name)["ResNet-18, Padam", "max", 150] == 75.37
        assert numbers(name)["ResNet-18, Adam", "max", 167] == 74.19
        assert total(name) == 2091.82
        assert reference(name).grades == (Grade.LOG,)

    def test_the_last_top_5_errors_are_below_the_last_top_1_errors(self):
        five = {label: value for (label, _, _), value in numbers("report-figure-2-cifar10").items()}
        accuracies = numbers("report-figure-3-cifar10") | {
            (f"VGG-16, {label}", "at", 200): value
            for (label, _, epoch), value in numbers("report-table-2").items()
            if epoch == 200
        }
        assert len(five) == 12
        assert round(math.fsum(five.values()), 2) == 3.36
        assert all(value < 100 - accuracies[label, "at", 200] for label, value in five.items())

    def test_train_losses(self):
        assert total("report-train-loss-cifar10") == 1.41
        assert numbers("report-train-loss-cifar10")["WRN-16-4, Padam", "at", 200] == 0.090


class TestExponents:
    def test_the_lowest_is_what_the_report_calls_best(self):
        for data, lowest in (("cifar10", (6.03, 5.79, 7.73)), ("cifar100", (28.07, 25.28, 31.06))):
            found = numbers(f"report-p-value-{data}")
            assert tuple(found[f"p = {p}", "min", 90] for p in ("0.0625", "0.125", "0.25")) == lowest
            assert all(
                found[f"p = {p}", "min", 90] <= min(found[f"p = {p}", "at", e] for e in (30, 31, 60, 61, 90))
                for p in ("0.0625", "0.125", "0.25")
            )

    def test_totals(self):
        assert (total("report-p-value-cifar10"), total("report-p-value-cifar100")) == (223.64, 602.96)


class TestSensitivity:
    @pytest.mark.parametrize("data", CIFAR)
    def test_the_grid_is_what_the_curves_come_to(self, data):
        """Final, mean of the last five and lowest of each curve, to the rounding of a hundredth."""
        grid, found = numbers(f"report-sensitivity-{data}"), curves(f"report-curves-{data}")
        assert len(found) == {"cifar10": 9, "cifar100": 6}[data]
        for label, curve in found.items():
            assert len(curve) == 30
            assert grid[label, "at", 30] == curve[-1]
            assert grid[label, "mean_last5", 30] == pytest.approx(math.fsum(curve[-5:]) / 5, abs=0.0101)
            assert grid[label, "min", 30] == min(curve)

    def test_totals_of_the_curves(self):
        assert {data: total(f"report-curves-{data}") for data in CIFAR} == {"cifar10": 8165.13, "cifar100": 10756.34}

    def test_the_panel_that_is_printed_twice_is_that_of_a_sixteenth(self):
        found = curves("report-curves-cifar100")
        assert not any("0.125" in label for label in found)
        assert found["p = 0.0625, lr = 0.1"][-1] == 45.56
        assert found["p = 0.0625, lr = 0.001"][0] == 96.70

    def test_the_true_runs_of_an_eighth_end_otherwise(self):
        cells = {cell.label: cell for cell in reference("report-sensitivity-cifar100").cells}
        for lr, value in (("0.1", 45.48), ("0.01", 40.53), ("0.001", 53.26)):
            cell = cells[f"p = 0.125, lr = {lr}"]
            assert [(it.statistic, it.epoch, it.value) for it in cell.numbers] == [("at", 30, value)]
            assert cell.grade is Grade.UNCERTAIN

    def test_train_losses_at_epoch_30(self):
        found = numbers("report-sensitivity-train-loss-cifar10")
        rows = [[found[f"p = {p}, lr = {lr}", "at", 30] for lr in ("0.1", "0.01", "0.001")] for p in EXPONENTS]
        assert rows == [[1.068, 0.524, 1.618], [0.686, 1.047, 2.641], [0.520, 1.693, 2.999]]
        found = numbers("report-sensitivity-train-loss-cifar100")
        rows = [[found[f"p = {p}, lr = {lr}", "at", 30] for lr in ("0.1", "0.01", "0.001")] for p in EXPONENTS]
        assert rows == [[2.894, 1.471, 2.177], [2.006, 1.502, 4.000], [1.395, 2.206, 4.738]]

    def test_the_best_learning_rate_of_each_exponent(self):
        """0.001, 0.01, 0.01 by the last epoch, and 0.01, 0.01, 0.1 by the lowest: published of this grid."""
        found = numbers("report-sensitivity-cifar10")
        for statistic, best in (("at", ["0.001", "0.01", "0.01"]), ("min", ["0.01", "0.01", "0.1"])):
            rates = [
                min(("0.1", "0.01", "0.001"), key=lambda lr: found[f"p = {p}, lr = {lr}", statistic, 30])
                for p in EXPONENTS
            ]
            assert rates == best


EXPONENTS = ("0.25", "0.125", "0.0625")


class TestAdaBound:
    def test_numbers(self):
        found = numbers("adabound-cifar10")
        assert found["ResNet-34, SGD", "at", 200] == 92.64
        assert found["DenseNet-121, AMSBound", "max", 200] == 95.24
        assert total("adabound-cifar10") == 2248.41

    def test_no_last_accuracy_is_above_the_best_one(self):
        found = numbers("adabound-cifar10")
        labels = {label for label, _, _ in found}
        assert len(labels) == 12
        assert all(found[label, "at", 200] <= found[label, "max", 200] for label in labels)


def test_every_network_of_a_key_is_one_that_can_be_named_or_is_known_to_be_missing():
    named = {
        name
        for it in map(reference, reference_names())
        for cell in it.cells
        for name in cell.where["task.network"]["any"]
    }
    missing = named - BUILT_IN["network"].keys()
    assert missing <= {"densenet121", "torchvision-densenet121"}
