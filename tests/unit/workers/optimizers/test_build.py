from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from tests.unit.workers.recipes import HYPERPARAMETERS, recipe
from workers.optimizers import OPTIMIZERS, Padam, build_optimizer, mean_log10_v
from workers.optimizers.adagrad import Adagrad
from workers.optimizers.adam import Adam, RAdam
from workers.optimizers.momentum import Momentum
from workers.optimizers.nd_adam import NDAdam
from workers.optimizers.swats import Swats


def model():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


KINDS = {
    "padam": Padam,
    "sgd": torch.optim.SGD,
    "momentum": Momentum,
    "nesterov": torch.optim.SGD,
    "sgdw": torch.optim.SGD,
    "adagrad": Adagrad,
    "adadelta": torch.optim.Adadelta,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamax": torch.optim.Adamax,
    "nadam": Adam,
    "amsgrad": torch.optim.Adam,
    "adamw": torch.optim.Adam,
    "radam": torch.optim.RAdam,
    "lazy-adam": Adam,
    "swats": Swats,
    "nd-adam": NDAdam,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_name_gives_its_optimizer(name):
    assert isinstance(build_optimizer(model(), recipe(name), 10), KINDS[name])


@pytest.mark.parametrize(
    ("name", "options", "kind"),
    [
        *[("adam", {"variant": variant}, Adam) for variant in ("eps-hat", "uncorrected", "eps-under-root")],
        ("amsgrad", {"maximum_of": "v-hat"}, Adam),
        ("radam", {"before": "none"}, RAdam),
    ],
    ids=str,
)
def test_what_torch_does_not_have_is_ours(name, options, kind):
    assert type(build_optimizer(model(), recipe(name, **options), 10)) is kind


@pytest.mark.parametrize(("name", "amsgrad"), [("adam", False), ("amsgrad", True), ("adamw", False)])
def test_amsgrad_is_adam_with_the_maximum(name, amsgrad):
    assert build_optimizer(model(), recipe(name), 10).param_groups[0]["amsgrad"] is amsgrad


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_hyperparameter_reaches_the_optimizer(name):
    wanted = {key: value * 0.75 for key, value in HYPERPARAMETERS[name].items()} | {"weight_decay": 0.3}
    group = dict(build_optimizer(model(), recipe(name, wanted), 10).param_groups[0])
    if "betas" in group:
        group["beta1"], group["beta2"] = group["betas"]
    assert {key: group[key] for key in wanted} == wanted


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_parameter_is_trained(name):
    network = model()
    optimizer = build_optimizer(network, recipe(name, decay_on="kernels"), 10)
    held = [w for group in optimizer.param_groups for w in group["params"]]
    assert {id(w) for w in held} == {id(w) for w in network.parameters()}
    assert len(held) == len(list(network.parameters()))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_decay_on_kernels_leaves_vectors_alone(name):
    optimizer = build_optimizer(model(), recipe(name, {"weight_decay": 0.3}, decay_on="kernels"), 10)
    decays = {w.ndim: group["weight_decay"] for group in optimizer.param_groups for w in group["params"]}
    assert decays == {2: 0.3, 1: 0.0}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_decay_on_all_makes_one_group(name):
    groups = build_optimizer(model(), recipe(name, {"weight_decay": 0.3}), 10).param_groups
    assert [group["weight_decay"] for group in groups] == [0.3]


def test_the_forms_of_padam_reach_it():
    forms = {"variant": "report", "decay": "normalised", "amsgrad": False}
    group = build_optimizer(model(), recipe(**forms), 123).param_groups[0]
    assert {key: group[key] for key in (*forms, "cycle_steps")} == {**forms, "cycle_steps": 123}


WITHOUT = ("sgd", "momentum", "nesterov", "sgdw")


@pytest.mark.parametrize("name", WITHOUT)
def test_mean_log10_v_of_what_divides_by_none_is_none(name):
    assert mean_log10_v(stepped(name, 0.1)) is None


# What is kept after five gradients of 0.01: v-hat where the bias is corrected, else what v itself has come to.
KEPT = {
    "adagrad": 5e-4,
    "adadelta": 1e-4 * (1 - 0.9**5),
    "rmsprop": 1e-4 * (1 - 0.99**5),
    "radam": 1e-4 * (1 - 0.999**5),
    "lazy-adam": 1e-4 * (1 - 0.999**5),
}


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name not in {*WITHOUT, "nd-adam", "swats"}])
def test_mean_log10_v_is_the_scale_of_the_squared_gradient(name):
    assert mean_log10_v(stepped(name, 0.01)) == pytest.approx(math.log10(KEPT.get(name, 1e-4)), abs=1e-5)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name not in WITHOUT])
def test_mean_log10_v_is_none_before_the_first_step(name):
    assert mean_log10_v(build_optimizer(model(), recipe(name), 10)) is None


def stepped(name, gradient, steps=5):
    network = model()
    optimizer = build_optimizer(network, recipe(name, {"lr": 1e-12, "weight_decay": 0.0}), 10)
    for _ in range(steps):
        for w in network.parameters():
            w.grad = torch.full_like(w, gradient)
        optimizer.step()
    return optimizer


def test_mean_log10_v_of_amsgrad_is_of_the_maximum():
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([w], betas=(0.9, 0.5), amsgrad=True)
    for gradient in (1.0, 0.0, 0.0):
        w.grad = torch.full_like(w, gradient)
        optimizer.step()
    assert mean_log10_v(optimizer) == pytest.approx(math.log10(0.5 / (1 - 0.5**3)), abs=1e-12)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name not in {*WITHOUT, "adamax"}])
def test_mean_log10_v_is_none_where_a_second_moment_has_overflowed(name):
    assert mean_log10_v(stepped(name, 1e25)) is None


@pytest.mark.parametrize("kind", [Momentum, Adagrad, Adam, RAdam, Swats, NDAdam])
def test_an_option_that_nobody_has_is_refused(kind):
    with pytest.raises(TypeError, match="has no option unheard_of"):
        kind(model().parameters(), unheard_of=1)


@pytest.mark.parametrize("name", ["fused", "capturable"])
@pytest.mark.parametrize("kind", [Swats, NDAdam])
def test_a_rule_of_whole_tensors_has_no_machine_code(kind, name):
    with pytest.raises(ValueError, match=f"{name} must be off for {kind.__name__}"):
        kind(model().parameters(), **{name: True})
    kind(model().parameters(), **{name: False})
