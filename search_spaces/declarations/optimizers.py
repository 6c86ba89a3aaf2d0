"""Optimizers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from search_spaces.declarations.declaration import Declaration, by_name
from search_spaces.options import Choice, Number, Option, Switch


@dataclass(frozen=True, kw_only=True)
class Optimizer(Declaration):
    """An optimizer."""

    def to_dict(self) -> dict[str, Any]:
        """Return the declaration as plain values, with the names of what a study can vary as numbers."""
        return super().to_dict() | {"hyperparameters": list(self.numbers)}


LR = Number(summary="learning rate", low=0.0, low_open=True, log=True, default=1e-3)
P = Number(
    summary="partial-adaptivity exponent of Padam: 0 is SGD with momentum, 1/2 is AMSGrad",
    low=0.0,
    high=0.5,
    default=0.125,
)
BETA1 = Number(summary="decay of the first-moment average", low=0.0, high=1.0, high_open=True, default=0.9)
BETA2 = Number(summary="decay of the second-moment average", low=0.0, high=1.0, high_open=True, default=0.999)
EPS = Number(summary="guard of the denominator", low=0.0, log=True, default=1e-8)
WEIGHT_DECAY = Number(
    summary="weight decay, in the form the optimizer's `decay` names", low=0.0, log=True, default=0.0
)
MOMENTUM = Number(summary="heavy-ball momentum", low=0.0, high=1.0, high_open=True, default=0.9)

L2 = {"l2": "added to the gradient"}
DECOUPLED_LR = {"decoupled-lr": "weights times 1 - lr x weight_decay, as torch's AdamW"}
DECAY_ON = Choice(
    summary="which parameters decay",
    choices={"all": "every parameter", "kernels": "parameters of two or more dimensions: no biases, no batch norm"},
)

_COMMON: dict[str, Option] = {"weight_decay": WEIGHT_DECAY, "decay_on": DECAY_ON}
_ADAM: dict[str, Option] = {"lr": LR, "beta1": BETA1, "beta2": BETA2, "eps": EPS, **_COMMON}
_L2_ALONE = Choice(summary="form of the weight decay", choices=L2)

OPTIMIZERS = by_name(
    Optimizer(
        name="padam",
        summary="partially adaptive momentum: denominator of AMSGrad raised to the power 2p",
        implementation="workers.optimizers:padam",
        source="J. Chen et al., IJCAI 2020, doi:10.24963/ijcai.2020/452",
        options={
            "lr": LR.with_default(0.1),
            "p": P,
            "beta1": BETA1,
            "beta2": BETA2,
            "eps": EPS,
            **_COMMON,
            "variant": Choice(
                summary="which published form of the rule",
                choices={
                    "torch": "(m / c1) / (sqrt(V / c2) + eps)^(2p); p = 1/2 is torch's AMSGrad",
                    "authors": "m sqrt(c2) / c1 / (sqrt(V) + eps)^(2p), the authors' code",
                    "authors-pcorr": "m c2^p / c1 / (sqrt(V) + eps)^(2p), their code of September 2018",
                    "paper": "m / V^p, Algorithm 1 of the paper",
                    "report": "(m / c1) / V^p, V the maximum of v / c2, Algorithm 1 of arXiv:1901.09517",
                    "report-tf": "m sqrt(c2) / c1 / (V^p + eps), the TensorFlow code of that report",
                },
            ),
            "decay": Choice(
                summary="form of the weight decay",
                choices={
                    **L2,
                    **DECOUPLED_LR,
                    "decoupled-schedule": "weights times 1 - (lr / initial lr) x weight_decay: arXiv:1711.05101",
                    "normalised": "decoupled-schedule with weight_decay / sqrt(steps of the training)",
                },
            ),
            "amsgrad": Switch(summary="take the running maximum of the second moment", default=True),
        },
    ),
    Optimizer(
        name="sgd",
        summary="stochastic gradient descent with heavy-ball momentum (torch)",
        implementation="workers.optimizers:sgd",
        source="torch.optim.SGD",
        options={"lr": LR.with_default(0.1), "momentum": MOMENTUM, **_COMMON, "decay": _L2_ALONE},
    ),
    Optimizer(
        name="adam",
        summary="Adam (torch)",
        implementation="workers.optimizers:adam",
        source="D. Kingma, J. Ba, Adam, arXiv:1412.6980",
        options={**_ADAM, "decay": _L2_ALONE},
    ),
    Optimizer(
        name="amsgrad",
        summary="Adam with the running maximum of the second moment (torch)",
        implementation="workers.optimizers:amsgrad",
        source="S. Reddi, S. Kale, S. Kumar, On the Convergence of Adam and Beyond, arXiv:1904.09237",
        options={**_ADAM, "decay": _L2_ALONE},
    ),
    Optimizer(
        name="adamw",
        summary="Adam with decoupled decay, lr x weight_decay a step (torch)",
        implementation="workers.optimizers:adamw",
        source="I. Loshchilov, F. Hutter, Decoupled Weight Decay Regularization, arXiv:1711.05101",
        options={
            **_ADAM,
            "weight_decay": WEIGHT_DECAY.with_default(0.01),
            "decay": Choice(summary="form of the weight decay", choices=DECOUPLED_LR),
        },
    ),
)
