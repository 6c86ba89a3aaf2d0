from __future__ import annotations

import pytest

from search_spaces.errors import SpecificationError
from search_spaces.validation import load, restored, validate
from tests.unit.search_spaces.common import OLD, STUDY, specification

# -- what a store keeps


@pytest.mark.parametrize(
    ("subset", "digest"),
    [
        (None, "2acdfcc25edeefcd5fd0c3d18488ea0ca7466249fab2b9aeffcbc2b14b5b1f54"),
        (100, "8b094212a77ba5b1ccaea64d41cd5c97d24b5eabf2644789c01c3dd93979db8c"),  # fewer images than a batch
    ],
)
def test_a_study_of_release_0_1_0_keeps_its_small_batches_and_its_hash(subset, digest):
    stored = restored(OLD | {"task": OLD["task"] | {"subset": subset}}, "a store")
    assert stored.base.task.remainder == "keep"
    assert stored.hash() == digest


def test_betas_of_a_stored_study_stand_for_both():
    stored = restored(OLD | {"optimizer": OLD["optimizer"] | {"betas": [0.8, 0.95]}}, "a store")
    assert (stored.base.optimizer.beta1, stored.base.optimizer.beta2) == (0.8, 0.95)


@pytest.mark.parametrize("remainder", ["join", "keep"])
def test_a_study_of_today_is_read_as_it_was_written(remainder):
    written = specification(("task.remainder", remainder))
    assert restored(written.document(), "a store") == written


def test_reading_what_a_store_keeps_leaves_the_document_alone():
    document = OLD | {"task": dict(OLD["task"])}
    restored(document, "a store")
    assert document == OLD


@pytest.mark.parametrize("changes", [{"task": None}, {"task": {}}, {"task": 3}, {"epochs": 0}])
def test_a_stored_document_that_is_none_is_told_with_its_store(changes):
    with pytest.raises(SpecificationError, match=r"^a store has "):
        restored(OLD | changes, "a store")


# -- where a specification comes from


def test_a_name_of_a_preset_loads_it():
    assert load("digits-lr-p").name == "digits-lr-p"


def test_a_file_is_loaded(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text(
        "name: a-study\ntask: {dataset: digits, network: mlp}\nepochs: 4\nspace: {lr: {values: [1e-2, 0.1]}}\n"
    )
    assert load(str(file)) == validate(STUDY)


def test_assignments_come_before_validation():
    assert load("digits-lr-p", ["seeds=7", "task.network=mlp", "space.p.values=[0.5]"]).trials == 9 * 7


def test_the_last_of_two_assignments_holds():
    assert load("digits-lr-p", ["seeds=7", "seeds=1"]).seeds == 1


def test_a_bad_assignment_is_a_fault_like_any_other():
    with pytest.raises(SpecificationError, match="did you mean 'seeds'"):
        load("digits-lr-p", ["seed=7"])


@pytest.mark.parametrize(
    ("assignments", "said"),
    [
        (["seeds=abc"], ["--set seeds=abc", "seeds: must be a whole number, got 'abc'"]),
        (["seeds = abc"], ["--set seeds = abc", "seeds: must be a whole number, got 'abc'"]),
        (["seed=7"], ["--set seed=7", "seed: unknown key; did you mean 'seeds'?"]),
        (["task={dataset: digits}"], ["--set task={dataset: digits}", "task.network: is required"]),
        (["space.p.values=[9]"], ["--set space.p.values=[9]", "space.p.values[0]: p must lie in [0, 0.5], got 9"]),
        (
            ["space={p: {values: [9]}}"],
            ["--set space={p: {values: [9]}}", "space.p.values[0]: p must lie in [0, 0.5], got 9"],
        ),
        (["seeds=abc", "seeds=1.5"], ["--set seeds=1.5", "seeds: must be a whole number, got 1.5"]),
        (
            ["seeds=1.5", "task.network=mpl"],
            [
                "--set seeds=1.5", "seeds: must be a whole number, got 1.5",
                "--set task.network=mpl", "task.network: unknown network 'mpl'; did you mean 'mlp'?",
            ],
        ),
        (
            ["optimizer.beta=1", "optimizer.betas=[0.9, 1]"],
            [
                "--set optimizer.beta=1", "optimizer.beta: unknown key; did you mean 'betas'?",
                "--set optimizer.betas=[0.9, 1]", "optimizer.betas: beta2 must lie in [0, 1), got 1",
            ],
        ),
        (
            ["space.lr.low=50", "space.lr.log=false"],
            [
                "preset digits-lr-p with --set space.lr.low=50, --set space.lr.log=false",
                "space.lr: low < high must hold, got low=50, high=10",
            ],
        ),
        (
            ["seeds", "task.network=mpl"],
            [
                "--set", "'seeds': must have the form KEY=VALUE, such as seeds=3",
                "--set task.network=mpl", "task.network: unknown network 'mpl'; did you mean 'mlp'?",
            ],
        ),
    ],
    ids=str,
)  # fmt: skip
def test_a_fault_that_an_assignment_brought_in_is_told_with_it(assignments, said):
    with pytest.raises(SpecificationError) as caught:
        load("digits-lr-p", assignments)
    pairs = zip(said[::2], said[1::2], strict=True)
    assert str(caught.value).splitlines() == [
        line for source, fault in pairs for line in (f"{source} has 1 fault:", f"  {fault}")
    ]


def test_faults_of_the_file_and_of_assignments_stand_in_one_message(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("name: a-study\ntask: {dataset: digits, network: mlp}\nepochs: 0\nspace: {lr: {values: [-1]}}\n")
    with pytest.raises(SpecificationError) as caught:
        load(str(file), ["task.network=mpl", "task.batch_sise=3"])
    assert str(caught.value) == (
        f"'{file}' has 2 faults:\n"
        "  epochs: must be greater than or equal to 1, got 0\n"
        "  space.lr.values[0]: lr must lie in (0, inf), got -1\n"
        "--set task.batch_sise=3 has 1 fault:\n"
        "  task.batch_sise: unknown key; did you mean 'batch_size'?\n"
        "--set task.network=mpl has 1 fault:\n"
        "  task.network: unknown network 'mpl'; did you mean 'mlp'?"
    )
    assert len(caught.value.faults) == 4


def test_a_long_assignment_is_cut():
    with pytest.raises(SpecificationError) as caught:
        load("digits-lr-p", [f"seeds={'x' * 10_000}"])
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["digits-lr-q", "digit-lr-p"])
def test_an_unknown_preset_is_told_with_the_nearest(name):
    with pytest.raises(SpecificationError, match="did you mean 'digits-lr-p'"):
        load(name)


def test_a_missing_file_is_told_as_a_file():
    with pytest.raises(SpecificationError, match="no such file"):
        load("missing.yaml")


@pytest.mark.parametrize(
    "name", ["", ".", "a" * 300, "a" * 300 + ".yaml", "a\0b", "a\0b.yaml", "/dev/null/x", "\x1b[31m"]
)
def test_a_name_no_file_can_have_is_refused(name):
    with pytest.raises(SpecificationError):
        load(name)


def test_a_fault_names_its_file(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("name: A\n")
    with pytest.raises(SpecificationError, match=r"study\.yaml.* has 4 faults"):
        load(str(file))
