"""What shape an equation has: is it linear, in what, and what does it divide by?"""

from __future__ import annotations

from functools import lru_cache

from ..rationals import Exact
from .algebra.expressions import Atom, Sum, add, expand, negative, polynomial, power, product, variable
from .cases import Equation


def as_base(atom: Atom) -> Sum:
    """What stands under the exponent: a variable, or what is in the bracket (or under the root)."""
    return variable(atom) if isinstance(atom, str) else atom[1]


def linear_in(one: Equation, name: str) -> tuple[Exact, Sum] | None:
    """(factor, rest) of an equation that says factor * name + rest = 0, rest free of it; None where it does not."""
    if not (polynomial(one.left) and polynomial(one.right)):
        return None
    both = expand(add(one.left, negative(one.right)))
    factor: Exact | None = None
    for monomial, coefficient in both:
        if any(atom == name for atom, _ in monomial):
            if monomial != ((name, 1),):
                return None
            factor = coefficient
    return None if factor is None else (factor, tuple(term for term in both if term[0] != ((name, 1),)))


@lru_cache(maxsize=1 << 14)
def linear(one: Equation) -> Sum | None:
    """left - right, expanded, where it is linear in all unknowns, else None."""
    if not (polynomial(one.left) and polynomial(one.right)):
        return None
    both = expand(add(one.left, negative(one.right)))
    return both if all(len(m) <= 1 and all(e == 1 and isinstance(a, str) for a, e in m) for m, _ in both) else None


def coefficient_of(row: Sum, name: str) -> Exact:
    return next((value for monomial, value in row if monomial == ((name, 1),)), 0)


def denominator(one: Equation) -> Sum:
    """The product of all denominators of both sides, each in its highest power."""
    below: dict[object, int] = {}
    for monomial, _ in one.left + one.right:
        for atom, exponent in monomial:
            if exponent < 0:
                below[atom] = max(below.get(atom, 0), -exponent)
    return product(power(as_base(atom), exponent) for atom, exponent in below.items())
