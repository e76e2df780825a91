"""Problems: from text to data (equations in canonical spelling), to the first case, and to what tells them apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import permutations
from typing import Any

from ..errors import IllegalStep
from .algebra.expressions import VARIABLES, domain, variables
from .algebra.reading import read_equation
from .algebra.writing import write
from .cases import Case, closed, equation
from .forms import linear
from .menu import EQUATIONS
from .moves import MAX_CASE
from .rewriting import roots

Data = tuple[str, ...]


@lru_cache(maxsize=1 << 12)
def first_case(data: Data) -> Case:
    """The case that a problem begins with. Raises ValueError where a text is no equation."""
    equations = [equation(*read_equation(text)) for text in data]
    return Case(equations, domain(*(side for one in equations for side in one)))


def problem_of(texts: Sequence[str]) -> Data | None:
    """The data of a problem dealt by a recipe; None where the draw is not fit to be one: too long, solved already,
    with other unknowns than equations, or without a unique solution where it is linear."""
    try:
        case = first_case(tuple(texts))
    except ValueError:
        return None
    return None if unfit(case) else tuple(map(str, case.equations))


def unfit(case: Case) -> str:
    """Why a case is not fit to be a problem; nothing where it is."""
    names = frozenset().union(*(variables(side) for one in case.equations for side in one))
    if not 1 <= len(case.equations) <= EQUATIONS:
        return f"a problem is one to {EQUATIONS} equations"
    if names != set(VARIABLES[: len(case.equations)]):
        return f"{len(case.equations)} equations need the unknowns {', '.join(VARIABLES[: len(case.equations)])}"
    if len(str(case)) > MAX_CASE:
        return "the equations are too long"
    if closed(case):
        return "the equations are solved already"
    if len(names) == 1:
        try:
            roots(case.equations[0], case.conditions)
        except IllegalStep as error:
            return str(error)
    rows = [linear(one) for one in case.equations]
    if all(row is not None for row in rows):
        matrix = [[dict(row or ()).get(((name, 1),), 0) for name in sorted(names)] for row in rows]
        if not _determinant(matrix):
            return "the system has no unique solution"
    return ""


def _determinant(matrix: list[list[Any]]) -> Any:
    """By the first row."""
    if len(matrix) == 1:
        return matrix[0][0]
    minors = ([row[:place] + row[place + 1 :] for row in matrix[1:]] for place in range(len(matrix)))
    return sum((-1) ** place * matrix[0][place] * _determinant(minor) for place, minor in enumerate(minors))


def pose(*data: Any) -> Data:
    """Raises ValueError, with the reason, for what is no problem that the menu solves."""
    from . import solving

    if not data or not all(isinstance(text, str) for text in data):
        raise ValueError(f"equations are given as text, got {data!r}"[:200])
    texts = [part for text in data for part in re.split(r"[,;\n]", text) if part.strip()]
    try:
        case = first_case(tuple(texts))
    except ValueError as error:
        raise ValueError(f"these are no equations: {error}") from None
    if reason := unfit(case):
        raise ValueError(reason)
    if solving.distance(case) is None:
        raise ValueError(f"no way to solve this is known within {solving.DEPTH} steps")
    return tuple(map(str, case.equations))


@lru_cache(maxsize=1 << 12)
def renamed(data: Data) -> Data:
    """The same for problems that differ in the names of unknowns, the order of equations, or their sides."""
    names = "".join(VARIABLES[: len(data)])
    found = []
    for order in permutations(names):
        table = str.maketrans(names, "".join(order))
        pairs = (read_equation(text.translate(table)) for text in data)
        found.append(tuple(sorted(" = ".join(sorted(map(write, pair))) for pair in pairs)))
    return min(found)
