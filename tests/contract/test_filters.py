"""The query language, on both backends and against hostile input."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from study.errors import UsageError
from study.expressions import MAX_HEIGHT, ExpressionError, parse
from study.store.columns import TRIAL_NAMES
from tests.contract.helpers import every_outcome, make, make_tpe, run_sql


@pytest.fixture
def study(store):
    it = make(store, space={"lr": {"values": [0.01, 0.1, 1.0]}})
    every_outcome(store, it)
    return it


def numbers(store, study, where):
    return [row["number"] for row in store.queries.trials(study.id, where=where)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("number < 2", [0, 1]),
        ("number <= 1 and seed = 1", [1]),
        ("number = 0 or number = 5", [0, 5]),
        ("not number < 4", [4, 5]),
        ("number in (1, 3, 99)", [1, 3]),
        ("number not in (0, 1, 2, 3)", [4, 5]),
        ("state = 'complete'", [0]),
        ('state == "complete"', [0]),
        ("state != 'cancelled' AND number > 0", [1, 2]),
        ("diverged_epoch is not null", [1]),
        ("test_error_final is null and state = 'diverged'", [1]),
        ("lr * 10 = 1 and seed = 0", [2]),
        ("number - 1 >= 2 * 2", [5]),
        ("number / 2 = 0.5", [1]),
        ("number / 0 = 1", []),
        ("-number > -2", [0, 1]),
        ("(number = 1 or number = 2) and seed = 0", [2]),
        ("superseded", []),
        ("not superseded and number = 3", [3]),
        ("superseded = false and number = 3", [3]),
        ("  number=0  ", [0]),
        ("reason = 'it''s'", []),
        ("test_error_final < 1000", [0]),
        ("number % 2 = 0", None),
    ],
)
def test_expressions_pick_what_they_say(store, study, where, expected):
    if expected is None:
        with pytest.raises(ExpressionError):
            numbers(store, study, where)
    else:
        assert numbers(store, study, where) == expected


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("", "must go on"),
        ("lr", "must be true or false, got a number"),
        ("lr <", "must go on"),
        ("lrr < 1", "did you mean 'lr'?"),
        ("state = complete", "text stands in quotes"),
        ("lr = 'x'", "must be a number like its left side, got a text"),
        ("lr < 1 lr", "must end here"),
        ("lr < 1)", "must end here"),
        ("(lr < 1", "must go on with )"),
        ("lr < 1; drop table trial", "must not contain ';'"),
        ("lr < 1 -- x", "no column"),
        ("lr = 1e999", "finite"),
        ("reason = null", "`is null` or `is not null`"),
        ("epoch = 1", "epoch belongs to an epoch, and an expression picks whole trials"),
        ("test_error < 10", "test_error belongs to an epoch"),
        ("superseded < true", "no order"),
        ("lr in ()", "must be"),
        ("lr in (1, 'a')", "must be a number"),
        ("not lr", "must be true or false"),
        ("lr and p", "must be true or false"),
        ("state + 1 = 2", "must be a number"),
        ("'a' is", "must go on with null"),
        ("exists(select 1)", "no column"),
        ("lr = (select 1)", "no column"),
        ("lr\x00 < 1", "must not contain"),
        ("lr < 1 \x1b[31m", "must not contain"),
        ("(" * 200 + "lr < 1" + ")" * 200, "nest"),
        ("not " * 200 + "superseded", "nest"),
        ("-" * 200 + "lr < 1", "nest"),
        ("lr < 1 or " * 400 + "lr < 1", "at most"),
        (" or ".join(["lr<1"] * 200), "at most"),
    ],
)
def test_faulty_expressions_are_refused_with_the_place(store, study, where, said):
    with pytest.raises(ExpressionError) as caught:
        numbers(store, study, where)
    text = str(caught.value)
    assert said in text
    assert "\x1b" not in text
    assert "\x00" not in text


def test_the_error_points_at_the_character():
    with pytest.raises(ExpressionError) as caught:
        parse("lr < 1 and lrr = 2", {"lr": "number"})
    _, line, pointer = str(caught.value).split("\n")
    assert line[pointer.index("^") :].startswith("lrr")


def test_values_are_bound_and_never_part_of_the_statement(store, study):
    hostile = "'; DROP TABLE trial; --"
    assert numbers(store, study, f'state = "{hostile}"') == []
    assert len(numbers(store, study, "number >= 0")) == 6


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                [
                    *TRIAL_NAMES,
                    "and",
                    "or",
                    "not",
                    "in",
                    "is",
                    "null",
                    "(",
                    ")",
                    ",",
                    "=",
                    "<",
                    "-",
                    "/",
                    "*",
                    "1",
                    "0",
                    "1e308",
                    "'x'",
                    "true",
                ]
            ),
            max_size=12,
        ).map(" ".join),
    )
)
def test_junk_is_answered_or_refused_and_never_breaks_the_store(store, study, text):
    with contextlib.suppress(UsageError):
        list(store.queries.trials(study.id, where=text, limit=3))


@pytest.mark.parametrize("name", TRIAL_NAMES)
def test_every_column_users_see_can_be_asked_for(store, study, name):
    assert sorted(numbers(store, study, f"{name} is null") + numbers(store, study, f"{name} is not null")) == [
        *range(6)
    ]


def test_a_number_that_grows_out_of_range_is_no_error_of_the_program(store, study):
    with contextlib.suppress(UsageError):  # one backend refuses it, the other calls it infinite
        assert len(numbers(store, study, "lr * 1e308 * 1e308 * 1e308 > 1")) == 6


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("lr < 0.001", [0]),
        ("lr > 9", [2]),
        ("lr = 0.001", [1]),
        ("lr = 1e-5 or lr = 10", [0, 2]),
        ("lr in (10.0, 0.00001)", [0, 2]),
        ("lr != 10", [0, 1]),
        ("not lr = 10", [0, 1]),
        ("lr is null", []),
        ("p = 0 and lr < 0.1", [0, 1]),
        ("momentum = 0 or momentum != 0", []),
        ("not momentum = 0", []),
        ("momentum is null", [0, 1, 2]),
        ("lr * weight_decay = 5e-9", [0]),
        ("lr / beta2 < 2e-5", [0]),
        ("-lr <= -10", [2]),
        ("eps = 1e-8", [0, 1, 2]),
    ],
)
def test_options_are_compared_as_numbers_and_an_empty_one_is_never_true(store, where, expected):
    values = {"values": [1e-5, 1e-3, 10.0]}
    study = make(store, space={"lr": values}, seeds=1, optimizer={"name": "padam", "p": 0, "weight_decay": 5e-4})
    assert numbers(store, study, where) == expected


def test_the_options_of_a_slot_that_no_proposal_has_filled_are_empty(store):
    study = make_tpe(store)
    assert numbers(store, study, "lr < 1 or lr >= 1 or p = 0.125 or not p = 7") == []
    assert len(numbers(store, study, "lr is null and p is null and optimizer = 'padam'")) == 6


def nested(before, after, height):
    return f"{before * height}number{after * height}"


SHAPES = {
    "divisions": lambda n: f"{nested('1/(1+', ')', n // 2)} < 2",
    "quotients": lambda n: f"{nested('(1+', ')/2', n // 2)} < 99",
    "denominators": lambda n: f"{nested('1/(', ')', n)} < 99",
    "signs": lambda n: f"{nested('-', '', n)} < 99",
    "signed brackets": lambda n: f"{nested('-(', ')', n)} < 99",
    "sums": lambda n: f"number {'+ 1 ' * n} < 99",
    "differences": lambda n: f"{nested('1-(', ')', n)} < 99",
    "negations": lambda n: f"{'not (' * n}number < 0{')' * n}",
    "and or": lambda n: f"{'(superseded or (number >= 0 and ' * (n // 2)}number < 99{'))' * (n // 2)}",
    "conditions": lambda n: " or ".join(["number < 0"] * (n + 90) + ["number = 1"]),
    "a long list": lambda n: f"number in ({', '.join(['7'] * (n + 220))})",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_whatever_is_within_the_limits_is_answered(store, study, shape):
    assert isinstance(numbers(store, study, SHAPES[shape](MAX_HEIGHT - 1)), list)


@pytest.mark.parametrize("shape", ["denominators", "signs", "sums", "differences", "negations"])
def test_whatever_is_deeper_is_refused(store, study, shape):
    with pytest.raises(ExpressionError, match=r"must have at most|nest"):
        numbers(store, study, SHAPES[shape](MAX_HEIGHT + 1))


def test_a_quotient_keeps_every_digit(store, study):
    """One backend computed it in decimals of 15 digits."""
    run_sql(store, "UPDATE trial SET created_at = 1763721339.9876543 + number / 7.0")
    assert numbers(store, study, "created_at / created_at = 1") == [0, 1, 2, 3, 4, 5]
    assert numbers(store, study, "created_at / 3 * 3 - created_at < 1e-6") == [0, 1, 2, 3, 4, 5]
