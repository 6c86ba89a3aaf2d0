"""The engine beside a plain loop on real CIFAR-10 that takes the same draws: the same losses, step for step.

The loop reads the files with torchvision, crops and flips one picture at a time, and steps torch's own optimizers.
What it shares with the engine is the network's initial weights and the documented generators of (seed, purpose,
epoch); `benchmarks/plain_loop.py` shares nothing and compares over seeds.
"""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional
from torchvision.datasets import CIFAR10
from torchvision.transforms import functional as pictures

from tests.real_data import FOLDER, cifar
from workers.data import load_split
from workers.data.images import balanced
from workers.engine import train
from workers.networks import build_network
from workers.recipe import Recipe
from workers.seeds import generator

pytestmark = cifar

SUBSET, BATCH, EPOCHS, DECAY, PADDING = 200, 48, 2, 5e-4, 4
MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)

ARMS = {
    "p = 1/2 is Adam with amsgrad": (
        {"variant": "torch", "p": 0.5, "lr": 1e-3},
        "join",
        lambda w: torch.optim.Adam(w, lr=1e-3, weight_decay=DECAY, amsgrad=True),
    ),
    "p = 0 is SGD with momentum": (
        {"variant": "paper", "p": 0.0, "lr": 0.1},
        "keep",
        lambda w: torch.optim.SGD(w, lr=0.01, momentum=0.9, weight_decay=DECAY),
    ),
}


@pytest.fixture(scope="module")
def files():
    return CIFAR10(str(FOLDER)), CIFAR10(str(FOLDER), train=False)


def normalised(picture):
    return pictures.normalize(pictures.to_tensor(picture), MEAN, DEVIATION)


def cuts(remainder):
    """Return where each batch of an epoch begins and ends: whole ones, and what is left as the last."""
    steps = int(SUBSET / BATCH + 0.5) if remainder == "join" else math.ceil(SUBSET / BATCH)
    starts = [BATCH * step for step in range(steps)]
    return list(zip(starts, [*starts[1:], SUBSET], strict=True))


def plain(optimizer_of, remainder, files, seed):
    """Return train loss by epoch and the final test error of the plain loop."""
    train_files, test_files = files
    labels = torch.tensor(train_files.targets)
    chosen = balanced(labels, SUBSET, "subset").tolist()
    model = build_network("resnet8", (3, 32, 32), 10, seed)
    optimizer = optimizer_of(model.parameters())
    losses = []
    for epoch in range(1, EPOCHS + 1):
        order = torch.randperm(SUBSET, generator=generator(seed, "order", epoch)).tolist()
        draws = generator(seed, "augment", epoch)
        corners = torch.randint(0, 2 * PADDING + 1, (SUBSET, 2), generator=draws).tolist()
        flips = torch.randint(0, 2, (SUBSET,), generator=draws).tolist()
        model.train()
        total = 0.0
        for start, end in cuts(remainder):
            batch = []
            for at in order[start:end]:
                picture, _ = train_files[chosen[at]]
                picture = pictures.crop(pictures.pad(picture, PADDING), *corners[at], 32, 32)
                batch.append(normalised(pictures.hflip(picture) if flips[at] else picture))
            targets = torch.tensor([train_files.targets[chosen[at]] for at in order[start:end]])
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(torch.stack(batch)), targets)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(targets)
        losses.append(total / SUBSET)
    model.eval()
    wrong = 0
    with torch.no_grad():
        for start in range(0, len(test_files), 1_000):
            batch = [test_files[at] for at in range(start, start + 1_000)]
            guesses = model(torch.stack([normalised(picture) for picture, _ in batch])).argmax(1)
            wrong += int((guesses != torch.tensor([label for _, label in batch])).sum())
    return losses, 100.0 * wrong / len(test_files)


@pytest.mark.parametrize(("padam", "remainder", "optimizer_of"), ARMS.values(), ids=ARMS.keys())
def test_the_engine_trains_as_a_plain_loop_does(files, padam, remainder, optimizer_of):
    seed = 3
    recipe = Recipe(
        task="classification",
        setting={
            "dataset": "cifar10",
            "network": {"name": "resnet8"},
            "batch_size": BATCH,
            "augmentation": "crop4-flip",
            "subset": SUBSET,
            "remainder": remainder,
        },
        optimizer="padam",
        options={
            "lr": padam["lr"], "p": padam["p"], "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": DECAY,
            "variant": padam["variant"], "decay": "l2", "decay_on": "all", "amsgrad": True,
        },
        epochs=EPOCHS,
        seed=seed,
    )  # fmt: skip
    records = list(train(recipe, load_split("cifar10", FOLDER, SUBSET, 0), torch.device("cpu")))
    losses, error = plain(optimizer_of, remainder, files, seed)
    assert [record.train_loss for record in records] == pytest.approx(losses, rel=1e-3)
    assert records[-1].test_error == pytest.approx(error, abs=0.5)
