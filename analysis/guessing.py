"""Guessing: what a classifier that knows nothing achieves, and which finished trainings did no better.

`diverged` means that a loss or an output was not finite. A training can stay finite and be just as lost: with losses
of 1e30, or with one class for every image. Such trials are complete; analysis marks and counts them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from search_spaces.arm import Arm

if TYPE_CHECKING:  # commands that only read do without
    import numpy as np
    import numpy.typing as npt

    Vector = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

NEARLY = 0.9
"""Share of the error of guessing from which on a train loss no better than guessing says that nothing was learned."""


@dataclass(frozen=True, kw_only=True)
class Guessing:
    """Guessing one of ``classes`` equally frequent classes on ``images`` test images; None where nobody counted."""

    classes: int
    images: int | None

    @property
    def error(self) -> float:
        """Expected error in percent: what a diverged trial is counted at."""
        return 100.0 * (1.0 - 1.0 / self.classes)

    @property
    def loss(self) -> float:
        """Cross-entropy of giving every class the same probability."""
        return math.log(self.classes)

    @property
    def lowest_error(self) -> float:
        """Error in percent two binomial standard errors below :attr:`error`; that itself, of an unknown number."""
        if self.images is None:
            return self.error
        share = 1.0 / self.classes
        return self.error - 200.0 * math.sqrt(share * (1.0 - share) / self.images)

    @property
    def nearly_error(self) -> float:
        """Error in percent from which on a train loss of at least :attr:`loss` decides."""
        return NEARLY * self.error

    @property
    def rule(self) -> str:
        """When a complete trial has learned nothing, in words."""
        return (
            f"final test error at least {self.lowest_error:.1f} %, or at least {self.nearly_error:g} % with a "
            f"train loss of {self.loss:.2f} or more"
        )

    def learned_nothing(self, errors: Vector, losses: Vector) -> Mask:
        """Tell which complete trials of some final test errors (percent) and final train losses learned nothing.

        NaN is an error or a loss that is not known.
        """
        found: Mask = (errors >= self.lowest_error) | ((errors >= self.nearly_error) & (losses >= self.loss))
        return found


def guessing_of(arm: Arm) -> Guessing | None:
    """Return what guessing achieves on an arm's test images, None where its task classifies none."""
    data = arm.dataset
    return None if data is None else Guessing(classes=data.classes, images=data.test)
