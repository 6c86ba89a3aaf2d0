"""The base of Basin's optimizers: flat state, weight decay in four forms, and one expression a rule.

A rule says what it keeps, and what one element of it becomes in a step; the base does the rest. On a CPU the
expression is compiled, by the machine's own compiler, into one pass over parameters, gradients and state
(:mod:`workers.optimizers.fused`); where there is none torch evaluates it over all tensors of a group at once. The
number of tensor operations does not grow with the number of tensors.

``optimizer.state[parameter]`` holds views of the flat buffers, under the names that torch's own optimizers use, so
that ``state_dict`` looks as a torch user expects.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, overload

import torch
from torch import Tensor

from workers.optimizers.buckets import Bucket, Stretch
from workers.optimizers.decay import shares
from workers.optimizers.family import Family, Shared, evaluated, gradients_of
from workers.optimizers.fused import Expression, kernel_of
from workers.optimizers.options import check_parameters
from workers.optimizers.sweep import sweep

PLAIN = frozenset((Tensor, torch.nn.Parameter))
"""Types of tensors that lie where they say."""


class Elementwise(Family):
    """An optimizer whose rule treats each element of each parameter alike.

    Subclasses name their state, check their options, and give the expression with its numbers.
    """

    def __init__(self, params: Any, own: Mapping[str, Any], shared: Shared) -> None:
        self._layout: list[list[Bucket]] | None = None
        self._known: list[int] = []
        super().__init__(params, own, shared)

    @abstractmethod
    def state_names(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names of the state a group needs beside ``step``."""

    @abstractmethod
    def expression(self, group: Mapping[str, Any]) -> Expression:
        """Return the rule that a group's options choose: the same object for the same choice."""

    @abstractmethod
    def numbers(self, group: Mapping[str, Any], step: Any) -> dict[str, Any]:
        """Return the numbers of the expression at a step, 1 for the first, always in the same order.

        They are tensors where the count is one, or the learning rate.
        """

    def shares(self, group: Mapping[str, Any], _step: Any) -> tuple[Any, Any]:
        """Return what of a parameter is added to its gradient, and what of it a step keeps."""
        return shares(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group; its options are checked like the constructor's."""
        super().add_param_group(param_group)
        self._layout = None

    def settle(self) -> None:
        """Lay out the buffers of a state that was just loaded."""
        self._layout = None
        self.buckets()

    def __setstate__(self, state: dict[str, Any]) -> None:
        defaults = dict(state.get("defaults") or self.defaults)  # torch adds one of its own, which no rule here has
        super().__setstate__(state)
        for group in self.param_groups:  # a state of an older release lacks some options
            for name, value in defaults.items():
                group.setdefault(name, value)
            group.setdefault("base_lr", group.get("initial_lr", group["lr"]))
        self._layout, self._known = None, []

    def buckets(self) -> list[list[Bucket]]:
        """Return the flat buffers of every group, laid out anew where a group, its state or its needs are new."""
        layout = self._layout
        if layout is None or any(map(self._outgrown, self.param_groups, layout)) or not self._is_current(layout):
            layout = self._layout = [self._laid_out(group) for group in self.param_groups]
            self._known = self._signature()
        return layout

    def _signature(self) -> list[int]:
        """Return who is where: the same as long as nobody touched parameters or state."""
        found = [id(parameter) for group in self.param_groups for parameter in group["params"]]
        for entry in self.state.values():
            found.append(id(entry))
            found += map(id, entry.values())
        return found

    def _is_current(self, layout: list[list[Bucket]]) -> bool:
        """Tell whether the groups hold the parameters of the buckets, and the state their views."""
        known = self._signature()
        if known != self._known:  # something is new, if only what a user keeps beside our state
            for group, buckets in zip(self.param_groups, layout, strict=True):
                held = {id(parameter) for bucket in buckets for parameter in bucket.parameters}
                if {id(parameter) for parameter in group["params"]} != held:
                    return False
                if not all(bucket.is_published(self.state) for bucket in buckets):
                    return False
            self._known = known
        return True

    def _outgrown(self, group: Mapping[str, Any], buckets: list[Bucket]) -> bool:
        """Tell whether the buffers are not those that the options of a group and the types of its parameters need."""
        names, capturable = set(self.state_names(group)), group["capturable"]
        return any(it.flat.keys() != names or it.capturable is not capturable or not it.fits() for it in buckets)

    def _laid_out(self, group: Mapping[str, Any]) -> list[Bucket]:
        check_parameters(group["params"])
        kinds: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
        for parameter in group["params"]:
            kinds.setdefault((parameter.device, parameter.dtype), []).append(parameter)
        names, capturable = self.state_names(group), group["capturable"]
        buckets = [Bucket(it, names, self.STATE, self.state, capturable=capturable) for it in kinds.values()]
        for bucket in buckets:
            bucket.publish(self.state)
        return buckets

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Update every parameter that has a gradient; ``closure`` re-evaluates the loss first and returns it.

        Raises
        ------
        RuntimeError
            A gradient is sparse, or has another shape than its parameter. No parameter has moved then.
        TypeError, ValueError
            An option was changed to what is out of range, or a parameter has data of another shape than its state. No
            parameter has moved then.
        """
        loss = evaluated(closure)
        if torch.compiler.is_compiling():
            self._traced()
            return loss
        for group in self.param_groups:
            self.check_all(group)
        planned = []
        for group, buckets in zip(self.param_groups, self.buckets(), strict=True):
            for bucket in buckets:
                bucket.check()
                gradients = gradients_of(bucket.parameters)
                planned += [(group, bucket, it, gradients[it.first : it.end]) for it in bucket.stretches(gradients)]
        for _, _, stretch, given in planned:
            check_shapes(stretch, given)
        for group, bucket, stretch, given in planned:
            self._advance(group, bucket, stretch, given)
        return loss

    def _advance(self, group: Mapping[str, Any], bucket: Bucket, stretch: Stretch, gradients: list[Any]) -> None:
        """Step parameters that have gradients and were stepped equally often."""
        sign = -1.0 if group["maximize"] else 1.0
        step = bucket.advance(stretch)
        numbers, (l2, keep) = self.numbers(group, step), self.shares(group, step)
        expression = self.expression(group)
        fused = group["fused"] is not False
        if fused and not bucket.capturable and addressable(stretch.parameters, gradients):
            kernel = kernel_of(expression, tuple(stretch.state), tuple(numbers), gradients[0].dtype)
            if kernel is not None:
                values = [sign, float(l2), float(keep), *map(float, numbers.values())]
                kernel(stretch.parameters, gradients, stretch.ends, list(stretch.state.values()), values)
                return
        on_cpu = gradients[0].is_cpu
        if group["fused"] and on_cpu:
            raise RuntimeError(
                "fused=True must have a C++ compiler, and parameters and gradients in single or double precision "
                "that lie in memory without gaps; leave it out to step without"
            )
        compiled = fused and not on_cpu
        sweep(expression, stretch.parameters, gradients, stretch.state, numbers, (sign, l2, keep), compiled=compiled)

    def _traced(self) -> None:
        """Step within a graph of torch's compiler: what a step reads from the host stays a tensor."""
        for group in self.param_groups:
            parameters: list[Tensor] = []
            gradients: list[Tensor] = []
            buffers: list[Tensor] = []
            counts: list[Tensor] = []
            self._init_group(group, parameters, gradients, buffers, counts)
            if not parameters:
                continue
            counts[0].add_(1.0)
            step = counts[0][0].double()
            given = (-1.0 if group["maximize"] else 1.0, *self.shares(group, step))
            state = dict(zip(self.state_names(group), buffers, strict=True))
            sweep(self.expression(group), parameters, gradients, state, self.numbers(group, step), given)

    def _init_group(
        self,
        group: dict[str, Any],
        parameters: list[Tensor],
        gradients: list[Tensor],
        buffers: list[Tensor],
        counts: list[Tensor],
    ) -> None:
        """Fill lists with what a group is stepped with; torch's compiler knows this name, and runs it untraced.

        Raises
        ------
        RuntimeError
            Parameters of the group differ in type, in device or in their counts of steps, or some have no gradient.
        """
        self.check_all(group)
        buckets = self.buckets()[next(i for i, it in enumerate(self.param_groups) if it is group)]
        given = [gradient for bucket in buckets for gradient in gradients_of(bucket.parameters)]
        if len(buckets) != 1 or any(gradient is None for gradient in given) or len(set(buckets[0].steps)) != 1:
            raise RuntimeError(
                "a step that torch compiles must have parameters of one type on one device in each group, stepped "
                "equally often, all with gradients; step without torch.compile, which fuses as well"
            )
        parameters += buckets[0].parameters
        gradients += [gradient for gradient in given if gradient is not None]
        buffers += buckets[0].flat.values()
        counts.append(buckets[0].counts)


def addressable(parameters: list[Tensor], gradients: list[Any]) -> bool:
    """Tell whether machine code may step tensors by their addresses.

    They must be plain tensors of the CPU and of one type, which all parameters of a bucket are if one is, and lie in
    memory element by element in the order of their indices: no subclass, none without memory, and none that torch
    negates whenever it reads it.
    """
    tensors = [*parameters, *gradients]
    dtype = parameters[0].dtype
    # every step asks this: methods of C go through twice as fast as a generator
    return (
        PLAIN.issuperset(map(type, tensors))
        and parameters[0].is_cpu
        and all([it.dtype is dtype and it.is_cpu for it in gradients])  # noqa: C419
        and all(map(Tensor.is_contiguous, tensors))
        and not any(map(Tensor.is_neg, tensors))
        and (all(map(Tensor.data_ptr, tensors)) or all(it.data_ptr() or not it.numel() for it in tensors))
    )


def check_shapes(stretch: Stretch, gradients: list[Any]) -> None:
    """Raise ``RuntimeError`` where a gradient has another shape than its parameter, whose data may be new."""
    given = [gradient.shape for gradient in gradients]
    if given != stretch.shapes:
        got, wanted = next((a, b) for a, b in zip(given, stretch.shapes, strict=True) if a != b)
        raise RuntimeError(
            f"a gradient must have the shape of its parameter, {tuple(wanted)}, got {tuple(got)}; set it to None "
            "once the parameter has other data"
        )
