"""Films: figures of which lines grow, as GIF."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.text import Text
from PIL import Image

DPI = 80
PICTURE, LAST = 60, 2_000
"""Milliseconds that a picture stands, and the last one."""

TABLE = 255
"""Colours of a GIF, which all pictures share, so that nothing flickers; one more stands for what has not changed."""

UNCHANGED = TABLE

GREYS = 48
"""How many of them are from black to white."""

Bytes = npt.NDArray[np.uint8]
Points = tuple[npt.NDArray[Any], npt.NDArray[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One picture: the points of each line, and what the text says."""

    points: Sequence[Points]
    words: str


def film(
    canvas: FigureCanvasAgg,
    lines: Sequence[Line2D],
    text: Text,
    frames: Sequence[Frame],
    above: Iterable[Artist] = (),
) -> bytes:
    """Return a GIF that runs for ever; the same figure gives the same bytes.

    What does not move is drawn once, and each line over it, so that a picture takes milliseconds. All but the lines
    must be grey.

    Parameters
    ----------
    canvas
        Of the figure.
    lines, text
        Everything that moves.
    frames
        The pictures.
    above
        What stands still, and is drawn with the lines, by its place among them.
    """
    figure = canvas.figure
    figure.set_dpi(DPI)
    drawn_anew: list[Any] = sorted([*lines, text, *above], key=lambda it: it.get_zorder())
    for one in drawn_anew:
        one.set_animated(True)
    canvas.draw()  # type: ignore[no-untyped-call]
    still = canvas.copy_from_bbox(figure.bbox)  # type: ignore[no-untyped-call]
    ink: Any = canvas.get_renderer()  # type: ignore[no-untyped-call]
    pictures = []
    for frame in frames:
        canvas.restore_region(still)  # type: ignore[no-untyped-call]
        text.set_text(frame.words)
        for line, (x, y) in zip(lines, frame.points, strict=True):
            line.set_data(x, y)
        for one in drawn_anew:
            one.draw(ink)  # type: ignore[no-untyped-call, unused-ignore]
        pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        pictures.append(pixels[..., :3].copy())
    table = _table(list(dict.fromkeys(to_rgb(line.get_color()) for line in lines)))
    first, *others = _mapped(pictures, table)
    file = io.BytesIO()
    stands = [PICTURE] * len(others) + [LAST]
    first.save(
        file,
        "GIF",
        save_all=True,
        append_images=others,
        duration=stands,
        loop=0,
        optimize=False,
        disposal=1,
        transparency=UNCHANGED,
    )
    return file.getvalue()


def _table(colours: Sequence[tuple[float, float, float]]) -> Bytes:
    """Return the colours of a film: greys, and of each line what lies between it and white at its edges."""
    parts = [np.linspace(0.0, 1.0, GREYS)[:, None] * np.ones(3)]
    if colours:
        shades = np.linspace(0.0, 0.9, min(16, (TABLE - GREYS) // len(colours)))[:, None]
        parts += [(1.0 - shades) * np.array(colour) + shades for colour in colours]
    return (255.0 * np.concatenate(parts)[:TABLE]).round().astype(np.uint8)


def _mapped(pictures: Iterable[Bytes], table: Bytes) -> list[Image.Image]:
    """Return pictures in the nearest colours of a table, each with what differs from the one before."""
    places = np.full(1 << 24, -1, dtype=np.int16)
    found: list[Image.Image] = []
    before = None
    for picture in pictures:
        codes = picture.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.int32)
        new = np.unique(codes[places[codes] < 0])
        colours = np.stack([new >> 16, (new >> 8) & 255, new & 255], axis=1)
        places[new] = ((colours[:, None, :] - table.astype(np.int32)) ** 2).sum(axis=2).argmin(axis=1)
        now = places[codes].astype(np.uint8)
        image = Image.fromarray(now if before is None else np.where(now == before, UNCHANGED, now).astype(np.uint8))
        image.putpalette(table.ravel().tolist())
        found.append(image)
        before = now
    return found
