from __future__ import annotations

import pytest

from analysis.settings import agree, settings_of, unlike
from search_spaces.validation import load


def test_settings_are_those_of_a_configuration_by_path():
    found = settings_of(load("report-sensitivity-cifar10").base, {"lr": 0.01, "p": 0.25})
    wanted = {
        "task": "classification", "task.dataset": "cifar10", "task.network": "resnet18-report",
        "task.batch_size": 128,
        "optimizer": "padam", "optimizer.lr": 0.01, "optimizer.p": 0.25, "optimizer.weight_decay": 1e-3,
        "schedule": "constant", "epochs": 30,
    }  # fmt: skip
    assert {path: found[path] for path in wanted} == wanted
    assert not any(path.startswith("space") for path in found)


def test_a_network_with_options_goes_by_its_name():
    found = settings_of(load("report-optimizers-cifar10").arms["vgg-adam"], {"lr": 0.001})
    assert (found["task.network"], found["task.network.linear_layers"]) == ("vgg16-bn", 1)
    assert found["schedule.milestones"] == [50, 100, 150]


@pytest.mark.parametrize(
    ("wanted", "same"),
    [
        (0.1, True), (0.1 + 1e-15, True), (0.2, False), ({"any": [1.0, 0.1]}, True), ({"any": [1.0]}, False),
        ("0.1", False), (True, False),
    ],
)  # fmt: skip
def test_numbers_agree_to_nine_digits(wanted, same):
    assert agree({"lr": wanted}, {"lr": 0.1}) is same


def test_a_whole_number_is_a_number_and_a_switch_is_none():
    assert agree({"p": 1}, {"p": 1.0})
    assert not agree({"p": 1}, {"p": True})
    assert agree({"p": True}, {"p": True})


def test_lists_agree_whole():
    assert agree({"milestones": [50, 100]}, {"milestones": [50, 100]})
    assert not agree({"milestones": [50]}, {"milestones": [50, 100]})


def test_what_is_not_there_is_unlike():
    assert unlike({"p": 0.1, "lr": 1.0}, {"lr": 1.0}) == {"p": (0.1, None)}
