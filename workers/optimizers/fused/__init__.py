"""Fused steps: the expression of a rule as one pass of machine code over parameters, gradients and state.

A rule is written once, as torch code on tensors. Called with :class:`Symbol` in their place it becomes the body of a
loop in C++, which the machine's own compiler makes into a small library, kept for later processes. Every
operation is rounded as IEEE 754 has it, none is merged with another, so that digits depend neither on the compiler
nor on the number of threads. Where there is no compiler torch evaluates the expression, a piece that fits the cache
at a time; that comes to the same to the last bit but for torch's square roots, of which some are rounded to a
neighbour (torch 2.14 with MKL: six in a thousand on one processor; on another 14 in a thousand in double precision
and one in five in single), and for powers that are no chain of square roots.
"""

from workers.optimizers.fused.kernel import Kernel, kernel_of
from workers.optimizers.fused.symbols import Expression, Symbol, power

__all__ = ["Expression", "Kernel", "Symbol", "kernel_of", "power"]
