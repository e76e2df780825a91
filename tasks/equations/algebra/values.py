"""The sign of a number that is written with square roots."""

from __future__ import annotations

from decimal import Context, Decimal

from .expressions import ROOT, Sum, rational

DIGITS = Context(prec=160)
NOTHING = Decimal(10) ** -80
"""A number made of a few square roots of numbers below `MAX_NUMBER` cannot come closer to 0 without being 0."""


def sign(expression: Sum) -> int:
    """-1, 0 or 1 for a sum without variables. Raises ZeroDivisionError, and ValueError where it is not defined."""
    value = rational(expression)
    if value is not None:
        return (value > 0) - (value < 0)
    approximate = _decimal(expression)
    return 0 if abs(approximate) < NOTHING else 1 if approximate > 0 else -1


def _decimal(expression: Sum) -> Decimal:
    total = Decimal(0)
    for monomial, coefficient in expression:
        value_of = DIGITS.divide(Decimal(coefficient.numerator), Decimal(coefficient.denominator))
        for atom, exponent in monomial:
            value = _decimal(atom[1])
            value = Decimal(0) if abs(value) < NOTHING else value
            if atom[0] == ROOT:
                if value < 0:
                    raise ValueError("a negative number has no real square root")
                value = DIGITS.sqrt(value)
            if exponent < 0 and not value:
                raise ZeroDivisionError("division by zero")
            value_of = DIGITS.multiply(value_of, DIGITS.power(value, exponent))
        total = DIGITS.add(total, value_of)
    return total
