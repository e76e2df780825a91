"""Which grids are dealt: the knobs of a family, the splits, and how a grid with one solution is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..task import split_of
from .solver import BOXES, another, random_solution

SALT = "sudoku"
"""Decides which grids are held out. Another salt is another benchmark."""

FEWEST = 4
"""A grid has at least so many empty cells: with fewer, a split could be empty."""

USUAL = {4: 8, 6: 18, 9: 45}
MOST = {4: 10, 6: 24, 9: 54}
"""Side -> empty cells, where nothing else is said, and at most (beyond, most full grids would be tried in vain)."""

LEVELS: dict[str, dict[str, Any]] = {"easy": {"size": 4}, "medium": {}, "hard": {"size": 9, "blanks": 54}}

TRIES = 64
"""So often the rows and columns of a grid are exchanged until it is one of the split; that is much faster than another
grid, and has one solution as well."""


@dataclass(frozen=True)
class Knobs:
    """Difficulty of a family of grids. Raises ValueError that names the value and the rule.

    size: 4, 6 or 9. blanks: empty cells; None for the usual number, 8, 18 or 45.
    """

    size: int = 6
    blanks: int | None = None

    def __post_init__(self) -> None:
        # Not isinstance: True is an int.
        if type(self.size) is not int or self.size not in BOXES:
            raise ValueError(f"size must be one of {', '.join(map(str, BOXES))}, got {self.size!r}")
        if self.blanks is not None and not (type(self.blanks) is int and FEWEST <= self.blanks <= MOST[self.size]):
            rule = f"blanks must be None or a whole number in {FEWEST}..{MOST[self.size]} for size {self.size}"
            raise ValueError(f"{rule}, got {self.blanks!r}")

    @property
    def empty(self) -> int:
        """How many cells are empty."""
        return USUAL[self.size] if self.blanks is None else self.blanks


DEFAULT = Knobs()


def draw(rng: np.random.Generator, split: str, knobs: Knobs) -> str:
    """A grid of a split with one solution: a random full one, from which digits are taken as long as it has one."""
    size, blanks = knobs.size, knobs.empty
    chance = chances(rng)
    while True:
        cells = list(random_solution(size, chance))
        order = sorted(range(size * size), key=lambda _: chance())
        for tried, cell in enumerate(order):
            if blanks > cells.count("0") + len(order) - tried:
                break
            digit, cells[cell] = cells[cell], "0"
            if another(size, "".join(cells), cell, int(digit)):
                cells[cell] = digit
            elif cells.count("0") == blanks:
                givens = "".join(cells)
                for _ in range(TRIES):
                    if split_of(SALT, canonical(size, givens)) == split:
                        return givens
                    givens = exchanged(size, givens, chance)
                break


def chances(rng: np.random.Generator) -> Callable[[], float]:
    """A function that gives a number in [0, 1) each time; they are drawn many at a time, for speed."""

    def forever() -> Any:
        while True:
            yield from rng.random(256).tolist()

    return forever().__next__


def exchanged(size: int, givens: str, chance: Callable[[], float]) -> str:
    """The same grid with its bands, and the rows and columns within each band, in random order."""
    high, wide = BOXES[size]
    rows, columns = _banded(size, high, chance), _banded(size, wide, chance)
    return "".join(givens[row * size + column] for row in rows for column in columns)


def _banded(size: int, width: int, chance: Callable[[], float]) -> list[int]:
    """All rows (or columns) in a random order in which those of a band stay together."""
    bands = [sorted(range(first, first + width), key=lambda _: chance()) for first in range(0, size, width)]
    return [row for band in sorted(bands, key=lambda _: chance()) for row in band]


def canonical(size: int, givens: str) -> str:
    """The least of the forms that come of renaming digits, mirroring and turning.

    Left out: exchanging rows or columns within a band and bands as a whole, which would be slow to undo.
    """
    rows = [givens[row * size : (row + 1) * size] for row in range(size)]
    forms = [rows, rows[::-1]]
    if BOXES[size][0] == BOXES[size][1]:  # else turning a quarter would turn the boxes
        forms += [["".join(column) for column in zip(*form, strict=True)] for form in forms]
    texts = ["".join(form) for form in forms]
    return min(renamed(text) for form in texts for text in (form, form[::-1]))


def renamed(givens: str) -> str:
    """The same grid with its digits numbered in the order in which they are met."""
    met = dict.fromkeys(givens.replace("0", ""))
    return givens.translate({ord(digit): str(place) for place, digit in enumerate(met, 1)})
