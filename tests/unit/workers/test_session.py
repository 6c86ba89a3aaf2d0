"""A training that is stopped after any epoch and taken up by another process is the same to the last bit."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest
import torch
from torch import nn

from search_spaces.declarations import OPTIMIZERS
from tests.unit.workers.recipes import recipe
from tests.unit.workers.tasks.test_moons import session as batches
from tests.unit.workers.tasks.test_online import session as play
from tests.unit.workers.tasks.test_surface import recipe as descent
from workers import networks
from workers.records import Divergence
from workers.seeds import seeded
from workers.tasks import begin

CPU = torch.device("cpu")
MULTISTEP = {"name": "multistep", "milestones": [1, 2], "gamma": 0.5}
RESTARTS = {"name": "warm-restarts", "first": 1, "factor": 2.0, "lowest": 0.1, "warmup": 1.5, "warmup_from": 0.1}
RECIPES = {
    "padam with everything": recipe(
        network="resnet8", augmentation="crop2-flip", subset=90, validation=10, batch_size=32, epochs=3,
        weight_decay=0.1, decay="normalised", decay_on="kernels",
        schedules={"lr": {"name": "cosine"}, "p": MULTISTEP},
    ),
    "padam without the maximum": recipe(subset=64, epochs=3, amsgrad=False, variant="authors"),
    "swats that has switched": recipe("swats", subset=64, epochs=3, tolerance=10.0),
    "restarts and warm-up": recipe(
        subset=64, epochs=4, decay="normalised", weight_decay=0.1,
        schedules={
            "lr": RESTARTS,
            "beta1": {"name": "cosine"},
        },
    ),
    "discarded at drops": recipe(subset=64, epochs=4, schedule=MULTISTEP | {"discard": True}),
    "compensated": recipe(
        subset=64, epochs=4,
        schedules={
            "lr": {"name": "compensated", "scale": 3e-3, "milestones": [2], "gamma": 0.1},
            "p": {"name": "step", "every": 1, "gamma": 0.5, "discard": True},
        },
    ),
    "beale": descent("padam", lr=0.01, noise=0.5),
    "beale by adam": descent("adam", lr=0.01, noise=0.5, schedules={"lr": {"name": "cosine"}}),
    "valley": descent("amsgrad", lr=0.1, noise=0.5, task="valley"),
    "moons": batches(lr=0.1).recipe,
    "online": play("padam 1/8", 3.0, steps=50, schedule="cosine").recipe,
}  # fmt: skip
CHOICES = {
    "adagrad": [{"accumulator": "counter", "exponent": 0.3}],
    "adam": [{"variant": "eps-hat"}],
    "amsgrad": [{"maximum_of": "v-hat"}],
    "radam": [{"before": "none"}],
    "rmsprop": [{"centered": True, "momentum": 0.5}],
}
RECIPES |= {
    " ".join((name, *map(str, options.values()))): recipe(
        name, subset=64, epochs=3, schedule=schedule, weight_decay=0.01, decay="normalised", **options
    )
    for name in OPTIMIZERS
    for options, schedule in [({}, MULTISTEP), *((options, {"name": "cosine"}) for options in CHOICES.get(name, []))]
}


def started(training):
    return begin(training, None, CPU)


def told(records):
    """Return what records say, but for the time it took."""
    return [{name: it for name, it in asdict(record).items() if name != "seconds"} for record in records]


def bits(state):
    """Return every number of a state as bytes, by where it lies."""
    if isinstance(state, torch.Tensor):
        return state.numpy().tobytes()
    if isinstance(state, dict):
        return {name: bits(it) for name, it in state.items()}
    return [bits(it) for it in state] if isinstance(state, list) else state


@pytest.mark.parametrize("training", RECIPES.values(), ids=RECIPES)
def test_a_session_that_takes_the_state_of_another_goes_on_as_that_one_would_have(training):
    whole = started(training)
    expected, states = [], [whole.state()]
    for record in whole.rest():
        expected.append(record)
        states.append(whole.state())
    for epoch, state in enumerate(states):
        torch.manual_seed(epoch)  # another process has other generators
        later = started(training)
        later.load(state)
        assert later.epoch == epoch
        if epoch:  # Padam writes its zeros down when it loads
            assert bits(later.state()) == bits(state)
        assert told(later.rest()) == told(expected[epoch:])
        assert bits(later.state()) == bits(states[-1])


SCRIPT = """
import json, sys
from pathlib import Path
import torch
from workers.recipe import Recipe
from workers.tasks import begin

