"""What only a CUDA device can show; skipped, saying so, where there is none."""

import pytest
import torch
from torch.nn import functional

from tests.unit.workers.recipes import recipe
from workers.data import load_split
from workers.engine import train
from workers.optimizers import Padam
from workers.precision import use_float32
from workers.records import Divergence

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, this machine has none"),
]


def test_a_training_on_the_gpu_agrees_with_the_cpu():
    split = load_split("digits", None, None, 0)
    curves = [
        [record.train_loss for record in train(recipe(), split, torch.device(device))] for device in ("cpu", "cuda")
    ]
    assert curves[1] == pytest.approx(curves[0], rel=0.02)


def test_divergence_is_noticed_on_the_gpu():
    split = load_split("digits", None, None, 0)
    with pytest.raises(Divergence):
        list(train(recipe(hyperparameters={"lr": 1e12, "p": 0.0}), split, torch.device("cuda")))


@pytest.mark.usefixtures("precision")
def test_neither_products_nor_convolutions_are_rounded_to_tf32():
    draws = torch.Generator().manual_seed(0)
    a, b = torch.randn(256, 256, generator=draws), torch.randn(256, 256, generator=draws)
    x, w = torch.randn(8, 64, 16, 16, generator=draws), torch.randn(64, 64, 3, 3, generator=draws)
    use_float32()
    for operation, (left, right) in ((torch.matmul, (a, b)), (functional.conv2d, (x, w))):
        exact = operation(left.double(), right.double())
        got = operation(left.cuda(), right.cuda()).cpu().double()
        # TF32 keeps 10 bits of mantissa: its error is some 1e-3 of the size of a result.
        assert float((got - exact).abs().max() / exact.std()) < 1e-4


@pytest.mark.parametrize("p", [0.0, 1 / 8, 0.3, 1 / 2])
def test_padam_steps_alike_on_both_devices(p):
    weights = [torch.randn(40, 30, generator=torch.Generator().manual_seed(0)) for _ in range(2)]
    ends = []
    for device in ("cpu", "cuda"):
        parameters = [w.to(device).requires_grad_() for w in weights]
        optimizer = Padam(parameters, lr=0.01, p=p)
        draws = torch.Generator().manual_seed(1)
        for _ in range(20):
            for w in parameters:
                w.grad = torch.randn(w.shape, generator=draws).to(device)
            optimizer.step()
        ends.append(torch.cat([w.detach().cpu().flatten() for w in parameters]))
    assert torch.allclose(ends[0], ends[1], rtol=1e-5, atol=1e-6)
