from __future__ import annotations

import pytest
import torch

from search_spaces import declarations
from workers.networks import NETWORKS, build_network

SHAPES = [(1, 8, 8), (3, 32, 32)]


def same_weights(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_are_as_many_as_declared(name):
    network = build_network(name, (3, 32, 32), 10, 0)
    assert sum(w.numel() for w in network.parameters()) == declarations.NETWORKS[name].parameters


@pytest.mark.parametrize(("name", "millions"), [("resnet20", 0.272), ("resnet18", 11.17)])
def test_parameters_are_as_many_as_published(name, millions):
    network = build_network(name, (3, 32, 32), 10, 0)
    assert sum(w.numel() for w in network.parameters()) / 1e6 == pytest.approx(millions, rel=2e-3)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("classes", [2, 10])
def test_each_image_gets_one_output_a_class(name, shape, classes):
    network = build_network(name, shape, classes, 0).eval()
    with torch.no_grad():
        assert network(torch.zeros(3, *shape)).shape == (3, classes)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_gets_a_gradient(name):
    network = build_network(name, (1, 8, 8), 10, 0)
    images = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    network(images).logsumexp(1).sum().backward()
    assert all(w.grad is not None and bool(w.grad.isfinite().all()) for w in network.parameters())


@pytest.mark.parametrize("name", ["mlp", "resnet8", "resnet20"])
def test_the_same_seed_gives_the_same_weights(name):
    assert same_weights(build_network(name, (1, 8, 8), 10, 5), build_network(name, (1, 8, 8), 10, 5))


@pytest.mark.parametrize("name", ["mlp", "resnet8", "resnet20"])
def test_another_seed_gives_other_weights(name):
    assert not same_weights(build_network(name, (1, 8, 8), 10, 5), build_network(name, (1, 8, 8), 10, 6))


@pytest.mark.parametrize("name", ["mlp", "resnet8"])
def test_weights_do_not_depend_on_the_global_random_state(name):
    torch.manual_seed(1)
    first = build_network(name, (1, 8, 8), 10, 0)
    torch.manual_seed(2)
    assert same_weights(first, build_network(name, (1, 8, 8), 10, 0))


@pytest.mark.parametrize("name", NETWORKS)
def test_building_leaves_the_global_random_state_as_it_was(name):
    before = torch.get_rng_state()
    build_network(name, (1, 8, 8), 10, 0)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_mlp_has_no_batch_norm():
    kinds = {type(module).__name__ for module in build_network("mlp", (1, 8, 8), 10, 0).modules()}
    assert not any("Norm" in kind for kind in kinds)


@pytest.mark.parametrize(("name", "size"), [("resnet8", 8), ("resnet20", 8), ("resnet18", 4)])
def test_stages_halve_the_image_but_the_first(name, size):
    network = build_network(name, (3, 32, 32), 10, 0).eval()
    with torch.no_grad():
        assert network.stages(network.stem(torch.zeros(1, 3, 32, 32))).shape[2:] == (size, size)


# -- the network of the Padam reproducibility report


def report_network():
    return build_network("resnet18-report", (3, 32, 32), 10, 0)


def test_the_penalty_of_the_reports_initial_weights_is_the_one_in_its_logs():
    """Its code adds 5e-4 times the squared kernels to the loss; variance 1 / fan-in makes that 2.41 at the start."""
    squares = sum(float(w.detach().double().square().sum()) for w in report_network().parameters() if w.ndim > 1)
    assert 5e-4 * squares == pytest.approx(2.41, rel=5e-3)


def test_the_reports_convolutions_have_variance_one_over_fan_in_and_are_cut():
    for module in report_network().modules():
        if isinstance(module, torch.nn.Conv2d):
            weight = module.weight.detach().double()
            fan_in = weight[0].numel()
            assert float(weight.std()) == pytest.approx(fan_in**-0.5, rel=0.05)
            assert float(weight.abs().max()) <= 2.0 / 0.8796 * fan_in**-0.5


def test_the_reports_head_is_glorots():
    head = report_network().head
    bound = (6.0 / 522.0) ** 0.5
    assert 0.97 * bound < float(head.weight.detach().abs().max()) <= bound
    assert not head.bias.detach().any()


def test_the_reports_batch_norm_keeps_997_thousandths():
    network = report_network().train()
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    images = torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        mean = network.stem[0](images).mean((0, 2, 3))
        network(images)
    assert len(norms) == 20
    assert all(norm.momentum == pytest.approx(0.003) and norm.eps == 1e-5 for norm in norms)
    torch.testing.assert_close(norms[0].running_mean, 0.003 * mean)
