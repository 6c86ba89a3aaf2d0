"""What only a CUDA device can show; skipped, saying so, where there is none."""

import pytest
import torch

from tests.unit.workers.recipes import recipe
from workers.data import load_split
from workers.engine import train
from workers.optimizers import Padam
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
