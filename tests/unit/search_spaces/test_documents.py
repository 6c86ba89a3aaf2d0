from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from search_spaces.documents import MAX_BYTES, assign, nearest, parse_document, read_document
from search_spaces.errors import SpecificationError


def refusal(raw):
    with pytest.raises(SpecificationError) as caught:
        parse_document(raw)
    return str(caught.value)


# -- scalars


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 1e5),
        ("5e-4", 5e-4),
        ("-1.5e+3", -1500.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("-0.0", 0.0),
        ("10", 10),
        ("+10", 10),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        (".inf", float("inf")),
        ("-.inf", float("-inf")),
        ("[0.1, 1e-1]", [0.1, 0.1]),
        ("{b: 1}", {"b": 1}),
    ],
)
def test_a_scalar_is_read_as_yaml_1_2_reads_it(written, value):
    read = parse_document(f"a: {written}")["a"]
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "yes",
        "on",
        "off",
        "y",
        "n",
        "No",
        "OFF",
        "e3",
        "1e",
        "1:30",
        "12:30:45",
        "0o9",
        "0x",
        "nan",
        "inf",
        "1-2",
    ],
)
def test_what_yaml_1_1_would_convert_is_text(text):
    assert parse_document(f"a: {text}") == {"a": text}


@pytest.mark.parametrize("text", ["2024-01-01", "2001-12-14t21:59:43.10-05:00"])
def test_a_date_is_text(text):
    assert parse_document(f"a: {text}") == {"a": text}


@pytest.mark.parametrize(("written", "value"), [("-.5", -0.5), (".5e3", 500.0), ("1.5e3", 1500.0), ("-.5e-3", -5e-4)])
def test_a_fraction_is_a_number_with_and_without_its_zero(written, value):
    assert parse_document(f"a: {written}") == {"a": value}


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("text", ["1e-3", "true", "null", "10"])
def test_quotes_make_text(text, quote):
    assert parse_document(f"a: {quote}{text}{quote}") == {"a": text}


def test_bytes_and_text_are_read_alike():
    assert parse_document("a: é".encode()) == parse_document("a: é") == {"a": "é"}


def test_a_document_start_mark_is_allowed():
    assert parse_document("---\na: 1\n...\n") == {"a": 1}


# -- refused

