"""What a step of the optimizers costs, beside torch's fused AMSGrad and the loop that Padam's authors published.

On the parameters of ResNet-18 and ResNet-20, with L2 decay, in single precision. Four take turns within a round, and
medians over the rounds are compared: Padam as machine code; Padam without a compiler; torch's AMSGrad, fused, the
yardstick of speed and no Padam; and the loop, ten operations a tensor. Gradients lie where autograd puts them, one
tensor each, or (``flat``) one behind the other.

``python -m benchmarks.step`` takes about three minutes on two cores.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from benchmarks.record import Check, write
from workers.networks import build_network
from workers.optimizers import Padam
from workers.optimizers.fused.compiler import described
from workers.optimizers.naive import NaivePadam

NETWORKS = {"resnet18": 31, "resnet20": 150}
"""With the number of rounds."""

EXPONENTS = (0.0, 1 / 16, 1 / 8, 0.2, 1 / 2)
LR, DECAY = 1e-3, 5e-4


def main() -> int:
    """Measure, write the record, and return 1 where a bound is not met."""
    most = torch.get_num_threads()
    measured: dict[str, Any] = {"compiler": described(), "rounds": NETWORKS}
    checks: list[Check] = []
    for network in NETWORKS:
        for threads in sorted({1, most}):
            torch.set_num_threads(threads)
            for p in EXPONENTS:
                name = f"{network}, {threads} threads, p = {p:g}"
                found = measured[name] = _compared(network, p, flat=False)
                print(name, found, flush=True)
                checks.append(Check(name=f"{name}: to the loop", value=found["to_loop"], bound=1 / 2.5))
                if p == 1 / 8:
                    even = measured[f"{name}, flat"] = _compared(network, p, flat=True)
                    print(f"{name}, flat", even, flush=True)
                    checks += [
                        Check(name=f"{name}: to the loop, a chain of roots", value=found["to_loop"], bound=1 / 5),
                        Check(name=f"{name}: to fused AMSGrad", value=found["to_fused_amsgrad"], bound=1.15),
                        Check(name=f"{name}, flat: to fused AMSGrad", value=even["to_fused_amsgrad"], bound=1.0),
                    ]
    path = write("step", measured, checks)
    print(path)
    return 0 if all(check.ok for check in checks) else 1


def _compared(network: str, p: float, *, flat: bool) -> dict[str, float]:
    """Return milliseconds a step of each, and ratios of what Padam takes."""
    steps: dict[str, Callable[[], object]] = {
        "padam_ms": Padam(_parameters(network, flat=flat), lr=LR, p=p, weight_decay=DECAY).step,
        "without_compiler_ms": Padam(
            _parameters(network, flat=flat), lr=LR, p=p, weight_decay=DECAY, fused=False
        ).step,
        "fused_amsgrad_ms": torch.optim.Adam(
            _parameters(network, flat=flat), lr=LR, weight_decay=DECAY, amsgrad=True, fused=True
        ).step,
        "loop_ms": NaivePadam(_parameters(network, flat=flat), LR, p, "authors", weight_decay=DECAY).step,
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(NETWORKS[network] + 2):
        for name, step in steps.items():
            begun = time.perf_counter()
            step()
            if number >= 2:  # the first lay out their state
                times[name].append(1e3 * (time.perf_counter() - begun))
    found = {name: statistics.median(it) for name, it in times.items()}
    ratios = {
        "to_fused_amsgrad": found["padam_ms"] / found["fused_amsgrad_ms"],
        "to_loop": found["padam_ms"] / found["loop_ms"],
        "without_compiler_to_loop": found["without_compiler_ms"] / found["loop_ms"],
    }
    return {name: round(value, 4) for name, value in (found | ratios).items()}


def _parameters(network: str, *, flat: bool) -> list[Tensor]:
    """Return the parameters of a network with gradients."""
    parameters = list(build_network(network, (3, 32, 32), 10, 0).parameters())
    sizes = [it.numel() for it in parameters]
    if flat:
        pieces = torch.split(torch.randn(sum(sizes)), sizes)
        gradients = [piece.view(it.shape) for piece, it in zip(pieces, parameters, strict=True)]
    else:
        gradients = [torch.randn_like(it) for it in parameters]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    return [*parameters]


if __name__ == "__main__":
    sys.exit(main())
