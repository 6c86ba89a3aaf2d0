from __future__ import annotations

import pytest
import torch

from tests.unit.workers.optimizers.common import assert_near, parameters, run
from workers.optimizers.momentum import Momentum


def test_a_rate_that_drops_leaves_the_velocity_that_there_is():
    w = torch.ones((), dtype=torch.float64, requires_grad=True)
    optimizer, found = Momentum([w], lr=0.1), []
    for gradient, lr in ((1.0, 0.1), (-2.0, 0.1), (0.5, 0.01)):
        optimizer.param_groups[0]["lr"] = lr
        w.grad = torch.full_like(w, gradient)
        optimizer.step()
        found.append(float(w.detach()))
    assert found == pytest.approx((0.9, 1.01, 1.104), abs=1e-15)


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_at_one_rate_it_is_torch_s_heavy_ball(momentum, weight_decay):
    ours, theirs = parameters(), parameters()
    run(Momentum(ours, lr=0.05, momentum=momentum, weight_decay=weight_decay), ours, 200)
    run(torch.optim.SGD(theirs, lr=0.05, momentum=momentum, weight_decay=weight_decay), theirs, 200)
    assert_near(ours, theirs, atol=1e-13)


@pytest.mark.parametrize("momentum", [1.0, -0.1, "0.9", None])
def test_a_momentum_out_of_its_range_is_refused(momentum):
    with pytest.raises((TypeError, ValueError), match="momentum"):
        Momentum(parameters(), momentum=momentum)
