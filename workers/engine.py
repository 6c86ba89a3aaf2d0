"""The training engine: one recipe in, one record an epoch out.

The loop reads the device at the end of an epoch, and on a GPU every 50 steps to notice a loss that is not finite;
order and augmentation are drawn for a whole epoch on the CPU before its first step.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from workers.data import Split
from workers.data.augmentation import Augmentation
from workers.facts import facts_of
from workers.moves import Moves
from workers.networks import build_network
from workers.optimizers import build_optimizer, in_force
from workers.recipe import Recipe
from workers.records import Divergence, EpochRecord
from workers.seeds import generator
from workers.session import Session, State

CHECK_EVERY = 50
EVALUATION_BATCH = {"cpu": 100, "cuda": 1_000}
"""Images evaluated at a time, by device. On a CPU what a batch of 1,000 leaves in memory outgrows the cache, and a
ResNet-20 evaluates CIFAR-10 three times slower with it (AMD EPYC, one thread)."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What the task of classification declares: the setting of a recipe.

    Attributes
    ----------
    dataset, network, batch_size, augmentation
        By the names of the registries of this package; the network with its options.
    dataset_options
        Those of the data set, where it has any.
    subset, validation
        Number of training images used (None: all) and held out of them.
    remainder
        What becomes of the images of an epoch that fill no batch: ``join`` or ``keep``, as :func:`batches` cuts.
    """

    dataset: str
    network: Mapping[str, Any]
    batch_size: int
    augmentation: str = "none"
    dataset_options: Mapping[str, Any] = field(default_factory=dict)
    subset: int | None = None
    validation: int = 0
    remainder: str = "join"


def train(recipe: Recipe, split: Split, device: torch.device) -> Iterator[EpochRecord]:
    """Train from scratch and yield a record after each epoch, ``recipe.epochs`` of them; see :class:`Training`.

    Raises
    ------
    Divergence
        As soon as a loss, or an output of the evaluation, is not finite.
    """
    return Training(recipe, split, device).rest()


def batches(order: Tensor, size: int, remainder: str) -> list[Tensor]:
    """Cut the order of an epoch's images into batches of ``size``, but for the last.

    A step at the full learning rate on the batch norm of a few images, just before the evaluation, would be what the
    evaluation measures.

    Parameters
    ----------
    order
        Positions of the images, ``[n]``.
    size
        Images a batch, >= 1.
    remainder
        ``join``: less than half a batch joins the one before, which makes floor(n / size + 1/2) batches. ``keep``: it
        stays alone. A single image joins either way, as batch norm needs two.

    Raises
    ------
    ValueError
        ``size`` is more than the images there are, which only ``keep`` takes for one batch of them all.
    """
    if remainder == "join" and size > len(order):
        raise ValueError(f"a batch must have at most the {len(order)} training images, got batch_size {size}")
    cut = list(torch.split(order, size))
    rest = len(cut[-1])
    joins = {"keep": rest == 1, "join": 2 * rest < size or 1 == rest < size}
    if len(cut) > 1 and joins[remainder]:
        cut[-2:] = [torch.cat(cut[-2:])]
    return cut


class Training(Session):
    """The training of a network on images.

    Parameters
    ----------
    recipe
        The training.
    split
        Its data, on any device.
    device
        Where to train.

    Raises
    ------
    ValueError
        The recipe joins remainders, and a batch is to have more images than there are; or, in the first batch of an
        epoch, the network has not one output for each class.
    """

    def __init__(self, recipe: Recipe, split: Split, device: torch.device) -> None:
        super().__init__(recipe)
        images = split.images
        self.setting = setting = Setting(**recipe.setting)
        self.device, self.classes = device, images.classes
        self.pixels, self.labels = images.train_images.to(device), images.train_labels.to(device)
        self.test = (images.test_images.to(device), images.test_labels.to(device))
        self.validation = (split.validation_images.to(device), split.validation_labels.to(device))
        self.mean = images.mean.to(device)[:, None, None]
        self.std = images.std.to(device)[:, None, None]
        options = dict(setting.network)
        name = options.pop("name")
        self.model = build_network(name, images.shape, images.classes, recipe.seed, options).to(device)
        self.count = len(self.labels)
        self.steps = len(batches(torch.arange(self.count), setting.batch_size, setting.remainder))
        self.optimizer = build_optimizer(self.model, recipe, self.steps * recipe.epochs)
        self.moves = Moves(recipe.schedules, self.optimizer, self.steps, recipe.epochs)
        self.facts = facts_of(recipe, self.optimizer, self.moves)
        self.last_finite_loss: float | None = None

    def _epoch(self, epoch: int) -> EpochRecord:
        start = time.perf_counter()
        loss = self._train(epoch)
        test = self._errors(*self.test, epoch)
        held_out = self._errors(*self.validation, epoch) if len(self.validation[1]) else (None, None)
        return EpochRecord(
            epoch=epoch,
            train_loss=loss,
            test_error=test[0],
            test_error5=test[1],
            validation_error=held_out[0],
            validation_error5=held_out[1],
            **in_force(self.optimizer),
            seconds=time.perf_counter() - start,
            images=self.count,
        )

    def _state(self) -> State:
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "last_finite_loss": self.last_finite_loss,
        }

    def _load(self, state: State) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.last_finite_loss = state["last_finite_loss"]

    def _train(self, epoch: int) -> float:
        """Train one epoch and return the mean loss over its images."""
        recipe = self.recipe
        order = torch.randperm(self.count, generator=generator(recipe.seed, "order", epoch))
        augmentation = Augmentation(self.setting.augmentation, self.count, recipe.seed, epoch)
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        every = 1 if self.device.type == "cpu" else CHECK_EVERY
        pending: list[Tensor] = []
        self.model.train()
        for number, index in enumerate(batches(order, self.setting.batch_size, self.setting.remainder)):
            self.moves.apply((epoch - 1) * self.steps + number)
            x = self._normalised(augmentation.apply(self.pixels, index))
            self.optimizer.zero_grad(set_to_none=True)
            logits = self.model(x)
            if number == 0:
                self._check_shape(logits, len(index))
            loss = functional.cross_entropy(logits, self.labels[index.to(self.device)])
            loss.backward()  # type: ignore[no-untyped-call]
            pending.append(loss.detach())
            if len(pending) == every or number == self.steps - 1:
                self._check(pending, epoch)
                pending.clear()
            self.optimizer.step()
            total += loss.detach().double() * len(index)
        return float(total) / self.count

    def _check_shape(self, logits: Any, count: int) -> None:
        """Refuse a network without one output for each class: with more of them it would train all the same."""
        got = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        if got != (count, self.classes):
            raise ValueError(
                f"network {self.setting.network['name']} must map {count} images to logits of shape "
                f"({count}, {self.classes}), one for each class of {self.setting.dataset}, got {got}"
            )

    def _check(self, losses: list[Tensor], epoch: int) -> None:
        """Read some losses back and stop at the first that is not finite."""
        for loss in torch.stack(losses).tolist():
            if not math.isfinite(loss):
                raise Divergence(epoch, self.last_finite_loss)
            self.last_finite_loss = loss

    def _normalised(self, pixels: Tensor) -> Tensor:
        return (pixels.float() - self.mean) / self.std

    @torch.no_grad()
    def _errors(self, pixels: Tensor, labels: Tensor, epoch: int) -> tuple[float, float]:
        """Return top-1 and top-5 error in percent."""
        self.model.eval()
        wrong = torch.zeros(2, dtype=torch.int64, device=self.device)
        finite = torch.ones((), dtype=torch.bool, device=self.device)
        size = EVALUATION_BATCH.get(self.device.type, EVALUATION_BATCH["cuda"])
        for x, y in zip(torch.split(pixels, size), torch.split(labels, size), strict=True):
            logits = self.model(self._normalised(x))
            finite &= logits.isfinite().all()
            top = logits.topk(min(5, logits.shape[1]), dim=1).indices == y[:, None]
            wrong += torch.stack([(~top[:, 0]).sum(), (~top.any(1)).sum()])
        if not bool(finite):
            raise Divergence(epoch, self.last_finite_loss)
        top1, top5 = (100.0 * wrong.double() / len(labels)).tolist()
        return top1, top5
