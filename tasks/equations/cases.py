"""What is being solved: cases, each a system of equations with the conditions under which it counts.

Every legal step keeps the set of solutions of all cases together, exactly. Conditions are what makes that possible:
where the equation is defined (`x ≠ 1`, `2x + 3 ≥ 0`) and what squaring would forget (`x - 1 ≥ 0`). They stay with their
case until its unknowns are isolated; then the check of roots tries them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import lru_cache
from typing import NamedTuple

from .algebra.expressions import (
    Condition,
    Sum,
    add,
    expand,
    is_number,
    negative,
    replace,
    variable,
    variables,
)
from .algebra.values import sign
from .algebra.writing import write_condition, write_equation


class Equation(NamedTuple):
    """left = right; `equation` makes the form in which an unknown never stands on the right alone."""

    left: Sum
    right: Sum

    def __str__(self) -> str:
        return write_equation(self.left, self.right)


def equation(left: Sum, right: Sum) -> Equation:
    """An equation with its sides exchanged where only the right one holds an unknown, and its numbers worked out."""
    if is_number(left):
        left = expand(left)
        if not is_number(right):
            left, right = right, left
    if is_number(right):
        right = expand(right)
    return Equation(left, right)


class Case:
    """A system and its conditions; immutable, with its hash remembered."""

    __slots__ = ("_hash", "conditions", "equations")

    equations: tuple[Equation, ...]
    conditions: tuple[Condition, ...]

    def __init__(self, equations: Iterable[Equation], conditions: Iterable[Condition] = ()):
        self.equations = tuple(equations)
        self.conditions = tuple(conditions)
        self._hash = hash((self.equations, self.conditions))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Case) or self._hash != other._hash:
            return False
        return self.equations == other.equations and self.conditions == other.conditions

    def __reduce__(self) -> tuple[object, ...]:
        return Case, (self.equations, self.conditions)

    def __repr__(self) -> str:
        return f"Case({self})"

    def __str__(self) -> str:
        return write_case(self)

    def with_equation(self, place: int, new: Equation, *conditions: Condition) -> Case:
        """This case with another equation in one place, and with further conditions."""
        equations = (*self.equations[:place], new, *self.equations[place + 1 :])
        more = (condition for condition in conditions if condition not in self.conditions)
        return Case(equations, (*self.conditions, *more))


@lru_cache(maxsize=1 << 16)
def write_case(case: Case) -> str:
    """`x + y = 5, xy = 6 where x ≠ 0`."""
    text = ", ".join(map(str, case.equations))
    if case.conditions:
        text += " where " + ", ".join(dict.fromkeys(write_condition(*each) for each in case.conditions))
    return text


@lru_cache(maxsize=1 << 16)
def isolated(one: Equation) -> str | None:
    """The unknown whose value an equation gives, None where it gives none."""
    name = next(iter(variables(one.left)), "")
    return name if name and one.left == variable(name) and is_number(one.right) else None


@lru_cache(maxsize=1 << 16)
def truth(one: Equation) -> bool | None:
    """Is an equation without unknowns true? None where it holds one. (A side that is not defined is not true.)"""
    if not is_number(one.left) or not is_number(one.right):
        return None
    return holds(("=", add(one.left, negative(one.right))), {})


def holds(condition: Condition, values: dict[str, Sum]) -> bool:
    """Is a condition (also "=") true for these values of its unknowns? False where it is not defined."""
    relation, expression = condition
    try:
        for name, value in values.items():
            expression = replace(expression, name, value)
        found = sign(expression)
    except (ZeroDivisionError, ValueError):
        return False
    return found == 0 if relation == "=" else found != 0 if relation == "≠" else found >= 0


@lru_cache(maxsize=1 << 16)
def values_of(case: Case) -> dict[str, Sum] | None:
    """The value of every unknown where all are isolated, else None."""
    found = {}
    for one in case.equations:
        name = isolated(one)
        if name is not None and name not in found:
            found[name] = one.right
        elif not truth(one):
            return None
    return found


def refuted(case: Case) -> bool:
    """Does one of its equations say something false, such as 0 = 5?"""
    return any(truth(one) is False for one in case.equations)


@lru_cache(maxsize=1 << 16)
def closed(case: Case) -> bool:
    """Is nothing left to do: all unknowns isolated, and no condition to try?"""
    return not case.conditions and values_of(case) is not None


@lru_cache(maxsize=1 << 16)
def key_of(case: Case) -> Hashable:
    """Equal for cases that differ in the order of equations, of sides, or of conditions."""
    return len(case.equations), frozenset(map(frozenset, case.equations)), frozenset(case.conditions)
