"""Word problems of our own: short stories about things somebody counts, with exact answers. No file is needed.

A story is a pure function of a random generator and of the number of its steps; every step is one event and one or two
lines of arithmetic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

NAMES = ("Ada", "Ben", "Chloe", "Dan", "Emma", "Finn", "Grace", "Hugo", "Iris", "Jack", "Kim", "Leo")
THINGS = ("apples", "books", "cards", "coins", "marbles", "pencils", "shells", "stamps", "stickers", "tickets")
MOST = 1000
"""A count that would pass this is not reached: another event takes its place."""

BEGIN = "{name} has {n} {things}."
END = "How many {things} does {name} have now?"
EVENTS = {
    "more": "{name} finds {k} more {things}.",
    "fewer": "{name} gives {k} {things} to a friend.",
    "bags": "{name} buys {k} bags with {m} {things} each.",
    "losses": "{name} sells {k} boxes with {m} {things} each.",
    "times": "By the next day the number of {things} has grown to {k} times as many.",
    "share": "{name} puts all {things} into {k} equal piles and keeps only one pile.",
    "part": "One of every {k} {things} breaks, and {name} throws those away.",
}
"""What can happen; `_after` says what comes of it."""


STEPS = range(1, 13)
"""How many events a story may have."""


@dataclass(frozen=True)
class Length:
    """Difficulty of the family of stories: how much happens in them."""

    steps: int = 3

    def __post_init__(self) -> None:
        if type(self.steps) is not int or self.steps not in STEPS:
            raise ValueError(f"steps must be a whole number in {STEPS.start}..{STEPS.stop - 1}, got {self.steps!r}")


class Story(NamedTuple):
    """question: the text. gold: the exact answer. solution: one line of arithmetic after the other."""

    question: str
    gold: int
    solution: tuple[str, ...]


def tell(rng: np.random.Generator, steps: int) -> Story:
    """A story with so many events."""

    def draw(low: int, high: int) -> int:
        return int(rng.integers(low, high + 1))

    name, things = NAMES[draw(0, len(NAMES) - 1)], THINGS[draw(0, len(THINGS) - 1)]
    n = draw(6, 60)
    sentences, solution = [BEGIN.format(name=name, n=n, things=things)], []
    kinds = list(EVENTS)
    while len(sentences) <= steps:
        kind, k, m = kinds[draw(0, len(kinds) - 1)], draw(2, 9), draw(2, 12)
        if kind in ("more", "fewer"):
            k = draw(2, 40)
        after = _after(kind, n, k, m)
        if after is None:
            continue
        n, lines = after
        solution += lines
        sentences.append(EVENTS[kind].format(name=name, things=things, k=k, m=m))
    return Story(" ".join([*sentences, END.format(name=name, things=things)]), n, tuple(solution))


def _after(kind: str, n: int, k: int, m: int) -> tuple[int, list[str]] | None:
    """(the new count, the arithmetic) after an event; None where it cannot happen with n things."""
    match kind:
        case "more":
            after, lines = n + k, [f"{n} + {k} = {n + k}"]
        case "fewer":
            after, lines = n - k, [f"{n} - {k} = {n - k}"]
        case "bags":
            after, lines = n + k * m, [f"{k} * {m} = {k * m}", f"{n} + {k * m} = {n + k * m}"]
        case "losses":
            after, lines = n - k * m, [f"{k} * {m} = {k * m}", f"{n} - {k * m} = {n - k * m}"]
        case "times":
            after, lines = n * k, [f"{n} * {k} = {n * k}"]
        case "share":
            after, lines = n // k, [f"{n} / {k} = {n // k}"]
        case _:
            after, lines = n - n // k, [f"{n} / {k} = {n // k}", f"{n} - {n // k} = {n - n // k}"]
    if not 1 < after <= MOST or (kind in ("share", "part") and n % k):
        return None
    return after, lines


WORDS = tuple(
    dict.fromkeys(
        word
        for text in (BEGIN, END, *EVENTS.values(), *NAMES, *THINGS, "start + - * / = ...")
        for word in re.findall("[A-Za-z]+|[^A-Za-z ]", re.sub("{.*?}", "", text))
    )
)
"""Every word and sign of the stories and their solutions."""
