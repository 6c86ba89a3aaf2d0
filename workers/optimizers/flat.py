"""The base of Basin's optimizers: state in flat buffers, weight decay in four forms, one rule to fill in.

A step gathers the gradients of a parameter group into one flat vector, lets the subclass turn it into one flat
update, and adds that to the parameters. The number of tensor operations therefore does not grow with the number of
tensors, and one fused kernel can serve the whole family.

``optimizer.state[parameter]`` holds views of the flat buffers, under the names that :class:`torch.optim.Adam` uses,
so that ``state_dict`` looks as a torch user expects.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any, overload

import torch
from torch import Tensor

NAMES = frozenset(("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"))
"""Names of torch's Adam that the state of this family uses."""

DECAYS = ("l2", "decoupled-lr", "decoupled-schedule", "normalised")

State = Mapping[str, Tensor]


class Bucket:
    """The parameters of one group that share device and dtype, and their flat state.

    Attributes
    ----------
    parameters
        In the order of the group.
    flat
        Each state name with one flat tensor over all elements.
    steps
        Updates made so far, one count a parameter: a parameter without a gradient is passed over.

    Raises
    ------
    ValueError
        A state to begin with has another shape than its parameter, or a count of steps that is none.
    """

    def __init__(self, parameters: list[Tensor], names: Iterable[str], state: Mapping[Any, Any]) -> None:
        self.parameters = parameters
        ends = torch.tensor([p.numel() for p in parameters]).cumsum(0).tolist()
        self._spans = list(zip([0, *ends[:-1]], ends, strict=True))
        like = parameters[0]
        self.flat = {name: torch.zeros(ends[-1], dtype=like.dtype, device=like.device) for name in names}
        self.gradient = torch.empty(ends[-1], dtype=like.dtype, device=like.device)
        self._counts = torch.zeros(len(parameters), dtype=torch.float32)
        self._published: list[tuple[dict[str, Tensor], dict[str, Tensor]]] = []
        views = self.views()
        for index, parameter in enumerate(parameters):
            kept = state.get(parameter, {})
            for name in views.keys() & kept.keys():
                if not isinstance(kept[name], Tensor) or kept[name].shape != parameter.shape:
                    raise ValueError(
                        f"{name} must be a tensor of its parameter's shape {tuple(parameter.shape)}, got "
                        f"{getattr(kept[name], 'shape', kept[name])}"
                    )
                views[name][index].copy_(kept[name])
            count = float(kept.get("step", 0.0))
            if not math.isfinite(count) or count != int(count):
                raise ValueError(f"step must be a count of updates, >= 0, got {count}")
            self._counts[index] = count
        self.check()

    def check(self) -> None:
        """Raise ``ValueError`` where a count of steps is below 0."""
        if bool((self._counts < 0).any()):
            raise ValueError(f"step must be a count of updates, >= 0, got {int(self._counts.min())}")

    @property
    def steps(self) -> list[int]:
        """Updates made so far, read from where a user may have changed them."""
        return [int(count) for count in self._counts.tolist()]

    def views(self) -> dict[str, list[Tensor]]:
        """Return each state buffer cut into tensors of the parameters' shapes."""
        return {name: self.cut(flat) for name, flat in self.flat.items()}

    def cut(self, flat: Tensor) -> list[Tensor]:
        """Return views of a flat vector in the shapes of the parameters."""
        return [flat[a:b].view(p.shape) for (a, b), p in zip(self._spans, self.parameters, strict=True)]

    def publish(self, state: dict[Any, Any]) -> None:
        """Put views of the buffers where torch looks for them."""
        views = self.views()
        self._published = []
        for index, parameter in enumerate(self.parameters):
            ours = {"step": self._counts[index]} | {name: tensors[index] for name, tensors in views.items()}
            # What else a user keeps there stays; what the rule no longer needs goes.
            entry = {name: value for name, value in state.get(parameter, {}).items() if name not in NAMES} | ours
            state[parameter] = entry
            self._published.append((entry, ours))

    def is_published(self, state: Mapping[Any, Any]) -> bool:
        """Tell whether ``state`` still holds the views; it does not once a user cleared or replaced some."""
        return all(
            state.get(parameter) is entry and all(entry.get(name) is view for name, view in views.items())
            for parameter, (entry, views) in zip(self.parameters, self._published, strict=True)
        )

    def fits(self) -> bool:
        """Tell whether the parameters still have the buffers' type and device."""
        like = self.gradient
        return all(p.dtype == like.dtype and p.device == like.device for p in self.parameters)

    def segments(self) -> Iterable[Segment]:
        """Yield what can be updated at once: all of it, or the runs of parameters that have gradients.

        Parameters form one run as long as they are neighbours, have gradients, and were updated equally often.
        """
        run: list[int] = []
        steps = self.steps
        for index, parameter in enumerate(self.parameters):
            ready = parameter.grad is not None
            if run and (not ready or steps[index] != steps[run[0]]):
                yield Segment(self, run[0], run[-1] + 1)
                run = []
            if ready:
                run.append(index)
        if run:
            yield Segment(self, run[0], run[-1] + 1)

    def advance(self, first: int, end: int) -> int:
        """Count one more update of some parameters and return the new count."""
        self._counts[first:end] += 1
        return int(self._counts[first])

    def span(self, first: int, end: int) -> slice:
        """Return where some parameters lie in the flat vectors."""
        return slice(self._spans[first][0], self._spans[end - 1][1])


