from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.seeds import derived_seed, generator, seeded

SEEDS = st.integers(0, 2**63)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(seed=SEEDS, purpose=st.sampled_from(["init", "order", "augment"]), epoch=st.integers(0, 10**6))
def test_a_derived_seed_is_one_that_torch_takes(seed, purpose, epoch):
    assert 0 <= derived_seed(seed, purpose, epoch) < 2**63


def test_seed_purpose_and_epoch_all_count():
    keys = [(s, p, e) for s in range(20) for p in ("init", "order", "augment") for e in range(20)]
    assert len({derived_seed(*key) for key in keys}) == len(keys)


def test_a_derived_seed_never_changes():
    assert derived_seed(0, "init") == 7_615_695_542_073_086_227


def test_a_generator_starts_anew_each_time():
    first, again = (torch.rand(5, generator=generator(1, "order", 2)) for _ in range(2))
    assert torch.equal(first, again)


def test_a_generator_lives_on_the_cpu():
    assert generator(0, "order").device.type == "cpu"


def test_the_global_generator_of_torch_is_set_as_torch_sets_it():
    with seeded(3, "global", 2):
        found = torch.rand(5)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(3, "global", 2))
        assert torch.equal(found, torch.rand(5))
