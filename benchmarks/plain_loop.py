"""Whether the engine trains CIFAR-10 as a plain PyTorch loop does.

The loop below shares no code with `workers`: torchvision reads, crops and flips the images, torchvision's residual
blocks make a ResNet-20, torch's own optimizers step. Both sides train the same subset with the same settings over
several seeds, each with its own random draws; the final test errors and train losses are compared by Welch's test.
The kept result, six seeds a side, would have shown a difference of five points of test error, and none much smaller.

``python -m benchmarks.plain_loop --data DIR`` needs CIFAR-10 in torchvision's layout and takes about 40 minutes on
two cores.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import CIFAR10
from torchvision.models.resnet import BasicBlock
from torchvision.transforms import Compose, Normalize, RandomCrop, RandomHorizontalFlip, ToTensor

from benchmarks.record import Check, write
from workers.data import load_split
from workers.data.images import balanced
from workers.engine import train
from workers.recipe import Recipe

BATCH, DECAY = 128, 5e-4
NORMALISE = Normalize((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))

# A difference of two samples of equal law exceeds this with probability 0.001.
SIGNIFICANCE = 0.001


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One setting, once for the engine and once for the loop."""

    name: str
    variant: str
    p: float
    lr: float
    plain: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]


ARMS = (
    Arm(
        name="p = 1/2 against torch.optim.Adam(amsgrad=True), lr 0.001",
        variant="torch",
        p=0.5,
        lr=1e-3,
        plain=lambda w: torch.optim.Adam(w, lr=1e-3, weight_decay=DECAY, amsgrad=True),
    ),
    Arm(
        name="p = 0, lr 1 against torch.optim.SGD(momentum=0.9), lr 0.1",
        variant="paper",
        p=0.0,
        lr=1.0,
        plain=lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9, weight_decay=DECAY),
    ),
)


def network() -> nn.Module:
    """Return a ResNet-20 of torchvision's residual blocks."""

    def block(channels: int, width: int, stride: int) -> nn.Module:
        shortcut = None
        if stride != 1:
            shortcut = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))
        made: nn.Module = BasicBlock(channels, width, stride, shortcut)
        return made

    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        *(block(16, 16, 1) for _ in range(3)),
        *(block(16 if not i else 32, 32, 1 if i else 2) for i in range(3)),
        *(block(32 if not i else 64, 64, 1 if i else 2) for i in range(3)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return model


def plain_training(arm: Arm, folder: Path, chosen: Sequence[int], epochs: int, seed: int) -> tuple[float, float]:
    """Return final train loss and test error in percent of the plain loop."""
    torch.manual_seed(1_000 + seed)
    augmented = Compose([RandomCrop(32, padding=4), RandomHorizontalFlip(), ToTensor(), NORMALISE])
    train_set = Subset(CIFAR10(str(folder), train=True, transform=augmented), chosen)
    test_set = CIFAR10(str(folder), train=False, transform=Compose([ToTensor(), NORMALISE]))
    model = network()
    optimizer = arm.plain(model.parameters())
    loss_sum = 0.0
    for _ in range(epochs):
        model.train()
        loss_sum = 0.0
        for x, y in DataLoader(train_set, batch_size=BATCH, shuffle=True):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            loss_sum += loss.item() * len(y)
    model.eval()
    wrong = 0
    with torch.no_grad():
        for x, y in DataLoader(test_set, batch_size=1_000):
            guesses: Tensor = model(x).argmax(1)
            wrong += int((guesses != y).sum())
    return loss_sum / len(chosen), 100.0 * wrong / len(test_set)


def engine_training(arm: Arm, folder: Path, subset: int, epochs: int, seed: int) -> tuple[float, float]:
    """Return the same of the engine."""
    recipe = Recipe(
        task="classification",
        setting={
            "dataset": "cifar10",
            "network": {"name": "resnet20"},
            "batch_size": BATCH,
            "augmentation": "crop4-flip",
            "subset": subset,
            "remainder": "keep",  # as torch's DataLoader cuts
        },
        optimizer="padam",
        options={
            "lr": arm.lr, "p": arm.p, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": DECAY,
            "variant": arm.variant, "decay": "l2", "decay_on": "all", "amsgrad": True,
        },
        epochs=epochs,
        seed=seed,
    )  # fmt: skip
    *_, last = train(recipe, load_split("cifar10", folder, subset, 0), torch.device("cpu"))
    if last.train_loss is None or last.test_error is None:
        raise AssertionError("classification measures both")
    return last.train_loss, last.test_error


def compared(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, Any]:
    """Return both samples, the difference of their means with its 95 % interval, and Welch's p-value."""
    result = stats.ttest_ind(ours, theirs, equal_var=False)
    low, high = result.confidence_interval(0.95)
    return {
        "engine": list(ours),
        "plain": list(theirs),
        "difference": float(np.mean(ours) - np.mean(theirs)),
        "interval_95": [float(low), float(high)],
        "welch_p_value": float(result.pvalue),
        "welch_t": abs(float(result.statistic)),
        "t_bound": float(stats.t.ppf(1 - SIGNIFICANCE / 2, result.df)),
    }


def main() -> int:
    """Run, print and keep the comparison; return 1 where the two differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("BASIN_DATA"))
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--subset", type=int, default=5_000)
    options = parser.parse_args()
    if options.data is None or not (Path(options.data) / "cifar-10-batches-py").is_dir():
        print("plain_loop: skipped, CIFAR-10 is not there; --data or BASIN_DATA names its folder")
        return 0
    folder = Path(options.data)
    labels = torch.tensor(CIFAR10(str(folder)).targets)
    chosen = balanced(labels, options.subset, "subset").tolist()
    measured: dict[str, Any] = {
        "task": f"ResNet-20, {options.subset} CIFAR-10 images, crop4-flip, batch {BATCH}, L2 {DECAY}",
        "epochs": options.epochs,
        "n": options.seeds,
        "arms": {},
    }
    checks = []
    for arm in ARMS:
        runs: dict[str, list[tuple[float, float]]] = {"engine": [], "plain": []}
        for seed in range(options.seeds):
            start = time.monotonic()
            runs["engine"].append(engine_training(arm, folder, options.subset, options.epochs, seed))
            middle = time.monotonic()
            runs["plain"].append(plain_training(arm, folder, chosen, options.epochs, seed))
            print(
                f"{arm.name}, seed {seed}: engine {runs['engine'][-1]} in {middle - start:.0f} s, "
                f"plain {runs['plain'][-1]} in {time.monotonic() - middle:.0f} s",
                flush=True,
            )
        found = {}
        for index, quantity in enumerate(("train_loss", "test_error")):
            found[quantity] = compared([r[index] for r in runs["engine"]], [r[index] for r in runs["plain"]])
            checks.append(
                Check(
                    name=f"{arm.name}: {quantity}, Welch's t",
                    value=found[quantity]["welch_t"],
                    bound=found[quantity]["t_bound"],
                )
            )
        measured["arms"][arm.name] = found
    path = write("plain_loop", measured, checks)
    for check in checks:
        print(f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.value:.2f}, bound {check.bound:.2f}")
    print(path)
    return 0 if all(check.ok for check in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