FEATURES = {
    "anchor": ("a: &x 1", "anchors and aliases"),
    "alias": ("a: *x", "anchors and aliases"),
    "anchored mapping": ("a: &x {b: 1}", "anchors and aliases"),
    "bomb": ("a: &a [x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(50)), "anchors and aliases"),
    "tag": ("a: !!str 1", "tags"),
    "local tag": ("a: !x 1", "tags"),
    "bare tag": ("a: ! 1", "tags"),
    "python tag": ("a: !!python/object/apply:os.system [ls]", "tags"),
    "tagged mapping": ("!!map {a: 1}", "tags"),
    "version directive": ("%YAML 1.1\n---\na: 1", "directives"),
    "tag directive": ("%TAG ! tag:example.org,2000:\n---\na: 1", "directives"),
    "unknown directive": ("%FOO bar\n---\na: 1", "directives"),
    "merge key": ("a: {<<: {b: 1}}", "merge keys"),
    "merge key in block": ("a:\n  <<: {b: 1}", "merge keys"),
    "second document": ("a: 1\n---\nb: 1", "one document"),
    "second document after an end": ("a: 1\n...\n---\nb: 1", "one document"),
}

NESTED = {
    "sequences": "a: " + "[" * 5000,
    "closed sequences": "a: " + "[" * 5000 + "]" * 5000,
    "mappings": "{a: " * 5000,
    "both": "a: " + "[{b: " * 5000,
    "block": "".join(" " * depth + "a:\n" for depth in range(5000)),
    "block that fits": "".join(" " * depth + "a:\n" for depth in range(350)),
    "dashes": "- " * 5000 + "a",
    "dashes below a key": "a:\n  " + "- " * 5000 + "b",
    "question marks": "? " * 5000 + "a",
    "dashes and question marks": "- ? " * 5000 + "a",
}

BYTES = {
    "bell": "a: \x07",
    "zero": "a: \0",
    "delete": "a: \x7f",
    "escape": "a: \x1b[31m",
    "c1 control": "a: \x85\x80",
    "late control": "a: " + "x" * 60_000 + "\x01",
    "latin 1": b"a: \xe9",
    "utf 16": "a: 1".encode("utf-16"),
    "overlong": b"a: \xc0\xaf",
    "cut short": b"a: \xe2\x82",
    "surrogate": "a: \ud800",
    "surrogate bytes": b"a: \xed\xa0\x80",
}

KEYS = {
    "duplicate key": "a: 1\na: 2",
    "duplicate key in flow": "{a: 1, a: 2}",
    "duplicate nested key": "a:\n  b: 1\n  b: 2",
    "duplicate key in two spellings": "a: 1\n'a': 2",
    "mapping as a key": "{a: 1}: 2",
}

SHAPES = {
    "empty": "",
    "blank": "\n  \n",
    "comment": "# nothing",
    "text": "just text",
    "number": "3",
    "null": "null",
    "list": "- a\n- b",
    "empty document": "---\n...\n",
}

SIZES = {
    "large": "a: " + "x" * MAX_BYTES,
    "huge": b"\xff" * (MAX_BYTES * 100),
    "large in bytes alone": "a: " + "é" * (MAX_BYTES // 2),
    "closing brackets": "]" * (MAX_BYTES - 1),
}

BROKEN = {
    "open quote": 'a: "b',
    "open sequence": "a: [1, 2",
    "open mapping": "{a: 1",
    "tab": "a:\n\tb: 1",
    "two keys on a line": "a: b: c",
    "number too long": "a: " + "9" * 5000,
    "lone percent": "%",
    "backquote": "a: `b",
}


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_of_yaml_with_surprises_is_refused_by_its_name(name):
    text, words = FEATURES[name]
    assert words in refusal(text)


@pytest.mark.parametrize("name", NESTED)
def test_deep_nesting_is_refused(name):
    if len(NESTED[name]) <= MAX_BYTES:
        assert "must nest at most 32 levels deep" in refusal(NESTED[name])
    else:
        assert "must be at most 64 KiB" in refusal(NESTED[name])


@pytest.mark.parametrize("name", BYTES)
def test_bytes_that_are_no_text_are_refused(name):
    assert refusal(BYTES[name])


@pytest.mark.parametrize("name", BYTES)
def test_a_refusal_is_fit_for_a_terminal(name):
    assert all(character.isprintable() or character == "\n" for character in refusal(BYTES[name]))


@pytest.mark.parametrize("name", KEYS)
def test_doubtful_keys_are_refused(name):
    assert "line" in refusal(KEYS[name])


@pytest.mark.parametrize("name", SHAPES)
def test_a_document_that_is_no_mapping_is_refused(name):
    assert "must be a mapping of keys to values" in refusal(SHAPES[name])


@pytest.mark.parametrize("name", BROKEN)
def test_text_that_is_no_yaml_is_refused(name):
    assert "1 fault" in refusal(BROKEN[name])


@pytest.mark.parametrize("name", ["large", "huge", "large in bytes alone"])
def test_a_document_that_is_too_large_is_refused(name):
    assert "must be at most 64 KiB" in refusal(SIZES[name])


def test_more_than_five_thousand_values_are_refused():
    assert "must hold at most 5000 values" in refusal("a: [" + "1," * 5001 + "]")


def test_thirty_two_levels_are_allowed():
    assert parse_document("a: " + "[" * 31 + "]" * 31)
    assert "levels deep" in refusal("a: " + "[" * 32 + "]" * 32)


def test_a_document_of_just_64_kib_is_allowed():
    assert len(parse_document("a: " + "x" * (MAX_BYTES - 3))["a"]) == MAX_BYTES - 3


HOSTILE = {
    **{name: text for name, (text, _) in FEATURES.items()},
    **NESTED,
    **BYTES,
    **KEYS,
    **SHAPES,
    **SIZES,
    **BROKEN,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_in_under_a_tenth_of_a_second(name):
    def seconds():
        start = time.perf_counter()
        with pytest.raises(SpecificationError):
            parse_document(HOSTILE[name])
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 0.1


def test_a_refusal_says_where():
    assert "line 3, column 6" in refusal("a: 1\nb:\n  c: *x")


def test_a_refusal_quotes_whole_words():
    assert refusal("a: `b").count("'") % 2 == 0


# -- files


def test_a_file_is_read(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("a: 1e-3\n")
    assert read_document(file) == {"a": 0.001}


def test_a_missing_file_is_refused_by_its_name(tmp_path):
    with pytest.raises(SpecificationError, match=r"no such file.*missing\.yaml"):
        read_document(tmp_path / "missing.yaml")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(SpecificationError):
        read_document(tmp_path)


def test_a_fifo_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "fifo.yaml")
    with pytest.raises(SpecificationError):
        read_document(tmp_path / "fifo.yaml")


def test_a_large_file_is_refused(tmp_path):
    file = tmp_path / "large.yaml"
    with file.open("wb") as out:
        out.truncate(10**9)
    with pytest.raises(SpecificationError, match="64 KiB"):
        read_document(file)


def test_a_bad_file_is_named_in_its_refusal(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("a: *x")
    with pytest.raises(SpecificationError, match=r"bad\.yaml.*\n.*aliases"):
        read_document(file)


def test_a_device_is_refused():
    with pytest.raises(SpecificationError):
        read_document(Path("/dev/zero"))


# -- assignments


@pytest.mark.parametrize(
    ("assignment", "document"),
    [
        ("seeds=5", {"a": {"b": 1}, "seeds": 5}),
        ("a.b=1e-3", {"a": {"b": 0.001}}),
        ("a.c=no", {"a": {"b": 1, "c": "no"}}),
        ("a=[1, 2]", {"a": [1, 2]}),
        ("a={c: 2}", {"a": {"c": 2}}),
        ("a=", {"a": None}),
        ("a= ", {"a": None}),
        ("x.y.z=1", {"a": {"b": 1}, "x": {"y": {"z": 1}}}),
        ("a.b='x=y'", {"a": {"b": "x=y"}}),
        (" a.b = 2 ", {"a": {"b": 2}}),
    ],
)
def test_an_assignment_sets_one_value(assignment, document):
    given = {"a": {"b": 1}}
    assign(given, assignment)
    assert given == document


@pytest.mark.parametrize(
    "assignment",
    [
        "seeds",
        "",
        "=3",
        ".a=3",
        "a.=3",
        "a..b=3",
        "a.b.c=3",
        "list.x=3",
        "a=*x",
        "a=!!str 3",
        "a=[",
        "a={b: 1, b: 2}",
        "a=\x07",
        "a=" + "[" * 100,
        "a=" + "x" * (MAX_BYTES + 1),
    ],
)
def test_an_assignment_that_makes_no_sense_is_refused(assignment):
    with pytest.raises(SpecificationError, match="--set"):
        assign({"a": {"b": 1}, "list": [1]}, assignment)


def test_an_assignment_is_one_value():
    with pytest.raises(SpecificationError):
        assign({}, "seeds=3\nepochs: 5")


# -- nearest names


@pytest.mark.parametrize(
    ("word", "clause"),
    [
        ("resnet81", "did you mean 'resnet8'?"),
        ("epoch", "did you mean 'epochs'?"),
        ("zzz", "known: epochs, resnet8"),
        (3, "known: epochs, resnet8"),
        (None, "known: epochs, resnet8"),
    ],
)
def test_the_nearest_name_is_offered_or_all_of_them(word, clause):
    assert nearest(word, ["epochs", "resnet8"]) == clause
