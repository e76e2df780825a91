"""Bounds below the distance of a case, at little cost: they steer the exact search and serve as the heuristic.

Each counts steps that no way can do without: the check of every root where there are conditions; the elimination of
unknowns from linear equations; and, where the solutions of a system differ in every unknown, a split and then at least
one step for each of them.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import gcd

from ..errors import IllegalStep
from .algebra.expressions import (
    VARIABLES,
    TooLarge,
    add,
    expand,
    is_number,
    negative,
    polynomial,
    replace,
    scale,
    variables,
)
from .algebra.polynomials import coefficients, factors
from .cases import Case, Equation, closed, equation, isolated, refuted, values_of
from .forms import coefficient_of, linear, linear_in
from .rewriting import roots

Row = tuple[int, ...]
"""Whole coefficients of x, y, z and of 1 without a common divisor, the first one positive: the sum of these is 0."""


@lru_cache(maxsize=1 << 17)
def estimate(case: Case) -> int:
    """At most the distance; 0 for closed cases alone."""
    if closed(case):
        return 0
    if refuted(case) or values_of(case) is not None:
        return 1
    if len(case.equations) == 1:
        return 1 + (_leaves(case) if case.conditions else 0)
    rows = _rows(case.equations)
    if rows is not None:
        return _eliminations(rows, tuple(not isolated(one) for one in case.equations))
    waiting = sum(not isolated(one) for one in case.equations)
    if len(case.equations) > 2:
        return 1
    return max(waiting, _split_and_close(case))


def _leaves(case: Case) -> int:
    """How many roots are checked in any case: all of a polynomial, else those that pass."""
    (one,) = case.equations
    if polynomial(one.left) and polynomial(one.right):
        return _real(one)
    try:
        return len(roots(one, case.conditions))
    except (IllegalStep, TooLarge):
        return 0


@lru_cache(maxsize=1 << 16)
def _real(one: Equation) -> int:
    """Distinct real roots of a polynomial equation, as far as they have a spelling."""
    found = coefficients(expand(add(one.left, negative(one.right))))
    if found is None:
        return 0
    try:
        listed = factors(found[1])[1]
    except TooLarge:
        return 0
    return sum(1 if len(f) == 2 else 2 * (f[1] ** 2 > 4 * f[0] * f[2]) for f, _ in listed if len(f) <= 3)


def _split_and_close(case: Case) -> int:
    """For two equations, one of them linear in an unknown: 1 + the number of solutions, where there are several that
    differ in both unknowns. (What is left of a split is isolated at once only where the other unknown was, and then
    its value is the same on both sides.)"""
    for place, one in enumerate(case.equations):
        other = case.equations[1 - place]
        for name in sorted(variables(one.left) | variables(one.right)):
            row = linear_in(one, name)
            if row is None:
                continue
            value = scale(row[1], -1 / Fraction(row[0]))
            try:
                sides = [replace(side, name, value) for side in other]
                found = roots(equation(*sides))
                (left,) = set(VARIABLES[:2]) - {name}
                seconds = {expand(replace(value, left, root)) for root in found if is_number(root)}
            except (IllegalStep, TooLarge, ValueError):
                return 0
            return 1 + len(found) if len(found) > 1 and len(seconds) == len(found) else 0
    return 0


def _rows(equations: tuple[Equation, ...]) -> tuple[Row, ...] | None:
    """The equations as rows, where all are linear."""
    found = []
    for one in equations:
        row = _row(one)
        if row is None:
            return None
        found.append(row)
    return tuple(found)


@lru_cache(maxsize=1 << 16)
def _row(one: Equation) -> Row | None:
    both = linear(one)
    if both is None:
        return None
    values = [coefficient_of(both, name) for name in VARIABLES]
    values.append(next((value for monomial, value in both if not monomial), 0))
    shared = 1
    for value in values:
        shared = shared * value.denominator // gcd(shared, value.denominator)
    return _primitive(tuple(int(value * shared) for value in values))


def _primitive(row: Row) -> Row:
    divisor = gcd(*row)
    if not divisor:
        return row
    if next(value for value in row if value) < 0:
        divisor = -divisor
    return tuple(value // divisor for value in row)


@lru_cache(maxsize=1 << 16)
def _eliminations(rows: tuple[Row, ...], waiting: tuple[bool, ...], depth: int = 4) -> int:
    """The fewest eliminations after which every row holds one unknown, and a step for every row that they leave alone
    and that is not isolated yet."""
    if all(sum(map(bool, row[:3])) <= 1 for row in rows):
        return sum(waiting)
    if not depth:
        return 1
    best = depth + len(rows)
    for place, row in enumerate(rows):
        for unknown in range(3):
            if not row[unknown]:
                continue
            after, left, touched = list(rows), list(waiting), False
            for other, target in enumerate(rows):
                if other != place and target[unknown]:
                    a, b = target[unknown], row[unknown]
                    after[other] = _primitive(tuple(t * b - r * a for t, r in zip(target, row, strict=True)))
                    left[other] = False
                    touched = True
            if touched:
                best = min(best, 1 + _eliminations(tuple(after), tuple(left), depth - 1))
    return best
