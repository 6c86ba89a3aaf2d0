"""Studies made up for comparisons and claims."""

from __future__ import annotations

from analysis.replicates import Cell, Replicate, Replicates

WORST = {"test_error": 90.0, "test_error5": 50.0}


def study(*cells):
    """Return a study of cells, each a mapping with settings, and ``values`` or ``curves`` by seed.

    A value of None is a seed that diverged; a curve that ends early is that of such a seed, too.
    """
    made, curves = [], {}
    for index, given in enumerate(cells):
        settings = dict(given)
        values, metric = settings.pop("values", None), settings.pop("metric", "test_error")
        epochs = settings.setdefault("epochs", 30)
        arm, pending = settings.pop("arm", "base"), settings.pop("pending", 0)
        own = settings.pop("curves", {})
        values = [curve[-1] if len(curve) == epochs else None for curve in own] if values is None else values
        replicates = []
        for seed, value in enumerate(values):
            number = 100 * index + seed
            lost = value is None
            replicates.append(Replicate(number=number, seed=seed, value=90.0 if lost else value, diverged=lost))
            curves[number] = {metric: own[seed]} if own else {}
        made.append(Cell(arm=arm, settings=settings, replicates=tuple(replicates), worst=WORST, pending=pending))
    return Replicates(
        study="made-up",
        measure="final test error (%)",
        cells=tuple(made),
        load=lambda numbers: {number: curves[number] for number in numbers},
    )
