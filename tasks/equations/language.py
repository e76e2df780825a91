"""Steps as text, the way people say them, and back."""

from __future__ import annotations

import re
from typing import Any

from ..errors import UnreadableStep
from .algebra.expressions import negative
from .algebra.reading import MAX_LENGTH, read_equation, read_expression
from .algebra.writing import write, write_equation
from .cases import Case
from .moves import Move

PLAIN = {
    "expand": "expand",
    "factor": "factor",
    "split": "split",
    "roots": "take square roots",
    "complete": "complete the square",
    "square": "square both sides",
    "substitute": "substitute",
}
"""Steps without an argument."""

_WHICH = r"(?: (?:of|in)? ?equation (?P<which>[1-9]))?"
_PATTERNS = {
    "add": re.compile(rf"add (?P<what>.+) to both sides{_WHICH}"),
    "subtract": re.compile(rf"subtract (?P<what>.+) from both sides{_WHICH}"),
    "multiply": re.compile(rf"multiply both sides{_WHICH} (?:by|with) (?P<what>.+)"),
    "divide": re.compile(rf"divide both sides{_WHICH} by (?P<what>.+)"),
    "solve": re.compile(r"solve equation (?P<which>[1-9]) for (?P<what>[a-z])"),
    "eliminate": re.compile(r"eliminate (?P<what>[a-z]) (?:with|using) equation (?P<which>[1-9])"),
    "rewrite": re.compile(r"rewrite (?:equation (?P<which>[1-9]) )?(?:as )?(?P<what>.+)"),
    **{kind: re.compile(words + _WHICH) for kind, words in PLAIN.items()},
}


def write_move(case: Case | None, move: Move) -> str:
    """One line. case: the one that the step is for; where it has a single equation, none is named."""
    several = case is not None and len(case.equations) > 1
    which = f" of equation {move.place + 1}" if several else ""
    argument: Any = move.argument
    match move.kind:
        case "check":
            return "check"
        case "add" if argument and argument[0][1] < 0:
            return f"subtract {write(negative(argument))} from both sides{which}"
        case "add":
            return f"add {write(argument)} to both sides{which}"
        case "multiply" | "divide":
            return f"{move.kind} both sides{which} by {write(argument)}"
        case "solve":
            return f"solve equation {move.place + 1} for {argument}"
        case "eliminate":
            return f"eliminate {argument} with equation {move.place + 1}"
        case "substitute":
            return f"substitute equation {move.place + 1}"
        case "rewrite":
            return f"rewrite {f'equation {move.place + 1} as ' if several else ''}{write_equation(*argument)}"
    return PLAIN[move.kind] + (which if move.kind != "complete" else which.replace(" of", " in"))


def read_move(case: Case | None, text: str) -> Move:
    """The step that a text names, legal or not. Raises UnreadableStep, with the reason."""
    text = " ".join(text.split())
    if len(text) > MAX_LENGTH:
        raise UnreadableStep("too long")
    if text in ("check", "check roots", "check the roots"):
        return Move("check")
    for kind, pattern in _PATTERNS.items():
        if found := pattern.fullmatch(text):
            try:
                return _move(case, kind, found)
            except ValueError as error:
                raise UnreadableStep(str(error)) from None
    raise UnreadableStep("no step that is known here")


def _move(case: Case | None, kind: str, found: re.Match[str]) -> Move:
    """Raises ValueError where an argument is not readable."""
    parts = found.groupdict()
    which = parts.get("which")
    if which is None and case is not None and len(case.equations) > 1:
        raise ValueError("say which equation")
    place = int(which or 1) - 1
    if kind in ("solve", "eliminate"):
        return Move(kind, place, parts["what"])
    if kind == "rewrite":
        return Move(kind, place, read_equation(parts["what"]))
    if kind in PLAIN:
        return Move(kind, place)
    argument = read_expression(parts["what"])
    return Move("add", place, negative(argument)) if kind == "subtract" else Move(kind, place, argument)
