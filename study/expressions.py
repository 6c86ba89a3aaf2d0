"""The query language of trials: a small closed grammar, parsed here, turned into bound SQL by the store.

::

    either      = both { "or" both }
    both        = negated { "and" negated }
    negated     = [ "not" ] negated | compared
    compared    = sum [ ("=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=") sum
                      | [ "not" ] "in" "(" sum { "," sum } ")"
                      | "is" [ "not" ] "null" ]
    sum         = product { ("+" | "-") product }
    product     = signed { ("*" | "/") signed }
    signed      = [ "-" ] signed | NUMBER | 'TEXT' | "true" | "false" | COLUMN | "(" either ")"

Words are read in any case. Text stands in single or double quotes; a doubled quote stands for itself.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from search_spaces.documents import nearest
from search_spaces.errors import shown
from study.errors import UsageError

MAX_LENGTH = 2_000
MAX_DEPTH = 40
MAX_TOKENS = 500

MAX_HEIGHT = 12
"""Operators on the way from the whole expression to a value; databases parse deeper ones badly or not at all."""

Kind = Literal["number", "text", "truth"]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<sign><=|>=|<>|!=|==|=|<|>|\+|-|\*|/|\(|\)|,)
    )""",
    re.VERBOSE,
)
_COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_WORDS = frozenset(("and", "or", "not", "in", "is", "null", "true", "false"))


class ExpressionError(UsageError):
    """An expression cannot be read; the text points at the character."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node of a parsed expression.

    Attributes
    ----------
    kind
        What it evaluates to.
    operator
        ``column``, ``value``, ``negative``, ``not``, ``and``, ``or``, ``in``, ``is null``, or the sign of a
        comparison or of arithmetic.
    parts
        What it applies to.
    value
        Name of the column, or the literal.
    height
        Operators on the longest way down; 0 for a column or a literal.
    """

    kind: Kind
    operator: str
    parts: tuple[Node, ...] = ()
    value: str | float | bool | None = None
    height: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Measure the height once, from parts that know theirs."""
        object.__setattr__(self, "height", 1 + max(part.height for part in self.parts) if self.parts else 0)


_Rule = Callable[[int], Node]


@dataclass(frozen=True, kw_only=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str, columns: Mapping[str, Kind], elsewhere: Collection[str] = ()) -> Node:
    """Return the tree of an expression that is true or false.

    Parameters
    ----------
    text
        The expression.
    columns
        The columns it may name, and what they hold.
    elsewhere
        Names people may take for columns; an error says that they belong to the epochs.

    Raises
    ------
    ExpressionError
        With the place, what was expected, and the nearest column.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression must be at most {MAX_LENGTH} characters, got {len(text)}")
    parser = _Parser(text, columns, elsewhere)
    parser.split()
    node = parser.either(0)
    parser.end()
    if node.kind != "truth":
        raise parser.error(f"must be true or false, got a {node.kind}; compare it, such as lr < 0.1", 0)
    return node


def _is_narrow(character: str) -> bool:
    """Tell whether a character takes one column of a terminal; after others the mark would stand elsewhere."""
    wide = unicodedata.east_asian_width(character) in "WF" or unicodedata.combining(character)
    return character.isprintable() and not wide


