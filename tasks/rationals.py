"""Exact rational arithmetic for number games: whole numbers are `int`, the rest `Ratio`.

Values stay non-negative: a subtraction is always the larger minus the smaller. Nothing is lost by this: negating a
subexpression can always be pushed outwards until only the sign of the result is left, and targets are positive.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Any, NamedTuple

Exact = int | Fraction

MODULUS = sys.hash_info.modulus
"""Python's hash of a fraction is its numerator times the inverse of its denominator by this prime number."""


class Ratio(Fraction):
    """A fraction that remembers its hash, since states are hashed far more often than they are made.

    It is compared with whole numbers and fractions only, without the abstract number types that make `Fraction` slow.
    """

    __slots__ = ("_hash",)
    _hash: int

    # The slots themselves in place of the properties that read them: an attribute costs no call.
    numerator = Fraction.__dict__["_numerator"]
    denominator = Fraction.__dict__["_denominator"]

    def __hash__(self) -> int:  # type: ignore[override]  # the stubs call Fraction's own hash a class variable
        try:
            return self._hash
        except AttributeError:
            self._hash = super().__hash__()
            return self._hash

    def __reduce__(self) -> tuple[object, ...]:
        return (Ratio, (self.numerator, self.denominator))

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    def __eq__(self, other: object) -> bool:
        if type(other) is Ratio:
            return self.numerator == other.numerator and self.denominator == other.denominator
        if type(other) is int:
            return self.numerator == other and self.denominator == 1
        return super().__eq__(other)

    def __lt__(self, other: Exact) -> bool:  # type: ignore[override]
        return self.numerator * other.denominator < other.numerator * self.denominator

    def __gt__(self, other: Exact) -> bool:  # type: ignore[override]
        return self.numerator * other.denominator > other.numerator * self.denominator

    def __float__(self) -> float:
        return self.numerator / self.denominator


def exact(value: Exact) -> Exact:
    """`value` in its canonical form: an `int` where it is whole, else a `Ratio`."""
    if isinstance(value, int):
        return value
    return value.numerator if value.denominator == 1 else _ratio(value.numerator, value.denominator)


def _ratio(numerator: int, denominator: int) -> Ratio:
    """`Ratio(numerator, denominator)` of numbers in lowest terms, which need not be reduced again."""
    ratio: Any = object.__new__(Ratio)
    ratio._numerator, ratio._denominator = numerator, denominator
    if numerator >= 0 and denominator < MODULUS:
        ratio._hash = numerator * _inverse(denominator) % MODULUS
    return ratio


@lru_cache(maxsize=1 << 12)
def _inverse(denominator: int) -> int:
    return pow(denominator, -1, MODULUS)  # what takes longest about a fraction


class Combine(NamedTuple):
    """One operation on two numbers, as it is written. In sums and products the smaller number stands first."""

    left: Exact
    sign: str
    right: Exact


_new = tuple.__new__  # what `Combine(...)` ends in, without the way there

SIGNS = "+*-//"
"""The signs of the five operations on a pair a <= b, numbered 0: a+b, 1: a*b, 2: b-a, 3: b/a, 4: a/b."""


def combine(operation: int, a: Exact, b: Exact) -> tuple[Combine, Exact]:
    """(step, result) of one operation on a pair with `a <= b`. Raises ZeroDivisionError."""
    result: Exact
    if type(a) is type(b) is int:
        if operation < 3:
            result = a + b if operation == 0 else a * b if operation == 1 else b - a
        else:
            result = _quotient(b, a) if operation == 3 else _quotient(a, b)
    elif operation == 1:
        result = _quotient(a.numerator * b.numerator, a.denominator * b.denominator)
    else:
        low, high, under = a.numerator * b.denominator, b.numerator * a.denominator, a.denominator * b.denominator
        if operation < 3:
            result = _quotient(low + high if operation == 0 else high - low, under)
        else:
            result = _quotient(high, low) if operation == 3 else _quotient(low, high)
    written = (b, SIGNS[operation], a) if operation in (2, 3) else (a, SIGNS[operation], b)
    return _new(Combine, written), result