class Segment:
    """A run of neighbouring parameters updated together."""

    def __init__(self, bucket: Bucket, first: int, end: int) -> None:
        self.parameters = bucket.parameters[first:end]
        self._span = bucket.span(first, end)
        self._bucket = bucket
        self._range = (first, end)
        self.gradient = bucket.gradient[self._span]

    @property
    def state(self) -> State:
        """The flat state of the run."""
        return {name: flat[self._span] for name, flat in self._bucket.flat.items()}

    def gather(self) -> Tensor:
        """Copy the gradients into the flat vector and return it."""
        torch.cat([p.grad.reshape(-1) for p in self.parameters if p.grad is not None], out=self.gradient)
        return self.gradient

    def advance(self) -> int:
        """Count one more update and return the count."""
        return self._bucket.advance(*self._range)

    def shaped(self, flat: Tensor) -> list[Tensor]:
        """Return views of a flat vector of this run in the shapes of its parameters."""
        pieces = torch.split(flat, [p.numel() for p in self.parameters])
        return [piece.view(p.shape) for piece, p in zip(pieces, self.parameters, strict=True)]


class FlatOptimizer(torch.optim.Optimizer, ABC):
    """A :class:`torch.optim.Optimizer` whose rule is written once, over flat vectors.

    Subclasses name their state, check their options and give the update. Every group carries at least ``lr``,
    ``weight_decay``, ``decay``, ``cycle_steps`` and ``maximize``.
    """

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self._layout: list[list[Bucket]] | None = None
        super().__init__(params, defaults)

    @abstractmethod
    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ``ValueError`` where a group's options are outside the rule's range."""

    @abstractmethod
    def state_names(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names of the state a group needs beside ``step``."""

    @abstractmethod
    def update(self, gradient: Tensor, state: State, step: int, group: Mapping[str, Any]) -> Tensor:
        """Advance the flat ``state`` in place and return the flat vector to subtract from the parameters.

        Parameters
        ----------
        gradient
            Flat gradient, decay included where it is ``l2``; may be overwritten.
        state
            Flat state by name.
        step
            1 at the first update.
        group
            The group's options.
        """

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group; its options are checked like the constructor's."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        group.setdefault("initial_lr", group["lr"])
        try:
            check_shared(group)
            self.check(group)
        except (TypeError, ValueError):
            self.param_groups.pop()
            raise
        self._layout = None

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what :meth:`state_dict` returned; later steps continue as if never interrupted.

        State that the rule needs and the dictionary lacks begins at zero.

        Raises
        ------
        TypeError, ValueError
            An option is out of range, or a state has another shape than its parameter; nothing is loaded then.
        """
        state, groups = self.state, self.param_groups
        try:
            super().load_state_dict(state_dict)
            for group in self.param_groups:
                check_shared(group)
                self.check(group)
            self.buckets()
        except BaseException:
            self.state, self.param_groups, self._layout = state, groups, None
            raise

    def __setstate__(self, state: dict[str, Any]) -> None:
        defaults = dict(state.get("defaults") or self.defaults)  # torch adds one of its own, which no rule here has
        super().__setstate__(state)
        for group in self.param_groups:  # a state of another optimizer, or of an older release, lacks some options
            for name, value in defaults.items():
                group.setdefault(name, value)
            group.setdefault("initial_lr", group["lr"])
        self._layout = None

    def buckets(self) -> list[list[Bucket]]:
        """Return the flat buffers of every group, laid out anew where a group, its state or its needs are new."""
        if self._layout is None or not self._is_current(self._layout):
            self._layout = [self._laid_out(group) for group in self.param_groups]
        return self._layout

    def _is_current(self, layout: list[list[Bucket]]) -> bool:
        if [len(group["params"]) for group in self.param_groups] != [
            sum(len(bucket.parameters) for bucket in buckets) for buckets in layout
        ]:
            return False
        return all(
            bucket.flat.keys() == set(self.state_names(group)) and bucket.is_published(self.state) and bucket.fits()
            for group, buckets in zip(self.param_groups, layout, strict=True)
            for bucket in buckets
        )

    def _laid_out(self, group: Mapping[str, Any]) -> list[Bucket]:
        kinds: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
        for parameter in group["params"]:
            kinds.setdefault((parameter.device, parameter.dtype), []).append(parameter)
        names = self.state_names(group)
        buckets = [Bucket(parameters, names, self.state) for parameters in kinds.values()]
        for bucket in buckets:
            bucket.publish(self.state)
        return buckets

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Update every parameter that has a gradient; ``closure`` re-evaluates the loss first and returns it."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:  # all of them, before anything moves
            check_shared(group)
            check_gradients(group)
            self.check(group)
        layout = self.buckets()
        for buckets in layout:
            for bucket in buckets:
                bucket.check()
        for group, buckets in zip(self.param_groups, layout, strict=True):
            for bucket in buckets:
                for segment in bucket.segments():
                    self._step(segment, group)
        return loss

    def _step(self, segment: Segment, group: Mapping[str, Any]) -> None:
        gradient = segment.gather()
        if group["maximize"]:
            gradient.neg_()
        strength = decay_per_step(group)
        if strength and group["decay"] == "l2":
            torch._foreach_add_(segment.shaped(gradient), segment.parameters, alpha=strength)
        elif strength:
            torch._foreach_mul_(segment.parameters, 1.0 - strength)
        update = self.update(gradient, segment.state, segment.advance(), group)
        torch._foreach_sub_(segment.parameters, segment.shaped(update))


def check_gradients(group: Mapping[str, Any]) -> None:
    """Raise ``RuntimeError`` where a gradient is sparse."""
    if any(parameter.grad is not None and parameter.grad.is_sparse for parameter in group["params"]):
        raise RuntimeError(
            "dense gradients must be given, got a sparse one; use torch.optim.SparseAdam for that parameter"
        )


def check_shared(group: Mapping[str, Any]) -> None:
    """Raise ``ValueError`` where what every optimizer of the family shares is out of range."""
    for parameter in group["params"]:
        if not parameter.is_floating_point():
            raise ValueError(f"parameters must be real floating-point tensors, got {parameter.dtype}")
    if len(set(group["params"])) < len(group["params"]):
        raise ValueError("parameters of a group must differ, got one of them twice")
    in_range("lr", group["lr"], 0.0)
    in_range("initial_lr", group["initial_lr"], 0.0)
    in_range("weight_decay", group["weight_decay"], 0.0)
    one_of("decay", group["decay"], DECAYS)
    truth("maximize", group["maximize"])
    cycle = group["cycle_steps"]
    if (cycle is not None or group["decay"] == "normalised") and (type(cycle) is not int or cycle < 1):
        raise ValueError(
            "cycle_steps must be the steps of the current cycle, >= 1, and the decay 'normalised' needs it, got "
            f"{cycle!r}"
        )


def one_of(name: str, value: object, known: Iterable[str]) -> None:
    """Raise ``ValueError`` unless ``value`` is one of some names."""
    names = tuple(known)
    if value not in names:
        raise ValueError(f"{name} must be one of {', '.join(names)}, got {value!r}")


def truth(name: str, value: object) -> None:
    """Raise ``TypeError`` unless ``value`` is True or False."""
    if type(value) is not bool:
        raise TypeError(f"{name} must be True or False, got {value!r}")


def in_range(name: str, value: object, low: float, high: float = math.inf, *, open_above: bool = False) -> None:
    """Raise ``ValueError`` unless ``low <= value <= high`` (``< high`` where ``open_above``) and finite.

    What is not a number raises ``TypeError``.
    """
    if type(value) is bool or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    number = float(value)
    if not (math.isfinite(number) and number >= low and (number < high if open_above else number <= high)):
        bracket = ")" if open_above or math.isinf(high) else "]"
        raise ValueError(f"{name} must lie in [{low:g}, {high:g}{bracket}, got {value!r}")


def decay_per_step(group: Mapping[str, Any]) -> float:
    """Return the decay's strength in one step.

    ============================ =====================================================================
    ``l2``                       weight_decay, added to the gradient times the parameter
    ``decoupled-lr``             lr x weight_decay, as torch.optim.AdamW
    ``decoupled-schedule``       (lr / initial_lr) x weight_decay, as Loshchilov and Hutter
    ``normalised``               (lr / initial_lr) x weight_decay / sqrt(cycle_steps), their normalised form
    ============================ =====================================================================

    The last three shrink the parameters by that factor before the update is subtracted. ``initial_lr`` is the group's
    learning rate when it was added, unless a scheduler of torch has set it; where it is 0, the multiplier is 1.
    I. Loshchilov, F. Hutter: Decoupled weight decay regularization, ICLR 2019, arXiv:1711.05101.
    """
    strength = float(group["weight_decay"])
    if not strength or group["decay"] == "l2":
        return strength
    if group["decay"] == "decoupled-lr":
        return strength * float(group["lr"])
    if group["initial_lr"]:
        strength *= group["lr"] / group["initial_lr"]
    return strength / math.sqrt(group["cycle_steps"]) if group["decay"] == "normalised" else strength
