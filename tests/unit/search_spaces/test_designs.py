from __future__ import annotations

import numpy as np
import pytest

from search_spaces.configurations import identity
from search_spaces.designs import drawn, placed
from search_spaces.domains import Range, Values, significant
from tests.unit.search_spaces.common import specification

SPACE = {
    "lr": {"low": 1e-4, "high": 1.0, "log": True},
    "p": {"values": [0.0, 0.125, 0.25, 0.5]},
    "beta1": {"low": 0.0, "high": 0.99},
}
DRAWN = ["random", "sobol"]


def design(name, configurations=50, seed=0, space=None):
    given = {"name": name, "configurations": configurations, "seed": seed}
    return drawn(specification(("space", space or SPACE), ("design", given)).base)


def test_a_grid_has_every_cell_in_order():
    study = specification(
        ("space", {"lr": {"values": [1, 0.1]}, "p": {"low": 0, "high": 0.5, "points": 3}}), ("seeds", 2)
    )
    cells = drawn(study.base)
    assert cells == [{"lr": lr, "p": p} for lr in (0.1, 1.0) for p in (0.0, 0.25, 0.5)]
    assert (study.configurations, study.trials) == (6, 12)


@pytest.mark.parametrize("name", ["grid", *DRAWN])
def test_the_order_in_which_a_space_is_written_numbers_nothing(name):
    space = {"p": {"values": [0.0, 0.5]}, "beta1": {"values": [0.1, 0.2]}, "lr": {"values": [0.1, 1.0]}}
    turned = {key: space[key] for key in reversed(space)}
    count = None if name == "grid" else 5
    cells = [design(name, count, space=it) for it in (space, turned)]
    assert cells[0] == cells[1]
    assert list(cells[0][0]) == list(space)


@pytest.mark.parametrize("name", ["tpe", "gp", "levelset"])
def test_what_is_proposed_is_not_drawn_beforehand(name):
    assert design(name) == []


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("count", [1, 7, 1500])
def test_as_many_configurations_are_drawn_as_were_asked_for(name, count):
    assert len(design(name, count)) == count


@pytest.mark.parametrize("name", DRAWN)
def test_configurations_drawn_are_distinct(name):
    assert len({identity(configuration) for configuration in design(name, 500)}) == 500


@pytest.mark.parametrize("name", DRAWN)
def test_every_cell_of_a_small_space_can_be_drawn(name):
    space = {"lr": {"values": [0.1, 1.0, 10.0]}, "p": {"values": [0.0, 0.1, 0.2, 0.3, 0.4]}}
    assert {tuple(c.values()) for c in design(name, 15, space=space)} == {
        (lr, p) for lr in (0.1, 1.0, 10.0) for p in (0.0, 0.1, 0.2, 0.3, 0.4)
    }


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_seed_draws_the_same(name):
    assert design(name, seed=7) == design(name, seed=7)


@pytest.mark.parametrize("name", DRAWN)
def test_another_seed_draws_others(name):
    assert design(name, seed=7) != design(name, seed=8)


@pytest.mark.parametrize("name", DRAWN)
def test_the_seed_of_a_design_may_be_any_of_32_bits(name):
    assert len(design(name, 5, seed=2**32 - 1)) == 5


@pytest.mark.parametrize("name", DRAWN)
def test_a_larger_design_begins_as_a_smaller_one(name):
    assert design(name, 80)[:30] == design(name, 30)


@pytest.mark.parametrize("name", DRAWN)
def test_global_numpy_random_state_does_not_matter(name):
    np.random.seed(1)  # noqa: NPY002
    first = design(name)
    np.random.seed(2)  # noqa: NPY002
    assert design(name) == first


@pytest.mark.parametrize("name", DRAWN)
def test_configurations_lie_within_the_space_at_twelve_digits(name):
    for configuration in design(name, 300):
        assert list(configuration) == ["lr", "p", "beta1"]
        assert 1e-4 <= configuration["lr"] <= 1.0
        assert configuration["p"] in {0.0, 0.125, 0.25, 0.5}
        assert 0.0 <= configuration["beta1"] <= 0.99
        assert all(significant(value) == value for value in configuration.values())


def test_random_covers_a_log_range_evenly_on_its_scale():
    decades = [np.floor(np.log10(c["lr"])) for c in design("random", 2000)]
    assert all(400 < decades.count(decade) < 600 for decade in (-4, -3, -2, -1))


def test_sobol_covers_a_log_range_exactly_evenly():
    space = {"lr": {"low": 1e-4, "high": 1.0, "log": True}}
    decades = [int(np.floor(np.log10(c["lr"]))) for c in design("sobol", 64, space=space)]
    assert [decades.count(decade) for decade in (-4, -3, -2, -1)] == [16] * 4


def test_a_point_of_the_unit_cube_is_placed_on_each_domain():
    space = {"lr": Range(low=0.01, high=1.0, log=True), "p": Values(values=(0.0, 0.5))}
    assert placed(np.array([0.5, 0.75]), space) == {"lr": 0.1, "p": 0.5}
