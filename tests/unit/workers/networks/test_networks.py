from __future__ import annotations

import pytest
import torch

from search_spaces import catalog
from workers.networks import NETWORKS, build_network

SHAPES = [(1, 8, 8), (3, 32, 32)]


def same_weights(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_are_as_many_as_the_catalog_says(name):
    network = build_network(name, (3, 32, 32), 10, 0)
    assert sum(w.numel() for w in network.parameters()) == catalog.NETWORKS[name].parameters


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
