"""The names that plug-ins cannot use are those that something else has."""

from typing import get_args

from analysis.statistics import STATISTICS
from search_spaces.arm import Objective
from search_spaces.plugins import names
from search_spaces.sections import Section
from study import expressions
from study.store.columns import EPOCH, OPTIONS, TRIAL
from study.store.results import COLUMNS


def test_every_column_of_a_trial_or_an_epoch_is_taken():
    assert {column.name for column in TRIAL} - OPTIONS <= names.TRIAL
    assert {column.name for column in EPOCH} <= names.EPOCH
    assert set(names.REAL) == OPTIONS
    assert set(COLUMNS) <= set(names.CLASSIFIED)


def test_statistics_and_words_are_those_in_use():
    assert set(names.STATISTICS) == set(STATISTICS)
    assert get_args(Objective.model_fields["statistic"].annotation) == names.STATISTICS
    assert expressions._WORDS == names.WORDS


def test_what_a_section_has_is_taken():
    known = {name for name in dir(Section) if not name.startswith(("_", "model_"))}
    assert known <= names.ATTRIBUTES