folder = Path(sys.argv[1])
torch.set_num_threads(int(sys.argv[2]))  # sums of another number of threads end in other bits
session = begin(Recipe.from_dict(json.loads((folder / "recipe.json").read_text())), None, torch.device("cpu"))
if (folder / "state").exists():
    session.load(torch.load(folder / "state", weights_only=True))
record = session.advance()
torch.save(session.state(), folder / "state")
print(json.dumps(record.to_dict() | {"seconds": 0.0}))
"""


def test_a_training_whose_process_ends_after_every_epoch_is_the_same_to_the_last_bit(tmp_path):
    training = RECIPES["padam with everything"]
    (tmp_path / "recipe.json").write_text(json.dumps(training.to_dict()))
    lines = []
    for _ in range(training.epochs):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path), str(torch.get_num_threads())],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        lines.append(json.loads(done.stdout))
    whole = started(training)
    assert lines == [record.to_dict() | {"seconds": 0.0} for record in whole.rest()]
    assert bits(torch.load(tmp_path / "state", weights_only=True)) == bits(whole.state())


def test_later_epochs_leave_a_state_alone():
    session = started(RECIPES["padam with everything"])
    session.advance()
    state = session.state()
    before = bits(state)
    session.advance()
    assert bits(state) == before
    other = started(RECIPES["padam with everything"])
    other.load(state)
    other.advance()
    assert bits(state) == before


class Dropping(nn.Module):
    """A network that draws from every global generator."""

    def __init__(self, shape, classes):
        super().__init__()
        self.line = nn.Linear(int(np.prod(shape)), classes)

    def forward(self, x):
        noise = random.random() + np.random.random()  # noqa: NPY002, S311
        return self.line(nn.functional.dropout(x.flatten(1), 0.5, training=self.training)) * (1 + 0.1 * noise)


def test_what_draws_from_global_generators_goes_on_the_same_too(monkeypatch):
    monkeypatch.setitem(networks.NETWORKS, "dropping", Dropping)
    training = recipe("sgd", network="dropping", subset=64, epochs=3)
    whole = started(training)
    expected = told(whole.rest())
    first = started(training)
    first.advance()
    for generator in (random.seed, np.random.seed, torch.manual_seed):
        generator(9)
    second = started(training)
    second.load(first.state())
    assert told(second.rest()) == expected[1:]


def test_global_generators_are_left_as_they_were():
    def drawn():
        return random.random(), float(np.random.random()), float(torch.rand(()))  # noqa: NPY002, S311

    for generator in (random.seed, np.random.seed, torch.manual_seed):
        generator(3)
    expected = drawn()
    for generator in (random.seed, np.random.seed, torch.manual_seed):
        generator(3)
    with seeded(0, "anything"):
        inside = drawn()
    assert drawn() == expected
    with seeded(0, "anything"):
        assert drawn() == inside
    with seeded(0, "anything", 1):
        assert drawn() != inside


def test_generators_come_back_where_a_training_fails():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    with pytest.raises(Divergence):
        list(started(descent("sgd", lr=10.0)).rest())
    assert torch.equal(torch.get_rng_state(), before)


def test_a_budget_that_is_spent_is_not_exceeded():
    session = started(RECIPES["beale"])
    assert [record.epoch for record in session.rest()] == [1, 2, 3]
    assert session.done
    with pytest.raises(ValueError, match="a recipe of 3 epochs must not be advanced further"):
        session.advance()


@pytest.mark.parametrize("epoch", [-1, 4, 1.0, None, True])
def test_a_state_of_another_budget_is_refused(epoch):
    session = started(RECIPES["beale"])
    with pytest.raises(ValueError, match="must be of 0 to 3 epochs"):
        session.load(session.state() | {"epoch": epoch})


def test_a_state_of_another_recipe_is_refused():
    with pytest.raises((KeyError, RuntimeError)):
        started(RECIPES["beale"]).load(started(RECIPES["sgd"]).state())
    with pytest.raises(RuntimeError):
        started(recipe(network="resnet8", subset=64)).load(started(RECIPES["sgd"]).state())
