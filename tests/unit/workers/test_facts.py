"""What is said of a rule, against what its steps do: one parameter, known gradients, float64."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from search_spaces.declarations import OPTIMIZERS
from tests.unit.workers.tasks.test_surface import recipe
from workers.engine import batches
from workers.facts import facts_of
from workers.moves import Moves
from workers.optimizers import build_optimizer
from workers.optimizers.decay import DECAYS
from workers.records import Facts
from workers.schedules import course
from workers.tasks import begin

STEPS, EPOCHS, LR, LAMBDA = 20, 3, 0.05, 0.01
START = (1.0, -2.0, 0.5)
FORMS = [
    *[("padam", {"variant": variant}) for variant in OPTIMIZERS["padam"].options["variant"].choices],
    *[("adam", {"variant": variant}) for variant in OPTIMIZERS["adam"].options["variant"].choices],
    *[("adagrad", {"accumulator": it}) for it in OPTIMIZERS["adagrad"].options["accumulator"].choices],
    ("adagrad", {"exponent": 0.3}),
    *[("amsgrad", {"maximum_of": it}) for it in ("v", "v-hat")],
    *[("radam", {"before": it}) for it in ("momentum", "none")],
    ("rmsprop", {"centered": True, "momentum": 0.9}),
    *[(name, {}) for name in OPTIMIZERS if name not in {"padam", "adam", "adagrad", "amsgrad", "radam"}],
]
"""Every optimizer in every form."""


class Weights(nn.Module):
    """Some numbers, as a vector."""

    def __init__(self, numbers=START):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(numbers, dtype=torch.float64))


def built(name, steps=STEPS, epochs=EPOCHS, schedules=None, **options):
    """Return weights, their optimizer, and its facts."""
    given = recipe(name, steps=steps, epochs=epochs, schedules=schedules, **{"lr": LR} | options)
    weights = Weights()
    optimizer = build_optimizer(weights, given, steps * epochs)
    return weights.w, optimizer, facts_of(given, optimizer, Moves(given.schedules, optimizer, steps, epochs))


def stepped(w, optimizer, gradient, steps=1):
    """Return what the last of some steps by one gradient took off the weights."""
    for _ in range(steps):
        before = w.detach().clone()
        w.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
    return before, (before - w.detach())


def lost(w, optimizer, steps=1):
    """Return the share of themselves that weights lose in a step without gradients."""
    before, taken = stepped(w, optimizer, [0.0] * len(w), steps)
    return (taken / before).tolist()


@pytest.mark.parametrize("decay", [it for it in DECAYS if it != "l2"])
@pytest.mark.parametrize(("name", "options"), FORMS, ids=str)
def test_a_decoupled_decay_takes_what_is_said(name, options, decay):
    w, optimizer, facts = built(name, decay=decay, weight_decay=LAMBDA, **options)
    steps = 8 if options.get("before") == "none" else 1  # before it can rectify there is neither step nor decay
    assert lost(w, optimizer, steps) == pytest.approx([facts.decay_per_step] * 3, rel=1e-10)
    expected = {
        "decoupled-lr": LR * LAMBDA, "decoupled-schedule": LAMBDA, "normalised": LAMBDA / math.sqrt(STEPS * EPOCHS)
    }  # fmt: skip
    assert facts.decay_per_step == pytest.approx(expected[decay], rel=1e-12)
    assert (facts.decay, facts.weight_decay) == (decay, LAMBDA)
    assert facts.weight_decay_norm == (LAMBDA if decay == "normalised" else None)


PROPORTIONAL = [
    ("sgd", {"momentum": 0.0}, 1.0),
    ("sgd", {"momentum": 0.9}, 1.0),
    ("sgdw", {"momentum": 0.9}, 1.0),
    ("momentum", {}, 1.0),
    ("nesterov", {"momentum": 0.9}, 1.9),
    ("adagrad", {"accumulator": "counter", "eps": 0.25}, 0.8),
    ("padam", {"p": 0.0}, 1.0),
    ("padam", {"p": 0.0, "variant": "paper"}, 0.1),
    ("padam", {"p": 0.0, "variant": "authors"}, math.sqrt(0.001)),
    ("padam", {"p": 0.0, "variant": "report-tf", "eps": 1.0}, math.sqrt(0.001) / 2),
]


@pytest.mark.parametrize(("name", "options", "factor"), PROPORTIONAL, ids=str)
def test_l2_takes_what_is_said_where_steps_are_proportional_to_gradients(name, options, factor):
    w, optimizer, facts = built(name, decay="l2", weight_decay=LAMBDA, **options)
    assert lost(w, optimizer) == pytest.approx([facts.decay_per_step] * 3, rel=1e-10)
    assert facts.decay_per_step == pytest.approx(factor * LR * LAMBDA, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "options"),
    [it for it in FORMS if it[0] not in {"sgd", "sgdw", "momentum", "nesterov"} and "counter" not in it[1].values()],
    ids=str,
)
def test_l2_of_a_rule_that_divides_is_no_share(name, options):
    w, optimizer, facts = built(name, decay="l2", weight_decay=LAMBDA, **options)
    first, second, third = lost(w, optimizer, 8)
    assert not first == pytest.approx(second, rel=1e-3) == third
    assert (facts.decay, facts.decay_per_step) == ("l2", None)


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_without_a_weight_decay_nothing_is_lost(name, decay):
    w, optimizer, facts = built(name, decay=decay, weight_decay=0.0)
    assert lost(w, optimizer, 8) == [facts.decay_per_step] * 3 == [0.0] * 3


def test_a_schedule_moves_the_decay_and_not_what_is_said_of_it():
    schedules = {"lr": {"name": "constant", "warmup": 1.0, "warmup_from": 0.5}}
    w, optimizer, facts = built("sgd", momentum=0.0, decay="decoupled-lr", weight_decay=LAMBDA, schedules=schedules)
    moves = Moves(schedules, optimizer, STEPS, EPOCHS)
    moves.apply(0)
    assert lost(w, optimizer) == pytest.approx([facts.decay_per_step * (0.5 + 0.5 / STEPS)] * 3)
    assert facts.schedules == schedules


# The factor of lambda_norm, 1 / sqrt(50000 / 128 x epochs), after I. Loshchilov and F. Hutter, arXiv:1711.05101.
NORMALISED = {25: 0.01012, 30: 0.00924, 90: 0.00533, 100: 0.00506, 200: 0.00358, 1800: 0.00119}


@pytest.mark.parametrize("epochs", NORMALISED)
def test_a_normalised_decay_is_that_of_its_authors_table(epochs):
    """Their batches of an epoch are 390.625; ours are whole. Printed figures have three digits."""
    steps = len(batches(torch.arange(50_000), 128, "join"))
    facts = built("sgdw", steps=steps, epochs=epochs, decay="normalised", weight_decay=0.025)[2]
    assert facts.decay_per_step == pytest.approx(0.025 * NORMALISED[epochs], rel=0.005)
    assert facts.weight_decay_norm == 0.025
    if epochs == 100:
        assert facts.decay_per_step == pytest.approx(1.27e-4, rel=0.005)
        assert facts.decay_per_step == pytest.approx(0.127 * 1e-3, rel=0.005)  # torch's 0.127 at lr 0.001


def test_under_warm_restarts_the_first_cycle_is_what_decay_is_normalised_by():
    restarts = {"lr": {"name": "warm-restarts", "first": 1, "factor": 2.0, "lowest": 0.0}}
    w, optimizer, facts = built("sgdw", momentum=0.0, decay="normalised", weight_decay=LAMBDA, schedules=restarts)
    moves = Moves(restarts, optimizer, STEPS, EPOCHS)
    moves.apply(0)
    assert lost(w, optimizer) == pytest.approx([facts.decay_per_step] * 3)
    assert facts.decay_per_step == pytest.approx(LAMBDA / math.sqrt(STEPS))
    assert (facts.steps_per_epoch, facts.total_steps, facts.cycle_steps) == (STEPS, STEPS * EPOCHS, STEPS)
    moves.apply(STEPS)  # the second cycle is twice as long
    moves.apply(0)
    assert built("sgdw")[2].cycle_steps == STEPS * EPOCHS


# -- eps


def denominator(facts, size, corrected, power, eps):
    """Return what a step is divided by where facts are right.

    ``size`` is the root of the second moment as it is kept, ``corrected`` the same free of bias, and their ``power``
    2p; nothing here is read from the sources of any rule.
    """
    place, _, correction = facts.eps_at.partition(", ")
    root = corrected if correction == "after bias correction" else size
    if place == "inside the root":
        return math.sqrt(root**2 + eps) ** power
    return (root + eps) ** power if place == "outside the root" else root**power + eps


def decay_of(name, options):
    """Return the decay of the average of squares after 8 steps, None where it is a sum."""
    return {"rmsprop": 0.99, "adadelta": 0.9, "adagrad": None}.get(name, 0.999)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        it
        for it in FORMS
        if it[0] not in {"sgd", "sgdw", "momentum", "nesterov", "adadelta", "adamax"}
        and it[1].get("variant") not in {"paper", "report"}
        and it[1].get("accumulator", "squared") == "squared"
        and "centered" not in it[1]
    ],
    ids=str,
)
def test_eps_stands_where_it_is_said_to(name, options):
    options = {"weight_decay": 0.0, "decay": "l2"} | options | ({"tolerance": 0.0} if name == "swats" else {})
    steps, gradient, eps = 8, [0.5, -0.02, 3.0], 0.3
    _, plain = stepped(*built(name, eps=0.0, **options)[:2], gradient, steps)
    w, optimizer, facts = built(name, eps=eps, **options)
    _, guarded = stepped(w, optimizer, gradient, steps)
    average = decay_of(name, options)
    share = float(steps) if average is None else 1.0 - average**steps
    power = 2 * {"padam": 0.125, "adagrad": options.get("exponent", 0.5)}.get(name, 0.5)
    expected = []
    for g in map(abs, gradient):
        size, corrected = math.sqrt(share) * g, g
        ratio = [denominator(facts, size, corrected, power, it) for it in (0.0, eps)]
        expected.append(ratio[0] / ratio[1])
    assert (guarded / plain).tolist() == pytest.approx(expected, rel=1e-9)
    assert facts.eps == eps


def test_adadelta_has_eps_inside_both_roots():
    w, optimizer, facts = built("adadelta", eps=0.3, weight_decay=0.0)
    _, taken = stepped(w, optimizer, [0.5, 0.5, 0.5])
    assert taken.tolist() == pytest.approx([LR * 0.5 * math.sqrt(0.3) / math.sqrt(0.1 * 0.25 + 0.3)] * 3)
    assert facts.eps_at == "inside the root, without bias correction"


def test_adamax_has_eps_beside_the_gradient():
    w, optimizer, facts = built("adamax", eps=0.3, weight_decay=0.0)
    _, taken = stepped(w, optimizer, [0.5, -0.5, 2.0])
    assert taken.tolist() == pytest.approx([LR * 0.5 / 0.8, -LR * 0.5 / 0.8, LR * 2.0 / 2.3])
    _, taken = stepped(w, optimizer, [0.0, 0.0, 0.0])  # the maximum has its eps inside, and takes no other
    m = 0.9 * 0.1 * 0.5 / (1 - 0.9**2)
    assert taken[0].item() == pytest.approx(LR * m / (0.999 * 0.8))
    assert facts.eps_at == "beside the gradient, inside the maximum"


@pytest.mark.parametrize(
    ("name", "options"),
    [("sgd", {}), ("momentum", {}), ("padam", {"variant": "paper"}), ("padam", {"variant": "report"})],
    ids=str,
)
def test_a_rule_without_eps_has_none(name, options):
    facts = built(name, **options)[2]
    assert (facts.eps, facts.eps_at) == (None, None)


def test_an_eps_that_a_rule_passes_over_changes_nothing():
    found = [stepped(*built("padam", variant="paper", eps=eps)[:2], [0.5, -0.02, 3.0], 3)[1] for eps in (0.0, 0.9)]
    assert torch.equal(*found)


# -- the rest


@pytest.mark.parametrize(
    ("name", "options", "rule"),
    [
        ("padam", {}, "padam torch amsgrad"),
        ("padam", {"variant": "authors", "amsgrad": False, "decay": "normalised"}, "padam authors"),
        ("adam", {"variant": "eps-hat", "decay_on": "kernels"}, "adam eps-hat"),
        ("amsgrad", {"maximum_of": "v-hat"}, "amsgrad v-hat"),
        ("radam", {"before": "none"}, "radam none"),
        ("adagrad", {"accumulator": "absolute"}, "adagrad absolute"),
        ("rmsprop", {"centered": True}, "rmsprop centered"),
        ("sgd", {"momentum": 0.9}, "sgd"),
    ],
    ids=str,
)
def test_a_rule_is_named_by_all_that_tells_its_form(name, options, rule):
    assert built(name, **options)[2].rule == rule


def test_every_form_has_a_name_of_its_own():
    named = [built(name, **options)[2].rule for name, options in FORMS if "exponent" not in options]
    assert len(set(named)) == len(named)


def test_of_an_optimizer_from_elsewhere_only_its_options_are_known():
    given = recipe("sgd", lr=0.3, weight_decay=0.1)
    weights = Weights()
    optimizer = torch.optim.SGD(weights.parameters(), lr=0.3)
    facts = facts_of(given, optimizer, Moves(given.schedules, optimizer, 2, 3))
    assert (facts.rule, facts.lr, facts.weight_decay, facts.total_steps) == ("sgd", 0.3, 0.1, 6)
    assert (facts.decay, facts.decay_per_step, facts.eps_at) == (None, None, None)


def test_what_is_too_large_for_a_store_is_left_out():
    given = recipe("sgd", lr=1e200, weight_decay=1e200, decay="decoupled-lr")
    optimizer = build_optimizer(Weights(), given, 6)
    facts = facts_of(given, optimizer, Moves(given.schedules, optimizer, 2, 3))
    assert (facts.lr, facts.weight_decay, facts.decay_per_step) == (1e200, 1e200, None)


def test_a_session_has_the_facts_of_its_training():
    facts = begin(recipe("padam", steps=7, epochs=3, lr=0.1), None, torch.device("cpu")).facts
    assert (facts.rule, facts.steps_per_epoch, facts.total_steps, facts.lr) == ("padam torch amsgrad", 7, 21, 0.1)
    assert facts.batch_size is None


def test_facts_are_written_without_what_is_not_there():
    facts = Facts(rule="sgd", steps_per_epoch=1, total_steps=2, cycle_steps=2, decay_per_step=0.0)
    assert facts.to_dict() == {
        "rule": "sgd", "steps_per_epoch": 1, "total_steps": 2, "cycle_steps": 2, "decay_per_step": 0.0
    }  # fmt: skip


@pytest.mark.parametrize("name", ["lr", "weight_decay", "weight_decay_norm", "decay_per_step", "eps"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_facts_take_finite_numbers_only(name, value):
    with pytest.raises(ValueError, match=f"{name} of a rule must be finite"):
        Facts(rule="sgd", steps_per_epoch=1, total_steps=2, cycle_steps=2, **{name: value})


def test_the_first_cycle_is_what_the_schedule_begins_with():
    restarts = {"name": "warm-restarts", "first": 2, "factor": 2.0, "lowest": 0.0}
    optimizer = torch.optim.SGD(Weights().parameters(), lr=0.1)
    assert Moves({"lr": restarts}, optimizer, 5, 14).first_cycle == course(restarts, 5, 14).cycle(0) == 10
    assert Moves({"lr": {"name": "cosine"}}, optimizer, 5, 14).first_cycle == 70
    assert Moves({}, optimizer, 5, 14).first_cycle == 70
