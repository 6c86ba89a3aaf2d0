"""Hand-made tables of trials, and readers of what was drawn."""

from __future__ import annotations

from itertools import combinations

import pandas as pd
from matplotlib.patches import Rectangle

from analysis.figures.style import COLUMN_WIDTH, KINDS
from analysis.grid import grid_of_trials
from analysis.guessing import Guessing
from analysis.maps import sensitivity_map
from analysis.measure import Measure
from search_spaces.declarations import Metric

DIGITS = Guessing(classes=10, images=898)
STAR = "*"
STATES = ("diverged", "failed", "cancelled", "running", "waiting")


def measure(statistic="final", split="test", epochs=30, images=898):
    metric = Metric(name=f"{split}_error", summary=f"{split} error", unit="%", worst=DIGITS.error, log=True)
    return Measure(metric=metric, statistic=statistic, epochs=epochs, guessing=DIGITS, images=images)


MEASURE = measure()


def compared(images):
    """Return what puts errors in percent of so many images on the scale on which they are compared."""
    return measure(images=images).compared


def scored(worst=0.0, direction="maximize", *, log=False, declared=True, statistic="final"):
    """Return the measure of a score, which is no error on images; its column is that of :func:`scores`."""
    metric = Metric(name="score", summary="score", unit="points", direction=direction, worst=worst, log=log)
    return Measure(metric=metric, statistic=statistic, epochs=30, declared=declared)


def scores(cells, names=("lr", "p")):
    """Return the table of cells whose results are scores."""
    found = table(cells, names)
    return found.assign(score_final=found["test_error_final"])


def trial(number, result, **changes):
    """Return the row of a trial: ``result`` is an error in percent, or the name of another state."""
    done = not isinstance(result, str)
    error = float(result) if done else None
    row = {
        "number": number,
        "arm": "base",
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
        "validation_error_mean_last5": error + 6.0 if done else None,
        "validation_error_min": error + 4.0 if done else None,
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


def gridded(cells, shown=MEASURE, y="p"):
    """Return the grid of cells, learning rates against p."""
    return grid_of_trials(table(cells), "lr", y, shown)


def line(cells, shown=MEASURE):
    """Return the grid of one row: learning rates to one result a seed."""
    return grid_of_trials(table({(lr,): results for lr, results in cells.items()}, ("lr",)), "lr", None, shown)


def mapped(cells, shown=MEASURE):
    return sensitivity_map(gridded(cells, shown), shown)


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


def rectangles(axes, *, hatch=None):
    """Return the cells drawn on axes, or the hatching of one kind over them."""
    return [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_hatch() == hatch]


def texts(axes):
    """Return what stands in the cells."""
    return [text.get_text() for text in axes.texts]


def marks(axes, marker):
    """Return the lines of a marker."""
    return [drawn for drawn in axes.lines if drawn.get_marker() == marker]


def stars(axes):
    """Return where stars are, as (x, y)."""
    return [(float(drawn.get_xdata()[0]), float(drawn.get_ydata()[0])) for drawn in marks(axes, STAR)]


def caption_of(figure):
    return " ".join(text.get_text() for text in figure.texts).replace("\n", " ")


def drawn_through(figure):
    """Tell whether every mark can be drawn; Matplotlib finds what it cannot draw no sooner."""
    figure.draw_without_rendering()
    return bool(figure.axes)


def save_nothing(_figure, folder, name, _paper=None):
    """Stand in for `analysis.figures.style.save` where only numbers and words are looked at."""
    paths = {kind: folder / f"{name}.{kind}" for kind in KINDS}
    for path in paths.values():
        path.write_bytes(b"a picture")
    return paths


def faults(figure):
    """Return what keeps a figure from a column of a paper: another width, words beyond an edge or on one another."""
    figure.draw_without_rendering()
    width = figure.get_size_inches()[0]
    return [*([] if width == COLUMN_WIDTH else [width]), *outside(figure), *overlapping(figure)]


def words_of(figure):
    """Return the box of every word beside panels: titles, labels, ticks, legends."""
    texts = [it for legend in figure.legends for it in legend.get_texts()]
    for axes in figure.axes:
        texts += [axes.xaxis.label, axes.yaxis.label, axes._left_title, axes.title]
        texts += [label for axis in (axes.xaxis, axes.yaxis) for label in ticks_of(axis)]
    return {it: it.get_window_extent() for it in texts if it.get_visible() and it.get_text().strip()}


def ticks_of(axis):
    """Return the labels of an axis that are drawn: of ticks within its limits."""
    low, high = sorted(axis.get_view_interval())
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    return [it.label1 for it in ticks if low <= it.get_loc() <= high and it.label1.get_visible()]


def outside(figure):
    """Return the words that do not lie within a figure."""
    edge = figure.bbox.padded(0.5)
    boxes = words_of(figure)
    return [it.get_text() for it, box in boxes.items() if not (edge.contains(*box.min) and edge.contains(*box.max))]


def overlapping(figure):
    """Return words that lie on one another, by more than the space around their letters, or on a panel."""
    boxes = {it: box.padded(-0.8) for it, box in words_of(figure).items()}
    pairs = [(a.get_text(), b.get_text()) for a, b in combinations(boxes, 2) if boxes[a].overlaps(boxes[b])]
    panels = {axes: axes.get_window_extent() for axes in figure.axes}
    on = [
        (it.get_text(), "a panel")
        for it, box in boxes.items()
        for axes, there in panels.items()
        if box.overlaps(there)
    ]
    return pairs + on
