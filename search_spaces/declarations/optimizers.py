"""Optimizers."""

from __future__ import annotations

from dataclasses import dataclass, replace
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

DECAYS = {
    "l2": "added to the gradient",
    "decoupled-lr": "weights times 1 - lr x weight_decay, as torch's AdamW",
    "decoupled-schedule": "weights times 1 - (lr / base lr) x weight_decay: arXiv:1711.05101",
    "normalised": "decoupled-schedule with weight_decay / sqrt(steps of the training, or of the cycle)",
}


def decay(first: str) -> Choice:
    """Return the forms of the weight decay, the default first."""
    return Choice(summary="form of the weight decay", choices={first: DECAYS[first], **DECAYS})


DECAY_ON = Choice(
    summary="which parameters decay",
    choices={"all": "every parameter", "kernels": "parameters of two or more dimensions: no biases, no batch norm"},
)

_COMMON: dict[str, Option] = {"weight_decay": WEIGHT_DECAY, "decay_on": DECAY_ON}
_DECAYED: dict[str, Option] = {**_COMMON, "decay": decay("l2")}
_BETAS: dict[str, Option] = {"beta1": BETA1, "beta2": BETA2}
_ADAM: dict[str, Option] = {"lr": LR, **_BETAS, "eps": EPS, **_DECAYED}
_SGD: dict[str, Option] = {"lr": LR.with_default(0.1), "momentum": MOMENTUM, **_COMMON}

_TF = "D. Kingma, J. Ba, Adam, arXiv:1412.6980"

