"""Whatever is written, the answer is a specification or a SpecificationError."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from search_spaces.documents import assign, parse_document
from search_spaces.errors import SpecificationError
from search_spaces.validation import loads, validate
from tests.unit.search_spaces.common import STUDY, faults_of, paths_of, study

JUNK = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

TOKENS = st.sampled_from(
    [
        *"-?:,[]{}#&*!|>'\"%@`=~<. \n\t\\0e_",
        *("\n  ", "\n- ", ": ", "---\n", "...\n", "<<: ", "!!int ", "&a ", "*a", "%YAML 1.2\n"),
        *("1e-3", "0x", "0o8", "0b2", ".inf", ".nan", "null", "true", "no", "-_", "+.", "1:30", "2001-99-99"),
        *("name", "task", "epochs", "space", "lr", "values", "optimizer", "design", "seeds", "low: ", "high: "),
        *("2024-01-01", "\u00e9", "\ufeff"),
    ]
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**400)
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["digits", "mlp", "padam", "grid", "random", "lr", "values", "low", "high", "points", "name"])
)
KEYS = st.text(max_size=5) | st.sampled_from(
    ["name", "lr", "p", "betas", "values", "low", "high", "log", "points", "milestones", "configurations", "subset"]
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | SCALARS, inner, max_size=4),
    max_leaves=8,
)

PATHS = [*STUDY, "optimizer", "schedule", "design", "objective", "resources", "summary", "seeds"]
PATHS += [
    f"task.{key}"
    for key in ("dataset", "network", "batch_size", "augmentation", "subset", "validation", "remainder", "x")
]
PATHS += [
    f"optimizer.{key}" for key in ("name", "variant", "decay", "decay_on", "amsgrad", "betas", "lr", "p", "eps")
]
PATHS += ["space.lr", "space.p", "space.lr.values", "space.lr.low", "space.x", "schedule.name", "schedule.milestones"]
PATHS += ["design.name", "design.configurations", "design.seed", "objective.split", "resources.gpus"]


def refused_at_most():
    return contextlib.suppress(SpecificationError)


@JUNK
@given(st.text(max_size=200) | st.lists(TOKENS, max_size=40).map("".join))
@example("a: \ud800")
@example("? {a: 1}\n: 2")
@example("a: 0x" + "f" * 5000)
def test_any_text_is_read_or_refused(text):
    with refused_at_most():
        loads(text)


@JUNK
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw):
    with refused_at_most():
        assert isinstance(parse_document(raw), dict)


@JUNK
@given(st.lists(st.tuples(st.sampled_from(PATHS), ANYTHING), min_size=1, max_size=3))
def test_any_value_in_any_place_is_accepted_or_refused(changes):
    document = study()
    for path, value in changes:
        *folders, last = path.split(".")
        here = document
        for folder in folders:
            if not isinstance(here.get(folder), dict):
                here[folder] = {}
            here = here[folder]
        here[last] = value
    with refused_at_most():
        assert validate(document).trials >= 1


@JUNK
@given(ANYTHING.filter(lambda value: isinstance(value, dict)))
def test_any_document_is_accepted_or_refused(document):
    with refused_at_most():
        validate(document)


@JUNK
@given(st.text(max_size=60) | st.tuples(st.sampled_from(PATHS), TOKENS, TOKENS).map(lambda t: f"{t[0]}={t[1]}{t[2]}"))
def test_any_assignment_is_carried_out_or_refused(assignment):
    document = study()
    with refused_at_most():
        assign(document, assignment)
        validate(document)


@JUNK
@given(
    lr=st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=5, unique_by=lambda v: f"{v:.8e}"),
    low=st.floats(0.0, 0.2),
    width=st.floats(0.01, 0.3),
    points=st.integers(2, 20),
    seeds=st.integers(1, 20),
    design=st.sampled_from(["grid", "random", "sobol", "tpe", "gp", "levelset"]),
)
def test_a_valid_study_is_its_own_document(lr, low, width, points, seeds, design):
    space = {"lr": {"values": lr}, "p": {"low": low, "high": low + width, "points": points}}
    count = {} if design == "grid" else {"configurations": 7}
    specification = validate(study(("space", space), ("seeds", seeds), ("design", {"name": design, **count})))
    again = validate(specification.document())
    assert (again, again.hash()) == (specification, specification.hash())
    assert specification.trials == seeds * (len(lr) * points if design == "grid" else 7)


@pytest.mark.parametrize("value", [10**400, -(10**400), 16**4400], ids=["large", "small", "unprintable"])
@pytest.mark.parametrize(
    "path",
    [
        "epochs",
        "seeds",
        "optimizer.lr",
        "space.lr.low",
        "task.batch_size",
        "resources.gpus",
        "schedule.gamma",
        "name",
    ],
)
def test_a_number_that_no_machine_number_holds_is_a_fault(path, value):
    document = study(("space.lr", {"low": 0.1, "high": 1.0, "points": 2}), (path, value))
    assert path.removesuffix(".low") in {p.removesuffix(".low") for p in paths_of(document)}


@pytest.mark.parametrize("value", [10**400, -(10**400), 16**4400], ids=["large", "small", "unprintable"])
def test_a_value_that_no_machine_number_holds_is_a_fault(value):
    assert paths_of(study(("space.lr.values", [0.1, value]))) == {"space.lr.values[1]"}


def test_a_number_in_a_document_that_no_machine_number_holds_is_a_fault():
    with pytest.raises(SpecificationError):
        loads(f"name: a\ntask: {{dataset: digits, network: mlp}}\nepochs: 0x{'f' * 5000}\nspace: {{}}\n")


@pytest.mark.parametrize("key", [None, 1, True, 0.5, (1, 2)], ids=str)
@pytest.mark.parametrize(
    "section", ["", "task", "space", "space.lr", "optimizer", "schedule", "design", "objective", "resources"]
)
def test_a_key_that_is_no_text_is_a_fault(section, key):
    document = study(("space.lr", {"low": 0.1, "high": 1.0, "points": 2}))
    here = document
    for part in filter(None, section.split(".")):
        here = here.setdefault(part, {})
    here[key] = {"values": [1]}
    assert faults_of(document)


@pytest.mark.parametrize("path", ["task", "space.lr", "optimizer", "seeds", "name"])
def test_a_deep_assignment_is_a_fault(path):
    document = study()
    with pytest.raises(SpecificationError):  # noqa: PT012 - at either of the two
        assign(document, ".".join([path, *["a"] * 5000]) + "=1")
        validate(document)
