"""Records built into a study: names, spaces, and what a value is of its curve."""

from __future__ import annotations

import pytest

from search_spaces.declarations import Metric
from search_spaces.domains import Names, Range, Values
from search_spaces.errors import SpecificationError
from study.interchange.building import built
from study.interchange.names import option_names, study_name
from study.interchange.records import Parameter, Record, Results
from study.trials import State


def results(values, curves=None, *, rates=None, direction="minimize"):
    """Return one record a value, each at another lr."""
    rates = rates or [0.01 * (number + 1) for number in range(len(values))]
    records = [
        Record(
            place=f"trial {number}",
            params={"lr": rates[number]},
            state=State.COMPLETE,
            value=value,
            curve=dict(enumerate(curves[number])) if curves else {},
        )
        for number, value in enumerate(values)
    ]
    parameters = {"lr": Parameter(kind="real", low=1e-4, high=1.0, log=True)}
    return Results(
        source="a test", parameters=parameters, metric=Metric("loss", direction=direction), records=records
    )


def told(made):
    objective = made.specification.objective
    return objective.statistic, [it.results["loss"] for it in made.trials]


def test_a_value_that_is_the_last_of_its_curve_is_final():
    made = built(results([1.0, 2.0], [[3.0, 1.0], [4.0, 2.0]]), "s")
    assert told(made) == (
        "final",
        [{"final": 1.0, "mean_last5": 2.0, "min": 1.0}, {"final": 2.0, "mean_last5": 3.0, "min": 2.0}],
    )


def test_a_value_that_is_the_lowest_of_its_curve_is_called_that():
    made = built(results([1.0, 2.0], [[1.0, 3.0], [2.0, 4.0]]), "s")
    assert told(made) == (
        "min",
        [{"final": 3.0, "mean_last5": 2.0, "min": 1.0}, {"final": 4.0, "mean_last5": 3.0, "min": 2.0}],
    )


def test_a_curve_that_does_not_lead_to_the_value_is_a_metric_of_its_own():
    made = built(results([9.0, 8.0], [[1.0, 3.0], [2.0, 4.0]], direction="maximize"), "s")
    assert told(made) == (
        "final",
        [{"final": 9.0, "mean_last5": None, "min": None}, {"final": 8.0, "mean_last5": None, "min": None}],
    )
    assert [dict(it) for _, it in made.trials[0].curve] == [{"reported": 1.0}, {"reported": 3.0, "loss": 9.0}]
    assert [it.name for it in made.specification.base.metrics] == ["loss", "reported"]


def test_steps_are_counted_as_they_were_reported():
    made = built(results([1.0, 2.0], [[3.0, 1.0], [4.0, 2.0, 2.0]]), "s", whole=True)
    assert made.specification.base.epochs == 3
    assert [(it.epochs, it.epochs_done, it.state) for it in made.trials] == [
        (2, 2, State.COMPLETE),
        (3, 3, State.COMPLETE),
    ]
    strict = built(results([1.0, 2.0], [[3.0, 1.0], [4.0, 2.0, 2.0]]), "s")
    assert [it.state for it in strict.trials] == [State.CANCELLED, State.COMPLETE]


def test_a_space_is_the_range_that_was_drawn_from_and_wide_enough_for_what_was_tried():
    (domain,) = built(results([1.0, 2.0], rates=[0.5, 2.0]), "s").specification.base.space.values()
    assert domain == Range(low=1e-4, high=2.0, log=True)


def test_a_grid_is_listed_and_what_has_one_value_is_fixed():
    points = [(lr, act) for lr in (0.1, 0.2, 0.3) for act in ("relu", "tanh")]
    records = [
        Record(place="", params={"lr": lr, "act": act, "depth": 2}, state=State.COMPLETE, value=1.0)
        for lr, act in points
    ]
    parameters = {
        "lr": Parameter(kind="real", low=0.0, high=1.0),
        "act": Parameter(kind="choice", choices=("tanh", "relu", "elu")),
        "depth": Parameter(kind="whole", low=1, high=4),
    }
    base = built(
        Results(source="a", parameters=parameters, metric=Metric("v"), records=records), "s"
    ).specification.base
    assert base.space == {
        "task.lr": Values(values=(0.1, 0.2, 0.3)),
        "task.act": Names(values=("tanh", "relu", "elu")),
    }
    assert base.task.depth == 2


def test_nothing_to_import_is_a_fault():
    with pytest.raises(SpecificationError, match="there is nothing to import"):
        built(Results(source="a", parameters={}, metric=Metric("v"), records=[]), "s")


def test_names_become_words_that_are_no_columns():
    outside = ["Learning Rate", "optimizer", "seed", "2nd", "LR", "lr", "class", "größe"]
    names, faults = option_names(outside, {"lr": "rate"}, ["loss"])
    assert faults == []
    assert list(names.values()) == [
        "learning_rate", "param_optimizer", "param_seed", "x_2nd", "lr", "rate", "param_class", "gr_e",
    ]  # fmt: skip
    wrong = option_names(["a"], {"a": "state", "b": "c"}, [])[1]
    assert [it.message.partition(";")[0] for it in wrong][0:1] == ["no hyperparameter 'b'"]
    assert len(wrong) == 2
    assert (study_name("Padam search #1"), study_name("###")) == ("padam-search-1", "imported")
