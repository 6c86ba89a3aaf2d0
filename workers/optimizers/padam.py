"""Padam, the partially adaptive momentum estimation method, in the six forms in which it was published and run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workers.optimizers.adaptive import Adaptive, Rule
from workers.optimizers.family import Shared
from workers.optimizers.options import in_range, one_of, truth

RULES: dict[str, Rule] = {
    "torch": Rule(correct_v="inside", eps="root"),
    "authors": Rule(correct_v="sqrt", eps="root"),
    "authors-pcorr": Rule(correct_v="power", eps="root"),
    "paper": Rule(correct_m=False),
    "report": Rule(maximum_of="v/c2"),
    "report-tf": Rule(correct_v="sqrt", eps="power"),
}


class Padam(Adaptive):
    r"""Momentum divided by the second moment to the power p: between SGD with momentum and AMSGrad.

    With gradient g at step t = 1, 2, ..., :math:`c_1 = 1 - \beta_1^t` and :math:`c_2 = 1 - \beta_2^t`::

        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        V = max(V, v)                       (V = v where amsgrad is off)

    and the parameters move by minus lr times, by ``variant``:

    ================= ============================================== =====================================
    ``torch``         (m / c1) / (sqrt(V / c2) + eps)^(2p)           p = 1/2 is torch Adam(amsgrad=True)
    ``authors``       m sqrt(c2) / c1 / (sqrt(V) + eps)^(2p)         code of the authors, uclaml/Padam
    ``authors-pcorr`` m c2^p / c1 / (sqrt(V) + eps)^(2p)             their form of September 2018
    ``paper``         m / V^p                                        Algorithm 1 of the paper
    ``report``        (m / c1) / V^p, V the maximum of v / c2        Algorithm 1 of the report
    ``report-tf``     m sqrt(c2) / c1 / (V^p + eps)                  TensorFlow code of the report
    ================= ============================================== =====================================

    Where nothing guards the denominator (a variant without eps, or an eps that the dtype rounds to 0) and V is 0, the
    quotient is m, not m / 0: a weight that never saw a gradient stays where it is, and one whose gradients are too
    small to be squared moves by lr m.

    Parameters
    ----------
    params
        Tensors or groups; every option below may differ by group. Dense real floating-point tensors only.
    lr
        Learning rate, >= 0, or a tensor of one element, which is read in each step unless ``capturable``. At p = 0 it
        multiplies the *average* m: lr here compares with lr (1 - beta1) of
        torch.optim.SGD with momentum beta1.
    betas
        Decay of the two averages, each in [0, 1).
    eps
        Guard of the denominator, >= 0; its place depends on the variant and matters once it is not tiny.
    weight_decay
        Strength of the decay, >= 0, in the form that ``decay`` names.
    p
        Partial-adaptivity exponent in [0, 1/2]. The state does not depend on it, so that it may change during
        training.
    variant
        One of the table.
    decay
        ``l2`` (added to the gradient), ``decoupled-lr``, ``decoupled-schedule`` or ``normalised``; see
        :func:`workers.optimizers.decay.shares`.
    cycle_steps
        Steps of the current cycle; needed by ``normalised``.
    amsgrad
        Whether the running maximum is taken. Switched on during training, it begins there.
    maximize
        Climb instead of descend.
    foreach
        Taken for the sake of code written for torch, and without effect: a step always treats all tensors together.
    fused
        None: machine code where a compiler is at hand, else torch's operations. True: machine code, or an error.
        False: torch's operations. On a CPU they differ by how torch rounds square roots and powers, in the last place
        or the last but one.
    capturable
        Keep the count of steps and what follows from it on the device, so that a CUDA graph can be captured; every
        parameter must have a gradient then.

    Raises
    ------
    TypeError, ValueError
        An option is of another type or out of its range, at construction, loading, or the step after it was changed.
    RuntimeError
        A gradient is sparse. No parameter has moved then.

    References
    ----------
    J. Chen, D. Zhou, Y. Tang, Z. Yang, Y. Cao, Q. Gu: Closing the generalization gap of adaptive gradient methods in
    training deep neural networks, IJCAI 2020, doi:10.24963/ijcai.2020/452.
    H. Mittal, K. Pandey, Y. Kant: ICLR reproducibility challenge report (Padam), arXiv:1901.09517.
    S. Reddi, S. Kale, S. Kumar: On the convergence of Adam and beyond, ICLR 2018, arXiv:1904.09237.

    Examples
    --------
    >>> model = torch.nn.Linear(3, 1)
    >>> optimizer = Padam(model.parameters(), lr=0.1, p=1 / 8)
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the options torch users know
        self,
        params: Iterable[Any],
        lr: float = 0.1,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        p: float = 0.125,
        variant: str = "torch",
        decay: str = "l2",
        cycle_steps: int | None = None,
        *,
        amsgrad: bool = True,
        maximize: bool = False,
        foreach: bool | None = None,
        fused: bool | None = None,
        capturable: bool = False,
    ) -> None:
        if foreach is not None:
            truth("foreach", foreach)
        own = {"lr": lr, "betas": betas, "eps": eps, "p": p, "variant": variant, "amsgrad": amsgrad}
        shared: Shared = {
            "weight_decay": weight_decay,
            "decay": decay,
            "cycle_steps": cycle_steps,
            "maximize": maximize,
            "fused": fused,
            "capturable": capturable,
        }
        super().__init__(params, own, shared)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise where betas, eps, amsgrad, p or the variant are out of range."""
        super().check(group)
        in_range("p", group["p"], 0.0, 0.5)
        one_of("variant", group["variant"], RULES)

    def rule(self, group: Mapping[str, Any]) -> Rule:
        """Return the published form."""
        return RULES[group["variant"]]

    def exponent(self, group: Mapping[str, Any]) -> float:
        """Return p."""
        return float(group["p"])
