"""Judges of answers whose own scorer is not to be trusted with them. None runs a text; any may raise on nonsense, which
its caller takes for a wrong answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from .expressions import antiderivative, exact, literals, read, same_polynomial

Entry = Mapping[str, Any]

_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,12})?(?:/\d{1,12})?", re.ASCII)
_WHOLE = re.compile(r"[-+]?0[xX][0-9a-fA-F]{1,64}|[-+]?\d{1,64}", re.ASCII)
_MOVES = re.compile(r"(?:\s*[A-Za-z]{1,2}'?2?)*\s*", re.ASCII)

_COMPLEX = re.compile(r"([-+]?\d{1,12}(?:\.\d{1,12})?)?(?:([-+]?)(\d{1,12}(?:\.\d{1,12})?)?[ij])?", re.ASCII)

_SLIDES = re.compile(r"(?:\s*[A-Z][-+]\d{1,2})*\s*", re.ASCII)

TOLERANCE = Fraction(1, 10_000)
"""Of probabilities."""


def text(answer: str, entry: Entry) -> bool:
    """The very text, blanks at line ends aside."""
    return _lines(answer) == _lines(entry["answer"])


def word(answer: str, entry: Entry) -> bool:
    """The word, whatever its case and the blanks in it."""
    return "".join(answer.split()).lower() == entry["answer"].lower()


def listed(answer: str, entry: Entry) -> bool:
    """One of the solutions that the problem lists."""
    return _lines(answer) in map(_lines, entry["metadata"]["valid_answers"])


def arithmetic(answer: str, entry: Entry) -> bool:
    """An expression that uses every number once and makes the target."""
    metadata = entry["metadata"]
    formula = read(answer)
    return sorted(literals(formula)) == sorted(metadata["numbers"]) and exact(formula) == metadata.get("target", 24)


def whole_number(answer: str, entry: Entry) -> bool:
    """The number, in hexadecimal digits behind 0x, or in decimal ones."""
    return bool(_WHOLE.fullmatch(answer)) and int(answer, 0) == int(entry["answer"], 0)


def probability(answer: str, entry: Entry) -> bool:
    """The probability as a decimal or a fraction."""
    if not _NUMBER.fullmatch(answer):
        return False
    top, _, bottom = answer.partition("/")
    ratio = entry["metadata"]["rational"]
    return abs(Fraction(top) / Fraction(bottom or 1) - Fraction(ratio["numerator"], ratio["denominator"])) <= TOLERANCE


def complex_number(answer: str, entry: Entry) -> bool:
    """The number in the form a + bi, either part absent where it is 0."""
    found = _COMPLEX.fullmatch("".join(answer.split()).strip("()").lower())
    if not found or not found[0]:
        return False
    real, sign, size = found.groups()
    if found[0][-1] in "ij" and not sign:  # the first number is the imaginary one
        real, sign, size = None, "-" if (real or "").startswith("-") else "", (real or "1").lstrip("+-")
    imaginary = Fraction(size or 1) * (-1 if sign == "-" else 1) if found[0][-1] in "ij" else Fraction(0)
    wanted = entry["metadata"]["result"]
    return abs(float(Fraction(real or 0)) - wanted[0]) < 1e-6 and abs(float(imaginary) - wanted[1]) < 1e-6


def numbers(answer: str, entry: Entry) -> bool:
    """The list of numbers in order, written as JSON or with single quotes."""
    given = json.loads(answer.replace("'", '"'))
    wanted = entry["metadata"]["sorted_numbers"]
    return isinstance(given, list) and [float(number) for number in given] == [float(number) for number in wanted]


def integral(answer: str, entry: Entry) -> bool:
    """A formula whose derivative is the integrand."""
    metadata = entry["metadata"]
    return antiderivative(answer, metadata["integrand"], metadata["variable"])


def polynomial(answer: str, entry: Entry) -> bool:
    """The product, written out."""
    return same_polynomial(answer, entry["answer"])


def moves(answer: str, entry: Entry) -> bool:
    """Moves without numbers but 2: those the scorer may play (see `BOUNDED`)."""
    return bool(_MOVES.fullmatch(answer))


def slides(answer: str, entry: Entry) -> bool:
    """Moves of pieces by fewer than a hundred cells: those the scorer may play (see `BOUNDED`)."""
    return bool(_SLIDES.fullmatch(answer))


def formula(answer: str, entry: Entry) -> bool:
    """A formula short enough for the scorer to look at (see `BOUNDED`)."""
    return len(answer) <= 100 and "¬¬¬" not in answer and answer.count("(") <= 12


def _lines(answer: str) -> list[str]:
    return [line.rstrip() for line in answer.strip().split("\n")]


JUDGES: Mapping[str, Callable[[str, Entry], bool]] = {
    judge.__name__: judge
    for judge in (
        text,
        word,
        listed,
        arithmetic,
        whole_number,
        probability,
        complex_number,
        numbers,
        integral,
        polynomial,
        moves,
    )
}

BOUNDED = ("moves", "slides", "formula")
"""Judges that only bound an answer, which the scorer of the dataset then gets."""
