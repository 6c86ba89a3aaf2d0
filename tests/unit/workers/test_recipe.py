from __future__ import annotations

import dataclasses
import json

import pytest

from tests.unit.workers.recipes import recipe
from workers.recipe import Recipe


def test_a_recipe_survives_being_written_as_plain_values():
    written = recipe(variant="paper", subset=100, validation=20, decay_on="kernels", amsgrad=False, remainder="keep")
    assert Recipe.from_dict(written.to_dict()) == written


def test_a_recipe_survives_json():
    written = recipe(schedule={"name": "multistep", "milestones": [1, 2], "gamma": 0.1})
    assert Recipe.from_dict(json.loads(json.dumps(written.to_dict()))) == written


def test_a_recipe_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe().seed = 1


def test_unknown_keys_are_named():
    with pytest.raises(TypeError, match="has no colour, size"):
        Recipe.from_dict(recipe().to_dict() | {"size": 1, "colour": 2})


def test_missing_keys_are_named():
    values = recipe().to_dict()
    del values["epochs"]
    with pytest.raises(TypeError, match="epochs"):
        Recipe.from_dict(values)
