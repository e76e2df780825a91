"""The expression tree: plain tuples, whose first member says what they are.

    ("num", value)         an exact int or Fraction
    ("sym", name)          a variable
    ("const", name)        pi, e, i, inf, or deg (pi/180)
    ("add", (a, b, ...))   a sum of two terms or more
    ("mul", (a, b, ...))   a product of two factors or more
    ("neg", a), ("inv", a) -a and 1/a
    ("pow", base, exponent)
    ("fun", name, (a, ...))

Sums and products are flat, so that a tree is as deep as its brackets and no deeper.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

Node = tuple[Any, ...]

ONE: Final[Node] = ("num", 1)
PI: Final[Node] = ("const", "pi")
I: Final[Node] = ("const", "i")  # noqa: E741  # its name in mathematics
DEGREE: Final[Node] = ("const", "deg")
INFINITY: Final[Node] = ("const", "inf")


def number(value: int | Fraction) -> Node:
    return ("num", value)


def negated(node: Node) -> Node:
    if node[0] == "num":
        return ("num", -node[1])
    return node[1] if node[0] == "neg" else ("neg", node)


def total(terms: list[Node]) -> Node:
    return terms[0] if len(terms) == 1 else ("add", tuple(terms))


def product(factors: list[Node]) -> Node:
    return factors[0] if len(factors) == 1 else ("mul", tuple(factors))


def minus(a: Node, b: Node) -> Node:
    return ("add", (a, negated(b)))


def over(a: Node, b: Node) -> Node:
    return ("mul", (a, ("inv", b)))


def parts(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        kind = node[0]
        if kind in ("add", "mul"):
            waiting.extend(node[1])
        elif kind in ("neg", "inv"):
            waiting.append(node[1])
        elif kind == "pow":
            waiting.extend(node[1:])
        elif kind == "fun":
            waiting.extend(node[2])


def symbols(node: Node) -> frozenset[str]:
    """The names of the variables."""
    return frozenset(part[1] for part in parts(node) if part[0] == "sym")


def decadic(node: Node) -> Node | None:
    """The tree with every logarithm that names no base taken to base 10; None where there is none."""
    if not any(part[:2] == ("fun", "log") for part in parts(node)):
        return None
    return _decadic(node)


def _decadic(node: Node) -> Node:
    kind = node[0]
    if kind in ("add", "mul"):
        return (kind, tuple(map(_decadic, node[1])))
    if kind in ("neg", "inv"):
        return (kind, _decadic(node[1]))
    if kind == "pow":
        return ("pow", _decadic(node[1]), _decadic(node[2]))
    if kind == "fun":
        inner = tuple(map(_decadic, node[2]))
        return (
            over(("fun", "ln", inner), ("fun", "ln", (("num", 10),))) if node[1] == "log" else ("fun", node[1], inner)
        )
    return node


def replaced(node: Node, name: str, value: Node) -> Node:
    """The tree with `value` for the variable `name`."""
    kind = node[0]
    if kind == "sym":
        return value if node[1] == name else node
    if kind in ("add", "mul"):
        return (kind, tuple(replaced(part, name, value) for part in node[1]))
    if kind in ("neg", "inv"):
        return (kind, replaced(node[1], name, value))
    if kind == "pow":
        return ("pow", replaced(node[1], name, value), replaced(node[2], name, value))
    if kind == "fun":
        return ("fun", node[1], tuple(replaced(part, name, value) for part in node[2]))
    return node
