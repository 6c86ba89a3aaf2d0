"""Surfaces whose entanglement is known."""

import numpy as np

from analysis.measures.surface import Surface

X, Y = np.linspace(-4.0, -1.0, 7), np.linspace(0.0, 0.5, 5)


def bowl(shear=0.0, x=X, y=Y):
    """Lowest along x = -2.45 - shear (y - 1/4), and at y = 0.22."""
    across, up = np.meshgrid(x, y)
    return 10.0 + 4.0 * (across + 2.45 + shear * (up - 0.25)) ** 2 + 30.0 * (up - 0.22) ** 2


def surface(mean, *, seeds=1, noise=0.0, seed_noise=0.0, x=X, y=Y, number=1, **options):
    """A surface of some means, with normal noise."""
    generator = np.random.default_rng(number)
    values = np.asarray(mean, dtype=float)[:, :, None] + generator.normal(0.0, seed_noise or 0.0, seeds)
    values = values + generator.normal(0.0, noise, (*np.shape(mean), seeds))
    return Surface(x=np.asarray(x), y=np.asarray(y), values=values, **options)


LRS, PS = np.log10([0.001, 0.01, 0.1]), np.array([0.0625, 0.125, 0.25])

PUBLISHED = {
    "final": [[27.49, 15.98, 19.54], [21.95, 15.07, 33.99], [17.82, 18.98, 49.82]],
    "mean_last5": [[28.38, 16.66, 19.75], [22.35, 17.31, 21.69], [17.60, 18.44, 46.18]],
    "min": [[27.29, 15.20, 12.04], [21.16, 15.07, 16.10], [16.08, 14.92, 34.24]],
}
"""Test error in percent of Padam's report on CIFAR-10, ResNet-18, 30 epochs: a row for each p, lr upwards."""


def published(statistic):
    return surface(PUBLISHED[statistic], x=LRS, y=PS)
