"""What a training reports: by which rule it goes, one record an epoch, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

LARGEST = 1e300
"""What stores take for finite."""


@dataclass(frozen=True, kw_only=True)
class EpochRecord:
    """One epoch of one attempt.

    Attributes
    ----------
    epoch
        1 for the first.
    train_loss
        Mean cross-entropy over the epoch's images, before each update, without any decay penalty; None, as the errors
        are, where no images are classified.
    test_error, test_error5, validation_error, validation_error5
        Top-1 and top-5 error after the epoch, in percent; None where nothing is held out for validation.
    metrics
        What other tasks measure after the epoch, by name.
    lr, p
        Values in force at the end of the epoch; ``p`` is None for optimizers without it.
    log10_v
        Mean over the weights of log10 of the second moment the optimizer divides by; zeros are left out; None for
        optimizers without one, and where one has overflowed. Padam tracks it at p = 0 too.
    seconds
        Wall time of training and evaluation, from a monotonic clock.
    images
        Training images seen.

    Raises
    ------
    ValueError
        A number is not finite. Such a training has diverged, or the engine has a fault; a store takes neither.
    """

    epoch: int
    seconds: float
    train_loss: float | None = None
    test_error: float | None = None
    test_error5: float | None = None
    validation_error: float | None = None
    validation_error5: float | None = None
    metrics: Mapping[str, float] | None = None
    lr: float | None = None
    p: float | None = None
    log10_v: float | None = None
    images: int = 0

    def __post_init__(self) -> None:
        """Refuse what no store takes."""
        numbers = asdict(self) | {"metrics": None} | dict(self.metrics or {})
        for name, value in numbers.items():
            if value is not None and not abs(value) <= LARGEST:
                raise ValueError(f"{name} of epoch {self.epoch} must be finite, got {value}")

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """By which rule a training steps, and what its options come to.

    Options say what was asked for; this says what that is in a step. None stands for what there is not: an eps in a
    rule without one, the decay of an optimizer that is a plug-in's own.

    Attributes
    ----------
    rule
        Name of the optimizer, then the choices and switches that tell its form: ``padam authors amsgrad``.
    lr
        Learning rate that schedules multiply.
    schedules
        Name and options of what moves, by the option that it moves.
    batch_size
        Of tasks that have batches.
    steps_per_epoch, total_steps
        Of the training.
    cycle_steps
        Of the first cycle of the learning rate; all steps where it has no restarts.
    decay
        Form of the weight decay (:func:`workers.optimizers.decay.shares`).
    weight_decay
        Lambda, as given.
    weight_decay_norm
        The same where the form is ``normalised``, which divides it by the root of ``cycle_steps``.
    decay_per_step
        The share of itself that decay takes off a weight in a step, at the factor 1 of all schedules. That of ``l2``
        is a share only where steps are proportional to gradients, and is that of the first step: momentum adds to it
        later. None where the gradient is divided by something.
    eps
        As given, None where the rule has none: some forms of Padam pass it over.
    eps_at
        Where it stands: ``outside the root`` or ``inside the root``, ``outside the power`` of a rule that has one,
        and whether what it is added to is bias-corrected: ``outside the root, before bias correction``.

    Raises
    ------
    ValueError
        A number is not finite, which no store takes.
    """

    rule: str
    steps_per_epoch: int
    total_steps: int
    cycle_steps: int
    lr: float | None = None
    schedules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    batch_size: int | None = None
    decay: str | None = None
    weight_decay: float | None = None
    weight_decay_norm: float | None = None
    decay_per_step: float | None = None
    eps: float | None = None
    eps_at: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no store takes."""
        for name in ("lr", "weight_decay", "weight_decay_norm", "decay_per_step", "eps"):
            value = getattr(self, name)
            if value is not None and not abs(value) <= LARGEST:
                raise ValueError(f"{name} of a rule must be finite, got {value}")

    def to_dict(self) -> dict[str, Any]:
        """Return what there is as plain values."""
        return {name: value for name, value in asdict(self).items() if value not in (None, {})}


class Divergence(Exception):  # noqa: N818 - an outcome, not an error
    """Training met a loss or an output that is not finite.

    Attributes
    ----------
    epoch
        The epoch it happened in, 1 for the first.
    last_finite_loss
        The last finite batch loss seen, None where the first batch was not finite already.
    """

    def __init__(self, epoch: int, last_finite_loss: float | None) -> None:
        self.epoch = epoch
        self.last_finite_loss = last_finite_loss
        super().__init__(f"not finite in epoch {epoch}; the last finite loss was {last_finite_loss}")

    def __reduce__(self) -> tuple[type[Divergence], tuple[int, float | None]]:
        return type(self), (self.epoch, self.last_finite_loss)
