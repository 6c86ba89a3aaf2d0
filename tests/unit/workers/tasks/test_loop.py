"""A loop of one's own as a session: its metrics, its end, its seeds, and going on from a state."""

from __future__ import annotations

import random

import pytest
import torch

from workers.recipe import Recipe
from workers.records import Divergence
from workers.states import packed, unpacked
from workers.tasks.loop import Loop, Options


def session(function, epochs=4, metrics=("value",), seed=3, **options):
    recipe = Recipe(task="mine", setting=options, optimizer=None, options={}, epochs=epochs, seed=seed)
    return Loop(recipe, function, options, metrics)


def drawing(options, seed, epochs):
    """Keep what no state holds: a local, and draws from three global generators."""
    total = float(seed)
    for _ in range(epochs):
        total += random.gauss(0, 1) + torch.rand(()).item() + options["step"]
        yield {"value": total}


def values(records):
    return [record.metrics["value"] for record in records]


def test_each_time_it_yields_is_an_epoch():
    records = list(session(drawing, step=1.0).rest())
    assert [record.epoch for record in records] == [1, 2, 3, 4]
    assert values(records) == values(session(drawing, step=1.0).rest())
    assert values(records) != values(session(drawing, step=1.0, seed=4).rest())
    assert all(record.seconds >= 0 and record.lr is None and record.train_loss is None for record in records)


@pytest.mark.parametrize("stopped", [0, 1, 2, 3, 4])
def test_it_goes_on_from_a_state_to_the_same_bits(stopped):
    whole = values(session(drawing, step=1.0).rest())
    first = session(drawing, step=1.0)
    begun = [first.advance() for _ in range(stopped)]
    second = session(drawing, step=1.0)
    second.load(unpacked(packed(first.state())))
    assert values([*begun, *second.rest()]) == whole


def test_a_state_is_taken_by_a_session_that_has_begun():
    whole = values(session(drawing, step=1.0).rest())
    one = session(drawing, step=1.0)
    state = (one.advance(), one.state())[1]
    one.advance()
    one.load(state)
    assert values(one.rest()) == whole[1:]


def test_the_global_generators_are_left_alone():
    random.seed(1)
    torch.manual_seed(1)
    before = random.gauss(0, 1), torch.rand(())
    random.seed(1)
    torch.manual_seed(1)
    list(session(drawing, step=1.0).rest())
    assert (random.gauss(0, 1), torch.rand(())) == before


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -1e301, torch.tensor(float("nan"))])
def test_what_is_not_finite_has_diverged(wrong):
    def falling(options, seed, epochs):
        yield {"value": 2.0, "other": 1.0}
        yield {"value": 1.0, "other": wrong}

    it = session(falling, metrics=("value", "other"))
    it.advance()
    with pytest.raises(Divergence) as caught:
        it.advance()
    assert (caught.value.epoch, caught.value.last_finite_loss) == (2, 2.0)


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        ({"value": 1.0}, "in epoch 1 other is missing"),
        ({"value": 1.0, "other": 1.0, "more": 1.0}, "in epoch 1 more is not declared"),
        ({"value": 1.0, "others": 1.0}, "other is missing and others is not declared"),
        ({"value": "a", "other": 1.0}, "in epoch 1 one was none: could not convert string to float"),
        ({"value": None, "other": 1.0}, "in epoch 1 one was none"),
        (1.0, "in epoch 1 it yielded <class 'float'>"),
    ],
)
def test_what_is_no_record_is_an_error_that_says_so(measured, told):
    def wrong(options, seed, epochs):
        yield measured

    rule = "task mine must yield a dict with a number for each of value, other; "
    with pytest.raises((TypeError, ValueError)) as caught:
        session(wrong, metrics=("value", "other")).advance()
    assert str(caught.value).startswith(rule)
    assert told in str(caught.value)


def test_too_few_epochs_are_an_error():
    def short(options, seed, epochs):
        yield {"value": 1.0}

    it = session(short)
    it.advance()
    with pytest.raises(ValueError, match="must yield metrics 4 times, once an epoch; it ended after 1"):
        it.advance()


def test_what_is_no_generator_is_an_error():
    with pytest.raises(TypeError, match="task mine must be a generator that yields metrics, got <class 'list'>"):
        session(lambda *_: [{"value": 1.0}]).advance()


def test_the_generator_is_closed_after_the_last_epoch():
    closed = []

    def endless(options, seed, epochs):
        try:
            while True:
                yield {"value": 1.0}
        finally:
            closed.append(seed)

    it = session(endless)
    list(it.rest())
    assert closed == [3]


def test_options_are_read_by_key_and_as_attributes():
    options = Options({"lr": 0.1, "kind": "a"})
    assert (options.lr, options["kind"], dict(options), len(options)) == (0.1, "a", {"lr": 0.1, "kind": "a"}, 2)
    with pytest.raises(AttributeError, match="no option 'lrr'; there are lr, kind"):
        _ = options.lrr
