"""Sight: how light a colour is, how an eye without one kind of cones sees it, and how far two colours lie apart."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.colors import to_rgb

Vector = npt.NDArray[np.float64]
Eye = Literal["normal", "protan", "deutan", "tritan"]

EYES: tuple[Eye, ...] = ("normal", "protan", "deutan", "tritan")
"""With all cones, and without those of long, middle and short waves."""

NEAR = 12.0
"""Distance in CIELAB below which two thin lines are hardly told apart; 2.3 is what is just seen of large patches."""

_SEEN: dict[Eye, Vector] = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
"""Of linear RGB at full severity: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A physiologically-based model
for simulation of color vision deficiency", IEEE TVCG 15 (2009), doi:10.1109/TVCG.2009.113, their table."""

_XYZ = np.array(
    [[0.4123908, 0.3575843, 0.1804808], [0.2126390, 0.7151687, 0.0721923], [0.0193308, 0.1191948, 0.9505322]]
)
"""Of linear sRGB (IEC 61966-2-1), white at D65."""


def seen(colour: Any, eye: Eye = "normal") -> Vector:
    """Return a colour in CIELAB (lightness 0 to 100, a, b) as an eye sees it; ``colour`` is any of Matplotlib's."""
    encoded = np.array(to_rgb(colour))
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    xyz = _XYZ @ np.clip(_SEEN[eye] @ linear, 0.0, 1.0) / _XYZ.sum(axis=1)
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)])


def lightness(colour: Any) -> float:
    """Return the lightness of a colour, 0 to 100: what a print in grey leaves of it."""
    return float(seen(colour)[0])


def apart(one: Any, other: Any, eye: Eye = "normal") -> float:
    """Return how far two colours lie apart for an eye, in CIELAB."""
    return float(np.linalg.norm(seen(one, eye) - seen(other, eye)))


def alike(one: Any, other: Any) -> bool:
    """Tell whether two colours are hardly told apart by some eye, or in grey."""
    grey = abs(lightness(one) - lightness(other)) < NEAR
    return grey or any(apart(one, other, eye) < NEAR for eye in EYES)


def steps(colours: Any) -> Vector:
    """Return by how much lightness rises from each of some colours to the next."""
    return np.array([lightness(after) - lightness(before) for before, after in pairwise(colours)])
