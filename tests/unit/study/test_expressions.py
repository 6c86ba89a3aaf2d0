from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.expressions import MAX_DEPTH, MAX_LENGTH, MAX_TOKENS, ExpressionError, parse

COLUMNS = {"lr": "number", "p": "number", "state": "text", "superseded": "truth"}


def written(node):
    """Return a tree as text, every part in brackets."""
    if node.operator in {"column", "value"}:
        return repr(node.value) if node.operator == "value" else node.value
    return f"({' '.join([node.operator, *map(written, node.parts)])})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("lr < 0.1", "(< lr 0.1)"),
        ("lr == 1", "(= lr 1.0)"),
        ("lr <> 1", "(!= lr 1.0)"),
        ("LR < .5", "(< lr 0.5)"),
        ("superseded", "superseded"),
        ("not superseded", "(not superseded)"),
        ("superseded = true", "(= superseded True)"),
        ("state = 'it''s'", '(= state "it\'s")'),
        ('state = "failed"', "(= state 'failed')"),
        ("state in ('failed', 'diverged')", "(in state 'failed' 'diverged')"),
        ("state not in ('failed')", "(not (in state 'failed'))"),
        ("p is null", "(is null p)"),
        ("p is not null", "(not (is null p))"),
        ("lr < 1 + 2 * p", "(< lr (+ 1.0 (* 2.0 p)))"),
        ("lr < (1 + 2) * p", "(< lr (* (+ 1.0 2.0) p))"),
        ("lr < 1 - 2 - 3", "(< lr (- (- 1.0 2.0) 3.0))"),
        ("lr > -p", "(> lr (negative p))"),
        ("superseded or lr < 1 and p = 0", "(or superseded (and (< lr 1.0) (= p 0.0)))"),
        ("(superseded or lr < 1) and p = 0", "(and (or superseded (< lr 1.0)) (= p 0.0))"),
        ("not lr < 1 and p = 0", "(and (not (< lr 1.0)) (= p 0.0))"),
    ],
)
def test_an_expression_is_read_as_its_tree(text, tree):
    assert written(parse(text, COLUMNS)) == tree


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must go on with a column"),
        ("lr <", "must go on with a column"),
        ("lr", "must be true or false, got a number; compare it"),
        ("lr < 'a'", "must be a number like its left side, got a text"),
        ("state = 1", "must be a text like its left side"),
        ("lr < 1 < 2", "must end here"),
        ("(lr < 1", r"must go on with \), got the end"),
        ("lrr < 1", "no column 'lrr' .text stands in quotes.; did you mean 'lr'"),
        ("state + 1 = 2", "must be a number, got a text"),
        ("superseded < true", "true and false have no order"),
        ("lr < 1; drop table trial", "must not contain ';'"),
        ("state = 'open", "text must end with the quote it began with"),
        ("lr < 1e999", "must be a finite number"),
        ("and", "must be a column, a number or 'text'"),
        ("not lr", "must be true or false, got a number"),
        ("(lr < 1) = true", "must be a column, true or false to be compared"),
        ("superseded = (lr < 1)", "must be a column, true or false to be compared"),
        ("(not superseded) is null", "must be a column, true or false to be compared"),
        ("(lr < 1) in (true, false)", "must be a column, true or false to be compared"),
        ("superseded in ((lr < 1))", "must be a column, true or false to be compared"),
        ("lr < \N{ARABIC-INDIC DIGIT ONE}", "must not contain"),
        ("state = 'a\0b'", "must not contain characters that no database keeps"),
        ("state = '\udcff'", "must not contain characters that no database keeps"),
    ],
)
def test_a_faulty_expression_is_refused(text, message):
    with pytest.raises(ExpressionError, match=message):
        parse(text, COLUMNS)


def test_an_error_points_at_its_character():
    with pytest.raises(ExpressionError) as caught:
        parse("p = 0 and lrr < 1", COLUMNS)
    _, line, mark = str(caught.value).splitlines()
    assert line[mark.index("^") :].startswith("lrr")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("lr + state < 1", "state"),
        ("1 < lr * superseded", "superseded"),
        ("-state < 1", "state"),
        ("lr < 1 or p", "p"),
    ],
)
def test_an_error_points_at_the_part_that_is_wrong(text, at):
    with pytest.raises(ExpressionError) as caught:
        parse(text, COLUMNS)
    _, line, mark = str(caught.value).splitlines()
    assert line[mark.index("^") :].startswith(at)


@pytest.mark.parametrize("before", ["'漢字'", "'e\u0301'", "'\t'"], ids=["wide", "combining", "control"])
def test_an_error_points_there_after_characters_of_other_widths(before):
    with pytest.raises(ExpressionError) as caught:
        parse(f"state = {before} and lrr < 1", COLUMNS)
    _, line, mark = str(caught.value).splitlines()
    assert line.isprintable()
    assert line[mark.index("^") :].startswith("lrr")


def test_an_error_shows_no_control_characters():
    with pytest.raises(ExpressionError) as caught:
        parse("lrr < 1 or state = '\x1b[31m'", COLUMNS)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "lr < 1" + " " * MAX_LENGTH,
        "(" * (MAX_DEPTH + 1) + "lr < 1" + ")" * (MAX_DEPTH + 1),
        "-" * (MAX_DEPTH + 1) + "lr < 1",
        "+".join(["1"] * MAX_TOKENS) + " < lr",
    ],
    ids=["long", "deep", "negative", "many"],
)
def test_an_expression_is_bounded(text):
    with pytest.raises(ExpressionError, match="must"):
        parse(text, COLUMNS)


@given(st.text(max_size=60) | st.text(alphabet="lrpstae ()<>=!+-*/'\"0.1,notidl", max_size=60))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(ExpressionError):
        assert parse(text, COLUMNS).kind == "truth"
