"""Buckets: the state of many tensors in flat buffers, and views of it where torch looks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workers.optimizers.options import check_shape

Ends = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Stretch:
    """Neighbouring parameters that are stepped together.

    Attributes
    ----------
    first, end
        Where they stand among the parameters of the bucket.
    parameters
        Themselves.
    shapes
        Of each.
    state
        Their flat state, by name.
    ends
        Where each ends in it.
    """

    first: int
    end: int
    parameters: list[Tensor]
    shapes: list[torch.Size]
    state: dict[str, Tensor]
    ends: Ends


class Bucket:
    """The parameters of one group that share device and dtype, and their flat state.

    Parameters
    ----------
    parameters
        In the order of the group.
    names
        Of the state that the rule needs.
    owned
        Of all state that the rule may have; what is not needed now goes.
    state
        The state to begin with, by parameter.
    capturable
        Whether the count of steps lies on the device of the parameters.

    Attributes
    ----------
    parameters
        As above.
    flat
        Each state name with one flat tensor over all elements.

    Raises
    ------
    ValueError
        A state to begin with has another shape than its parameter, or a count of steps that is none.
    """

    def __init__(
        self,
        parameters: list[Tensor],
        names: Iterable[str],
        owned: frozenset[str],
        state: Mapping[Any, Any],
        *,
        capturable: bool = False,
    ) -> None:
        self.parameters = parameters
        self._owned = owned | {"step"}
        self._ends: list[int] = torch.tensor([p.numel() for p in parameters]).cumsum(0).tolist()
        self._starts = [0, *self._ends[:-1]]
        like = parameters[0]
        self._kind = (like.dtype, like.device)
        self.flat = {name: torch.zeros(self._ends[-1], dtype=like.dtype, device=like.device) for name in names}
        counts = torch.zeros(len(parameters), dtype=torch.float32)
        views = {name: self.cut(flat) for name, flat in self.flat.items()}
        for index, parameter in enumerate(parameters):
            kept = state.get(parameter, {})
            for name in (it for it in views if it in kept):
                check_shape(name, kept[name], parameter.shape)
                views[name][index].copy_(kept[name])
            count = float(kept.get("step", 0.0))
            if not math.isfinite(count) or count != int(count):
                raise ValueError(f"step must be a count of updates, >= 0, got {count}")
            counts[index] = count
        self.counts = counts.to(like.device) if capturable else counts
        # the same memory: torch takes twenty times as long to count one step further, which on a small network shows
        self._counted = None if capturable else counts.numpy()
        self.check()
        self._shapes = [parameter.shape for parameter in parameters]
        self._places: list[int] = []
        self._apart = True
        self._published: list[tuple[dict[str, Tensor], dict[str, Tensor]]] = []
        self._stretches: dict[tuple[int, int], Stretch] = {}

    def check(self) -> None:
        """Raise ``ValueError`` where a count of steps is below 0."""
        if self._counted is not None and (least := min(self._counted.tolist())) < 0:
            raise ValueError(f"step must be a count of updates, >= 0, got {int(least)}")

    @property
    def capturable(self) -> bool:
        """Whether the count of steps lies on the device of the parameters."""
        return self._counted is None

    @property
    def steps(self) -> list[int]:
        """Updates made so far, one count a parameter, read from where a user may have changed them."""
        return [int(count) for count in self.counts.tolist()]

    def cut(self, flat: Tensor) -> list[Tensor]:
        """Return views of a flat vector in the shapes of the parameters."""
        spans = zip(self._starts, self._ends, self.parameters, strict=True)
        return [flat[a:b].view(p.shape) for a, b, p in spans]

    def publish(self, state: dict[Any, Any]) -> None:
        """Put views of the buffers where torch looks for them."""
        views = {name: self.cut(flat) for name, flat in self.flat.items()}
        self._published = []
        for index, parameter in enumerate(self.parameters):
            ours = {"step": self.counts[index]} | {name: tensors[index] for name, tensors in views.items()}
            entry = {
                name: value for name, value in state.get(parameter, {}).items() if name not in self._owned
            } | ours
            state[parameter] = entry
            self._published.append((entry, ours))

    def is_published(self, state: Mapping[Any, Any]) -> bool:
        """Tell whether ``state`` still holds the views; it does not once a user cleared or replaced some."""
        return all(
            state.get(parameter) is entry and all(entry.get(name) is view for name, view in views.items())
            for parameter, (entry, views) in zip(self.parameters, self._published, strict=True)
        )

    def fits(self) -> bool:
        """Tell whether the parameters still have the buffers' type and device, and the shapes they had."""
        dtype, device = self._kind
        alike = all([it.dtype is dtype and it.device == device for it in self.parameters])  # noqa: C419 - twice as fast
        return alike and [it.shape for it in self.parameters] == self._shapes

    def apart(self) -> bool:
        """Tell whether no two parameters share memory; which is looked at where one of them has moved."""
        places = [parameter.data_ptr() for parameter in self.parameters]
        if places != self._places:
            spans = sorted(zip(places, map(extent, self.parameters), strict=True))
            self._apart = all(a + size <= b for (a, size), (b, _) in pairwise(spans))
            self._places = places
        return self._apart

    def stretches(self, gradients: Sequence[Tensor | None]) -> list[Stretch]:
        """Return what can be stepped at once: all of it, or the runs of parameters that have gradients.

        Parameters form one run as long as they are neighbours, have gradients, and were updated equally often. Where
        some share memory each is stepped alone, in turn, as torch does: the step of one sees that of the one before.

        Raises
        ------
        RuntimeError
            The counts lie on the device, and a parameter has no gradient.
        """
        if self._counted is None:
            if any(gradient is None for gradient in gradients):
                raise RuntimeError(
                    "with capturable every parameter must have a gradient, got one without; give the optimizer those "
                    "that are trained"
                )
            return [self._stretch(0, len(self.parameters))]
        counts = self._counted.tolist()
        if not self.apart():
            return [self._stretch(i, i + 1) for i, gradient in enumerate(gradients) if gradient is not None]
        if counts.count(counts[0]) == len(counts) and not any(gradient is None for gradient in gradients):
            return [self._stretch(0, len(counts))]
        found: list[Stretch] = []
        run: list[int] = []
        for index, gradient in enumerate(gradients):
            if run and (gradient is None or counts[index] != counts[run[0]]):
                found.append(self._stretch(run[0], run[-1] + 1))
                run = []
            if gradient is not None:
                run.append(index)
        return [*found, self._stretch(run[0], run[-1] + 1)] if run else found

    def _stretch(self, first: int, end: int) -> Stretch:
        known = self._stretches.get((first, end))
        if known is None:
            a, b = self._starts[first], self._ends[end - 1]
            known = self._stretches[first, end] = Stretch(
                first=first,
                end=end,
                parameters=self.parameters[first:end],
                shapes=self._shapes[first:end],
                state={name: flat[a:b] for name, flat in self.flat.items()},
                ends=np.array(self._ends[first:end], dtype=np.int64) - a,
            )
        return known

    def advance(self, stretch: Stretch) -> int | Tensor:
        """Count one more update of some parameters and return the new count, a tensor where it lies on the device."""
        if self._counted is not None:
            self._counted[stretch.first : stretch.end] += 1
            return int(self._counted[stretch.first])
        self.counts[stretch.first : stretch.end].add_(1.0)
        # 1 - beta2^t keeps four digits in single precision at the first step
        return self.counts[stretch.first].double()


def extent(tensor: Tensor) -> int:
    """Return the bytes from the first of a tensor to the end of its last element; 0 where it has no memory."""
    if not tensor.numel() or not tensor.data_ptr():
        return 0
    last = sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return (last + 1) * tensor.element_size()
