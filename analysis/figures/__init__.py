"""Figures: each draws one typed result and computes nothing but ink."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "figure.dpi": 100.0,
    "hatch.linewidth": 0.8,
    "svg.hashsalt": "basin",
    "svg.fonttype": "path",
}


def label_of(name: str) -> str:
    """Return a hyperparameter's name as an axis says it."""
    return {
        "lr": "learning rate",
        "p": "partial-adaptivity exponent p",
        "weight_decay": "weight decay",
        "beta1": "beta1",
        "beta2": "beta2",
    }.get(name, name)


def short(value: float) -> str:
    """Return a number in few characters, fractions of two as fractions."""
    for bottom in (2, 4, 8, 16, 32):
        top = value * bottom
        if 0 < value < 1 and top == int(top) and top % 2:
            return f"{int(top)}/{bottom}"
    return plain(value)


def plain(value: float) -> str:
    """Return a number at three significant digits, without an exponent where five digits do."""
    return f"{float(f'{value:.3g}'):g}"


def plain_log(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers, also between powers of ten where it spans few of them."""
    low, high = sorted(axis.get_view_interval())
    decades = np.log10(high / low)
    axis.set_major_locator(LogLocator(10, numticks=8))
    axis.set_minor_locator(LogLocator(10, subs=(2.0, 5.0), numticks=20) if decades < 3 else NullLocator())
    number = FuncFormatter(lambda value, _: plain(value) if 1e-4 < value < 1e5 else f"{value:.0e}")
    axis.set_major_formatter(number)
    axis.set_minor_formatter(number if decades < 3 else NullFormatter())


def save(figure: Figure, folder: Path, name: str) -> dict[str, Path]:
    """Write a figure as PNG and SVG; the same figure gives the same bytes."""
    paths = {kind: folder / f"{name}.{kind}" for kind in ("png", "svg")}
    with mpl.rc_context(STYLE):
        figure.savefig(paths["png"], dpi=160, metadata={"Software": None})
        figure.savefig(paths["svg"], metadata={"Date": None, "Creator": None})
    return paths
