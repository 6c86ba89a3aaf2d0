from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.guessing import Guessing, guessing_of
from tests.unit.analysis.common import DIGITS
from tests.unit.analysis.reports import specification


def test_guessing_among_ten_classes_is_wrong_nine_times_of_ten():
    assert DIGITS.error == 90.0
    assert DIGITS.loss == pytest.approx(2.302585)


def test_the_lowest_error_of_guessing_is_two_standard_errors_below():
    """898 images, each right with probability 1/10: sqrt(0.09 / 898) = 1.0011 points."""
    assert DIGITS.lowest_error == pytest.approx(90.0 - 2 * 1.00111, abs=1e-4)


def test_nearly_guessing_is_nine_tenths_of_it():
    assert DIGITS.nearly_error == pytest.approx(81.0)


@pytest.mark.parametrize(
    ("error", "loss", "lost"),
    [
        (80.7, 1.14, False),  # a real training of the demo, near the cliff and learning
        (89.4, 0.1, True),
        (85.0, 3.0, True),
        (85.0, 1.0, False),
        (85.0, 1e30, True),
        (85.0, 2.302, False),
        (85.0, 2.303, True),
        (80.9, 3.0, False),
        (81.1, 3.0, True),
        (87.9, 1.0, False),
        (88.0, 1.0, True),
        (100.0, 0.0, True),
        (0.0, 3.0, False),
    ],
)
def test_a_training_is_lost_by_its_error_or_by_error_and_loss(error, loss, lost):
    assert DIGITS.learned_nothing(np.array([error]), np.array([loss])).tolist() == [lost]


def test_without_a_loss_the_error_alone_decides():
    assert DIGITS.learned_nothing(np.array([89.0, 85.0]), np.array([math.nan] * 2)).tolist() == [True, False]


def test_without_an_error_nothing_can_be_said():
    assert not DIGITS.learned_nothing(np.array([math.nan]), np.array([1e30])).any()


def test_the_rule_is_said_in_numbers():
    assert DIGITS.rule == "final test error at least 88.0 %, or at least 81 % with a train loss of 2.30 or more"


def test_the_rule_of_a_hundred_classes_keeps_its_digits():
    assert "at least 89.1 % with a train loss of 4.61" in Guessing(classes=100, images=10_000).rule


def test_the_guessing_of_a_study_is_that_on_its_test_images():
    assert guessing_of(specification().base) == Guessing(classes=10, images=898)