class _Parser:
    def __init__(self, text: str, columns: Mapping[str, Kind], elsewhere: Collection[str]) -> None:
        self._text, self._columns, self._elsewhere = text, columns, elsewhere
        self._tokens: list[_Token] = []
        self._next = 0

    def error(self, message: str, at: int) -> ExpressionError:
        """Return an error that points at a character."""
        line = "".join(c if _is_narrow(c) else "·" for c in self._text)
        start = max(0, at - 50)
        return ExpressionError(f"{message}\n  {line[start : start + 100]}\n  {' ' * (at - start)}^")

    def end(self) -> None:
        """Refuse whatever is left."""
        token = self._peek()
        if token is not None:
            raise self.error(f"must end here, or go on with and / or, got {shown(token.text)}", token.at)

    def either(self, depth: int) -> Node:
        return self._chain("or", self._both, depth)

    def _both(self, depth: int) -> Node:
        return self._chain("and", self._negated, depth)

    def _chain(self, word: str, part: _Rule, depth: int) -> Node:
        first = start = self._at()
        parts = [part(depth)]
        while self._take(word):
            self._truth(parts[0], first)
            start = self._at()
            parts.append(self._truth(part(depth), start))
        return parts[0] if len(parts) == 1 else self._node("truth", word, parts, first)

    def _negated(self, depth: int) -> Node:
        if not self._take("not"):
            return self._compared(depth)
        start = self._at()
        part = self._truth(self._negated(self._deeper(depth)), start)
        return self._node("truth", "not", [part], start)

    def _compared(self, depth: int) -> Node:
        start = self._at()
        left = self._sum(depth)
        token = self._peek()
        if token is None:
            return left
        if self._take("is"):
            negative = self._take("not")
            self._expect("null")
            self._plain(left, start)
            return self._inverted(self._node("truth", "is null", [left], start), start, negative=negative)
        negative = token.text.lower() == "not" and self._take("not")
        if negative or token.text.lower() == "in":
            self._expect("in")
            self._expect("(")
            self._plain(left, start)
            parts = [left, self._same(left, self._at(), depth)]
            while self._take(","):
                parts.append(self._same(left, self._at(), depth))
            self._expect(")")
            return self._inverted(self._node("truth", "in", parts, start), start, negative=negative)
        if token.text in _COMPARISONS:
            self._next += 1
            self._plain(left, start)
            right = self._same(left, self._at(), depth)
            sign = _COMPARISONS[token.text]
            if sign in {"<", "<=", ">", ">="} and left.kind == "truth":
                raise self.error("true and false have no order", start)
            return self._node("truth", sign, [left, right], start)
        return left

    def _same(self, left: Node, at: int, depth: int) -> Node:
        right = self._sum(depth)
        if right.kind != left.kind:
            raise self.error(f"must be a {left.kind} like its left side, got a {right.kind}", at)
        return self._plain(right, at)

    def _plain(self, node: Node, at: int) -> Node:
        """Refuse to compare what is true or false by its own comparison: and, or, not are there for that."""
        if node.kind == "truth" and node.height:
            raise self.error("must be a column, true or false to be compared; join conditions with and, or, not", at)
        return node

    def _sum(self, depth: int) -> Node:
        return self._arithmetic(("+", "-"), self._product, depth)

    def _product(self, depth: int) -> Node:
        return self._arithmetic(("*", "/"), self._signed, depth)

    def _arithmetic(self, signs: tuple[str, str], part: _Rule, depth: int) -> Node:
        start = self._at()
        left = part(depth)
        while True:
            token = self._peek()
            if token is None or token.text not in signs:
                return left
            self._next += 1
            self._number(left, start)
            at = self._at()
            right = self._number(part(depth), at)
            left = self._node("number", token.text, [left, right], start)

    def _signed(self, depth: int) -> Node:
        start = self._at()
        if self._take("-"):
            at = self._at()
            part = self._number(self._signed(self._deeper(depth)), at)
            return self._node("number", "negative", [part], start)
        if self._take("("):
            inner = self.either(self._deeper(depth))
            self._expect(")")
            return inner
        token = self._peek()
        if token is None:
            raise self.error("must go on with a column, a number or 'text'", len(self._text))
        self._next += 1
        return self._leaf(token)

    def _leaf(self, token: _Token) -> Node:
        if token.kind == "number":
            value = float(token.text)
            if not math.isfinite(value):
                raise self.error("must be a finite number", token.at)
            return Node(kind="number", operator="value", value=value)
        if token.kind == "text":
            quote = token.text[0]
            return Node(kind="text", operator="value", value=token.text[1:-1].replace(quote * 2, quote))
        word = token.text.lower()
        if word in {"true", "false"}:
            return Node(kind="truth", operator="value", value=word == "true")
        if word == "null":
            raise self.error("an empty value is asked for with `is null` or `is not null`", token.at)
        if token.kind != "word" or word in _WORDS:
            raise self.error(f"must be a column, a number or 'text', got {shown(token.text)}", token.at)
        if word in self._elsewhere:
            raise self.error(f"{word} belongs to an epoch, and an expression picks whole trials", token.at)
        if word not in self._columns:
            hint = nearest(word, self._columns)
            raise self.error(f"no column {shown(token.text)} (text stands in quotes); {hint}", token.at)
        return Node(kind=self._columns[word], operator="column", value=word)

    def _inverted(self, node: Node, at: int, *, negative: bool) -> Node:
        return self._node("truth", "not", [node], at) if negative else node

    def _node(self, kind: Kind, operator: str, parts: Sequence[Node], at: int) -> Node:
        node = Node(kind=kind, operator=operator, parts=tuple(parts))
        if node.height > MAX_HEIGHT:
            raise self.error(f"must have at most {MAX_HEIGHT} operators inside one another", at)
        return node

    def _truth(self, node: Node, at: int) -> Node:
        if node.kind != "truth":
            raise self.error(f"must be true or false, got a {node.kind}", at)
        return node

    def _number(self, node: Node, at: int) -> Node:
        if node.kind != "number":
            raise self.error(f"must be a number, got a {node.kind}", at)
        return node

    def _deeper(self, depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise self.error(f"must nest at most {MAX_DEPTH} levels deep", self._at())
        return depth + 1

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _at(self) -> int:
        token = self._peek()
        return len(self._text) if token is None else token.at

    def _take(self, text: str) -> bool:
        token = self._peek()
        if token is None or token.kind in {"text", "number"} or token.text.lower() != text:
            return False
        self._next += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._take(text):
            token = self._peek()
            got = "the end" if token is None else shown(token.text)
            raise self.error(f"must go on with {text}, got {got}", self._at())

    def split(self) -> None:
        """Cut the text into tokens."""
        text, tokens = self._text, self._tokens
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                at += len(text[at:]) - len(text[at:].lstrip())
                if text[at] in "'\"":
                    raise self.error("text must end with the quote it began with", at)
                raise self.error(f"must not contain {shown(text[at])}", at)
            kind = str(match.lastgroup)
            for place in range(match.start(kind), match.end(kind)):
                if text[place] == "\0" or unicodedata.category(text[place]) == "Cs":
                    raise self.error("must not contain characters that no database keeps", place)
            tokens.append(_Token(kind=kind, text=match[kind], at=match.start(kind)))
            at = match.end()
            if len(tokens) > MAX_TOKENS:
                raise ExpressionError(f"an expression must have at most {MAX_TOKENS} words and signs")
