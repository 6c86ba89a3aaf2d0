"""Hand-made tables of trials, and readers of what was drawn."""

from __future__ import annotations

import pandas as pd
from matplotlib.patches import Rectangle

from analysis.maps import Measure, sensitivity_map

MEASURE = Measure(statistic="final", split="test", chance=90.0)
STAR = "*"


def trial(number, result, **changes):
    """Return the row of a trial: ``result`` is an error in percent, or the name of another state."""
    done = not isinstance(result, str)
    error = float(result) if done else None
    row = {
        "number": number,
        "state": "complete" if done else result,
        "seed": 0,
        "generation": 0,
        "attempt": 1,
        "optimizer": "padam",
        "lr": 0.1,
        "p": 0.0,
        "beta2": 0.999,
        "weight_decay": 0.0,
        "epochs": 2,
        "test_error_final": error,
        "test_error_mean_last5": error + 1.0 if done else None,
        "test_error_min": error / 2 if done else None,
        "train_loss_final": 0.5 if done else None,
        "diverged_epoch": 1 if result == "diverged" else None,
        "validation_error_final": error + 5.0 if done else None,
        "seconds": 2.0 if done else None,
        "superseded": False,
        "reason": "out of memory" if result == "failed" else None,
    }
    return row | changes


def trials(cells, names=("lr", "p"), **changes):
    """Return the rows of cells: values of ``names`` to one result a seed."""
    rows = []
    for values, results in cells.items():
        point = dict(zip(names, values, strict=True))
        for seed, result in enumerate(results):
            rows.append(trial(len(rows), result, seed=seed, **point, **changes))
    return rows


def table(cells, names=("lr", "p")):
    return pd.DataFrame(trials(cells, names))


def mapped(cells, measure=MEASURE):
    return sensitivity_map(table(cells), "lr", "p", measure)


def curve(row, epochs=2):
    """Return the epochs of the deciding attempt of one trial."""
    return [
        {
            "number": row["number"],
            "seed": row["seed"],
            "state": row["state"],
            "epoch": epoch,
            "train_loss": 1.0 / epoch,
            "test_error": 50.0 / epoch,
            "validation_error": 60.0 / epoch,
        }
        for epoch in range(1, epochs + 1)
    ]


def rectangles(figure, *, hatched):
    """Return the cells drawn, or the hatching over them."""
    patches = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    return [patch for patch in patches if bool(patch.get_hatch()) == hatched]


def texts(figure):
    """Return what stands in the cells."""
    return [text.get_text() for text in figure.axes[0].texts]


def stars(figure):
    """Return where stars are, as (x, y)."""
    lines = [line for line in figure.axes[0].lines if line.get_marker() == STAR]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in lines]


def caption_of(figure):
    return " ".join(text.get_text() for text in figure.texts).replace("\n", " ")


def drawn_through(figure):
    """Tell whether every mark can be drawn; Matplotlib finds what it cannot draw no sooner."""
    figure.draw_without_rendering()
    return bool(figure.axes)


def save_nothing(_figure, folder, name):
    """Stand in for `analysis.figures.save` where only numbers and words are looked at."""
    paths = {kind: folder / f"{name}.{kind}" for kind in ("png", "svg")}
    for path in paths.values():
        path.write_bytes(b"a picture")
    return paths
