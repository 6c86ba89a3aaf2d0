from __future__ import annotations

import pytest

import basin
from search_spaces.errors import PluginError
from search_spaces.plugins.decorators import DECLARED

WIDTH = basin.Number(16, low=1, integer=True)
VALUE = basin.Metric("value", worst=1e3)


def neither(shape, classes): ...


def more(shape, classes, *, width, depth): ...


def one_place(shape, *, width): ...


def width_by_place(shape, width): ...


def alone(folder): ...


def anything(*arguments, **options): ...


def loop(options, seed, epochs): ...


@pytest.fixture(autouse=True)
def forgotten():
    yield
    DECLARED.pop(__name__, None)


def fault_of(declare, function):
    with pytest.raises(PluginError) as caught:
        declare()(function)
    return str(caught.value)


def test_a_function_stays_what_it_is_and_its_first_line_is_the_summary():
    def tiny(shape, classes, *, width):
        """Two layers.

        And more.
        """
        return shape, classes, width

    assert basin.network("tiny", width=WIDTH)(tiny) is tiny
    (entry,) = DECLARED[__name__]
    assert (entry.kind, entry.declaration.name, entry.declaration.summary) == ("network", "tiny", "Two layers.")
    assert entry.declaration.options == {"width": WIDTH}


def test_a_class_or_one_that_takes_anything_will_do():
    class Net:
        def __init__(self, shape, classes, width=3): ...

    basin.network("a", width=WIDTH)(Net)
    basin.network("b", width=WIDTH)(lambda *arguments, **options: (arguments, options))
    assert [it.declaration.name for it in DECLARED[__name__]] == ["a", "b"]
    assert DECLARED[__name__][0].declaration.summary == "network of a plug-in"


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (neither, "it declares width, and must take that by name"),
        (more, "it must not ask for more than it declares, got depth"),
        (one_place, "must take classes by place"),
        (width_by_place, "its argument width has the name of an option"),
        (3, "it must be a function or a class, got 3"),
    ],
)
def test_what_cannot_be_called_as_it_will_be_is_refused(function, told):
    fault = fault_of(lambda: basin.network("tiny", width=WIDTH), function)
    assert fault.startswith("network 'tiny': ")
    assert told in fault


@pytest.mark.parametrize(
    ("name", "option", "told"),
    [
        ("seed", WIDTH, "option seed must have another name: seed is a column of every trial"),
        ("epochs", WIDTH, "epochs is a column of every trial"),
        ("test_error_final", WIDTH, "is a column of every trial"),
        ("schedule", WIDTH, "schedule means something else"),
        ("null", WIDTH, "null means something else"),
        ("model_size", WIDTH, "model_size means something else"),
        ("schema", WIDTH, "schema means something else"),
        ("Width", WIDTH, "must be a word of a-z 0-9 _"),
        ("width", 16, "must be a basin.Number, a basin.Choice or a basin.Switch, got 16"),
        ("width", basin.Number("16"), "the default must be a number, got '16'"),
        ("width", basin.Number(1.5, integer=True), "the default must be a whole number, got 1.5"),
        ("width", basin.Number(0, low=1), "the default, width must lie in [1, inf), got 0"),
        ("width", basin.Number(0, low=2, high=1), "low < high must hold"),
        ("width", basin.Number(0, low="a"), "low and high must be numbers"),
        ("width", basin.Choice([]), "choices must be names"),
        ("width", basin.Choice([1, 2]), "choices must be names"),
        ("width", basin.Switch("on"), "the default must be True or False"),
    ],
)
def test_an_option_that_breaks_a_rule_is_refused(name, option, told):
    assert told in fault_of(lambda: basin.network("tiny", **{name: option}), anything)


@pytest.mark.parametrize("option", [basin.Choice(["a"]), basin.Switch(True), basin.Number(1, integer=True)])
def test_what_has_a_column_of_numbers_in_every_study_is_one(option):
    fault = fault_of(lambda: basin.optimizer("o", momentum=option), anything)
    assert "option momentum must be a number that need not be whole" in fault


@pytest.mark.parametrize(
    ("metrics", "told"),
    [
        ([], "metrics must be a list of basin.Metric"),
        (["value"], "metrics must be a list of basin.Metric"),
        ([basin.Metric("train_loss")], "metric train_loss must have another name"),
        ([basin.Metric("test_error")], "metric test_error must have another name"),
        ([basin.Metric("lr")], "metric lr must have another name"),
        ([basin.Metric("state")], "metric state must have another name"),
        ([basin.Metric("Value")], "must be a word of a-z 0-9 _"),
        ([VALUE, VALUE], "an option or a metric has this one already"),
        ([VALUE, basin.Metric("value_min")], "metric value_min must have another name"),
        ([basin.Metric("noise")], "metric noise must have another name: an option or a metric has this one"),
        ([basin.Metric("value", direction="up")], "direction must be minimize or maximize, got 'up'"),
        ([basin.Metric("value", worst=float("inf"))], "worst must be a finite number, got inf"),
        (
            [basin.Metric("place", trace=True), VALUE],
            "the first metric, place, is the objective, and must be no trace",
        ),
    ],
)
def test_a_metric_that_breaks_a_rule_is_refused(metrics, told):
    made = basin.Number(0.0)
    assert told in fault_of(lambda: basin.task("t", metrics=metrics, noise=made), loop)


def test_an_option_has_no_name_of_a_result():
    declared = {"metrics": [VALUE], "value_min": basin.Number(0.0)}
    assert "option value_min must have another name" in fault_of(lambda: basin.task("t", **declared), loop)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"classes": 1, "shape": (3, 8, 8)}, "classes must be a whole number from 2 on, got 1"),
        ({"classes": 10, "shape": (8, 8)}, "shape must be (channels, height, width), got (8, 8)"),
        ({"classes": 10, "shape": (3, 8, 8), "train": 0}, "train must be a number of images, or None, got 0"),
    ],
)
def test_a_data_set_that_breaks_a_rule_is_refused(facts, told):
    assert told in fault_of(lambda: basin.dataset("d", **facts), alone)


def test_all_faults_are_told_at_once():
    fault = fault_of(lambda: basin.network("Tiny!", seed=WIDTH, width=3), alone)
    assert all(text in fault for text in ("its name must be", "option seed", "option width", "must take classes"))


def test_a_metric_is_called_by_its_name_where_it_has_no_summary():
    assert basin.Metric("mean_excess").summary == "mean excess"
