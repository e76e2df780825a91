"""Exact expressions as plain tuples: sums of terms in one canonical form, so that equal sums are equal values.

    Sum       tuple of terms, sorted; () is 0
    Term      (monomial, coefficient), the coefficient a whole number or an exact fraction, never 0
    Monomial  tuple of (atom, exponent), sorted; exponents are whole and not 0, negative in a denominator; () is 1
    Atom      a variable "x", a bracket ("(", Sum) or a square root ("√", Sum)

Like terms are always collected and numbers always multiplied out; brackets stay until they are expanded. What stands in
a bracket is primitive (whole coefficients without a common divisor, the first one positive), so that `2 - x` and
`2x - 4` are multiples of the same bracket and cancel. A root of a number is a whole square-free one.

Left out on purpose: everything that equations of school do not need (roots other than square ones, powers that are not
whole, functions), and simplification that depends on where an expression is defined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Any

from ...rationals import Exact, exact

Atom = Any
Monomial = tuple[tuple[Atom, int], ...]
Term = tuple[Monomial, Exact]
Sum = tuple[Term, ...]

BRACKET, ROOT = "(", "√"
VARIABLES = ("x", "y", "z")

MAX_TERMS = 24
"""Terms of one sum, also on the way to a result."""
MAX_EXPONENT = 8
MAX_NUMBER = 10**9
"""Numerators and denominators of coefficients stay below this."""
MAX_ROOT = 10**9
"""Roots of larger numbers are not taken: square factors are found by trial division."""

ZERO: Sum = ()
ONE: Sum = (((), 1),)


class TooLarge(ValueError):
    """An expression outgrew the limits of this file."""


# making ---------------------------------------------------------------------------------------------------------------


def number(value: Exact) -> Sum:
    """A number as a sum."""
    return (((), exact(value)),) if value else ZERO


def variable(name: str) -> Sum:
    return ((((name, 1),), 1),)


def collect(terms: Iterable[Term]) -> Sum:
    """The sum of terms: like ones collected, brackets that stand alone dissolved. Raises TooLarge."""
    found: dict[Monomial, Exact] = {}
    waiting = list(terms)
    while waiting:
        monomial, coefficient = waiting.pop()
        if _needless(monomial, coefficient):
            inside = monomial[0][0][1]
            waiting += inside if coefficient == 1 else negative(inside)
        else:
            found[monomial] = found.get(monomial, 0) + coefficient
    total = [(monomial, exact(value)) for monomial, value in found.items() if value]
    # Some brackets are needless only once like terms are collected.
    if any(_needless(*term) for term in total):
        return collect(total)
    if len(total) > 1:
        total.sort(key=_term_rank)
    if len(total) > MAX_TERMS or any(_large(value) for _, value in total):
        raise TooLarge("the expression would grow too long")
    return tuple(total)


def _needless(monomial: Monomial, coefficient: Exact) -> bool:
    """Is it a bracket with nothing but a sign before it?"""
    return len(monomial) == 1 and monomial[0][1] == 1 and monomial[0][0][0] == BRACKET and abs(coefficient) == 1


def _large(value: Exact) -> bool:
    return abs(value.numerator) >= MAX_NUMBER or value.denominator >= MAX_NUMBER


def add(*sums: Sum) -> Sum:
    """Raises TooLarge, as everything here that makes sums."""
    return collect(term for each in sums for term in each)


def scale(expression: Sum, factor: Exact) -> Sum:
    if factor == 1:
        return expression
    return collect((monomial, coefficient * factor) for monomial, coefficient in expression)


def negative(expression: Sum) -> Sum:
    # In the same order: the order of terms does not depend on coefficients.
    return tuple((monomial, -coefficient) for monomial, coefficient in expression)


def times(left: Term, right: Term) -> Term:
    """The product of two terms."""
    if not left[0]:
        return right[0], exact(left[1] * right[1])
    if not right[0]:
        return left[0], exact(left[1] * right[1])
    powers = dict(left[0])
    for atom, exponent in right[0]:
        powers[atom] = powers.get(atom, 0) + exponent
    return _monomial(powers, left[1] * right[1])


def _monomial(powers: dict[Atom, int], coefficient: Exact) -> Term:
    """A term from powers of atoms; squares of roots become brackets, roots of numbers are multiplied into one."""
    plain: dict[Atom, int] = {}
    under = 1
    for atom, exponent in powers.items():
        if atom[0] != ROOT:
            plain[atom] = plain.get(atom, 0) + exponent
            continue
        inside: Sum = atom[1]
        whole, rest = divmod(exponent, 2)
        if not any(m for m, _ in inside):
            value = inside[0][1]
            coefficient = coefficient * Fraction(value) ** whole
            under *= int(value) if rest else 1
            continue
        if whole:
            monomial, factor = as_term(inside)
            coefficient = coefficient * Fraction(factor) ** whole
            for each, power in monomial:
                plain[each] = plain.get(each, 0) + power * whole
        if rest:
            plain[atom] = plain.get(atom, 0) + 1
    if under != 1:
        outside, left = _squares(under)
        coefficient *= outside
        if left != 1:
            plain[(ROOT, number(left))] = 1
    if any(abs(exponent) > MAX_EXPONENT for exponent in plain.values()):
        raise TooLarge("the exponent would grow too large")
    kept = [(atom, exponent) for atom, exponent in plain.items() if exponent]
    if len(kept) > 1:
        kept.sort(key=_atom_rank)
    return tuple(kept), exact(coefficient)


def as_term(expression: Sum) -> Term:
    """A sum as one term: itself, or a number times a primitive bracket. The sum must not be 0."""
    if len(expression) == 1:
        return expression[0]
    factor = content(expression)
    inside = tuple((monomial, exact(Fraction(value) / factor)) for monomial, value in expression)
    return (((BRACKET, inside), 1),), exact(factor)


def primitive(expression: Sum) -> Sum:
    """The multiple with whole coefficients without a common divisor, the first one positive; not of 0."""
    return scale(expression, 1 / content(expression))


def content(expression: Sum) -> Fraction:
    """The number that leaves whole coefficients without a common divisor, the first one positive."""
    above = gcd(*(value.numerator for _, value in expression))
    below = lcm(*(value.denominator for _, value in expression))
    return Fraction(-above if expression[0][1] < 0 else above, below)


def multiply(left: Sum, right: Sum) -> Sum:
    """The product; the right factor becomes one term (a bracket, if need be), the left one keeps its terms."""
    if not left or not right:
        return ZERO
    factor = as_term(right)
    return collect(times(term, factor) for term in left)


def product(factors: Iterable[Sum]) -> Sum:
    """The product of several factors as one term."""
    total: Term = ((), 1)
    for factor in factors:
        if not factor:
            return ZERO
        total = times(total, as_term(factor))
    return collect([total])


def power(expression: Sum, exponent: int) -> Sum:
    """A whole power, as one term. Raises ZeroDivisionError for a negative power of 0."""
    if abs(exponent) > MAX_EXPONENT:
        raise TooLarge("the exponent would grow too large")
    if not exponent:
        return ONE
    if not expression:
        if exponent < 0:
            raise ZeroDivisionError("division by zero")
        return ZERO
    monomial, coefficient = as_term(expression)
    powers = {atom: each * exponent for atom, each in monomial}
    return collect([_monomial(powers, Fraction(coefficient) ** exponent)])


def root(expression: Sum) -> Sum:
    """The square root of a sum. Raises ValueError for a negative number, TooLarge for a huge one."""
    if not expression:
        return ZERO
    if len(expression) > 1 or expression[0][0]:
        return (((((ROOT, expression), 1),), 1),)
    value = Fraction(expression[0][1])
    if value < 0:
        raise ValueError("a negative number has no real square root")
    outside, inside = _squares(value.numerator * value.denominator)
    factor = exact(Fraction(outside, value.denominator))
    return number(factor) if inside == 1 else (((((ROOT, number(inside)), 1),), factor),)


@lru_cache(maxsize=1 << 12)
def _squares(value: int) -> tuple[int, int]:
    """(outside, inside) with outside**2 * inside == value and inside square-free; value is positive."""
    if value > MAX_ROOT:
        raise TooLarge("the number under the root would grow too large")
    outside, factor = 1, 2
    while factor * factor <= value:
        while value % (factor * factor) == 0:
            value //= factor * factor
            outside *= factor
        factor += 1
    return outside, value


# looking --------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 14)
def variables(expression: Sum) -> frozenset[str]:
    """The variables that occur anywhere in a sum."""
    found: set[str] = set()
    for monomial, _ in expression:
        for atom, _ in monomial:
            found |= {atom} if isinstance(atom, str) else variables(atom[1])
    return frozenset(found)


def parts(expression: Sum) -> Iterator[tuple[Atom, int]]:
    """Every (atom, exponent) at any depth."""
    for monomial, _ in expression:
        for atom, exponent in monomial:
            yield atom, exponent
            if not isinstance(atom, str):
                yield from parts(atom[1])


Condition = tuple[str, Sum]
"""("≠", Sum) or ("≥", Sum): the sum is not 0, or not negative."""


def domain(*expressions: Sum) -> tuple[Condition, ...]:
    """Where expressions are defined: what they divide by is not 0, and what is under a root is not negative."""
    found: dict[Condition, None] = {}
    for atom, exponent in (part for each in expressions for part in parts(each)):
        inside = variable(atom) if isinstance(atom, str) else atom[1]
        if variables(inside):
            if exponent < 0:
                found["≠", inside] = None
            if atom[0] == ROOT:
                found["≥", inside] = None
    return tuple(found)


def is_number(expression: Sum) -> bool:
    """Is it free of variables?"""
    return not variables(expression)


def rational(expression: Sum) -> Exact | None:
    """The value of a sum that is a plain number, else None."""
    if not expression:
        return 0
    return expression[0][1] if len(expression) == 1 and not expression[0][0] else None


def flat(expression: Sum) -> bool:
    """Is it a polynomial without brackets, roots and denominators?"""
    return all(isinstance(atom, str) and exponent > 0 for monomial, _ in expression for atom, exponent in monomial)


def polynomial(expression: Sum) -> bool:
    """Is it a polynomial, with brackets or without?"""
    return all(exponent > 0 and atom[0] != ROOT for atom, exponent in parts(expression))


@lru_cache(maxsize=1 << 14)
def expand(expression: Sum) -> Sum:
    """Every bracket of a numerator multiplied out; the numerator over a denominator stays in one bracket."""
    terms: list[Term] = []
    for monomial, coefficient in expression:
        above: Sum = number(coefficient)
        below: list[tuple[Atom, int]] = []
        for atom, exponent in monomial:
            if exponent < 0:
                below.append((atom, exponent))
            elif atom[0] == BRACKET:
                inside = expand(atom[1])
                for _ in range(exponent):
                    above = collect(times(left, right) for left in above for right in inside)
            else:
                above = collect(times(term, (((atom, exponent),), 1)) for term in above)
        if below and above:
            terms.append(times(as_term(above), (tuple(below), 1)))
        else:
            terms += above
    result = collect(terms)
    # Products of roots may have left new brackets.
    return result if result == expression else expand(result)


def replace(expression: Sum, name: str, value: Sum) -> Sum:
    """`value` in place of a variable. Raises ZeroDivisionError, ValueError (a root of a negative number), TooLarge."""
    if name not in variables(expression):
        return expression
    total: list[Term] = []
    for monomial, coefficient in expression:
        factors = [number(coefficient)]
        for atom, exponent in monomial:
            if isinstance(atom, str):
                base = value if atom == name else variable(atom)
            else:
                base = replace(atom[1], name, value)
                base = root(base) if atom[0] == ROOT else base
            factors.append(power(base, exponent))
        total += product(factors)
    return collect(total)


# order ----------------------------------------------------------------------------------------------------------------


def _atom_rank(power: tuple[Atom, int]) -> tuple[Any, ...]:
    return _rank_of(power[0]), power[1]


@lru_cache(maxsize=1 << 14)
def _rank_of(atom: Atom) -> tuple[int, str]:
    kind = 0 if isinstance(atom, str) else 2 if variables(atom[1]) else 1
    return kind, atom if isinstance(atom, str) else repr(atom)


def _term_rank(term: Term) -> tuple[Any, ...]:
    return _monomial_rank(term[0])


@lru_cache(maxsize=1 << 14)
def _monomial_rank(monomial: Monomial) -> tuple[Any, ...]:
    """Powers of variables first, high ones before; then products with brackets, roots, fractions; numbers last."""
    if not any(isinstance(atom, str) or variables(atom[1]) for atom, _ in monomial):
        return 4, 0, repr(monomial)
    kind = 0
    for atom, exponent in monomial:
        kind = max(kind, 3 if exponent < 0 else 0 if isinstance(atom, str) else 2 if atom[0] == ROOT else 1)
    degree = sum(exponent for atom, exponent in monomial if isinstance(atom, str))
    return (
        kind,
        -degree,
        tuple((atom, -exponent) if isinstance(atom, str) else ("~", repr(atom)) for atom, exponent in monomial),
    )