OPTIMIZERS = by_name(
    Optimizer(
        name="padam",
        summary="partially adaptive momentum: denominator of AMSGrad raised to the power 2p",
        implementation="workers.optimizers:padam",
        source="J. Chen et al., IJCAI 2020, doi:10.24963/ijcai.2020/452",
        options={
            "lr": LR.with_default(0.1),
            "p": P,
            **_BETAS,
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
            "decay": decay("l2"),
            "amsgrad": Switch(summary="take the running maximum of the second moment", default=True),
        },
    ),
    Optimizer(
        name="sgd",
        summary="stochastic gradient descent, its heavy ball with lr outside the buffer (torch); plain at momentum 0",
        implementation="workers.optimizers:sgd",
        source="torch.optim.SGD",
        options={**_SGD, "decay": decay("l2")},
    ),
    Optimizer(
        name="momentum",
        summary="the heavy ball with lr inside its buffer: another training than sgd once lr changes",
        implementation="workers.optimizers:momentum",
        source="B. T. Polyak, 1964, doi:10.1016/0041-5553(64)90137-5",
        options={**_SGD, "decay": decay("l2")},
    ),
    Optimizer(
        name="nesterov",
        summary="Nesterov's accelerated gradient, seen from the point ahead (torch)",
        implementation="workers.optimizers:nesterov",
        source="torch.optim.SGD; I. Sutskever et al., ICML 2013",
        options={**_SGD, "momentum": replace(MOMENTUM, low_open=True), "decay": decay("l2")},
    ),
    Optimizer(
        name="sgdw",
        summary="sgd with decoupled decay",
        implementation="workers.optimizers:sgdw",
        source="I. Loshchilov, F. Hutter, Decoupled Weight Decay Regularization, arXiv:1711.05101",
        options={**_SGD, "decay": decay("decoupled-schedule")},
    ),
    Optimizer(
        name="adagrad",
        summary="the gradient over a power of the sum of all squares; or of absolute values, or of counts",
        implementation="workers.optimizers:adagrad",
        source="J. Duchi, E. Hazan, Y. Singer, JMLR 12, 2011",
        options={
            "lr": LR.with_default(0.01),
            "exponent": Number(summary="power of what is accumulated", low=0.0, low_open=True, high=1.0, default=0.5),
            "eps": EPS.with_default(1e-10),
            "accumulator": Choice(
                summary="what each step adds to the sum",
                choices={"squared": "g^2", "absolute": "abs(g)", "counter": "1"},
            ),
            **_DECAYED,
        },
    ),
    Optimizer(
        name="adadelta",
        summary="steps in the units of the weights, from averages of squared gradients and squared steps (torch)",
        implementation="workers.optimizers:adadelta",
        source="M. D. Zeiler, ADADELTA, arXiv:1212.5701",
        options={
            "lr": LR.with_default(1.0),
            "rho": Number(summary="decay of both averages", low=0.0, high=1.0, high_open=True, default=0.9),
            "eps": EPS.with_default(1e-6),
            **_DECAYED,
        },
    ),
    Optimizer(
        name="rmsprop",
        summary="the gradient over the root of an average of its squares (torch)",
        implementation="workers.optimizers:rmsprop",
        source="T. Tieleman, G. Hinton, Lecture 6.5, Coursera 2012",
        options={
            "lr": LR.with_default(0.01),
            "alpha": Number(
                summary="decay of the average of squares", low=0.0, high=1.0, high_open=True, default=0.99
            ),
            "eps": EPS,
            "momentum": MOMENTUM.with_default(0.0),
            "centered": Switch(summary="subtract the squared average gradient", default=False),
            **_DECAYED,
        },
    ),
    Optimizer(
        name="adam",
        summary="Adam (torch), or with eps and bias correction in another place",
        implementation="workers.optimizers:adam",
        source=_TF,
        options={
            **_ADAM,
            "variant": Choice(
                summary="where eps and the bias correction stand",
                choices={
                    "torch": "(m / c1) / (sqrt(v / c2) + eps)",
                    "eps-hat": "m sqrt(c2) / c1 / (sqrt(v) + eps): TensorFlow",
                    "uncorrected": "m / (sqrt(v) + eps)",
                    "eps-under-root": "(m / c1) / sqrt(v / c2 + eps)",
                },
            ),
        },
    ),
    Optimizer(
        name="adamax",
        summary="Adam with a decaying maximum of absolute gradients for its denominator (torch)",
        implementation="workers.optimizers:adamax",
        source=f"{_TF}, section 7.1",
        options={**_ADAM, "lr": LR.with_default(2e-3)},
    ),
    Optimizer(
        name="nadam",
        summary="Adam with Nesterov's numerator and constant betas",
        implementation="workers.optimizers:nadam",
        source="T. Dozat, Incorporating Nesterov momentum into Adam, ICLR workshop 2016",
        options=_ADAM,
    ),
    Optimizer(
        name="amsgrad",
        summary="Adam with the running maximum of the second moment (torch)",
        implementation="workers.optimizers:amsgrad",
        source="S. Reddi, S. Kale, S. Kumar, On the Convergence of Adam and Beyond, arXiv:1904.09237",
        options={
            **_ADAM,
            "maximum_of": Choice(
                summary="what the maximum is taken of",
                choices={"v": "the average as it is (torch)", "v-hat": "the bias-corrected average"},
            ),
        },
    ),
    Optimizer(
        name="adamw",
        summary="Adam with decoupled decay, lr x weight_decay a step as torch has it where nothing else is said",
        implementation="workers.optimizers:adamw",
        source="I. Loshchilov, F. Hutter, Decoupled Weight Decay Regularization, arXiv:1711.05101",
        options={**_ADAM, "weight_decay": WEIGHT_DECAY.with_default(0.01), "decay": decay("decoupled-lr")},
    ),
    Optimizer(
        name="radam",
        summary="Adam whose rate is rectified while few gradients were squared",
        implementation="workers.optimizers:radam",
        source="L. Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, arXiv:1908.03265",
        options={
            **_ADAM,
            "before": Choice(
                summary="what happens before the variance can be rectified, the first five steps of the usual beta2",
                choices={"momentum": "steps by lr m / c1 (torch)", "none": "no step (the authors' code)"},
            ),
        },
    ),
    Optimizer(
        name="lazy-adam",
        summary="Adam for sparse gradients: elements whose gradient is 0 are passed over, with their averages",
        implementation="workers.optimizers:lazy_adam",
        source="torch.optim.SparseAdam",
        options=_ADAM,
    ),
    Optimizer(
        name="swats",
        summary="Adam until its steps tell a rate for SGD, which goes on",
        implementation="workers.optimizers:swats",
        source="N. S. Keskar, R. Socher, arXiv:1712.07628",
        options={
            **_ADAM,
            "eps": EPS.with_default(1e-9),
            "tolerance": Number(
                summary="how close the average rate must come to that of the step", low=0.0, log=True, default=1e-9
            ),
        },
    ),
    Optimizer(
        name="nd-adam",
        summary="weight vectors of length 1 turned along their gradients, one second moment each; the rest by Adam",
        implementation="workers.optimizers:nd_adam",
        source="Z. Zhang et al., Normalized Direction-preserving Adam, arXiv:1709.04546",
        options=_ADAM,
    ),
)
