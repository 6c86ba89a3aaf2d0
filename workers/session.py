"""The session: the training of one recipe, advanced an epoch at a time, that gives its state and takes one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from workers.recipe import Recipe
from workers.records import EpochRecord, Facts
from workers.seeds import seeded

State = Mapping[str, Any]
"""All that a training needs to go on: tensors, plain numbers and text, in mappings and lists of them."""


class Session(ABC):
    """The training of one recipe.

    Every generator is set from (seed, purpose, epoch) at the beginning of each epoch, the global ones of Python,
    numpy and torch too, and left as it was found. What an epoch does therefore depends on the recipe and on the state
    alone: a session that takes the state of another goes on as that one would have, to the last bit on a CPU.

    Attributes
    ----------
    recipe
        The training.
    epoch
        Epochs done.
    facts
        By which rule it steps; None where it has no optimizer.
    """

    facts: Facts | None = None

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.epoch = 0

    @property
    def done(self) -> bool:
        """Whether the budget is spent."""
        return self.epoch >= self.recipe.epochs

    def advance(self) -> EpochRecord:
        """Train one more epoch and return its record.

        Raises
        ------
        Divergence
            As soon as something that is measured is not finite; the session is of no further use.
        ValueError
            The budget is spent.
        """
        if self.done:
            raise ValueError(f"a recipe of {self.recipe.epochs} epochs must not be advanced further")
        with seeded(self.recipe.seed, "global", self.epoch + 1):
            record = self._epoch(self.epoch + 1)
        self.epoch += 1
        return record

    def rest(self) -> Iterator[EpochRecord]:
        """Advance until the budget is spent, and yield each record."""
        while not self.done:
            yield self.advance()

    def state(self) -> State:
        """Return a copy of the state, which later epochs leave alone."""
        return {"epoch": self.epoch, **_copied(self._state())}

    def load(self, state: State) -> None:
        """Go on from a state of :meth:`state`, of this recipe.

        Raises
        ------
        KeyError, RuntimeError, TypeError, ValueError
            The state is of another recipe; the session is of no further use.
        """
        epoch = state["epoch"]
        if type(epoch) is not int or not 0 <= epoch <= self.recipe.epochs:
            raise ValueError(f"a state must be of 0 to {self.recipe.epochs} epochs, got {epoch!r}")
        self._load(_copied({name: value for name, value in state.items() if name != "epoch"}))
        self.epoch = epoch

    @abstractmethod
    def _epoch(self, epoch: int) -> EpochRecord:
        """Train an epoch, 1 for the first, and return its record."""

    @abstractmethod
    def _state(self) -> State:
        """Return all that changes while it is trained, but for the count of epochs."""

    @abstractmethod
    def _load(self, state: State) -> None:
        """Take what :meth:`_state` gave."""


def _copied(value: Any) -> Any:
    """Return a copy of a state whose tensors are its own."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, Mapping):
        return {name: _copied(it) for name, it in value.items()}
    return [_copied(it) for it in value] if isinstance(value, list | tuple) else value
