"""Polynomials in one variable as lists of exact coefficients, the constant first; and their factors over the rationals.

What school asks for has small rational roots, which are found directly. Only what is left over with degree three or
more goes to SymPy, as a list of whole numbers; degrees and numbers are bounded, so its time is too.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import gcd, isqrt, lcm

from ...rationals import Exact, exact
from .expressions import Sum, TooLarge, collect, flat, variables

MAX_DEGREE = 8
MAX_TRIED = 10_000
"""Rational roots are looked for by hand where the product of the first and the last coefficient is at most this."""

Coefficients = tuple[Exact, ...]


def coefficients(expression: Sum) -> tuple[str, Coefficients] | None:
    """(variable, coefficients) of an expanded polynomial in exactly one variable, else None."""
    names = variables(expression)
    if len(names) != 1 or not flat(expression):
        return None
    (name,) = names
    degree = max(exponent for monomial, _ in expression for _, exponent in monomial)
    found: list[Exact] = [0] * (degree + 1)
    for monomial, value in expression:
        found[monomial[0][1] if monomial else 0] = value
    return name, tuple(found)


def as_sum(name: str, values: Coefficients) -> Sum:
    """The inverse of `coefficients`."""
    return collect((((name, power),) if power else (), value) for power, value in enumerate(values) if value)


@lru_cache(maxsize=1 << 12)
def factors(values: Coefficients) -> tuple[Exact, tuple[tuple[tuple[int, ...], int], ...]]:
    """(number, ((primitive irreducible factor, multiplicity), ...)) of a polynomial of degree 1 or more; the factors
    sorted, their leading coefficients positive. Raises TooLarge beyond `MAX_DEGREE`."""
    if len(values) - 1 > MAX_DEGREE:
        raise TooLarge("the degree is too high")
    shared = lcm(*(value.denominator for value in values))
    whole = [int(value * shared) for value in values]
    divisor = gcd(*whole) * (-1 if whole[-1] < 0 else 1)
    rest = [value // divisor for value in whole]
    found: dict[tuple[int, ...], int] = {}
    while len(rest) > 1:
        linear = _linear_factor(rest)
        if linear is None:
            break
        found[linear] = found.get(linear, 0) + 1
        rest = _quotient(rest, linear)
    if len(rest) > 3:
        import sympy

        _, listed = sympy.Poly(rest[::-1], sympy.Dummy()).factor_list()
        for factor, count in listed:
            found[tuple(int(value) for value in factor.all_coeffs()[::-1])] = count
    elif len(rest) > 1:  # of degree 2 and without a rational root: irreducible
        found[tuple(rest)] = 1
    return exact(Fraction(divisor, shared)), tuple(
        sorted(found.items(), key=lambda item: (len(item[0]), item[0][::-1]))
    )


def _linear_factor(whole: list[int]) -> tuple[int, int] | None:
    """A factor q*x - p as (-p, q), by the rational root theorem; None where there is none."""
    if not whole[0]:
        return 0, 1
    if len(whole) == 2:
        return whole[0], whole[1]
    if len(whole) == 3:
        c, b, a = whole
        discriminant = b * b - 4 * a * c
        if discriminant < 0 or (top := _isqrt_exact(discriminant)) is None:
            return None
        return _as_factor(Fraction(-b + top, 2 * a))
    if abs(whole[0] * whole[-1]) > MAX_TRIED:
        return None
    for q in _divisors(whole[-1]):
        for p in _divisors(whole[0]):
            for root in (Fraction(p, q), Fraction(-p, q)):
                if not _value(whole, root):
                    return _as_factor(root)
    return None


def _as_factor(root: Fraction) -> tuple[int, int]:
    return -root.numerator, root.denominator


def _isqrt_exact(value: int) -> int | None:
    top = isqrt(value)
    return top if top * top == value else None


def _divisors(value: int) -> list[int]:
    value = abs(value)
    low = [divisor for divisor in range(1, isqrt(value) + 1) if value % divisor == 0]
    return sorted({*low, *(value // d for d in low)})


def _value(whole: list[int], at: Fraction) -> Fraction:
    total = Fraction(0)
    for value in reversed(whole):
        total = total * at + value
    return total


def _quotient(whole: list[int], linear: tuple[int, int]) -> list[int]:
    """Division by a factor (low + high*x); exact by Gauss's lemma."""
    low, high = linear
    result = [0] * (len(whole) - 1)
    carry = 0
    for place in range(len(whole) - 1, 0, -1):
        result[place - 1] = (whole[place] - carry) // high
        carry = result[place - 1] * low
    return result
