"""Reads formulas such as `-2*x**3/3 + exp(x)*sin(x) + C` without running them, and answers three questions about them:
is this an antiderivative, is this that polynomial, written out, and which number is this exactly?

Bounded before any work is done: length, then nesting and whole powers. Left out on purpose: simplification. Derivatives
are compared at points, with many digits, which cannot be fooled by form and takes bounded time; what differs by less
than `CLOSE` at all of them passes for equal.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

MAX_LENGTH = 1000
"""Characters."""

MAX_NESTING = 40
MAX_DIGITS = 12
MAX_POWER = 64
"""Of a whole number written as a power in a polynomial."""

LARGE = 1e6
"""Powers of larger size are not looked at, nor exponentials of larger numbers."""

DIGITS = 50
CLOSE = 1e-25
"""Relative difference of derivatives that counts as none, at `DIGITS` digits."""

POINTS = (0.731, 1.377, 2.194, 3.613, -0.519, -1.283, -2.671, -4.367, 0.113, 5.239, 7.419, -8.157)
"""Where derivatives are compared; complex values count like real ones."""

LEAST = 4
"""At so many of the points at least both sides must have a value."""

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z]+)|(\*\*|[-+*/^()]))", re.ASCII)

Node = tuple[Any, ...]
"""("number", Fraction), ("name", str), ("call", name, node), ("-", node), or (sign, node, node)."""


class Unreadable(ValueError):
    """A text that is no formula; the message is the reason."""


class Dual(NamedTuple):
    """A value and its derivative."""

    value: Any
    slope: Any


def antiderivative(answer: str, integrand: str, variable: str) -> bool:
    """Is the derivative of `answer` by `variable` equal to `integrand`? `C` is any constant.

    Raises Unreadable for texts that cannot be read or have too few values.
    """
    import mpmath

    guess, wanted = read(answer), read(integrand)
    compared = 0
    with mpmath.workdps(DIGITS):
        for point in POINTS:
            at = {variable: Dual(mpmath.mpf(point), mpmath.mpf(1)), "C": Dual(mpmath.mpf(1), mpmath.mpf(0))}
            try:
                slope, value = evaluate(guess, at).slope, evaluate(wanted, at).value
                size = 1 + abs(slope) + abs(value)
                if not mpmath.isfinite(size):
                    continue
            except (ArithmeticError, ValueError):
                continue
            compared += 1
            if not abs(slope - value) <= CLOSE * size:
                return False
    if compared < LEAST:
        raise Unreadable("too few values")
    return True


def same_polynomial(answer: str, wanted: str) -> bool:
    """Are both texts the same polynomial, and is `answer` written out, without brackets? Raises Unreadable."""
    return "(" not in answer and expand(read(answer)) == expand(read(wanted))


# reading --------------------------------------------------------------------------------------------------------------


def read(text: str) -> Node:
    """The formula as a tree. Raises Unreadable."""
    if len(text) > MAX_LENGTH:
        raise Unreadable("too long")
    tokens: list[str] = []
    place, text = 0, text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if not found:
            raise Unreadable("a sign that no formula holds")
        if found[1] and len(found[1]) > MAX_DIGITS:
            raise Unreadable("a number of too many digits")
        tokens.append("**" if found[3] == "^" else found[1] or found[2] or found[3])
        place = found.end()
    reader = _Reader(tokens)
    node = reader.sum(0)
    if reader.ahead:
        raise Unreadable(f"{reader.ahead} is not expected there")
    return node


class _Reader:
    def __init__(self, tokens: list[str]):
        self._tokens = tokens[::-1]

    @property
    def ahead(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def _next(self) -> str:
        return self._tokens.pop() if self._tokens else ""

    def sum(self, depth: int) -> Node:
        if depth > MAX_NESTING:
            raise Unreadable("nested too deeply")
        node = self._product(depth)
        while self.ahead in ("+", "-"):
            node = (self._next(), node, self._product(depth))
        return node

    def _product(self, depth: int) -> Node:
        node = self._signed(depth)
        while self.ahead in ("*", "/"):
            node = (self._next(), node, self._signed(depth))
        return node

    def _signed(self, depth: int) -> Node:
        if depth > MAX_NESTING:
            raise Unreadable("nested too deeply")
        if self.ahead in ("+", "-"):
            sign, node = self._next(), self._signed(depth + 1)
            return ("-", node) if sign == "-" else node
        base = self._atom(depth)
        if self.ahead == "**":
            self._next()
            return ("**", base, self._signed(depth + 1))
        return base

    def _atom(self, depth: int) -> Node:
        token = self._next()
        if token[:1].isdigit():
            return ("number", Fraction(token))
        if token in FUNCTIONS:
            if self._next() != "(":
                raise Unreadable(f"{token} needs brackets")
            return ("call", token, self._closed(depth))
        if token[:1].isalpha():
            return ("name", token)
        if token == "(":
            return self._closed(depth)
        raise Unreadable(f"{token or 'the end'} is not expected there")

    def _closed(self, depth: int) -> Node:
        node = self.sum(depth + 1)
        if self._next() != ")":
            raise Unreadable("a bracket is not closed")
        return node


# values and slopes ----------------------------------------------------------------------------------------------------


FUNCTIONS = frozenset(
    ("exp", "log", "ln", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "asinh", "acosh")
)
"""What may be called."""


@cache
def _functions() -> Mapping[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]:
    """Functions and their derivatives."""
    import mpmath

    return {
        "exp": (mpmath.exp, mpmath.exp),
        "log": (mpmath.log, lambda x: 1 / x),
        "ln": (mpmath.log, lambda x: 1 / x),
        "sqrt": (mpmath.sqrt, lambda x: 1 / (2 * mpmath.sqrt(x))),
        "sin": (mpmath.sin, mpmath.cos),
        "cos": (mpmath.cos, lambda x: -mpmath.sin(x)),
        "tan": (mpmath.tan, lambda x: 1 + mpmath.tan(x) ** 2),
        "sinh": (mpmath.sinh, mpmath.cosh),
        "cosh": (mpmath.cosh, mpmath.sinh),
        "tanh": (mpmath.tanh, lambda x: 1 - mpmath.tanh(x) ** 2),
        "asin": (mpmath.asin, lambda x: 1 / mpmath.sqrt(1 - x * x)),
        "acos": (mpmath.acos, lambda x: -1 / mpmath.sqrt(1 - x * x)),
        "atan": (mpmath.atan, lambda x: 1 / (1 + x * x)),
        "asinh": (mpmath.asinh, lambda x: 1 / mpmath.sqrt(1 + x * x)),
        "acosh": (mpmath.acosh, lambda x: 1 / (mpmath.sqrt(x - 1) * mpmath.sqrt(x + 1))),
    }


def evaluate(node: Node, names: Mapping[str, Dual]) -> Dual:
    """The value and the slope of a formula. Raises ArithmeticError or ValueError where it has none."""
    import mpmath

    match node:
        case ("number", number):
            return Dual(mpmath.mpf(number.numerator) / number.denominator, mpmath.mpf(0))
        case ("name", "E" | "pi" as name) if name not in names:
            return Dual(+mpmath.e if name == "E" else +mpmath.pi, mpmath.mpf(0))
        case ("name", name):
            if name not in names:
                raise Unreadable("a name that the problem does not have")
            return names[name]
        case ("call", name, inner):
            x = evaluate(inner, names)
            if abs(x.value) > LARGE:
                raise OverflowError
            function, derivative = _functions()[name]
            return Dual(function(x.value), derivative(x.value) * x.slope)
        case ("-", inner):
            x = evaluate(inner, names)
            return Dual(-x.value, -x.slope)
        case (sign, left, right):
            return _combine(sign, evaluate(left, names), evaluate(right, names))
    raise AssertionError(f"no such node: {node[0]}")


def _combine(sign: str, a: Dual, b: Dual) -> Dual:
    import mpmath

    if sign == "+":
        return Dual(a.value + b.value, a.slope + b.slope)
    if sign == "-":
        return Dual(a.value - b.value, a.slope - b.slope)
    if sign == "*":
        return Dual(a.value * b.value, a.slope * b.value + a.value * b.slope)
    if sign == "/":
        return Dual(a.value / b.value, (a.slope * b.value - a.value * b.slope) / b.value**2)
    if abs(b.value) > LARGE:
        raise OverflowError
    if a.value == 0:
        raise ZeroDivisionError
    power = mpmath.power(a.value, b.value)
    slope = b.value * a.slope / a.value * power
    return Dual(power, slope + (power * mpmath.log(a.value) * b.slope if b.slope else 0))


def literals(node: Node) -> list[Fraction]:
    """The numbers written in a formula, in order."""
    if node[0] == "number":
        return [node[1]]
    return [number for part in node[1:] if isinstance(part, tuple) for number in literals(part)]


def exact(node: Node) -> Fraction:
    """The value of a formula of numbers and + - * / alone. Raises Unreadable or ZeroDivisionError."""
    match node:
        case ("number", number):
            return Fraction(number)
        case ("-", inner):
            return -exact(inner)
        case ("+" | "-" | "*" | "/" as sign, left, right):
            return _EXACT[sign](exact(left), exact(right))
    raise Unreadable("not arithmetic")


_EXACT: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


# polynomials ----------------------------------------------------------------------------------------------------------

Terms = dict[tuple[tuple[str, int], ...], Fraction]
"""Monomials (sorted names and powers) to coefficients, none of them 0."""

MAX_TERMS = 2000


def expand(node: Node) -> Terms:
    """The polynomial that a formula is. Raises Unreadable where it is none, or too large."""
    match node:
        case ("number", number):
            return {(): number} if number else {}
        case ("name", name):
            return {((name, 1),): Fraction(1)}
        case ("-", inner):
            return {key: -number for key, number in expand(inner).items()}
        case ("+" | "-" as sign, left, right):
            terms = expand(left)
            for key, number in expand(right).items():
                terms[key] = terms.get(key, Fraction(0)) + (number if sign == "+" else -number)
            return {key: number for key, number in terms.items() if number}
        case ("*", left, right):
            return _times(expand(left), expand(right))
        case ("/", left, right):
            below = expand(right)
            if list(below) != [()]:
                raise Unreadable("division by something else than a number")
            return {key: number / below[()] for key, number in expand(left).items()}
        case ("**", left, ("number", power)) if power.denominator == 1 and power <= MAX_POWER:
            base, terms = expand(left), {(): Fraction(1)}
            for _ in range(int(power)):
                terms = _times(terms, base)
            return terms
    raise Unreadable("not a polynomial")


def _times(left: Terms, right: Terms) -> Terms:
    if len(left) * len(right) > MAX_TERMS:
        raise Unreadable("too many terms")
    terms: Terms = {}
    for one, a in left.items():
        for other, b in right.items():
            powers = dict(one)
            for name, power in other:
                powers[name] = powers.get(name, 0) + power
            key = tuple(sorted(powers.items()))
            terms[key] = terms.get(key, Fraction(0)) + a * b
            if terms[key].numerator.bit_length() > 4096:
                raise Unreadable("a number of too many digits")
    return {key: number for key, number in terms.items() if number}
