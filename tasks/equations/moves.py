"""What may be done to one case, as algebra: every function gives the cases that replace it, with the same solutions.

`apply` raises IllegalStep with the reason wherever a step would lose or gain a root.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Any, NamedTuple

from ..errors import IllegalStep
from ..rationals import exact
from .algebra.expressions import (
    ROOT,
    Atom,
    Sum,
    TooLarge,
    add,
    as_term,
    expand,
    flat,
    is_number,
    multiply,
    negative,
    number,
    parts,
    polynomial,
    power,
    primitive,
    product,
    rational,
    replace,
    root,
    scale,
    variable,
    variables,
)
from .algebra.polynomials import as_sum, coefficients, factors
from .algebra.values import sign
from .algebra.writing import write
from .cases import Case, Equation, equation, holds, isolated, refuted, values_of, write_case
from .forms import as_base, coefficient_of, linear, linear_in
from .rewriting import verify

MAX_CASE = 90
"""Characters of one case."""
MAX_DIGITS = 10**6
"""Numbers in an equation stay below this."""


class Move(NamedTuple):
    """One step on the case that is being worked on.

    kind: "add", "multiply", "divide" (argument: a Sum), "expand", "factor", "split", "roots", "complete", "square",
        "check", "substitute", "solve", "eliminate" (argument: an unknown), or "rewrite" (argument: both sides).
    place: the number of the equation, from 0.
    """

    kind: str
    place: int = 0
    argument: Sum | str | tuple[Sum, Sum] | None = None


Cases = tuple[Case, ...]


def apply(case: Case, move: Move) -> Cases:
    """The cases in place of `case`. Raises IllegalStep with the reason."""
    result = outcome(case, move)
    if isinstance(result, str):
        raise IllegalStep(result)
    return result


@lru_cache(maxsize=1 << 17)
def outcome(case: Case, move: Move) -> Cases | str:
    """The cases, or the reason why not."""
    try:
        return _apply(case, move)
    except IllegalStep as error:
        return str(error)
    except TooLarge as error:
        return str(error)
    except ZeroDivisionError:
        return "division by zero"


def _apply(case: Case, move: Move) -> Cases:
    if move.kind == "check":
        return _check(case)
    if not 0 <= move.place < len(case.equations):
        raise IllegalStep(f"there is no equation {move.place + 1}")
    if refuted(case) or values_of(case) is not None:
        raise IllegalStep("only the check is left here")
    one = case.equations[move.place]
    if isolated(one) and move.kind not in ("substitute", "eliminate"):
        raise IllegalStep("this equation is solved")
    result = RULES[move.kind](case, move.place, one, move.argument)
    if result == (case,):
        raise IllegalStep("that changes nothing")
    for each in result:
        _limit(each)
    return result


def _limit(case: Case) -> None:
    if len(write_case(case)) > MAX_CASE:
        raise IllegalStep("the equations would grow too long")
    for one in case.equations:
        for side in one:
            if any(abs(c.numerator) >= MAX_DIGITS or c.denominator >= MAX_DIGITS for _, c in side):
                raise IllegalStep("the numbers would grow too large")


def _check(case: Case) -> Cases:
    """A false statement or a root that breaks a condition ends its case; a root that keeps them all stays."""
    if refuted(case):
        return ()
    values = values_of(case)
    if values is None:
        raise IllegalStep("there is no root to check yet")
    if not case.conditions:
        raise IllegalStep("there is nothing to check")
    return (Case(case.equations),) if all(holds(each, values) for each in case.conditions) else ()


# both sides -----------------------------------------------------------------------------------------------------------


def _add(case: Case, place: int, one: Equation, term: Sum) -> Cases:
    if not term:
        raise IllegalStep("adding 0 changes nothing")
    known = {atom for side in one for atom, exponent in parts(side) if exponent < 0 or atom[0] == ROOT}
    for atom, exponent in parts(term):
        if (exponent < 0 or (atom[0] == ROOT and variables(atom[1]))) and atom not in known:
            raise IllegalStep(f"{write(term)} is not defined everywhere: adding it may lose a root")
    _only(case, variables(term))
    return (case.with_equation(place, equation(add(one.left, term), add(one.right, term))),)


def _only(case: Case, names: frozenset[str]) -> None:
    """Raises IllegalStep for a variable that is none of the unknowns."""
    unknowns = frozenset().union(*(variables(side) for one in case.equations for side in one))
    if extra := names - unknowns:
        raise IllegalStep(f"{min(extra)} is not an unknown here")


def _multiply(case: Case, place: int, one: Equation, factor: Sum) -> Cases:
    if not factor:
        raise IllegalStep("multiplying both sides by 0 gains roots")
    _only(case, variables(factor))
    for atom, exponent in as_term(factor)[0]:
        if not nonzero(case, atom):
            base = write(as_base(atom))
            if exponent < 0:
                raise IllegalStep(f"{base} may be 0: dividing by it may lose a root")
            raise IllegalStep(f"{base} may be 0: multiplying by it may gain a root")
    return (case.with_equation(place, equation(multiply(one.left, factor), multiply(one.right, factor))),)


def _divide(case: Case, place: int, one: Equation, divisor: Sum) -> Cases:
    if not divisor:
        raise IllegalStep("division by zero")
    return _multiply(case, place, one, power(divisor, -1))


def nonzero(case: Case, atom: Atom) -> bool:
    """Is it known that an atom is not 0, from the conditions or because it never is?"""
    for relation, expression in case.conditions:
        if relation == "≠" and any(atom == known for known, _ in as_term(expression)[0]):
            return True
    if isinstance(atom, str):
        return False
    inside: Sum = atom[1]
    if is_number(inside):
        return sign(inside) != 0
    found = coefficients(expand(inside))
    if found is None or len(found[1]) != 3:
        return False
    c, b, a = found[1]
    return b * b - 4 * a * c < 0


def _expand(case: Case, place: int, one: Equation, _: None) -> Cases:
    return (case.with_equation(place, equation(expand(one.left), expand(one.right))),)


def _square(case: Case, place: int, one: Equation, _: None) -> Cases:
    for side, other in (one, one[::-1]):
        if len(side) == 1 and len(side[0][0]) == 1 and side[0][0][0][0][0] == ROOT and variables(side):
            inside, factor = side[0][0][0][0][1], side[0][1]
            condition = scale(other, 1 if factor > 0 else -1)
            if is_number(condition):
                if sign(condition) < 0:
                    return ()  # a root is not negative
                conditions = []
            else:
                conditions = [("≥", condition)]
            new = equation(scale(inside, factor * factor), power(other, 2))
            return (case.with_equation(place, new, *conditions),)
    raise IllegalStep("squaring may gain a root: leave one square root alone on its side first")


# products and squares -------------------------------------------------------------------------------------------------


def _factor(case: Case, place: int, one: Equation, _: None) -> Cases:
    if one.right:
        raise IllegalStep("a product helps where the other side is 0: bring everything to the left first")
    if not polynomial(one.left) or not one.left:
        raise IllegalStep("only a polynomial is factored")
    return (case.with_equation(place, Equation(_factored(expand(one.left)), one.right)),)


def _factored(expression: Sum) -> Sum:
    """A product of irreducible factors; of several unknowns only those that all terms share are taken out."""
    if found := coefficients(expression):
        name, values = found
        factor, listed = factors(values)
        return product([number(factor), *(power(as_sum(name, each), count) for each, count in listed)])
    shared = dict(expression[0][0])
    for monomial, _ in expression:
        powers = dict(monomial)
        shared = {atom: min(count, powers[atom]) for atom, count in shared.items() if atom in powers}
    taken = ((tuple(shared.items()), 1),)
    rest = multiply(expression, power(taken, -1)) if shared else expression
    return multiply(taken, rest) if shared else expression


def _split(case: Case, place: int, one: Equation, _: None) -> Cases:
    if one.right or len(one.left) != 1:
        raise IllegalStep("only a product that equals 0 is split into its factors")
    powers = one.left[0][0]
    if any(exponent < 0 for _, exponent in powers):
        raise IllegalStep("multiply by the denominator first")
    if len(powers) == 1 and powers[0][1] == 1:
        raise IllegalStep("there is only one factor")
    zeros = [as_base(atom) for atom, _ in powers if _unknown(atom)]
    return tuple(case.with_equation(place, equation(zero, ())) for zero in zeros)


def _unknown(atom: Atom) -> bool:
    return isinstance(atom, str) or bool(variables(atom[1]))


def _roots(case: Case, place: int, one: Equation, _: None) -> Cases:
    value = rational(one.right)
    term = one.left[0] if len(one.left) == 1 else ((), 0)
    if value is None or term[1] != 1 or len(term[0]) != 1 or term[0][0][1] != 2:
        raise IllegalStep("roots are taken of a square that equals a number")
    if value < 0:
        return ()  # a square is not negative
    atom = term[0][0][0]
    base, found = as_base(atom), root(number(value))
    return tuple(case.with_equation(place, equation(base, each)) for each in dict.fromkeys((found, negative(found))))


def _complete(case: Case, place: int, one: Equation, _: None) -> Cases:
    found = coefficients(add(one.left, negative(one.right))) if flat(one.left) and flat(one.right) else None
    if found is None or len(found[1]) != 3:
        raise IllegalStep("the square is completed in an expanded quadratic equation of one unknown")
    name, (c, b, a) = found
    half = Fraction(b) / (2 * a)
    square = power(add(variable(name), number(exact(half))), 2)
    return (case.with_equation(place, equation(square, number(exact(half * half - Fraction(c) / a)))),)


# systems --------------------------------------------------------------------------------------------------------------


def _solve(case: Case, place: int, one: Equation, name: str) -> Cases:
    if len(variables(one.left) | variables(one.right)) < 2:
        raise IllegalStep("there is only one unknown here: isolate it step by step")
    row = linear_in(one, name)
    if row is None:
        raise IllegalStep(f"{name} cannot be isolated here without dividing by what may be 0")
    factor, rest = row
    return (case.with_equation(place, Equation(variable(name), scale(rest, exact(-1 / Fraction(factor))))),)


def _substitute(case: Case, place: int, one: Equation, _: None) -> Cases:
    name = one.left[0][0][0][0] if len(one.left) == 1 and one.left[0][0] else ""
    if one.left != variable(str(name)) or name in variables(one.right):
        raise IllegalStep("only an equation such as y = 5 - x can be put into the others")
    equations = list(case.equations)
    for other, each in enumerate(case.equations):
        if other != place:
            equations[other] = equation(*(replace(side, name, one.right) for side in each))
    return (Case(equations, case.conditions),)


def _eliminate(case: Case, place: int, one: Equation, name: str) -> Cases:
    row = linear(one)
    if not row or not coefficient_of(row, name):
        raise IllegalStep(f"equation {place + 1} is not linear or does not hold {name}")
    equations, touched = list(case.equations), False
    for other, each in enumerate(case.equations):
        target = linear(each)
        if other != place and target and coefficient_of(target, name):
            equations[other] = _without(target, row, name)
            touched = True
    if not touched:
        raise IllegalStep(f"no other linear equation holds {name}")
    return (Case(equations, case.conditions),)


def _without(target: Sum, row: Sum, name: str) -> Equation:
    """The whole multiples of target = 0 and row = 0 that cancel an unknown, added up and arranged: the unknowns on the
    left, the number on the right."""
    target, row = primitive(target), primitive(row)
    here, there = int(coefficient_of(target, name)), int(coefficient_of(row, name))
    shared = lcm(here, there)
    total = add(scale(target, shared // abs(here)), scale(row, -shared // abs(there) * (1 if here * there > 0 else -1)))
    return Equation(tuple(term for term in total if term[0]), negative(tuple(term for term in total if not term[0])))


def _rewrite(case: Case, place: int, one: Equation, sides: tuple[Sum, Sum]) -> Cases:
    new = equation(*sides)
    verify(case, place, new)
    return (case.with_equation(place, new),)


RULES: dict[str, Callable[[Case, int, Equation, Any], Cases]] = {
    "add": _add,
    "multiply": _multiply,
    "divide": _divide,
    "expand": _expand,
    "factor": _factor,
    "split": _split,
    "roots": _roots,
    "complete": _complete,
    "square": _square,
    "solve": _solve,
    "substitute": _substitute,
    "eliminate": _eliminate,
    "rewrite": _rewrite,
}
