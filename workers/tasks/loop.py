"""A loop of one's own: a generator of metrics as a session, one epoch each time it yields."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from workers.recipe import Recipe
from workers.records import LARGEST, Divergence, EpochRecord
from workers.seeds import seeded
from workers.session import Session, State


class Options(Mapping[str, Any]):
    """The options of a task in force, by key and as attributes."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._values:
            raise AttributeError(f"no option {name!r}; there are {', '.join(self._values) or 'none'}")
        return self._values[name]

    def __repr__(self) -> str:
        return f"Options({self._values})"


class Loop(Session):
    """The training of a generator that yields a mapping of metrics an epoch.

    What such a generator keeps cannot be written down. Its state is the number of epochs done, and a session that
    takes it goes through them once more: with the same seeds they come to the same.

    Parameters
    ----------
    recipe
        The training.
    function
        Takes options, seed and epochs, and returns the generator.
    options
        The value of every option.
    metrics
        What it has to measure, the objective first.
    """

    def __init__(
        self, recipe: Recipe, function: Callable[..., Any], options: Mapping[str, Any], metrics: Sequence[str]
    ) -> None:
        super().__init__(recipe)
        self._function, self._options, self._metrics = function, Options(options), tuple(metrics)
        self._generator: Iterator[Any] | None = None
        self._yielded = 0
        self._last_finite: float | None = None

    def _epoch(self, epoch: int) -> EpochRecord:
        while self._yielded < epoch - 1:
            with seeded(self.recipe.seed, "global", self._yielded + 1):
                self._next()
        begun = time.perf_counter()
        metrics = self._next()
        if epoch == self.recipe.epochs:
            self._close()
        return EpochRecord(epoch=epoch, metrics=metrics, seconds=time.perf_counter() - begun)

    def _next(self) -> dict[str, float]:
        """Advance the generator by an epoch and return what it measured."""
        epoch = self._yielded + 1
        if self._generator is None:
            found = self._function(self._options, self.recipe.seed, self.recipe.epochs)
            if not hasattr(found, "__next__"):
                raise TypeError(f"task {self.recipe.task} must be a generator that yields metrics, got {type(found)}")
            self._generator = found
        try:
            measured = next(self._generator)
        except StopIteration:
            raise ValueError(
                f"task {self.recipe.task} must yield metrics {self.recipe.epochs} times, once an epoch; it ended "
                f"after {self._yielded}"
            ) from None
        self._yielded = epoch
        return self._finite(self._named(measured, epoch), epoch)

    def _named(self, measured: Any, epoch: int) -> dict[str, float]:
        """Return the numbers of an epoch, one for each metric and no other."""
        wanted = f"task {self.recipe.task} must yield a dict with a number for each of {', '.join(self._metrics)}"
        if not isinstance(measured, Mapping):
            raise TypeError(f"{wanted}; in epoch {epoch} it yielded {type(measured)}")
        missing = [name for name in self._metrics if name not in measured]
        unknown = [str(name) for name in measured if name not in self._metrics]
        if missing or unknown:
            faults = [f"{', '.join(missing)} is missing"] if missing else []
            faults += [f"{', '.join(unknown)} is not declared"] if unknown else []
            raise ValueError(f"{wanted}; in epoch {epoch} {' and '.join(faults)}")
        try:
            return {name: float(measured[name]) for name in self._metrics}
        except (TypeError, ValueError) as error:
            raise TypeError(f"{wanted}; in epoch {epoch} one was none: {error}") from error

    def _finite(self, metrics: dict[str, float], epoch: int) -> dict[str, float]:
        """Return the numbers of an epoch, or end the training where one is not finite."""
        if not all(abs(value) <= LARGEST for value in metrics.values()):
            raise Divergence(epoch, self._last_finite)
        self._last_finite = metrics[self._metrics[0]]
        return metrics

    def _close(self) -> None:
        """Let the generator put away what it holds."""
        close = getattr(self._generator, "close", None)
        if close is not None:
            close()

    def _state(self) -> State:
        return {}

    def _load(self, _state: State) -> None:
        self._close()
        self._generator, self._yielded, self._last_finite = None, 0, None
