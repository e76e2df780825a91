"""Expressions as text: `2x^2 - 3(x + 1) = (x - 2)/(x + 5) + sqrt(2x + 3)`."""

from __future__ import annotations

from functools import lru_cache

from ...rationals import Exact
from .expressions import ROOT, Atom, Monomial, Sum, Term, negative

Factors = list[tuple[Atom, int]]


@lru_cache(maxsize=1 << 14)
def write(expression: Sum) -> str:
    """One line; `reading.read_expression` is its inverse."""
    if not expression:
        return "0"
    terms: list[Term] = list(expression)
    if terms[0][1] < 0:  # 5 - x reads better than -x + 5
        first = next((place for place, term in enumerate(terms) if term[1] > 0), 0)
        terms.insert(0, terms.pop(first))
    text = ""
    for monomial, coefficient in terms:
        if text:
            text += " - " if coefficient < 0 else " + "
        elif coefficient < 0:
            text = "-"
        text += _term(monomial, -coefficient if coefficient < 0 else coefficient)
    return text


def _term(monomial: Monomial, coefficient: Exact) -> str:
    """A term without its sign."""
    above = [(atom, exponent) for atom, exponent in monomial if exponent > 0]
    below = [(atom, -exponent) for atom, exponent in monomial if exponent < 0]
    numerator = _product(above, coefficient.numerator)
    denominator = _product(below, coefficient.denominator)
    if denominator == "1":
        return numerator
    lone = len(below) + (coefficient.denominator != 1) == 1
    return f"{numerator}/{denominator}" if lone else f"{numerator}/({denominator})"


def _product(factors: Factors, number: int) -> str:
    text = "" if number == 1 and factors else str(number)
    return text + "".join(_power(atom, exponent) for atom, exponent in factors)


def _power(atom: Atom, exponent: int) -> str:
    if isinstance(atom, str):
        base = atom
    else:
        base = f"sqrt({write(atom[1])})" if atom[0] == ROOT else f"({write(atom[1])})"
    return base if exponent == 1 else f"{base}^{exponent}"


def write_equation(left: Sum, right: Sum) -> str:
    return f"{write(left)} = {write(right)}"


def write_condition(relation: str, expression: Sum) -> str:
    """`x ≠ 1`, `2x ≥ -3`: what is a number goes to the right."""
    numbers = tuple(term for term in expression if not term[0])
    rest = tuple(term for term in expression if term[0])
    if len(rest) > 1 or rest[0][1] < 0:
        return f"{write(expression)} {relation} 0"
    return f"{write(rest)} {relation} {write(negative(numbers))}"
