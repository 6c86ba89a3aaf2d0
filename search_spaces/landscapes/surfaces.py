"""Surfaces: functions of two variables without data, in arithmetic alone.

Three of them are those of A. Radford's animations of optimizers (2014), of which only Beale's function is defined
anywhere. The other two are chosen here so that they show what he says of them.
"""

from __future__ import annotations

from typing import Any

from search_spaces.landscapes.landscape import Landscape


def beale(x: Any, y: Any) -> Any:
    """Return (1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2."""
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def rosenbrock(x: Any, y: Any) -> Any:
    """Return (1 - x)^2 + 100 (y - x^2)^2."""
    return (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2


def saddle(x: Any, y: Any) -> Any:
    """Return x^2 - y^2 + y^4 / 2: the last term ends the fall at y = -1 and y = 1, 1/2 below the saddle."""
    return x**2 - y**2 + y**4 / 2.0


def valley(x: Any, y: Any) -> Any:
    """Return 10 y^2 + (1 - x^2 / 16)^2: along x a low ridge at 0 and ends at -4 and 4, across it steep walls."""
    return 10.0 * y**2 + (1.0 - x**2 / 16.0) ** 2


SURFACES: dict[str, Landscape] = {
    surface.name: surface
    for surface in (
        Landscape(
            name="beale",
            title="Beale's function",
            summary="Beale's function: flat ground, then a bent valley between steep walls",
            value=beale,
            start=(1.0, 1.0),
            minima=((3.0, 0.5),),
            domain=(-4.5, 4.5, -4.5, 4.5),
            highest=(-4.5, -4.5),
            remotest=(-4.5, -4.5),
            source="E. M. L. Beale, On an iterative method for finding a local minimum, Princeton, 1958",
        ),
        Landscape(
            name="rosenbrock",
            title="Rosenbrock's function",
            summary="Rosenbrock's function: a bent valley whose floor is nearly flat",
            value=rosenbrock,
            start=(-1.2, 1.0),
            minima=((1.0, 1.0),),
            domain=(-2.0, 2.0, -1.0, 3.0),
            highest=(-2.0, -1.0),
            remotest=(-2.0, -1.0),
            source="H. H. Rosenbrock, The Computer Journal 3, 1960, doi:10.1093/comjnl/3.3.175",
        ),
        Landscape(
            name="saddle",
            title="a saddle",
            summary="a saddle, x^2 - y^2 near it; the start lies a thousandth beside its ridge",
            value=saddle,
            start=(0.9, 1e-3),
            minima=((0.0, 1.0), (0.0, -1.0)),
            domain=(-1.5, 1.5, -1.5, 1.5),
            highest=(1.5, 1.5),
            remotest=(1.5, 0.0),
        ),
        Landscape(
            name="valley",
            title="a long valley",
            summary="a long valley, 80 times as steep across as along; the start lies up a wall, near the middle",
            value=valley,
            start=(1e-2, 0.9),
            minima=((4.0, 0.0), (-4.0, 0.0)),
            domain=(-5.0, 5.0, -1.5, 1.5),
            highest=(0.0, 1.5),
            remotest=(0.0, 1.5),
        ),
    )
}
"""Every surface, by name."""
