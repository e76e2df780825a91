"""The menu: the steps that have a number, so that agents which do not read can choose among them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from ..rationals import exact
from .algebra.expressions import Sum, is_number, negative, number, power, rational, variables
from .cases import Case, Equation, isolated, refuted, values_of
from .forms import denominator
from .moves import Cases, Move, outcome

TERMS = 4
"""The first so many terms of a side can be moved by number."""

SINGLE = ("denominators", "primitive", "coefficient", "expand", "factor", "split", "roots", "complete", "square")
SLOTS = (
    *(f"left{place}" for place in range(TERMS)),
    *(f"right{place}" for place in range(TERMS)),
    *("left", "right", *SINGLE, "substitute"),
    *(f"solve {name}" for name in "xyz"),
    *(f"eliminate {name}" for name in "xyz"),
)
"""What can be done with one equation, in the order of action numbers."""
SLOT = {slot: place for place, slot in enumerate(SLOTS)}
EQUATIONS = 3
ACTIONS = EQUATIONS * len(SLOTS) + 1
"""All slots of the first equation, of the second, of the third; then the check."""


@lru_cache(maxsize=1 << 15)
def menu(case: Case) -> tuple[tuple[int, Move, Cases], ...]:
    """(number, move, resulting cases) of every legal move on the menu, ascending; of equal moves only the first."""
    found: dict[Move, tuple[int, Move, Cases]] = {}
    if refuted(case) or values_of(case) is not None:
        offered: Iterator[tuple[int, Move]] = iter([(ACTIONS - 1, Move("check"))])
    else:
        offered = (
            (place * len(SLOTS) + SLOT[slot], move)
            for place, one in enumerate(case.equations)
            for slot, move in _offers(case, place, one)
        )
    for action, move in offered:
        if move not in found and not isinstance(result := outcome(case, move), str):
            found[move] = action, move, result
    return tuple(sorted(found.values(), key=lambda row: row[0]))


def _offers(case: Case, place: int, one: Equation) -> Iterator[tuple[str, Move]]:
    """What the menu offers for one equation, legal or not."""
    names = variables(one.left) | variables(one.right)
    if len(names) == 1 and not isolated(one):
        for side, terms in (("left", one.left), ("right", one.right)):
            for nth, term in enumerate(terms[:TERMS]):
                yield f"{side}{nth}", Move("add", place, negative((term,)))
            if len(terms) > 1:
                yield side, Move("add", place, negative(terms))
        for slot, factor in _scales(one):
            if (value := rational(factor)) is not None and abs(value.numerator) == 1:
                yield slot, Move("divide", place, power(factor, -1))
            else:
                yield slot, Move("multiply", place, factor)
        for kind in ("factor", "split", "roots", "complete", "square"):
            yield kind, Move(kind, place)
    if not isolated(one):
        yield "expand", Move("expand", place)
    if len(case.equations) > 1:
        yield "substitute", Move("substitute", place)
        for name in sorted(names):
            if len(names) > 1:
                yield f"solve {name}", Move("solve", place, name)
            yield f"eliminate {name}", Move("eliminate", place, name)


def _scales(one: Equation) -> Iterator[tuple[str, Sum]]:
    """What both sides are usefully multiplied by."""
    terms = one.left + one.right
    shared = lcm(*(value.denominator for _, value in terms))
    if variables(below := denominator(one)):
        yield "denominators", below
    divisor = Fraction(gcd(*(value.numerator for _, value in terms)), shared)
    if is_number(one.right) and one.left[0][1] < 0:
        divisor = -divisor
    if divisor != 1:
        yield "primitive", number(exact(1 / divisor))
    if len(one.left) == 1 and is_number(one.right) and one.left[0][1] != 1:
        yield "coefficient", number(exact(1 / Fraction(one.left[0][1])))
