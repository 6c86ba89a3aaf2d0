from __future__ import annotations

import pytest
import torch

from workers.networks import build_network
from workers.networks.shake_shake import Mix, ShakeBlock, Skip
from workers.seeds import seeded


def images(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_gradients_go_back_by_a_share_of_their_own():
    one, other = (images(2, 3, 4, 4).mul(it).requires_grad_() for it in (1.0, 2.0))
    share, back = (torch.tensor(it).view(2, 1, 1, 1) for it in ([0.0, 0.25], [1.0, 0.125]))
    mixed = Mix.apply(one, other, share, back)
    torch.testing.assert_close(mixed[0], other[0])
    torch.testing.assert_close(mixed[1], 0.25 * one[1] + 0.75 * other[1])
    mixed.sum().backward()
    assert one.grad.amax((1, 2, 3)).tolist() == one.grad.amin((1, 2, 3)).tolist() == [1.0, 0.125]
    assert other.grad.amax((1, 2, 3)).tolist() == other.grad.amin((1, 2, 3)).tolist() == [0.0, 0.875]


def block():
    torch.manual_seed(0)
    made = ShakeBlock(4, 4, 1)
    for norm in made.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.track_running_stats, norm.running_mean, norm.running_var = False, None, None
    return made


def test_evaluation_takes_one_half_of_each_and_draws_nothing():
    made, x = block().eval(), images(6, 4, 5, 5)
    before = torch.get_rng_state()
    torch.testing.assert_close(made(x), x + 0.5 * (made.one(x) + made.other(x)))
    assert torch.equal(torch.get_rng_state(), before)


def test_training_mixes_each_image_by_a_share_of_its_own():
    made, x = block().train(), images(6, 4, 5, 5)
    with torch.no_grad():
        one, other, mixed = made.one(x), made.other(x), made(x)
    shares = ((mixed - x - other) * (one - other)).sum((1, 2, 3)) / (one - other).square().sum((1, 2, 3))
    assert 0.0 <= float(shares.min()) < float(shares.max()) <= 1.0


def test_the_draws_are_those_of_the_session():
    made, x = block().train(), images(6, 4, 5, 5)
    outputs, gradients = [], []
    for epoch in (1, 1, 2):
        made.zero_grad()
        with seeded(0, "global", epoch):
            y = made(x)
            y.square().sum().backward()
        outputs.append(y.detach())
        gradients.append(made.one[1].weight.grad.clone())
    assert torch.equal(outputs[0], outputs[1])
    assert torch.equal(gradients[0], gradients[1])
    assert not torch.equal(outputs[0], outputs[2])


@pytest.mark.parametrize("size", [6, 5])
def test_the_second_half_of_a_skip_sees_the_pixels_above_and_to_the_left(size):
    skip = Skip(2, 2, 2).eval()
    torch.nn.init.ones_(skip.here.weight)
    torch.nn.init.ones_(skip.beside.weight)
    x = images(1, 2, size, size)
    grey = x.relu().sum(1)
    y = skip(x) * (1.0 + skip.norm.eps) ** 0.5
    torch.testing.assert_close(y[:, 0], grey[:, ::2, ::2])
    assert not y[:, 1, 0].detach().any()
    assert not y[:, 1, :, 0].detach().any()
    torch.testing.assert_close(y[:, 1, 1:, 1:], grey[:, 1::2, 1::2][:, : y.shape[2] - 1, : y.shape[3] - 1])


def test_an_odd_width_is_taken():
    network = build_network("shake-shake26", (1, 8, 8), 10, 0, {"width": 3})
    assert network(images(2, 1, 8, 8)).shape == (2, 10)
