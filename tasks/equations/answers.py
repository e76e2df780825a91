"""Answers: lists of solutions as text, and the judgement of such text. Read by the same parser as everything else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..problem import Verdict
from .algebra.expressions import Sum, expand
from .algebra.reading import read_expression
from .algebra.writing import write
from .solving import Solution

MAX_ANSWER = 400
"""Characters of an answer."""

NONE = "no solution"

_PART = re.compile(r"([a-z])=([^=]+)", re.ASCII)


def write_solutions(found: Sequence[Mapping[str, Sum]]) -> str:
    """`x = -2, x = 5` for one unknown, `x = 1, y = 2 or x = 2, y = 1` for several, or `no solution`."""
    texts = sorted({", ".join(f"{name} = {write(values[name])}" for name in sorted(values)) for values in found})
    single = all(len(values) == 1 for values in found)
    return (", " if single else " or ").join(texts) or NONE


def check_solutions(answer: object, expected: frozenset[Solution], names: Sequence[str]) -> Verdict:
    """Does a text list exactly these solutions? In any order; values as numbers, fractions, decimals or with roots.

    A name that is said again begins the next solution, as "or", ";" and "and" do.
    """
    if not isinstance(answer, str):
        return Verdict(False, "an answer is text")
    if len(answer) > MAX_ANSWER:
        return Verdict(False, "the answer is too long")
    text = " ".join(answer.split()).rstrip(".")
    if text.lower() in (NONE, "no solutions", "no real solution", "none"):
        given: set[Solution] = set()
    else:
        read = _read(text, names)
        if isinstance(read, str):
            return Verdict(False, read)
        given = read
    shown = write_solutions([dict(solution) for solution in sorted(given, key=repr)])
    if given == expected:
        return Verdict(True, "these are all solutions", shown)
    if given - expected:
        return Verdict(False, "not all of these are solutions", shown)
    return Verdict(False, "there are more solutions", shown)


def _read(text: str, names: Sequence[str]) -> set[Solution] | str:
    """The solutions that a text lists, or why it cannot be read."""
    found: set[Solution] = set()
    values: dict[str, Sum] = {}
    for group in re.split(r"\bor\b|;", text):
        for part in re.split(r",|\band\b", group):
            match = _PART.fullmatch(part.replace(" ", ""))
            if match is None or match[1] not in names:
                return f"an answer says what {' and '.join(names)} are, such as {names[0]} = 3"
            try:
                value = expand(read_expression(match[2], ()))
            except ValueError as error:
                return f"the value of {match[1]} cannot be read: {error}"
            if match[1] in values:
                if len(values) < len(names):
                    return "a solution has a value for every unknown"
                found.add(tuple(sorted(values.items())))
                values = {}
            values[match[1]] = value
        if values and len(values) < len(names):
            return "a solution has a value for every unknown"
        if values:
            found.add(tuple(sorted(values.items())))
        values = {}
    return found
