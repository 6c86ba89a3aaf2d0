"""Colours that every eye tells apart, on a screen and in grey."""

from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest

from analysis.figures import palette, scale
from analysis.figures.sight import EYES, NEAR, alike, apart, lightness, seen, steps
from analysis.figures.style import BEST
from analysis.findings import Limits
from tests.unit.analysis.reports import findings
from tests.unit.analysis.studies import armed

LIMITS = Limits(low=1.0, high=90.0)


@pytest.mark.parametrize(
    ("colour", "lab"),
    [
        ("white", (100, 0, 0)),
        ("black", (0, 0, 0)),
        ("#ff0000", (53.24, 80.09, 67.20)),
        ("#0000ff", (32.30, 79.19, -107.86)),
    ],
)
def test_colours_are_those_of_cielab(colour, lab):
    """Published values of sRGB's primaries in CIELAB under D65."""
    np.testing.assert_allclose(seen(colour), lab, atol=0.1)


@pytest.mark.parametrize("eye", EYES)
def test_grey_is_grey_to_every_eye(eye):
    assert apart("0.5", "0.5") == 0
    np.testing.assert_allclose(seen("0.5", eye)[1:], 0, atol=0.5)


def test_red_and_green_of_one_lightness_are_alike_to_a_deutan_eye_alone():
    red, green = "#e44040", "#7e7800"
    assert apart(red, green) > 3 * NEAR
    assert apart(red, green, "deutan") < NEAR
    assert alike(red, green)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("highest", [False, True])
def test_the_colours_of_maps_go_from_dark_to_light_for_every_eye(eye, highest):
    limits = Limits(low=1.0, high=90.0, highest=highest)
    colours = scale.scale_of(limits).to_rgba(np.geomspace(1.0, 90.0, 32))
    light = np.array([seen(colour[:3], eye)[0] for colour in colours])
    assert (np.diff(light) < 0).all() or (np.diff(light) > 0).all()
    assert np.ptp(light) > 60


def test_the_colours_of_curves_go_from_dark_to_light():
    assert (steps(mpl.colormaps["plasma"](np.linspace(0, 0.92, 14))) > 0).all()


def test_the_star_is_seen_on_every_colour_of_a_map():
    """Its edge is white, and the line around the candidates lies on the white between cells."""
    for colour in scale.scale_of(LIMITS).to_rgba(np.geomspace(1.0, 90.0, 16)):
        assert max(apart(BEST, colour[:3], eye) for eye in EYES) > NEAR
        assert all(apart(BEST, colour[:3], eye) > NEAR or lightness(colour[:3]) < 90 for eye in EYES)


def test_arms_whose_colours_are_alike_have_other_dashes():
    names = ["adam", "sgd", "momentum", "padam", "rmsprop", "adamw", "radam"]
    arms = {name: {"optimizer": {"name": name}} for name in names}
    cells = {name: {(0.1,): [10.0]} for name in names}
    found = findings(
        armed(cells, ("lr",)), arms=arms, space={"lr": {"values": [0.1]}}, seeds=1, optimizer={"name": "sgd"}
    )
    styles = palette.styles(found.arms)
    assert len(styles) == len(names)
    for one, other in combinations(styles, 2):
        assert one["linestyle"] != other["linestyle"] or not alike(one["color"], other["color"])