def _quotient(above: int, below: int) -> Exact:
    """above / below in canonical form; below is not negative. Raises ZeroDivisionError."""
    if below == 1:
        return above
    shared = gcd(above, below)
    if shared == below:
        return above // below
    if not below:
        raise ZeroDivisionError("division by zero")
    return _ratio(above // shared, below // shared)


Combination = tuple[int, Combine, Exact]
"""The number of the operation as in SIGNS, the step, its result."""


def combine_all(a: Exact, b: Exact) -> list[Combination]:
    """All operations on an unordered pair with `a <= b`; a quotient by zero or a repeated one is left out."""
    added: Exact
    product: Exact
    difference: Exact
    if isinstance(a, int) and isinstance(b, int):
        low, high = a, b
        added, product, difference = a + b, a * b, b - a
    else:
        low, high, under = a.numerator * b.denominator, b.numerator * a.denominator, a.denominator * b.denominator
        added, difference = _quotient(low + high, under), _quotient(high - low, under)
        product = _quotient(a.numerator * b.numerator, under)
    found: list[Combination] = [
        (0, _new(Combine, (a, "+", b)), added),
        (1, _new(Combine, (a, "*", b)), product),
        (2, _new(Combine, (b, "-", a)), difference),
    ]
    if not low:
        if high:
            found.append((4, _new(Combine, (a, "/", b)), 0))
        return found
    shared = gcd(low, high)
    low //= shared
    high //= shared
    found.append((3, _new(Combine, (b, "/", a)), high if low == 1 else _ratio(high, low)))
    if low != high:
        found.append((4, _new(Combine, (a, "/", b)), low if high == 1 else _ratio(low, high)))
    return found


def combine_whole(a: int, b: int) -> list[Combination]:
    """`combine_all` on whole numbers, without the results that are not whole."""
    found: list[Combination] = [
        (0, _new(Combine, (a, "+", b)), a + b),
        (1, _new(Combine, (a, "*", b)), a * b),
        (2, _new(Combine, (b, "-", a)), b - a),
    ]
    if a:
        quotient, rest = divmod(b, a)
        if not rest:
            found.append((3, _new(Combine, (b, "/", a)), quotient))
    elif b:
        found.append((4, _new(Combine, (0, "/", b)), 0))
    return found


@lru_cache(maxsize=1 << 14)
def combinations(a: Exact, b: Exact) -> tuple[Combination, ...]:
    """`combine_all`, remembered."""
    return tuple(combine_all(a, b))


@lru_cache(maxsize=1 << 14)
def whole_combinations(a: int, b: int) -> tuple[Combination, ...]:
    """`combine_whole`, remembered."""
    return tuple(combine_whole(a, b))


@lru_cache(maxsize=1 << 17)
def results(a: Exact, b: Exact) -> frozenset[Exact]:
    """What one operation makes of an unordered pair with `a <= b`."""
    return frozenset(result for _, _, result in combinations(a, b))


def meetings(a: Exact, target: Exact) -> dict[Exact, int]:
    """Every non-negative b for which an operation on a and b gives `target`, and the number of such operations.

    Raises ValueError where neither is positive: every number meets 0 for the target 0.
    """
    if target <= 0:
        if target < 0 or not a:
            raise ValueError(f"target must be positive, got {target} for {a}")
        return {a: 1, 0: 2}  # a - a; a * 0 and 0 / a
    if not a:
        return {target: 2}  # 0 + b and b - 0
    p, q, r, s = a.numerator, a.denominator, target.numerator, target.denominator
    more, less, under = r * q + p * s, r * q - p * s, q * s
    # a + b or a - b, then b - a, a * b and b / a:
    found = [_quotient(abs(less), under), _quotient(more, under), _quotient(r * q, s * p), _quotient(r * p, under)]
    if not less:  # a + 0 and a - 0
        found += [0]
    if target != 1:  # a / b; for 1 it is the quotient of equal numbers once more
        found += [_quotient(p * s, q * r)]
    meeting: dict[Exact, int] = {}
    for b in found:
        meeting[b] = meeting.get(b, 0) + 1
    return meeting


@lru_cache(maxsize=1 << 17)
def partners(a: Exact, target: int) -> frozenset[Exact]:
    """Every non-negative b for which one operation on a and b gives `target`.

    Raises ValueError for a target that is not positive: every number is a partner of 0 for the target 0.
    """
    if target <= 0:
        raise ValueError(f"target must be positive, got {target}")
    return frozenset(meetings(a, target))


def show(value: Exact) -> str:
    """`24` or `8/3`."""
    return str(value)
