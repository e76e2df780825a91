"""What an answer may be: the shapes that `reading` gives and `comparison` compares. All are immutable."""

from __future__ import annotations

from typing import NamedTuple

from ..values.nodes import Node
from .moments import Moment
from .units import Unit


class Value(NamedTuple):
    """A number or an expression, with its unit where one is written."""

    node: Node
    unit: Unit | None = None


class Items(NamedTuple):
    """Members between brackets, or none where they are bare: `(1, 2)`, `[0, 1)`, `\\{1, 2\\}`, `1, 2`."""

    items: tuple[Form, ...]
    opening: str = ""
    closing: str = ""


class Relation(NamedTuple):
    """A chain such as `0 < x <= 1`: one sign fewer than sides. Signs: = != < > <= >= ~= in."""

    sides: tuple[Form, ...]
    signs: tuple[str, ...]


class Joined(NamedTuple):
    """Sets or conditions joined by `or` (a union), `and` (an intersection), `minus` (a difference) or only a comma
    (`list`: an intersection, but where that is empty a union)."""

    how: str
    members: tuple[Form, ...]


class Matrix(NamedTuple):
    rows: tuple[tuple[Form, ...], ...]


class Ratio(NamedTuple):
    """Terms between colons, such as `1:2:3`."""

    terms: tuple[Node, ...]


class Words(NamedTuple):
    """A text, as `plain_words` gives it."""

    text: str


Form = Value | Items | Relation | Joined | Matrix | Ratio | Words | Moment
REALS = Items((Value(("neg", ("const", "inf"))), Value(("const", "inf"))), "(", ")")
EMPTY = Items((), "\\{", "\\}")
