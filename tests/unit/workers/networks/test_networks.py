from __future__ import annotations

import pytest
import torch
from torchvision import models

from search_spaces import declarations
from workers.networks import NETWORKS, build_network
from workers.networks.resnet import Padding
from workers.networks.wide import WideBlock, wide_resnet

DECLARED = declarations.NETWORKS
SMALL = ["softmax", "mlp", "resnet8", "resnet20", "wrn16-4", "shake-shake26"]
LARGE = [name for name in NETWORKS if name.startswith("torchvision-")]


def same_weights(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def count(name, classes=10, **options):
    """Return the number of parameters, of weights that take no memory."""
    with torch.device("meta"):
        return sum(w.numel() for w in NETWORKS[name]((3, 32, 32), classes, **options).parameters())


def least(name):
    """Return an image of digits, or the least that the network takes."""
    return (1, 8, 8) if DECLARED[name].least <= 8 else (1, DECLARED[name].least, DECLARED[name].least)


def images(shape, number=4):
    return torch.randn(number, *shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_are_as_many_as_declared(name):
    assert count(name) == DECLARED[name].parameters


# He et al. (arXiv:1512.03385), table 6, whose shortcuts have no parameters; Gastaldi (arXiv:1705.07485), table 1.
PUBLISHED = [
    ("resnet20", {"shortcut": "padding"}, 0.27),
    ("resnet32", {"shortcut": "padding"}, 0.46),
    ("resnet44", {"shortcut": "padding"}, 0.66),
    ("resnet56", {"shortcut": "padding"}, 0.85),
    ("resnet110", {"shortcut": "padding"}, 1.7),
    ("resnet20", {}, 0.272),
    ("resnet18", {}, 11.17),
    ("shake-shake26", {"width": 32}, 2.9),
    ("shake-shake26", {}, 11.7),
    ("shake-shake26", {"width": 96}, 26.2),
]


@pytest.mark.parametrize(("name", "options", "millions"), PUBLISHED)
def test_parameters_are_as_many_as_published(name, options, millions):
    digits = len(str(millions).partition(".")[2])
    assert round(count(name, **options) / 1e6, digits) == millions


# Zagoruyko and Komodakis (arXiv:1605.07146), tables 2 to 4.
@pytest.mark.parametrize(
    ("depth", "widening", "millions"),
    [
        *[(40, 1, 0.6), (40, 2, 2.2), (40, 4, 8.9), (40, 8, 35.7)],
        *[(28, 10, 36.5), (28, 12, 52.5), (22, 8, 17.2), (22, 10, 26.8), (16, 8, 11.0), (16, 10, 17.1)],
    ],
)
def test_wide_networks_have_the_parameters_of_their_paper(depth, widening, millions):
    with torch.device("meta"):
        network = wide_resnet(3, 10, depth, widening)
    assert round(sum(w.numel() for w in network.parameters()) / 1e6, 1) == millions


def test_wrn16_4_is_that_network_and_the_reports_has_a_narrower_stage():
    """Per layer: 9 weights an input and output channel of a 3x3 convolution, 2 a channel of a batch norm."""
    assert count("wrn16-4") == (
        9 * (3 * 16 + 16 * 64 + 3 * 64 * 64 + 64 * 128 + 3 * 128 * 128 + 128 * 256 + 3 * 256 * 256)
        + (16 * 64 + 64 * 128 + 128 * 256)
        + 2 * (16 + 3 * 64 + 64 + 3 * 128 + 128 + 3 * 256 + 256)
        + 257 * 10
    )
    assert count("wrn16-4-report") == (
        9 * (3 * 64 + 4 * 64 * 64 + 64 * 128 + 3 * 128 * 128 + 4 * 128 * 128)
        + (64 * 128 + 128 * 128)
        + 2 * (64 + 4 * 64 + 5 * 128 + 5 * 128)
        + 129 * 10
    )


def of_torchvision(name, classes):
    with torch.device("meta"):
        return models.get_model(name, weights=None, num_classes=classes)


@pytest.mark.parametrize("name", ["resnet18", "resnet34"])
def test_a_cifar_form_is_torchvisions_network_with_another_stem(name):
    theirs = sum(w.numel() for w in of_torchvision(name, 10).parameters())
    assert count(name) == theirs - 7 * 7 * 3 * 64 + 3 * 3 * 3 * 64


@pytest.mark.parametrize(("layers", "linear"), [(1, 513 * 10), (2, 513 * 512 + 513 * 10)])
def test_vgg_has_torchvisions_convolutions_and_its_own_linear_layers(layers, linear):
    theirs = sum(w.numel() for w in of_torchvision("vgg16_bn", 10).features.parameters())
    assert count("vgg16-bn", linear_layers=layers) == theirs + linear


@pytest.mark.parametrize("name", LARGE)
def test_torchvisions_networks_have_the_parameters_that_it_publishes(name):
    weights = models.get_model_weights(name.removeprefix("torchvision-").replace("-", "_")).DEFAULT
    published = weights.meta["num_params"]
    assert count(name, 1_000) == published


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("classes", [2, 10])
def test_each_image_gets_one_output_a_class(name, classes):
    for shape in {least(name), (3, 32, 32)}:
        with torch.device("meta"), torch.no_grad():
            network = build_network(name, shape, classes, 0).eval()
            assert network(torch.zeros(3, *shape)).shape == (3, classes)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_gets_a_gradient_and_building_leaves_the_global_random_state(name):
    before = torch.get_rng_state()
    network = build_network(name, least(name), 10, 0)
    assert torch.equal(torch.get_rng_state(), before)
    network(images(least(name))).square().sum().backward()
    assert all(w.grad is not None and bool(w.grad.isfinite().all()) for w in network.parameters())


def test_grey_images_are_three_equal_channels_to_torchvisions_networks():
    grey = build_network("torchvision-resnet18", (1, 8, 8), 10, 0).eval()
    coloured = build_network("torchvision-resnet18", (3, 8, 8), 10, 0).eval()
    x = images((1, 8, 8))
    with torch.no_grad():
        torch.testing.assert_close(grey(x), coloured(x.repeat(1, 3, 1, 1)))


@pytest.mark.parametrize("name", SMALL)
def test_the_same_seed_gives_the_same_weights(name):
    assert same_weights(build_network(name, (1, 8, 8), 10, 5), build_network(name, (1, 8, 8), 10, 5))


@pytest.mark.parametrize("name", SMALL)
def test_another_seed_gives_other_weights(name):
    assert not same_weights(build_network(name, (1, 8, 8), 10, 5), build_network(name, (1, 8, 8), 10, 6))


@pytest.mark.parametrize("name", ["mlp", "resnet8"])
def test_weights_do_not_depend_on_the_global_random_state(name):
    torch.manual_seed(1)
    first = build_network(name, (1, 8, 8), 10, 0)
    torch.manual_seed(2)
    assert same_weights(first, build_network(name, (1, 8, 8), 10, 0))


def test_the_mlp_has_no_batch_norm():
    kinds = {type(module).__name__ for module in build_network("mlp", (1, 8, 8), 10, 0).modules()}
    assert not any("Norm" in kind for kind in kinds)


@pytest.mark.parametrize(
    ("name", "size"), [("resnet8", 8), ("resnet20", 8), ("resnet110", 8), ("resnet18", 4), ("resnet34", 4)]
)
def test_stages_halve_the_image_but_the_first(name, size):
    network = build_network(name, (3, 32, 32), 10, 0).eval()
    with torch.no_grad():
        assert network.stages(network.stem(torch.zeros(1, 3, 32, 32))).shape[2:] == (size, size)


@pytest.mark.parametrize("size", [8, 7])
def test_a_padded_shortcut_takes_every_second_pixel_and_adds_zeros(size):
    x = images((16, size, size))
    y = Padding(16, 2)(x)
    assert torch.equal(y[:, 8:24], x[:, :, ::2, ::2])
    assert not y[:, :8].any()
    assert not y[:, 24:].any()
    network = build_network("resnet20", (1, size, size), 10, 0, {"shortcut": "padding"})
    network(images((1, size, size))).sum().backward()
    assert sum(isinstance(module, Padding) for module in network.modules()) == 2


def test_softmax_regression_begins_with_zeros_where_that_is_asked_for():
    drawn, zeros = (build_network("softmax", (1, 28, 28), 10, 0, options) for options in (None, {"zeros": True}))
    assert sum(w.numel() for w in zeros.parameters()) == 7_850
    assert all(not w.detach().any() for w in zeros.parameters())
    assert all(bool(w.detach().any()) for w in drawn.parameters())


def test_a_wide_block_activates_before_its_convolutions():
    """With the last convolution at zero, a block that keeps its shape is the identity, below zero too."""
    block = WideBlock(8, 8, 1)
    torch.nn.init.zeros_(block.conv2.weight)
    x = images((8, 6, 6))
    assert torch.equal(block(x), x)


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
    x = images((3, 32, 32), 8)
    with torch.no_grad():
        mean = network.stem[0](x).mean((0, 2, 3))
        network(x)
    assert len(norms) == 20
    assert all(norm.momentum == pytest.approx(0.003) and norm.eps == 1e-5 for norm in norms)
    torch.testing.assert_close(norms[0].running_mean, 0.003 * mean)


def test_the_reports_wide_network_begins_with_deviation_one_and_has_keras_batch_norm():
    network = build_network("wrn16-4-report", (3, 32, 32), 10, 0)
    weights = torch.cat([it.weight.detach().flatten() for it in network.modules() if isinstance(it, torch.nn.Conv2d)])
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert float(weights.std()) == pytest.approx(1.0, abs=0.01)
    assert all(norm.momentum == pytest.approx(0.01) and norm.eps == 1e-3 for norm in norms)
    assert not network.head.bias.detach().any()
