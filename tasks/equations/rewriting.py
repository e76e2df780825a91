"""Is an equation that somebody wrote freely as good as the one in its place? Decided exactly, or refused.

For one unknown the roots of both are found: denominators and roots are cleared away, the polynomial that is left is
factored (by SymPy where it has no small rational roots), and every candidate is tried in the equation itself under the
conditions of its case. For several unknowns both must be the same polynomial up to a number. Everything is bounded:
the length of the text, the number of terms, exponents, the degree; what goes beyond is refused as not verified.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from ..errors import IllegalStep
from ..rationals import exact
from .algebra.expressions import (
    ROOT,
    Condition,
    Sum,
    TooLarge,
    add,
    domain,
    expand,
    flat,
    multiply,
    negative,
    number,
    parts,
    power,
    primitive,
    root,
    scale,
    variables,
)
from .algebra.polynomials import as_sum, coefficients, factors
from .cases import Case, Equation, holds, isolated
from .forms import denominator, linear

Roots = frozenset[Sum]
"""Exact values; and irreducible polynomials of degree three or more, for their roots, which have no spelling here."""

CLEARED = 4
"""So many rounds of squaring are tried to get rid of roots."""


def verify(case: Case, place: int, new: Equation) -> None:
    """Raises IllegalStep, with the reason, unless `new` has exactly the solutions of the equation in its place."""
    old = case.equations[place]
    names, before = (variables(one.left) | variables(one.right) for one in (new, old))
    if not names <= before:
        raise IllegalStep(f"{min(names - before)} is not an unknown of this equation")
    if not names:
        raise IllegalStep("an equation without unknowns says nothing about them")
    if isolated(new) and linear(old) is None:
        raise IllegalStep("only a linear equation is solved by rewriting: go step by step")
    defined = {*case.conditions, *domain(*old)}
    for relation, inside in domain(*new):
        if (relation, inside) not in defined:
            raise IllegalStep("the new equation is not defined wherever the old one is: it may lose a root")
    if len(before) > 1:
        if _numerator(old) != _numerator(new):
            raise IllegalStep("the new equation does not say the same as the old one")
        return
    had, has = roots(old, case.conditions), roots(new, case.conditions)
    # Which root it is stays unsaid: roots are not to be found by trying.
    if had - has:
        raise IllegalStep("that loses a root")
    if has - had:
        raise IllegalStep("that gains a root")


def _numerator(one: Equation) -> Sum:
    """left - right times all denominators, expanded and primitive; for equations without roots."""
    both = expand(multiply(add(one.left, negative(one.right)), denominator(one)))
    if not flat(both):
        raise IllegalStep("this cannot be verified")
    return primitive(both) if both else both


@lru_cache(maxsize=1 << 12)
def roots(one: Equation, conditions: tuple[Condition, ...] = ()) -> Roots:
    """All real numbers for which an equation of one unknown and its conditions hold.

    Raises IllegalStep where they are not found within the limits, or where every number is one.
    """
    (name,) = variables(one.left) | variables(one.right)
    difference = add(one.left, negative(one.right))
    try:
        resolved = _resolved(one)
    except TooLarge as error:
        raise IllegalStep(f"this cannot be verified: {error}") from None
    found = coefficients(resolved)
    if not resolved:
        raise IllegalStep("this holds for all numbers, or cannot be verified")
    if found is None:
        return frozenset()
    real: set[Sum] = set()
    tried = (("=", difference), *domain(*one), *conditions)
    for factor, _ in factors(found[1])[1]:
        if len(factor) > 3:
            if len(tried) > 1:
                raise IllegalStep("this cannot be verified")
            real.add(as_sum(name, factor))
        for value in _solved(factor):
            if all(holds(each, {name: value}) for each in tried):
                real.add(value)
    return frozenset(real)


def _solved(factor: tuple[int, ...]) -> list[Sum]:
    """The real roots of a polynomial of degree one or two."""
    if len(factor) == 2:
        return [number(exact(Fraction(-factor[0], factor[1])))]
    if len(factor) > 3:
        return []
    c, b, a = factor
    if b * b < 4 * a * c:
        return []
    square = root(number(b * b - 4 * a * c))
    return [scale(add(number(-b), each), Fraction(1, 2 * a)) for each in (square, negative(square))]


def _resolved(one: Equation) -> Sum:
    """A polynomial that is 0 wherever the equation holds; 0 itself where every number may be a root."""
    rest = expand(multiply(add(one.left, negative(one.right)), denominator(one)))
    for _ in range(CLEARED):
        under = next((atom for atom, _ in parts(rest) if atom[0] == ROOT and variables(atom[1])), None)
        if under is None:
            break
        with_root = tuple(term for term in rest if (under, 1) in term[0])
        without = tuple(term for term in rest if (under, 1) not in term[0])
        # A + B r = 0 gives A^2 - B^2 r^2 = 0.
        squared = expand(power(with_root, 2)) if with_root else ()
        rest = expand(add(expand(power(without, 2)) if without else (), negative(squared)))
    if not flat(rest):
        raise TooLarge("there are too many roots in it")
    return rest
